"""The space of values that is tried where a config lists none: a rule over its optimizer, features and model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from apps_rec.config.load import Config, changed
from apps_rec.config.report import item_name
from apps_rec.config.tuning.parameters import Parameter
from apps_rec.errors import ConfigError
from apps_rec.protos.dnn_pb2 import DNN
from apps_rec.protos.pipeline_pb2 import TunedParameter

# The rate of each schedule from which all others of it follow; a manual one has several of its own.
_RATES = {
    "constant_learning_rate": "learning_rate",
    "exponential_decay_learning_rate": "initial_learning_rate",
    "cosine_decay_learning_rate": "learning_rate_base",
    "poly_decay_learning_rate": "learning_rate_base",
    "transformer_learning_rate": "learning_rate_base",
}
# Networks of one task, of gates and of positions are small already.
_NOT_THE_BODY = re.compile(r"gate|position|imputation|relation")
_LARGEST_DROPOUT = 0.5
_PENALTIES = {"l2_regularization": (1e-7, 1e-3), "embedding_regularization": (1e-8, 1e-3)}
_PLACE = "the default space"


def default_space(config: Config, always: Sequence[str] = ()) -> list[Parameter]:
    """Returns what is tried where the config does not say it; docs/tuning.md has the rule in words.

    What the model does not take is left out: a choice that `check` refuses, and a parameter without two values that it
    takes.

    Args:
        config: config, checked.
        always: assignments that hold in every trial.
    """
    written = config.written
    candidates = [*_learning_rates(written), *_embedding_dims(written), *_of_model(written)]
    return [fit for one in candidates if (fit := _fitting(config, always, one))]


def _learning_rates(written: Any) -> Iterator[Parameter]:
    for at, optimizer in enumerate(written.train_config.optimizer_config):
        kind = optimizer.WhichOneof("optimizer")
        schedules = getattr(optimizer, kind).learning_rate if kind else None
        schedule = schedules.WhichOneof("learning_rate") if schedules is not None else None
        if schedule in _RATES:
            path = f"train_config.optimizer_config[{at}].{kind}.learning_rate.{schedule}.{_RATES[schedule]}"
            yield _around([path], getattr(getattr(schedules, schedule), _RATES[schedule]))


def _embedding_dims(written: Any) -> Iterator[Parameter]:
    """Yields half, the same and twice the length that most features have, for those that have it.

    Embeddings that begin at vectors of a file have the length of these.
    """
    old = list(written.feature_configs)
    prefix, features = ("feature_configs", old) if old else ("feature_config.features", written.feature_config.features)
    of_files = {_table(one) for one in features if one.HasField("embedding_init")}
    lengths = Counter(one.embedding_dim for one in features if one.embedding_dim > 1 and _table(one) not in of_files)
    if not lengths:
        return
    length = lengths.most_common(1)[0][0]
    paths = [
        f"{prefix}[{selector}].embedding_dim"
        for one, selector in zip(features, _selectors(features), strict=True)
        if one.embedding_dim == length and _table(one) not in of_files
    ]
    if len(paths) == len(features):
        paths = [f"{prefix}[*].embedding_dim"]
    yield _choices(paths, [str(max(1, length // 2)), str(length), str(2 * length)])


def _table(feature: Any) -> str:
    return str(feature.embedding_name or feature.feature_name or next(iter(feature.input_names), ""))


def _of_model(written: Any) -> Iterator[Parameter]:
    """Yields widths and dropout of the body's networks, the number of experts, and penalties."""
    kind = written.model_config.WhichOneof("model")
    if kind is None:
        return
    model, path = getattr(written.model_config, kind), f"model_config.{kind}"
    networks = list(_networks(model, path))
    widths: dict[tuple[int, ...], list[str]] = {}
    for place, network in networks:
        widths.setdefault(tuple(network.hidden_units), []).append(f"{place}.hidden_units")
    for units, paths in widths.items():
        sizes = [[max(1, width // 2) for width in units], units, [2 * width for width in units]]
        yield _choices(paths, [",".join(map(str, size)) for size in sizes])
    if networks:
        message = TunedParameter(path=[f"{place}.dropout_ratio" for place, _ in networks])
        message.uniform.min, message.uniform.max = 0.0, _LARGEST_DROPOUT
        yield Parameter(message, _PLACE)
    for place, holder in _messages(model, path):
        if (count := getattr(holder, "num_expert", 0)) > 0:
            message = TunedParameter(path=[f"{place}.num_expert"])
            message.integers.min, message.integers.max = max(min(2, count), count // 2), 2 * count
            yield Parameter(message, _PLACE)
    for holder, place in ((model, path), (written.model_config, "model_config")):
        for name, (low, high) in _PENALTIES.items():
            # A penalty that is off by default is tried where the config has one.
            known = name in holder.DESCRIPTOR.fields_by_name
            if known and (value := getattr(holder, name)):
                message = TunedParameter(path=[f"{place}.{name}"])
                message.log_uniform.min, message.log_uniform.max = min(low, value), max(high, value)
                yield Parameter(message, _PLACE)


def _networks(model: Any, path: str) -> Iterator[tuple[str, DNN]]:
    for place, message in _messages(model, path):
        if isinstance(message, DNN) and message.hidden_units and not _NOT_THE_BODY.search(place):
            yield place, message


def _messages(message: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yields a message and all in it, with their paths, without the towers of tasks."""
    yield path, message
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.name == "TaskTower":
            continue
        place = f"{path}.{field.name}"
        for at, item in enumerate(value if field.is_repeated else [value]):
            yield from _messages(item, f"{place}[{at}]" if field.is_repeated else place)


def _selectors(items: Any) -> list[str]:
    """Returns the name of each item of a list as a path has it, or its number where the name does not tell it apart."""
    names = [item_name(item) for item in items]
    counts = Counter(names)
    return [
        f"{name[0]}={name[1]}" if name and counts[name] == 1 and re.fullmatch(r"[\w-]+", name[1]) else str(at)
        for at, name in enumerate(names)
    ]


def _around(paths: list[str], value: float) -> Parameter:
    """Makes a range from a tenth to ten times a value."""
    message = TunedParameter(path=paths)
    message.log_uniform.min, message.log_uniform.max = (float(f"{value * factor:.3g}") for factor in (0.1, 10))
    return Parameter(message, _PLACE)


def _choices(paths: list[str], values: list[str]) -> Parameter:
    message = TunedParameter(path=paths)
    message.choices.value.extend(dict.fromkeys(values))
    return Parameter(message, _PLACE)


def _fitting(config: Config, always: Sequence[str], one: Parameter) -> Parameter | None:
    """Returns a parameter with those of its values that the config takes; None where it takes no two."""
    taken = [value for value in one.numbers if _takes(config, [*always, *one.overrides(value)])]
    if one.kind == "choices" and len(taken) > 1:
        return _choices(list(one.message.path), [str(value) for value in taken])
    return one if len(taken) == len(one.numbers) else None


def _takes(config: Config, overrides: Sequence[str]) -> bool:
    try:
        changed(config, overrides)
    except ConfigError:
        return False
    return True

"""Ids of TorchEasyRec's features: how they are counted, and how their embeddings begin."""

from __future__ import annotations

from typing import Any

from apps_rec.config.report import Report
from apps_rec.config.torcheasyrec.features.columns import ID, WHOLE_ID
from apps_rec.protos.feature_pb2 import FeatureConfig, Initializer

_ID_SPACES = ("hash_bucket_size", "num_buckets", "vocab_list", "vocab_dict", "vocab_file")
_LISTS = ("vocab_list", "vocab_dict")
# In PyTorch, `trunc_normal_` cuts at -2 and 2, not at deviations; so many deviations away nothing is cut.
_UNCUT = 5


def copy_id_space(given: Any, feature: FeatureConfig, path: str, report: Report) -> str:
    """Copies how ids are counted; returns what their column is read as."""
    named = [name for name in _ID_SPACES if (getattr(given, name) if name in _LISTS else given.HasField(name))]
    for name in named:
        if name == "vocab_dict":
            feature.vocab_list.extend(_words(given.vocab_dict, f"{path}.vocab_dict", report))
        elif name == "vocab_list":
            feature.vocab_list.extend(given.vocab_list)
        else:
            setattr(feature, name, getattr(given, name))
    if not named and report.any_refused(path, "zch", "dynamicemb"):
        # What is refused counts the ids.
        feature.hash_bucket_size = 1
    return WHOLE_ID if named == ["num_buckets"] else ID


def _words(entries: Any, path: str, report: Report) -> list[str]:
    """Returns words in the order of their ids; which row of a table is whose makes no other model."""
    first: dict[int, str] = {}
    for at, entry in enumerate(entries):
        if entry.value in first:
            text = f'"{first[entry.value]}" has the id {entry.value} too; a word has an id of its own: write another.'
            report.error(f"{path}[{at}].value", text)
        first.setdefault(entry.value, entry.key)
    return [first[value] for value in sorted(first)]


def initializer_of(text: str, path: str, report: Report) -> Initializer | None:
    """Returns the initializer that a text such as "nn.init.uniform_,a=-0.01,b=0.01" names; None: a mistake."""
    name, *pairs = (part.strip() for part in text.split(","))
    kind = name.rpartition(".")[2]
    try:
        options = {key.strip(): float(value) for key, _, value in (pair.partition("=") for pair in pairs if pair)}
        made = _INITIALIZERS[kind](options)
    except (KeyError, ValueError):
        made = None
    if made is None or options:
        wanted = ", ".join(f"nn.init.{one}" for one in _INITIALIZERS)
        report.error(
            path, f'expected one of {wanted} with its options, such as "nn.init.normal_,std=0.01", got "{text}".'
        )
        return None
    return made


def _uniform(options: dict[str, float]) -> Initializer:
    made = Initializer()
    made.uniform_initializer.minval, made.uniform_initializer.maxval = options.pop("a", 0.0), options.pop("b", 1.0)
    return made


def _normal(options: dict[str, float]) -> Initializer:
    made = Initializer()
    made.random_normal_initializer.mean = options.pop("mean", 0.0)
    made.random_normal_initializer.stddev = options.pop("std", 1.0)
    return made


def _truncated(options: dict[str, float]) -> Initializer | None:
    low, high = options.pop("a", -2.0), options.pop("b", 2.0)
    made = _normal(options)
    normal = made.random_normal_initializer
    deviations = [(normal.mean - low) / normal.stddev, (high - normal.mean) / normal.stddev]
    if min(deviations) >= _UNCUT:
        return made
    if max(abs(one - 2) for one in deviations) > 1e-6:
        return None
    cut = Initializer()
    cut.truncated_normal_initializer.mean, cut.truncated_normal_initializer.stddev = normal.mean, normal.stddev
    return cut


def _constant(value: float) -> Initializer:
    made = Initializer()
    made.constant_initializer.consts.append(value)
    return made


_INITIALIZERS = {
    "uniform_": _uniform,
    "normal_": _normal,
    "trunc_normal_": _truncated,
    "constant_": lambda options: _constant(options.pop("val")),
    "zeros_": lambda options: _constant(0.0),
    "ones_": lambda options: _constant(1.0),
}

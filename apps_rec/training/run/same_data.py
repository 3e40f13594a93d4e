"""Checks that a run goes on with the settings that decide its rows and their order."""

from __future__ import annotations

from google.protobuf import text_format
from google.protobuf.message import Message

from apps_rec.errors import RunError
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.run.folder import RunFolder, trained_config

# Fields of data_config that may change within a run. All others, also future ones, may not.
MAY_CHANGE = frozenset(
    {
        "num_epochs",  # a longer run
        "prefetch_size",
        "input_timeout_seconds",
        "eval_batch_size",
        "key_fields",  # for predict
        # These may change after a run met a bad row, as positions count the rows that are left out too.
        "bad_rows",
        "max_bad_row_share",
        # Within an epoch `progress.restore_position` decides.
        "batch_size",
        "worker_split",
    }
)
# Lists of messages with names, and the field that holds the name.
_NAMED = {"input_fields": "input_name", "row_filter": "column"}


def check_same_data(folder: RunFolder, config: PipelineConfig) -> None:
    """Compares data_config and the seed, which decide the rows and their order, with the run's own.

    Raises:
        RunError: a field differs; the message names each one that does.
    """
    trained = trained_config(folder)
    before, now = (_deciding(message) for message in (trained, config))
    changes = [f"{path}: {old} then, {new} now" for path, old, new in _differences(before, now)]
    if folder.best.is_dir():
        changes += _other_choice(trained, config)
    if changes:
        raise RunError(
            f"--resume: the run in {folder.path} was begun with other settings of its data:\n  "
            + "\n  ".join(changes)
            + "\nIts position would stand for other rows now. Give the settings as they were; or train afresh with "
            "--restart; or, to go on from its weights, begin a new run with train_config.fine_tune_checkpoint"
        )


def _deciding(config: PipelineConfig) -> PipelineConfig:
    kept = PipelineConfig()
    kept.data_config.CopyFrom(config.data_config)
    for name in MAY_CHANGE:
        kept.data_config.ClearField(name)
    kept.train_config.seed = config.train_config.seed
    return kept


def _other_choice(trained: PipelineConfig, config: PipelineConfig) -> list[str]:
    """Lists the settings by which the run's best value was chosen, if they differ now."""
    was, now = (message.export_config for message in (trained, config))
    return [
        f"export_config.{name}: {_shown(getattr(was, name))} then, {_shown(getattr(now, name))} now"
        for name in ("best_exporter_metric", "metric_bigger")
        if getattr(was, name) != getattr(now, name)
    ]


def _differences(before: Message, now: Message, path: str = "") -> list[tuple[str, str, str]]:
    """Returns (path, value before, value now) of every field that differs, with defaults filled in."""
    found = []
    for field in before.DESCRIPTOR.fields:
        old, new = getattr(before, field.name), getattr(now, field.name)
        where = f"{path}.{field.name}" if path else field.name
        key = _NAMED.get(field.name)
        if old == new:
            continue
        if key is not None and _are_named(old, key) and _are_named(new, key):
            found += _in_list(old, new, where, key)
        elif isinstance(old, Message):
            found += _differences(old, new, where)
        else:
            found.append((where, _shown(old, field), _shown(new, field)))
    return found


def _are_named(items: object, key: str) -> bool:
    """Tells whether every item has a name of its own."""
    names = [getattr(item, key) for item in items]  # type: ignore[attr-defined]
    return len(set(names)) == len(names)


def _in_list(old: object, new: object, where: str, key: str) -> list[tuple[str, str, str]]:
    before, now = ({getattr(item, key): item for item in items} for items in (old, new))  # type: ignore[attr-defined]
    found = []
    for name in [*before, *(name for name in now if name not in before)]:
        path = f"{where}[{key}={name}]"
        if name not in before or name not in now:
            was, is_now = (_shown(items[name]) if name in items else "none" for items in (before, now))
            found.append((path, was, is_now))
        else:
            found += _differences(before[name], now[name], path)
    if list(before) != list(now) and not found:  # the same items in another order
        found.append((where, ", ".join(before), ", ".join(now)))
    return found


def _shown(value: object, field: object = None) -> str:
    """Writes a value as a config has it."""
    kind = getattr(field, "enum_type", None)
    if kind is not None and isinstance(value, int):
        return kind.values_by_number[value].name
    if isinstance(value, Message):
        return "{ " + text_format.MessageToString(value, as_one_line=True, as_utf8=True) + " }"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return str(value)
    items = [_shown(item) for item in value]  # type: ignore[attr-defined]
    return f"[{', '.join(items)}]"

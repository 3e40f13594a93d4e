"""Notes the training files of a run, and checks that a run goes on only over the same ones."""

from __future__ import annotations

import itertools
import json
import logging
import time
from pathlib import Path
from typing import Any

from apps_rec.data.files import data_files
from apps_rec.data.hive_paths import partition_values
from apps_rec.data.storage import is_file, size_and_time
from apps_rec.errors import DataError, RunError
from apps_rec.json_text import read_json
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.run.folder import RunFolder, write_whole

_ADVICE = (
    "The run's position in its data stands for other rows now. Put the files back as they were; or train afresh with "
    "--restart; or, to go on from its weights with new files, begin a new run with train_config.fine_tune_checkpoint"
)
log = logging.getLogger("apps_rec")


def note_input_files(folder: RunFolder, config: PipelineConfig) -> None:
    """Writes path, size and time of every training file into the run's folder."""
    files = _facts_of_all(config)
    write_whole(folder.inputs, json.dumps({"train_input_path": files}, indent=1) + "\n")


def look_for_eval_files(config: PipelineConfig) -> None:
    """Warns early that evaluate and export have no files to read. The files may still be on their way."""
    if not config.eval_input_path:
        return
    try:
        data_files(config.eval_input_path, "eval_input_path", config.data_config.input_timeout_seconds)
    except DataError as error:
        log.warning("%s; training goes on, evaluate and export will need it", error)


def check_same_input_files(folder: RunFolder, config: PipelineConfig) -> None:
    """Compares the training files, in order, with those that the run began with: name, size and time of change.

    Their folder may have moved, but not under another key and value (`dt=2026-11-01/`). The time counts even if the
    size is the same, since a copy cannot be told from an edit.

    Raises:
        RunError: a file is gone, new or changed.
    """
    try:
        before = read_json(folder.inputs.read_bytes())["train_input_path"]
        before = [{"path": str(f["path"]), "size": int(f["size"]), "mtime_ns": int(f["mtime_ns"])} for f in before]
    except FileNotFoundError:
        log.warning(
            "%s does not say which files it read: an older version began it; taking them as unchanged", folder.path
        )
        return
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise RunError(
            f"{folder.inputs}, the list of the run's training files, cannot be read ({error}). If they are unchanged, "
            "remove it to go on without a check; or train afresh with --restart"
        ) from error
    now = _facts_of_all(config)
    for was, found in itertools.zip_longest(before, now):
        change = _change(was, found, before, now)
        if change:
            raise RunError(f"train_input_path: {change} since the run in {folder.path} began. {_ADVICE}")


def _facts_of_all(config: PipelineConfig) -> list[dict[str, Any]]:
    paths = data_files(config.train_input_path, "train_input_path", config.data_config.input_timeout_seconds)
    return [_facts(path) for path in paths]


def _facts(path: str) -> dict[str, Any]:
    size, mtime_ns = size_and_time(path)
    return {"path": path, "size": size, "mtime_ns": mtime_ns}


def _change(was: dict | None, found: dict | None, before: list[dict], now: list[dict]) -> str | None:
    count = f"({len(before)} files then, {len(now)} now)"
    if was is None or found is None or _name(was) != _name(found):
        if was is not None and _name(was) not in map(_name, now):
            fate = "is not among them any more" if is_file(was["path"]) else "is gone"
            return f"{was['path']} {fate} {count}"
        return f"{(found or was or {})['path']} is new {count}"
    if was["size"] != found["size"]:
        return f"{found['path']} has changed from {was['size']} to {found['size']} bytes"
    if was["mtime_ns"] != found["mtime_ns"]:
        return (
            f"{found['path']} was written again (of the same size, at {_shown(was['mtime_ns'])} then and "
            f"{_shown(found['mtime_ns'])} now)"
        )
    return None


def _name(file: dict) -> tuple[dict[str, str], str]:
    """Returns what a file is known by: its name, and the columns that its folders give."""
    return partition_values(file["path"]), Path(file["path"]).name


def _shown(mtime_ns: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(mtime_ns / 1e9)) + f".{mtime_ns % 10**9:09d}"

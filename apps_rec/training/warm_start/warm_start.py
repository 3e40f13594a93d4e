"""Starts a new run with the weights of another one, as far as names, shapes and the meaning of ids allow."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import tensorflow as tf

from apps_rec.errors import RunError
from apps_rec.features import build_features
from apps_rec.features.columns.preprocessor import Preprocessor
from apps_rec.features.specs import FeatureSpec
from apps_rec.models import RankModel, build_model, build_variables
from apps_rec.nearest import did_you_mean, nearest
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.run.checkpoint_folder import NAME, steps_in
from apps_rec.training.run.checkpoints import first_that_stays, read_weights
from apps_rec.training.run.folder import RunFolder, read_config, write_whole
from apps_rec.training.run.vocabularies import frozen_vocabularies
from apps_rec.training.warm_start.match_rows import MatchedRows, match_rows, table_meanings
from apps_rec.training.warm_start.name_map import FIELD as MAP_FIELD
from apps_rec.training.warm_start.put_rows import put_rows

FIELD = "train_config.fine_tune_checkpoint"
# Number of rows of a table that are copied at a time.
_CHUNK_ROWS = 2**18
_PIECE = re.compile(r"/part_\d+(?=:0$)")
log = logging.getLogger("apps_rec")


def warm_start(
    model: RankModel,
    features: Sequence[FeatureSpec],
    optimizer: RowSparseOptimizer,
    source: str,
    folder: RunFolder | None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Gives a new model the weights of another run. Slots and step begin anew.

    Tables are matched by name, and row by row: by number, by word, or as a whole if ids are hashes. All else is matched
    by the path of its layer, and taken if the shape is the same. The outcome for every table and variable is logged,
    and written to warm_start.json of the run.

    Args:
        model: model whose variables are made.
        features: features of the model.
        optimizer: optimizer of the new run, built.
        source: path of a model_dir or of a folder of checkpoints, or prefix of one checkpoint.
        folder: folder of the new run; None if another process writes the report.
        names: names in the other run by those in this one, of tables and variables, where they differ.

    Raises:
        RunError: there is no such checkpoint, it cannot be read, or nothing of it fits; one of the names is not known.
    """
    is_one, place = _find(source)
    run = RunFolder(place.parent.parent if is_one else place.parent)
    config = _config_of(run)
    old_features = build_features(config, frozen_vocabularies(run, config))
    old = _build(config, old_features)
    prefix, step = _read_one(place, old) if is_one else _read_newest(place, old)
    names = names or {}
    _check_names(names, old, model)
    taken = [*_take_tables(old, old_features, model, features, names), *_take_others(old, model, names)]
    if not any(item.rows_restored for item in taken):
        raise RunError(
            f"{FIELD}: nothing of {prefix} fits this model: no table and no layer has both its name and its shape. "
            "Leave the field out to begin from nothing"
        )
    optimizer.begin_at_weights(model.trainable_variables)
    if folder is not None:
        _report(taken, prefix, step, folder)


def _find(source: str) -> tuple[bool, Path]:
    """Tells whether a path stands for one checkpoint. Returns its prefix, or else the folder of checkpoints, too."""
    path = Path(source)
    if Path(f"{source}.index").exists():
        return True, path
    folder = RunFolder(path).checkpoints if RunFolder(path).checkpoints.is_dir() else path
    if not steps_in(folder):
        raise _no_checkpoint(source)
    return False, folder


def _no_checkpoint(source: str | Path) -> RunError:
    return RunError(
        f"{FIELD}: {source} holds no checkpoint. Expected a model_dir, a folder of {NAME}-<step> files, or "
        f"one checkpoint as <folder>/{NAME}-<step>"
    )


def _read_newest(folder: Path, model: RankModel) -> tuple[Path, int]:
    """Reads the newest whole checkpoint, or a newer one if a running training removes it meanwhile."""
    found = first_that_stays(folder, f"Name another one in {FIELD}", lambda prefix: read_weights(prefix, model))
    if found is None:
        raise _no_checkpoint(folder)
    return found


def _read_one(prefix: Path, model: RankModel) -> tuple[Path, int]:
    try:
        return prefix, read_weights(prefix, model)
    except RunError as error:
        if Path(f"{prefix}.index").exists():
            raise
        raise RunError(
            f"{FIELD}: {prefix} was removed while it was read: a training is at work there and keeps its newest "
            f"checkpoints alone. Name the folder, {prefix.parent}, for the newest one"
        ) from error


def _config_of(run: RunFolder) -> PipelineConfig:
    return read_config(
        run,
        "which says what the rows of that run's tables stand for",
        "Keep it, and the folder vocabularies, beside the folder of the checkpoints",
        FIELD,
    )


def _build(config: PipelineConfig, features: Sequence[FeatureSpec]) -> RankModel:
    config.train_config.jit_compile = False
    model = build_model(config, features)
    build_variables(model, Preprocessor(features))
    return model


def _check_names(names: Mapping[str, str], old: RankModel, new: RankModel) -> None:
    """Refuses names that one of the models does not have: a slip would leave weights as they began."""
    for given, model, whose in ((names.keys(), new, "this model"), (names.values(), old, "the other run")):
        known = {*model.embedder.table_places(), *_others(model)}
        for name in given:
            if name not in known:
                guess = did_you_mean(nearest(name, known))
                raise RunError(f"{MAP_FIELD}: {whose} has no table and no variable called {name}.{guess}")


def _take_tables(
    old: RankModel,
    old_features: Sequence[FeatureSpec],
    new: RankModel,
    features: Sequence[FeatureSpec],
    names: Mapping[str, str],
) -> list[MatchedRows]:
    before, now = table_meanings(old_features), table_meanings(features)
    places_before, places_now = old.embedder.table_places(), new.embedder.table_places()
    taken = []
    for name, place in places_now.items():
        source = names.get(name, name)
        if source not in places_before:
            taken.append(MatchedRows("table", name, "new", rows_new=place.rows))
            continue
        origin = places_before[source]
        if origin.dim != place.dim:
            reason = f"embedding_dim was {origin.dim}, is {place.dim}"
            taken.append(MatchedRows("table", name, "new", 0, place.rows, origin.rows, reason))
            continue
        item, rows_before, rows_now = match_rows(name, before[source], now[name])
        if source != name:
            item = item.noting(f"from {source}")
        # A first-order weight of another length is a new one.
        columns = place.columns if origin.columns == place.columns else place.dim
        for start in range(0, len(rows_now), _CHUNK_ROWS):
            _copy_rows(
                old.embedder.tables[origin.key],
                rows_before[start : start + _CHUNK_ROWS] + origin.offset,
                new.embedder.tables[place.key],
                rows_now[start : start + _CHUNK_ROWS] + place.offset,
                columns,
            )
        if origin.columns != place.columns and item.rows_restored:
            item = item.noting(
                "first-order weights are " + ("new" if place.columns > place.dim else "dropped with their term")
            )
        taken.append(item)
    gone = places_before.keys() - {names.get(name, name) for name in places_now}
    return taken + [
        MatchedRows("table", name, "dropped", rows_dropped=places_before[name].rows) for name in sorted(gone)
    ]


def _copy_rows(source: tf.Variable, rows: object, target: tf.Variable, target_rows: object, columns: int) -> None:
    put_rows(target, target_rows, tf.gather(source, rows)[:, :columns])


def _take_others(old: RankModel, new: RankModel, names: Mapping[str, str]) -> list[MatchedRows]:
    before, now = _others(old), _others(new)
    taken = []
    for name, pieces in now.items():
        shape, source = _shape(pieces), names.get(name, name)
        if source not in before:
            taken.append(MatchedRows("variable", name, "new", rows_new=_rows(shape)))
            continue
        (variable,) = before[source]
        if variable.shape != shape:
            reason = f"its shape was {tuple(variable.shape)}, is {tuple(shape)}"
            taken.append(MatchedRows("variable", name, "new", 0, _rows(shape), _rows(variable.shape), reason))
            continue
        ends = np.cumsum([_rows(piece.shape) for piece in pieces])
        values = np.split(variable.numpy(), ends[:-1]) if len(pieces) > 1 else [variable.numpy()]
        for piece, value in zip(pieces, values, strict=True):
            piece.assign(value)
        why = f"from {source}" if source != name else ""
        taken.append(MatchedRows("variable", name, "restored", _rows(shape), reason=why))
    sources = {names.get(name, name) for name in now}
    gone = [name for name in before if name not in sources]
    return taken + [MatchedRows("variable", name, "dropped", rows_dropped=_rows(_shape(before[name]))) for name in gone]


def _rows(shape: tf.TensorShape) -> int:
    return shape[0] if shape.rank else 1


def _shape(pieces: Sequence[tf.Variable]) -> tf.TensorShape:
    """Returns the shape of the variable whose pieces these are, one behind the other."""
    shape = pieces[0].shape
    return shape if len(pieces) == 1 else tf.TensorShape([sum(piece.shape[0] for piece in pieces), *shape[1:]])


def _others(model: RankModel) -> dict[str, list[tf.Variable]]:
    """Returns all variables but the tables, by layer path. One cut over parameter servers has several pieces."""
    tables = {id(part) for table in model.embedder.tables.values() for part in getattr(table, "variables", [table])}
    found: dict[str, list[tf.Variable]] = {}
    for variable in model.variables:
        if id(variable) not in tables:
            found.setdefault(_PIECE.sub("", variable.name), []).append(variable)
    for name, pieces in found.items():
        # TensorFlow numbers pieces in their order. Two layers with one path would be taken for one layer of two pieces.
        expected = [f"{name.removesuffix(':0')}/part_{i}:0" for i in range(len(pieces))]
        assert len(pieces) == 1 or [piece.name for piece in pieces] == expected, f"two variables are called {name}"
    return found


def _report(taken: Sequence[MatchedRows], prefix: Path, step: int, folder: RunFolder) -> None:
    entries = [{name: value for name, value in asdict(item).items() if value != ""} for item in taken]
    text = json.dumps({"checkpoint": str(prefix), "step": step, "taken": entries}, indent=1, ensure_ascii=False)
    write_whole(folder.warm_start, text + "\n")
    log.info("warm start from %s, step %d:", prefix, step)
    for item in taken:
        if item.kind == "table" or item.status != "restored":
            log.info("  %s", item)
    count = sum(item.kind == "variable" and item.status == "restored" for item in taken)
    log.info("  %d other variables restored; all of it in %s", count, folder.warm_start)

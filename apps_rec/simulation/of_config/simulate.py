"""Simulation of rows for any config: files of its format in which a signal is planted."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from apps_rec.config import Config
from apps_rec.data.dtypes import DTYPES, WHOLE
from apps_rec.data.schema import Column, LabelRule, Schema
from apps_rec.errors import UserError
from apps_rec.evaluation.metrics.ranking import auc
from apps_rec.names import file_name
from apps_rec.simulation.of_config import pools
from apps_rec.simulation.of_config.demands import vocabularies
from apps_rec.simulation.of_config.files import write_rows
from apps_rec.simulation.of_config.labels import Labels, draw_labels, vector_cells
from apps_rec.simulation.of_config.plan import RowPlan, plan_rows
from apps_rec.simulation.of_config.pools import Pool
from apps_rec.simulation.of_config.shapes import Draw, Drawn, MapCells
from apps_rec.simulation.of_config.signal import hidden_numbers, signal_columns

SUMMARY_FILE = "simulation.json"
_WEIGHTS = (0.5, 1.0, 1.5, 2.0)
_LEAST_ROWS = 20


@dataclass(frozen=True)
class ConfigRows:
    """The files of a simulation, and what is true of them.

    Attributes:
        train: path of the rows to train on.
        eval: path of the rows to evaluate on.
        rows: number of rows of `train`.
        eval_rows: number of rows of `eval`.
        overrides: assignments, `path=value` each, with which the config reads these files.
        truth: facts of the evaluation rows by label. `auc`: AUC of the planted signal. `deviation`: standard deviation
            of a label that is a number. `largest_class`: share of the most frequent of several classes.
        signal: columns that the labels depend on.
    """

    train: str
    eval: str
    rows: int
    eval_rows: int
    overrides: tuple[str, ...]
    truth: dict[str, dict[str, float]] = field(default_factory=dict)
    signal: tuple[str, ...] = ()


def simulate_config(config: Config, output: str | Path, rows: int = 20000, seed: int = 7) -> ConfigRows:
    """Writes `train` and `eval` files that fit a config, and a vocab_file for each that is not there.

    The labels depend on a few columns that the model sees, so that it can learn them. All else is random.

    Args:
        config: a checked config; its vocab_files need not exist.
        output: folder to write into.
        rows: rows to train on, 20 or more; a quarter as many are written for evaluation.
        seed: seed of all random numbers, 0 or more.

    Raises:
        UserError: an argument is out of its range, the folder cannot be written or holds other files of these names, or
            no value of a column can be written as the config wants it.
    """
    _check(rows, seed)
    message, folder = config.message, Path(output)
    features = list(message.feature_config.features)
    kinds = {column.input_name: column.input_type for column in message.data_config.input_fields}
    made = vocabularies(features, kinds)
    plan = plan_rows(message, {**_read_vocabularies(features), **{path: pool for path, (pool, _) in made.items()}})
    ending = plan.schema.input_type.removeprefix("batch")
    names = [f"train.{ending}", f"eval.{ending}"]
    _check_folder(folder, names)
    eval_rows = max(_LEAST_ROWS, rows // 4)
    cells, labels = _draw(plan, message.data_config.label_fields, _weight_names(message, plan), rows + eval_rows, seed)
    written = {path: folder / f"{file_name(Path(path).stem)}_{at}.vocab" for at, path in enumerate(made)}
    result = ConfigRows(
        train=str(folder / names[0]),
        eval=str(folder / names[1]),
        rows=rows,
        eval_rows=eval_rows,
        overrides=_overrides(config, folder, names, written),
        truth=_truth(plan.schema, labels, rows),
        signal=tuple(one.column.name for one in signal_columns(plan.columns, seed)),
    )
    columns = [plan.schema.column(name) or Column(name) for name in kinds]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SUMMARY_FILE).unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".simulate-") as text:
            aside = Path(text)
            for name, part in zip(names, (slice(None, rows), slice(rows, None)), strict=True):
                write_rows(aside / name, plan.schema, columns, {key: values[part] for key, values in cells.items()})
            for path, (pool, count) in made.items():
                lines = [f"{word}\t{count}\n" if count else f"{word}\n" for word in pool.values]
                (aside / written[path].name).write_text("".join(lines), encoding="utf-8")
            (aside / SUMMARY_FILE).write_text(json.dumps({"seed": seed, **asdict(result)}, indent=2) + "\n")
            # The summary last: where it is, the files beside it belong together.
            for name in (*names, *(path.name for path in written.values()), SUMMARY_FILE):
                os.replace(aside / name, folder / name)
    except OSError as error:
        raise UserError(
            f"{folder}: the simulated rows cannot be written ({error.strerror or error}). "
            "Give a folder that can be written."
        ) from error
    return result


def _draw(
    plan: RowPlan, label_fields: Sequence[str], weights: Sequence[str], rows: int, seed: int
) -> tuple[dict[str, np.ndarray], Labels]:
    """Draws the cells of all columns."""
    draw = Draw(np.random.default_rng(seed), rows)
    drawn: dict[str, Drawn] = {}
    for one in plan.columns:
        keys = drawn[one.shape.key].cells if isinstance(one.shape, MapCells) else None
        drawn[one.column.name] = one.shape.draw(draw, keys)
    cells = {name: values.cells for name, values in drawn.items()}
    for partner, name in plan.partners.items():
        other = drawn[name].partner
        assert other is not None
        cells[partner] = other
    vectors = {vector.name: vector for vector in plan.schema.vectors}
    names = [name for name in dict.fromkeys([*plan.schema.labels, *label_fields]) if name not in vectors]
    hidden = hidden_numbers(signal_columns(plan.columns, seed), drawn, names, rows, seed)
    hidden |= {soft: factor * hidden[name] for soft, (name, factor) in plan.teachers.items() if name in hidden}
    labels = draw_labels(plan.schema, names, hidden, draw.rng)
    cells |= labels.cells
    cells |= {name: vector_cells(vector, hidden[plan.teachers[name][0]]) for name, vector in vectors.items()}
    for name in weights:
        cells[name] = _weights(plan.schema.column(name) or Column(name), rows, draw.rng)
    return cells, labels


def _weights(column: Column, rows: int, rng: np.random.Generator) -> np.ndarray:
    is_whole = DTYPES[column.dtype].kind == WHOLE
    texts = [pools.number_text(round(weight + 0.5) if is_whole else weight) for weight in _WEIGHTS]
    return np.array(texts if column.dtype != "BOOL" else ["true"] * len(texts), object)[rng.integers(0, 4, rows)]


def _weight_names(message: Any, plan: RowPlan) -> list[str]:
    names = [*plan.schema.weights, message.data_config.sample_weight]
    return list(dict.fromkeys(name for name in names if name))


def _read_vocabularies(features: Sequence[Any]) -> dict[str, Pool]:
    """Reads the vocabularies that are there; some of their words."""
    from apps_rec.features.build import read_vocabulary

    return {
        feature.vocab_file: Pool(tuple(read_vocabulary(feature)[: pools.MOST]))
        for feature in features
        if feature.vocab_file and os.path.isfile(feature.vocab_file)
    }


def _overrides(config: Config, folder: Path, names: Sequence[str], written: Mapping[str, Path]) -> tuple[str, ...]:
    """Returns the assignments with which the config reads the files."""
    paths = [
        f"train_input_path={folder / names[0]}",
        f"eval_input_path={folder / names[1]}",
        f"model_dir={folder / 'run'}",
    ]
    for at, feature in enumerate(config.message.feature_config.features):
        if feature.vocab_file in written:
            path = config.as_written(f"feature_config.features[{at}]")
            paths.append(f"{path}.vocab_file={written[feature.vocab_file]}")
    return tuple(dict.fromkeys(paths))


def _truth(schema: Schema, labels: Labels, first: int) -> dict[str, dict[str, float]]:
    """Measures the planted signal on the rows for evaluation."""
    found: dict[str, dict[str, float]] = {}
    for name, every in labels.values.items():
        values, scores = every[first:], labels.scores[name][first:]
        is_known = ~np.isnan(values)
        values, scores = values[is_known], scores[is_known]
        rule = schema.label_rules.get(name, LabelRule())
        if set(np.unique(values)) <= {0.0, 1.0}:
            value = auc(values, scores)
            found[name] = {} if value is None else {"auc": value}
        elif rule.is_whole:
            found[name] = {"largest_class": float(np.unique(values, return_counts=True)[1].max() / len(values))}
        else:
            found[name] = {"deviation": float(values.std())}
    return found


def _check(rows: int, seed: int) -> None:
    rules = ((rows >= _LEAST_ROWS, "rows", f"{_LEAST_ROWS} or more", rows), (seed >= 0, "seed", "0 or more", seed))
    wrong = [f"{name}: expected {expected}, got {value}" for holds, name, expected, value in rules if not holds]
    if wrong:
        raise UserError("simulate config: " + "; ".join(wrong))


def _check_folder(folder: Path, names: Sequence[str]) -> None:
    """Refuses a folder with files of our names that no simulation wrote: those of a simulation have a summary."""
    others = [name for name in names if os.path.exists(folder / name)]
    if others and not os.path.exists(folder / SUMMARY_FILE):
        raise UserError(
            f"{folder}: {', '.join(others)} would be replaced, and without {SUMMARY_FILE} beside them they are not "
            "known to be simulated. Give another folder, or remove them."
        )

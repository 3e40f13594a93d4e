"""Scores of two models in files, as `predict` writes them, brought together row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps_rec.errors import ArgumentError, DataError
from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.intervals import Resampling
from apps_rec.evaluation.tasks import AUC, CALIBRATION, LOG_LOSS, MetricSpec, TaskMetrics
from apps_rec.tools.comparison.score_table import ScoreTable, read_scores

_MOST_SHOWN = 3


class _Aligned(NamedTuple):
    """One of the tables, and its row for each row of A; None: they are in the same order."""

    table: ScoreTable
    places: np.ndarray | None

    def column(self, name: str) -> pa.ChunkedArray:
        values = self.table.columns[name]
        return values if self.places is None else values.take(pa.array(self.places))


def tasks_of(texts: Sequence[str], users: str) -> list[TaskMetrics]:
    """Reads tasks, `probs_ctr=click` or, of the rows where the click is 1, `probs_cvr=download:click`.

    Each is measured by AUC, log loss, calibration and, with users, GAUC. A label that is missing or -1 was not
    observed.

    Raises:
        ArgumentError: a text has another form, there is none, or two are the same.
    """
    metrics = (AUC, LOG_LOSS, CALIBRATION, *((MetricSpec("gauc", users),) if users else ()))
    tasks = []
    for text in texts:
        output, _, rest = text.partition("=")
        label, colon, mask = rest.partition(":")
        if not output or not label or bool(colon) != bool(mask):
            raise ArgumentError("{tasks}: expected OUTPUT=LABEL or OUTPUT=LABEL:MASK, got {got!r}", "tasks", got=text)
        suffix = output.removeprefix("probs_") + ("_masked" if mask else "")
        observed = (label, mask) if mask else (label,)
        tasks.append(TaskMetrics(suffix, output, label, mask or None, metrics, observed))
    if not tasks:
        raise ArgumentError("{tasks}: files with scores need at least one, such as probs_ctr=click", "tasks")
    suffixes = [task.suffix for task in tasks]
    if len(set(suffixes)) < len(suffixes):
        raise ArgumentError("{tasks}: expected each task once, got {got}", "tasks", got=", ".join(suffixes))
    return tasks


def collect_scores(
    a: str, b: str, labels: str | None, tasks: Sequence[TaskMetrics], keys: Sequence[str], resampling: Resampling
) -> tuple[MetricCollector, MetricCollector]:
    """Reads the scores of two models and their labels, and returns a collector of each.

    Args:
        a: files of A: Parquet or CSV with a header, in all that a path of `train_input_path` may be.
        b: files of B.
        labels: files with labels and users; None: those of A.
        tasks: the tasks to measure.
        keys: columns that name a row, each of which is once in every file; none: the files have the same rows in the
            same order.
        resampling: how rows will be resampled.

    Raises:
        DataError: a file cannot be read, lacks a column, or has other rows than A; labels or users differ.
    """
    outputs = list(dict.fromkeys(task.score_output for task in tasks))
    observed = list(dict.fromkeys(name for task in tasks for name in task.observed))
    truth = [*observed, *([resampling.users] if resampling.users else [])]
    first = read_scores(a, "A", [*outputs, *keys, *([] if labels else truth)], optional=truth)
    second = read_scores(b, "B", [*outputs, *keys], optional=truth)
    given = read_scores(labels, "labels", [*keys, *truth], optional=[]) if labels else first
    others = [_Aligned(table, _places(first, table, keys)) for table in (second, given)]
    source = others[1]
    for file in (_Aligned(first, None), others[0]):
        _check_same(source, file, [name for name in truth if name in file.table.columns])
    label_columns = {name: _labels(source.column(name), name, source.table.what) for name in observed}
    users = {resampling.users: _users(source.column(resampling.users))} if resampling.users else {}
    made = []
    for file in (_Aligned(first, None), others[0]):
        collector = MetricCollector(tasks, list(users), with_places=True)
        scores = {name: _scores(file.column(name), name, file.table.what) for name in outputs}
        collector.update(label_columns, scores, users)
        made.append(collector)
    return made[0], made[1]


def _places(first: ScoreTable, other: ScoreTable, keys: Sequence[str]) -> np.ndarray | None:
    """Returns the row of the other table for each row of the first.

    Raises:
        DataError: a key stands twice, or is in one of the two alone; without keys, the numbers of rows differ.
    """
    if other is first:
        return None
    if not keys:
        if first.rows == other.rows:
            return None
        raise DataError(
            f"{other.what} has {other.rows:,} rows, and {first.what} {first.rows:,}: without keys, columns that name a "
            "row, they are matched in order, and have to be as many"
        )
    codes = np.zeros(first.rows + other.rows, np.int64)
    for key in keys:
        both = pa.concat_arrays([_text(table.columns[key]) for table in (first, other)])
        numbers = both.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
        _, codes = np.unique(codes * (numbers.max(initial=0) + 1) + numbers, return_inverse=True)
    mine, theirs = codes[: first.rows], codes[first.rows :]
    for table, of_table in ((first, mine), (other, theirs)):
        seen, at, counts = np.unique(of_table, return_index=True, return_counts=True)
        if (twice := at[counts > 1]).size:
            raise DataError(
                f"{table.what}: expected each key once, got {_shown(table, keys, twice)} several times "
                f"({len(of_table) - len(seen):,} rows too many)"
            )
    for table, lacking, of_table, of_lacking in ((first, other, mine, theirs), (other, first, theirs, mine)):
        alone = np.flatnonzero(~np.isin(of_table, of_lacking))
        if alone.size:
            raise DataError(
                f"{alone.size:,} of {table.rows:,} rows of {table.what} are not in {lacking.what}: "
                f"{_shown(table, keys, alone)}; expected the same rows"
            )
    order = np.argsort(theirs)
    return order[np.searchsorted(theirs[order], mine)]


def _shown(table: ScoreTable, keys: Sequence[str], places: np.ndarray) -> str:
    rows = [", ".join(f"{key} {table.columns[key][int(at)].as_py()}" for key in keys) for at in places[:_MOST_SHOWN]]
    return "; ".join(rows) + ("; ..." if len(places) > _MOST_SHOWN else "")


def _check_same(source: _Aligned, other: _Aligned, names: Sequence[str]) -> None:
    """Refuses another value of a label or a user in the same row: the rows are not the same then."""
    if source.table is other.table:
        return
    for name in names:
        ours, theirs = source.column(name), other.column(name)
        if all(_is_number(values.type) for values in (ours, theirs)):
            left, right = (values.cast(pa.float64()).to_numpy() for values in (ours, theirs))
            differ = ~((left == right) | (np.isnan(left) & np.isnan(right)))
        else:
            differ = ~pc.equal(_text(ours), _text(theirs)).to_numpy(zero_copy_only=False)
        if differ.any():
            at = int(np.argmax(differ))
            raise DataError(
                f"{name}: expected the same in {source.table.what} and {other.table.what}, got "
                f"{ours[at].as_py()} and {theirs[at].as_py()} in row {at + 1} of A, and others in "
                f"{int(differ.sum()):,} of {len(differ):,} rows; are they the same rows in the same order? "
                "Name the columns that tell rows apart as keys"
            )


def _text(values: pa.ChunkedArray) -> pa.Array:
    as_text = pc.fill_null(values.cast(pa.string()), "")
    return as_text.combine_chunks() if isinstance(as_text, pa.ChunkedArray) else as_text


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _labels(values: pa.ChunkedArray, name: str, what: str) -> np.ndarray:
    """Returns labels, -1 where they are missing."""
    if not _is_number(values.type) and not pa.types.is_null(values.type):
        raise DataError(f"{what}: {name}: expected labels of 0 and 1, got values of type {values.type}")
    return np.asarray(pc.fill_null(values.cast(pa.float64()), -1.0).to_numpy())


def _users(values: pa.ChunkedArray) -> np.ndarray:
    """Returns a number for each user."""
    return np.asarray(_text(values).dictionary_encode().indices.to_numpy(zero_copy_only=False))


def _scores(values: pa.ChunkedArray, name: str, what: str) -> np.ndarray:
    """Returns scores as the float32 that metrics are computed of."""
    if not _is_number(values.type):
        raise DataError(f"{what}: {name}: expected a probability in each row, got values of type {values.type}")
    scores = values.cast(pa.float64()).to_numpy()
    wrong = ~((scores >= 0) & (scores <= 1))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise DataError(
            f"{what}: {name}: expected a probability from 0 to 1 in each row, got {scores[at]} in row {at + 1} of A, "
            f"and others in {int(wrong.sum()):,} rows"
        )
    return scores.astype(np.float32)

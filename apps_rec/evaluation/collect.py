"""The collector of metrics: it gathers scores and labels batch by batch and computes exact metrics at the end."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from apps_rec.errors import DataError, RunError
from apps_rec.evaluation.columns import BlockColumn, TaskRows, UserCodes
from apps_rec.evaluation.slices import FEW, MOST, Slice, Slices
from apps_rec.evaluation.tasks import TaskMetrics

_NOT_OBSERVED = -1


class MetricCollector:
    """Takes a model's outputs batch by batch and computes every task's metrics over all rows at the end.

    It holds a float32 score and a uint8 label for each row and task; of a masked task only the rows that count. Where
    a metric groups rows by user, it also holds one int32 code for each row and column of users.

    Args:
        tasks: the tasks to measure, in the order of the result.
        by: the column of `users` that `slices` divides the rows by; None: no slices.

    Raises:
        ValueError: no task, or two with one suffix.

    Example:
        >>> collector = MetricCollector([TaskMetrics("ctr", "probs_ctr", "click")])
        >>> collector.update({"click": np.array([0.0, 1.0])}, {"probs_ctr": np.array([0.25, 0.75])})
        >>> {name: round(value, 4) for name, value in collector.result().items()}
        {'auc_ctr': 1.0, 'log_loss_ctr': 0.2877, 'calibration_ctr': 1.0, 'rows': 2}
    """

    def __init__(self, tasks: Sequence[TaskMetrics], by: str | None = None) -> None:
        suffixes = [task.suffix for task in tasks]
        if not suffixes or len(set(suffixes)) != len(suffixes):
            raise ValueError(f"metrics: expected tasks with different suffixes, got {suffixes}.")
        self.tasks = tuple(tasks)
        self.rows = 0
        self._by, self._slice_codes, self._slice_rows = by, UserCodes(), np.zeros(0, np.int64)
        self._task_rows = {task.suffix: TaskRows() for task in tasks}
        grouped = [task for task in tasks if task.users]
        self._user_codes = {column: UserCodes() for task in grouped for column in task.users}
        self._users = {column: BlockColumn(np.int32) for column in self._user_codes}
        # The rows of a masked task: the labels of a task that counts all rows and whose label is just the mask, such as
        # the click. Only where there is no such task is the mask kept separately.
        self._masks: dict[tuple[str, ...], BlockColumn] = {}
        for task in grouped:
            if task.rows_key and task.rows_key not in self._masks:
                holders = [t for t in tasks if not t.rows_key and t.labels == task.rows_key]
                labels = self._task_rows[holders[0].suffix].labels if holders else BlockColumn(np.uint8)
                self._masks[task.rows_key] = labels
        held = {id(rows.labels) for rows in self._task_rows.values()}
        self._own_masks = {key: column for key, column in self._masks.items() if id(column) not in held}

    @property
    def nbytes(self) -> int:
        """Returns the bytes held for rows; distinct users are not counted."""
        columns = [*self._users.values(), *self._own_masks.values()]
        return sum(rows.nbytes for rows in self._task_rows.values()) + sum(column.nbytes for column in columns)

    def update(
        self,
        batch_labels: Mapping[str, np.ndarray],
        outputs: Mapping[str, np.ndarray],
        users: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Adds one batch.

        Args:
            batch_labels: label columns by name, `(rows,)` each: 0, 1, or -1 where the label was not observed.
            outputs: the model's outputs by name, `(rows,)` each. Only those that a task names are read.
            users: user columns by name, `(rows,)` each. Needed for GAUC and for `by`.

        Raises:
            DataError: a label is neither 0 nor 1, nor -1 where a task expects that.
            RunError: a score is nan.
            ValueError: a column is missing, or the lengths differ.
        """
        wanted = {name for task in self.tasks for name in (*task.labels, task.mask_label) if name}
        values = {name: np.asarray(_get("label", batch_labels, name)) for name in sorted(wanted)}
        known = {name: values[name] != _NOT_OBSERVED for task in self.tasks for name in task.observed}
        labels = {name: _label(name, array, known.get(name)) for name, array in values.items()}
        scores = {t.score_output: _score(t.score_output, _get("output", outputs, t.score_output)) for t in self.tasks}
        asked = [*self._users, *([self._by] if self._by is not None else [])]
        raw_users = {column: np.asarray(_get("user column", users or {}, column)) for column in asked}
        shapes = {name: array.shape for part in (labels, scores, raw_users) for name, array in part.items()}
        if len(set(shapes.values())) != 1 or len(next(iter(shapes.values()))) != 1:
            raise ValueError(f"metrics: expected arrays of one shape (rows,), got {shapes}.")

        # Nothing is kept before all of the batch has been checked: a caller may drop a bad batch and go on.
        codes = {column: users_of.encode(raw_users[column]) for column, users_of in self._user_codes.items()}
        slices = self._slice_codes.encode(raw_users[self._by]) if self._by is not None else None
        counted = {task.rows_key: task.counts(labels, known) for task in self.tasks if task.rows_key}
        for task in self.tasks:
            label = np.logical_and.reduce([labels[name] for name in task.labels])
            score, of_slice = scores[task.score_output], slices
            if task.rows_key:
                mine = counted[task.rows_key]
                label, score = label[mine], score[mine]
                of_slice = None if slices is None else slices[mine]
            self._task_rows[task.suffix].append(score, label, of_slice)
        for column, numbers in codes.items():
            self._users[column].append(numbers)
        for key, mask in self._own_masks.items():
            mask.append(counted[key])
        if slices is not None:
            slice_rows = np.bincount(slices, minlength=len(self._slice_codes))
            slice_rows[: len(self._slice_rows)] += self._slice_rows
            self._slice_rows = slice_rows
        self.rows += len(next(iter(labels.values())))

    def result(self) -> dict[str, float | int | None]:
        """Returns every metric by its full name, task by task, then `rows`; None where a metric has no value."""
        metrics: dict[str, float | int | None] = {}
        for task in self.tasks:
            rows = self._task_rows[task.suffix]
            metrics |= _metrics(task, rows.labels.array(), rows.scores.array(), self._users_of(task))
        metrics["rows"] = self.rows
        return metrics

    def slices(self, tasks: Sequence[TaskMetrics], most: int = MOST) -> Slices:
        """Computes the metrics of some tasks within each value of the column `by`.

        Args:
            tasks: some of the collector's tasks.
            most: number of values to measure; those with most rows are taken.

        Raises:
            ValueError: no `by` was given.
        """
        if self._by is None:
            raise ValueError("slices: expected a collector with a column to measure by")
        values = [_as_json(value) for value in self._slice_codes.values()]
        order = np.argsort(-self._slice_rows, kind="stable")
        codes, others = order[:most].tolist(), order[most:].tolist()
        metrics: dict[int, dict[str, float | int | None]] = {code: {} for code in codes}
        small: dict[int, list[str]] = {code: [] for code in codes}
        for task in tasks:
            rows = self._task_rows[task.suffix]
            labels, scores, of_row = rows.labels.array(), rows.scores.array(), rows.slices.array()
            users = self._users_of(task)
            by_slice = np.argsort(of_row, kind="stable")
            bounds = np.searchsorted(of_row[by_slice], np.arange(len(values) + 1))
            for code in codes:
                places = by_slice[bounds[code] : bounds[code + 1]]
                positives = int(labels[places].sum(dtype=np.int64))
                of_slice = {column: codes_of_rows[places] for column, codes_of_rows in users.items()}
                metrics[code] |= _metrics(task, labels[places], scores[places], of_slice)
                metrics[code] |= {f"rows_{task.suffix}": len(places), f"positives_{task.suffix}": positives}
                if min(positives, len(places) - positives) < FEW:
                    small[code].append(task.suffix)
        shown = [Slice(values[code], int(self._slice_rows[code]), metrics[code], tuple(small[code])) for code in codes]
        other_rows = int(self._slice_rows[others].sum())
        return Slices(self._by, tuple(shown), tuple(values[c] for c in others[:most]), len(others), other_rows)

    def _users_of(self, task: TaskMetrics) -> dict[str, np.ndarray]:
        """Returns the codes of the users of the task's rows, by column; empty where no metric groups rows by user."""
        users = {column: self._users[column].array() for column in task.users}
        if not task.rows_key or not users:
            return users
        mask = self._masks[task.rows_key].array().astype(bool)
        return {column: codes[mask] for column, codes in users.items()}

    def missing(self) -> dict[str, str]:
        """Returns why a task's metrics have no value, by suffix: `no positives` or `one class`; leaves out other tasks.

        The reason `one class` stands for no negatives, for no rows, and with GAUC for no user with both classes.
        """
        reasons = {}
        for task in self.tasks:
            labels = self._task_rows[task.suffix].labels.array()
            if not labels.any():
                reasons[task.suffix] = "no positives" if len(labels) else "one class"
            elif labels.all():
                reasons[task.suffix] = "one class"
        return reasons


def _metrics(
    task: TaskMetrics, labels: np.ndarray, scores: np.ndarray, users: Mapping[str, np.ndarray]
) -> dict[str, float | int | None]:
    return {name: metric.compute(labels, scores, users) for name, metric in zip(task.names, task.metrics, strict=True)}


def _as_json(value: Any) -> str | int | bool:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def _get(kind: str, arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name not in arrays:
        raise ValueError(f"metrics: expected the {kind} {name}, got only {', '.join(sorted(arrays)) or 'nothing'}.")
    return arrays[name]


def _label(name: str, values: np.ndarray, known: np.ndarray | None) -> np.ndarray:
    if known is not None:
        values = np.where(known, values, 0)
    positive = values.astype(bool)
    if not np.array_equal(values, positive):
        bad = int(np.flatnonzero(values != positive)[0])
        raise DataError(f"label {name}: expected 0 or 1, got {values.ravel()[bad]} in row {bad} of a batch.")
    return positive


def _score(name: str, values: np.ndarray) -> np.ndarray:
    scores = np.asarray(values, np.float32)
    bad = int(np.count_nonzero(np.isnan(scores)))
    if bad:
        raise RunError(
            f"output {name}: expected numbers, got nan in {bad} of {scores.size} rows of a batch; the model has "
            "diverged (lower the learning rate, clip gradients) or an input is nan."
        )
    return scores

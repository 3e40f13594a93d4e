"""The collector of metrics: it gathers scores and labels batch by batch and computes exact metrics at the end."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from apps_rec.evaluation import batch
from apps_rec.evaluation.columns import BlockColumn, TaskRows, UserCodes
from apps_rec.evaluation.slices import FEW, MOST, Slice, Slices
from apps_rec.evaluation.tasks import BINARY, CLASSES, NUMBER, TaskMetrics


class MetricCollector:
    """Takes a model's outputs batch by batch and computes every task's metrics over all rows at the end.

    It holds a float32 score and a uint8 label for each row and task; of a masked task only the rows that count. The
    label of a number or of classes has four bytes, and of classes each has a score. Where a metric groups rows by user,
    it also holds one int32 code for each row and column of users.

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
        self._task_rows = {task.suffix: TaskRows(task.kind) for task in tasks}
        grouped = [task for task in tasks if task.users]
        self._user_codes = {column: UserCodes() for task in grouped for column in task.users}
        self._users = {column: BlockColumn(np.int32) for column in self._user_codes}
        # The rows of a masked task: the labels of a task that counts all rows and whose label is just the mask, such as
        # the click. Only where there is no such task is the mask kept separately.
        self._masks: dict[tuple[str, ...], BlockColumn] = {}
        for task in grouped:
            if task.rows_key and task.rows_key not in self._masks:
                holders = [t for t in tasks if not t.rows_key and t.kind == BINARY and t.labels == task.rows_key]
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
            batch_labels: label columns by name, `(rows,)` each: 0, 1, or -1 where the label was not observed; numbers
                and classes where a task's label is one.
            outputs: the model's outputs by name, `(rows,)` each, or `(rows, classes)`. Only those that a task names are
                read.
            users: user columns by name, `(rows,)` each. Needed for GAUC and for `by`.

        Raises:
            DataError: a label is neither 0 nor 1, nor -1 where a task expects that; it is no number, or no class.
            RunError: a score is nan.
            ValueError: a column is missing, or the lengths differ.
        """
        wanted = {name for task in self.tasks for name in (*task.labels, task.mask_label) if name}
        values = {name: np.asarray(_get("label", batch_labels, name)) for name in sorted(wanted)}
        known = {name: values[name] != task.unobserved_of(name) for task in self.tasks for name in task.observed}
        scores = {
            t.score_output: batch.score(t.score_output, _get("output", outputs, t.score_output)) for t in self.tasks
        }
        asked = [*self._users, *([self._by] if self._by is not None else [])]
        raw_users = {column: np.asarray(_get("user column", users or {}, column)) for column in asked}
        batch.check_shapes({**values, **scores, **raw_users}, {t.score_output for t in self.tasks if t.kind == CLASSES})
        binary = [name for t in self.tasks for name in (t.mask_label, *(t.labels if t.kind == BINARY else ())) if name]
        labels = {name: batch.yes_or_no(name, values[name], known.get(name)) for name in sorted({*binary})}
        of_task = {task.suffix: _label(task, labels, values, known, scores) for task in self.tasks}

        # Nothing is kept before all of the batch has been checked: a caller may drop a bad batch and go on.
        codes = {column: users_of.encode(raw_users[column]) for column, users_of in self._user_codes.items()}
        slices = self._slice_codes.encode(raw_users[self._by]) if self._by is not None else None
        counted = {task.rows_key: task.counts(labels, known) for task in self.tasks if task.rows_key}
        for task in self.tasks:
            label = of_task[task.suffix]
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
        self.rows += len(next(iter(values.values())))

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
                of_slice = {column: codes_of_rows[places] for column, codes_of_rows in users.items()}
                metrics[code] |= _metrics(task, labels[places], scores[places], of_slice)
                metrics[code][f"rows_{task.suffix}"] = fewest = len(places)
                if task.kind == BINARY:
                    positives = int(labels[places].sum(dtype=np.int64))
                    metrics[code][f"positives_{task.suffix}"] = positives
                    fewest = min(positives, len(places) - positives)
                if fewest < FEW:
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
        """Returns why a task's metrics have no value, by suffix; leaves out other tasks.

        The reason `no positives` stands for that alone; `one class` for no negatives and, with GAUC, for no user with
        both classes. A task that is not binary has `no rows` as a binary one may; where its numbers sum to 0 or less,
        calibration alone has no value.
        """
        reasons = {}
        for task in self.tasks:
            rows = self._task_rows[task.suffix]
            labels = rows.labels.array()
            if not len(rows):
                reasons[task.suffix] = "no rows"
            elif task.kind == NUMBER and labels.sum(dtype=np.float64) <= 0:
                reasons[task.suffix] = "labels sum to 0 or less"
            elif task.kind == BINARY and not labels.any():
                reasons[task.suffix] = "no positives"
            elif task.kind == BINARY and labels.all():
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


def _label(
    task: TaskMetrics,
    labels: Mapping[str, np.ndarray],
    values: Mapping[str, np.ndarray],
    known: Mapping[str, np.ndarray],
    scores: Mapping[str, np.ndarray],
) -> np.ndarray:
    """Returns the task's label of each row of a batch."""
    if task.kind == BINARY:
        return np.logical_and.reduce([labels[name] for name in task.labels])
    name = task.labels[0]
    if task.kind == NUMBER:
        return batch.number(name, values[name], known.get(name))
    return batch.class_of(name, values[name], known.get(name), scores[task.score_output].shape[1])

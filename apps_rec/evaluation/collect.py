"""The collector of metrics: it gathers scores and labels batch by batch and computes exact metrics at the end."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from apps_rec.evaluation import batch
from apps_rec.evaluation.columns import BlockColumn, RowsOfTask, TaskRows, UserCodes
from apps_rec.evaluation.metrics.weighted import Units
from apps_rec.evaluation.tasks import BINARY, CLASSES, NUMBER, TaskMetrics


class MetricCollector:
    """Takes a model's outputs batch by batch and computes every task's metrics over all rows at the end.

    It holds a float32 score and a uint8 label for each row and task; of a masked task only the rows that count. The
    label of a number or of classes has four bytes, and of classes each has a score. Where a metric groups rows by user,
    it also holds one int32 code for each row and column of users.

    Args:
        tasks: the tasks to measure, in the order of the result.
        columns: further columns of `users` to hold the codes of, such as those to divide the rows by.
        with_places: true if `units` will be asked for rows of their own.

    Raises:
        ValueError: no task, or two with one suffix.

    Example:
        >>> collector = MetricCollector([TaskMetrics("ctr", "probs_ctr", "click")])
        >>> collector.update({"click": np.array([0.0, 1.0])}, {"probs_ctr": np.array([0.25, 0.75])})
        >>> {name: round(value, 4) for name, value in collector.result().items()}
        {'auc_ctr': 1.0, 'log_loss_ctr': 0.2877, 'calibration_ctr': 1.0, 'rows': 2}
    """

    def __init__(self, tasks: Sequence[TaskMetrics], columns: Sequence[str] = (), with_places: bool = False) -> None:
        suffixes = [task.suffix for task in tasks]
        if not suffixes or len(set(suffixes)) != len(suffixes):
            raise ValueError(f"metrics: expected tasks with different suffixes, got {suffixes}.")
        self.tasks = tuple(tasks)
        self.rows = 0
        self._task_rows = {task.suffix: TaskRows(task.kind) for task in tasks}
        grouped = tasks if columns or with_places else [task for task in tasks if task.users]
        self._user_codes = {
            column: UserCodes() for column in (*(name for task in tasks for name in task.users), *columns)
        }
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
            users: user columns by name, `(rows,)` each. Needed for GAUC and for `columns`.

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
        raw_users = {column: np.asarray(_get("user column", users or {}, column)) for column in self._users}
        batch.check_shapes({**values, **scores, **raw_users}, {t.score_output for t in self.tasks if t.kind == CLASSES})
        binary = [name for t in self.tasks for name in (t.mask_label, *(t.labels if t.kind == BINARY else ())) if name]
        labels = {name: batch.yes_or_no(name, values[name], known.get(name)) for name in sorted({*binary})}
        of_task = {task.suffix: _label(task, labels, values, known, scores) for task in self.tasks}

        # Nothing is kept before all of the batch has been checked: a caller may drop a bad batch and go on.
        codes = {column: users_of.encode(raw_users[column]) for column, users_of in self._user_codes.items()}
        counted = {task.rows_key: task.counts(labels, known) for task in self.tasks if task.rows_key}
        for task in self.tasks:
            label = of_task[task.suffix]
            score = scores[task.score_output]
            if task.rows_key:
                mine = counted[task.rows_key]
                label, score = label[mine], score[mine]
            self._task_rows[task.suffix].append(score, label)
        for column, numbers in codes.items():
            self._users[column].append(numbers)
        for key, mask in self._own_masks.items():
            mask.append(counted[key])
        self.rows += len(next(iter(values.values())))

    def result(self) -> dict[str, float | int | None]:
        """Returns every metric by its full name, task by task, then `rows`; None where a metric has no value."""
        metrics: dict[str, float | int | None] = {}
        for task in self.tasks:
            rows = self.rows_of(task, task.users)
            metrics |= rows.metrics(task)
        metrics["rows"] = self.rows
        return metrics

    def rows_of(self, task: TaskMetrics, columns: Sequence[str] = ()) -> RowsOfTask:
        """Returns the rows that a task counts, with their codes in some of the columns that are held."""
        rows, mask = self._task_rows[task.suffix], self._mask_of(task) if columns else None
        codes = {column: self._users[column].array() for column in columns}
        if mask is not None:
            codes = {column: of_rows[mask] for column, of_rows in codes.items()}
        return RowsOfTask(rows.labels.array(), rows.scores.array(), codes)

    def units(self, task: TaskMetrics, column: str = "") -> Units:
        """Returns the units of the rows that a task counts: values of a column that is held, or "": the rows alone."""
        if column:
            return Units(self.rows_of(task, (column,)).codes[column], len(self._user_codes[column]))
        mask = self._mask_of(task)
        return Units(np.arange(self.rows) if mask is None else np.flatnonzero(mask), self.rows)

    def values_of(self, column: str) -> tuple[list[str | int | bool], np.ndarray]:
        """Returns the values of a column that is held, in the order of their codes, and the rows of each."""
        values = [_as_json(value) for value in self._user_codes[column].values()]
        return values, np.bincount(self._users[column].array(), minlength=len(values))

    def _mask_of(self, task: TaskMetrics) -> np.ndarray | None:
        """Returns which of all rows the task counts; None: all of them."""
        return self._masks[task.rows_key].array().astype(bool) if task.rows_key else None

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

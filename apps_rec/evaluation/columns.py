"""Columns that hold scores, labels and user codes between batches, in as few bytes as exact metrics allow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps_rec.errors import DataError
from apps_rec.evaluation.tasks import BINARY, CLASSES, NUMBER, TaskMetrics

BLOCK_ROWS = 1 << 16
_LABELS: dict[str, type[np.generic]] = {BINARY: np.uint8, NUMBER: np.float32, CLASSES: np.int32}


class BlockColumn:
    """A numpy column that grows by whole blocks, so that at most one block is held beyond the values.

    A value may be a row of several numbers; all have the shape of the first, and a block is as large as of one number.
    """

    def __init__(self, dtype: type[np.generic]) -> None:
        self._dtype = np.dtype(dtype)
        self._blocks: list[np.ndarray] = []
        self._block_rows = BLOCK_ROWS
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def nbytes(self) -> int:
        """Returns the bytes held, the unused end of the last block included."""
        return sum(block.nbytes for block in self._blocks)

    def append(self, values: np.ndarray) -> None:
        """Copies the values, so that the batch they come from can be freed."""
        if not self._blocks:
            self._block_rows = max(1, BLOCK_ROWS // math.prod(values.shape[1:]))
        start = 0
        while start < len(values):
            room = len(self._blocks) * self._block_rows - self._size
            if not room:
                self._blocks.append(np.empty((self._block_rows, *values.shape[1:]), self._dtype))
                room = self._block_rows
            taken = values[start : start + room]
            offset = self._block_rows - room
            self._blocks[-1][offset : offset + len(taken)] = taken
            self._size += len(taken)
            start += len(taken)

    def array(self) -> np.ndarray:
        """Returns all values in one new array."""
        return np.concatenate(self._blocks)[: self._size] if self._blocks else np.empty(0, self._dtype)


class TaskRows:
    """The rows of one task: float32 scores and a label each.

    Args:
        kind: what the label is; it is held as uint8 where it is 0 or 1, else as float32 or as int32.
    """

    def __init__(self, kind: str = BINARY) -> None:
        self.scores = BlockColumn(np.float32)
        self.labels = BlockColumn(_LABELS[kind])

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def nbytes(self) -> int:
        """Returns the bytes held: 5 a row, up to the end of a block; more of numbers and classes."""
        return self.scores.nbytes + self.labels.nbytes

    def append(self, scores: np.ndarray, labels: np.ndarray) -> None:
        """Adds rows; the arrays are `(rows,)`, and scores of several classes `(rows, classes)`."""
        self.scores.append(scores)
        self.labels.append(labels)


@dataclass(frozen=True)
class RowsOfTask:
    """The rows that a task counts.

    Attributes:
        labels: label of each row, `(rows,)`.
        scores: float32 score of each row, `(rows,)`, or of classes, `(rows, classes)`.
        codes: int32 codes of each row, by column.
    """

    labels: np.ndarray
    scores: np.ndarray
    codes: Mapping[str, np.ndarray]

    def at(self, places: np.ndarray) -> RowsOfTask:
        """Returns some of the rows."""
        codes = {column: of_rows[places] for column, of_rows in self.codes.items()}
        return RowsOfTask(self.labels[places], self.scores[places], codes)

    def metrics(self, task: TaskMetrics) -> dict[str, float | int | None]:
        """Computes the task's metrics over the rows, by their full names."""
        return {
            name: metric.compute(self.labels, self.scores, self.codes)
            for name, metric in zip(task.names, task.metrics, strict=True)
        }

    def fewest(self, task: TaskMetrics) -> int:
        """Returns the number of positives or of negatives, which is smaller; of a task that is not binary, of rows."""
        if task.kind != BINARY:
            return len(self.labels)
        positives = int(self.labels.sum(dtype=np.int64))
        return min(positives, len(self.labels) - positives)


class UserCodes:
    """Codes of users: 0, 1, 2, ... in the order they are met. Each distinct user is held once.

    Example:
        >>> codes = UserCodes()
        >>> codes.encode(np.array([70, 50, 70])).tolist(), codes.encode(np.array([50, 10])).tolist()
        ([0, 1, 0], [1, 2])
    """

    def __init__(self) -> None:
        self._codes: dict[object, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def values(self) -> list[Any]:
        """Returns the users in the order of their codes."""
        return list(self._codes)

    def encode(self, users: np.ndarray) -> np.ndarray:
        """Gives each user of a batch an int32 code.

        Args:
            users: integers or strings, `(rows,)`.

        Raises:
            DataError: the values are neither integers nor strings.
        """
        users = np.asarray(users)
        if users.dtype.kind not in "biuOSU":
            raise DataError(f"the column of users for GAUC: expected integers or strings, got {users.dtype}.")
        codes = self._codes
        if users.dtype.kind == "O":
            # Sorting Python objects to find the distinct ones costs more than one look-up each; and fixed-width bytes
            # would take b"a" and b"a\0" for the same user.
            return np.fromiter((codes.setdefault(user, len(codes)) for user in users), np.int32, len(users))
        distinct, first, inverse = np.unique(users, return_index=True, return_inverse=True)
        of_distinct = np.empty(len(distinct), np.int32)
        values = distinct.tolist()
        for position in np.argsort(first).tolist():
            of_distinct[position] = codes.setdefault(values[position], len(codes))
        return of_distinct[inverse]

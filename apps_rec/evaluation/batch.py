"""Checks of a batch of labels and scores, before the collector keeps any of it."""

from collections.abc import Collection, Mapping

import numpy as np

from apps_rec.errors import DataError, RunError


def yes_or_no(name: str, values: np.ndarray, known: np.ndarray | None) -> np.ndarray:
    """Returns whether each row's label is 1; False where it is not known.

    Raises:
        DataError: a known label is neither 0 nor 1.
    """
    if known is not None:
        values = np.where(known, values, 0)
    positive = values.astype(bool)
    if not np.array_equal(values, positive):
        bad = int(np.flatnonzero(values != positive)[0])
        raise DataError(f"label {name}: expected 0 or 1, got {values.ravel()[bad]} in row {bad} of a batch.")
    return positive


def number(name: str, values: np.ndarray, known: np.ndarray | None) -> np.ndarray:
    """Returns each row's label as float32; 0 where it is not known.

    Raises:
        DataError: a known label is nan or infinite.
    """
    if known is not None:
        values = np.where(known, values, 0)
    finite = np.isfinite(values)
    if not finite.all():
        bad = int(np.argmin(finite))
        raise DataError(f"label {name}: expected a finite number, got {values[bad]} in row {bad} of a batch.")
    return values.astype(np.float32)


def class_of(name: str, values: np.ndarray, known: np.ndarray | None, count: int) -> np.ndarray:
    """Returns the number of each row's class as int32; 0 where it is not known.

    Raises:
        DataError: a known label is not among 0, 1, ... `count` - 1.
    """
    if known is not None:
        values = np.where(known, values, 0)
    right = np.isin(values, np.arange(count))
    if not right.all():
        bad = int(np.argmin(right))
        raise DataError(
            f"label {name}: expected a class from 0 to {count - 1}, got {values[bad]} in row {bad} of a batch."
        )
    return values.astype(np.int32)


def score(name: str, values: np.ndarray) -> np.ndarray:
    """Returns an output as float32.

    Raises:
        RunError: it holds nan.
    """
    scores = np.asarray(values, np.float32)
    bad = int(np.count_nonzero(np.isnan(scores).reshape(len(scores), -1).any(axis=1))) if scores.size else 0
    if bad:
        raise RunError(
            f"output {name}: expected numbers, got nan in {bad} of {len(scores)} rows of a batch; the model has "
            "diverged (lower the learning rate, clip gradients) or an input is nan."
        )
    return scores


def check_shapes(arrays: Mapping[str, np.ndarray], of_classes: Collection[str]) -> None:
    """Refuses arrays that do not have one value a row, or one for each class in those named by `of_classes`.

    Raises:
        ValueError: a shape differs.
    """
    shapes = {name: array.shape for name, array in arrays.items()}
    dimensions = {name: 2 if name in of_classes else 1 for name in arrays}
    if len({shape[:1] for shape in shapes.values()}) == 1 and all(
        len(shape) == dimensions[name] for name, shape in shapes.items()
    ):
        return
    also = f", and (rows, classes) of {', '.join(sorted(of_classes))}" if of_classes else ""
    raise ValueError(f"metrics: expected arrays of one shape (rows,){also}, got {shapes}.")

"""Checks of what a metric is given: labels and scores that fit each other and the kind of task."""

import numpy as np


def binary(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels as bool and scores as floats.

    Raises:
        ValueError: a label is neither 0 nor 1, a score is nan, or shapes differ.
    """
    labels, scores = _of_one_shape(labels, scores)
    positive = labels.astype(bool)
    if labels.dtype.kind != "b" and not np.array_equal(labels, positive):
        bad_row = int(np.flatnonzero(labels != positive)[0])
        raise ValueError(f"metrics: expected labels 0 or 1, got {labels[bad_row]} at row {bad_row}.")
    return positive, scores


def probabilities(name: str, labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels as bool and probabilities as floats.

    Raises:
        ValueError: as for `binary`, and where a score lies outside [0, 1].
    """
    positive, scores = binary(labels, scores)
    _within_0_and_1(name, scores)
    return positive, scores


def numbers(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels as they are, which may be any numbers, and scores as floats.

    Raises:
        ValueError: a label or a score is nan, or shapes differ.
    """
    labels, scores = _of_one_shape(labels, scores)
    if labels.dtype.kind == "f":
        _no_nan("label", labels)
    return labels, scores


def classes(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels as integers and scores as floats, `(rows, classes)`.

    Raises:
        ValueError: a label is no class, a score is nan, or shapes do not fit.
    """
    labels, scores = np.asarray(labels), _floats(scores)
    if not labels.size and not scores.size:
        return labels.astype(np.int64).reshape(0), scores.reshape(0, 1)
    if labels.ndim != 1 or scores.ndim != 2 or len(labels) != len(scores):
        raise ValueError(
            "metrics: expected labels of shape (rows,) and scores of shape (rows, classes), "
            f"got {labels.shape} and {scores.shape}."
        )
    _no_nan("score", scores)
    numbered = labels.astype(np.int64)
    wrong = (numbered != labels) | (numbered < 0) | (numbered >= scores.shape[1])
    if wrong.any():
        bad_row = int(np.argmax(wrong))
        raise ValueError(
            f"metrics: expected labels from 0 to {scores.shape[1] - 1}, got {labels[bad_row]} at row {bad_row}."
        )
    return numbered, scores


def class_probabilities(name: str, labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels as integers and probabilities as floats, `(rows, classes)`.

    Raises:
        ValueError: as for `classes`, and where a score lies outside [0, 1].
    """
    labels, scores = classes(labels, scores)
    _within_0_and_1(name, scores)
    return labels, scores


def have_classes(scores: np.ndarray) -> bool:
    """Tells whether there is a score for each of several classes."""
    return np.ndim(scores) == 2


def _of_one_shape(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    labels, scores = np.asarray(labels), _floats(scores)
    if labels.ndim != 1 or labels.shape != scores.shape:
        raise ValueError(
            f"metrics: expected one label a score, both of shape (rows,), got {labels.shape} and {scores.shape}."
        )
    _no_nan("score", scores)
    return labels, scores


def _floats(scores: np.ndarray) -> np.ndarray:
    scores = np.asarray(scores)
    return scores if scores.dtype.kind == "f" else scores.astype(np.float64)


def _no_nan(what: str, values: np.ndarray) -> None:
    # nan passes through both, and neither needs an array beside the values.
    if values.size and (np.isnan(values.min()) or np.isnan(values.max())):
        bad = np.flatnonzero(np.isnan(values).reshape(len(values), -1).any(axis=1))
        raise ValueError(
            f"metrics: expected numbers, got nan as {what} of {bad.size} of {len(values)} rows, first at row "
            f"{bad[0]}; the model has diverged (lower the learning rate) or an input is nan."
        )


def _within_0_and_1(name: str, scores: np.ndarray) -> None:
    if scores.size and (scores.min() < 0 or scores.max() > 1):
        raise ValueError(
            f"{name}: expected probabilities in [0, 1], got scores from {scores.min()} to {scores.max()}; "
            "give it a probs_ output, not logits."
        )

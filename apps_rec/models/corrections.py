"""A task's logits as outputs show them: corrected for negatives left out of training, and calibrated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import tensorflow as tf


def check_line(knots: Sequence[float], values: Sequence[float]) -> None:
    """Holds the points of a rising line to what `rising_line` takes.

    Raises:
        ValueError: there are not as many of one as of the other, or fewer than 2; one does not rise.
    """
    if len(knots) != len(values) or len(knots) < 2:
        raise ValueError(
            f"logit_knots and logit_values are two lists of as many numbers, 2 or more; "
            f"got {len(knots)} and {len(values)}"
        )
    for name, numbers in (("logit_knots", knots), ("logit_values", values)):
        if not all(low < high for low, high in pairwise(numbers)) or not all(map(math.isfinite, numbers)):
            raise ValueError(f"{name} are finite numbers, each above the one before it; got {list(numbers)}")


def rising_line(x: tf.Tensor, knots: Sequence[float], values: Sequence[float]) -> tf.Tensor:
    """Reads numbers off a line of straight pieces through points, with slope 1 outside of them; `(batch,)` float32.

    It never falls, to the last bit: of two numbers the higher one has the higher value, or the same where float32 has
    none between.

    Args:
        x: numbers, `(batch,)` float32.
        knots: x of the points, rising.
        values: value at each of them, rising.

    Example:
        >>> rising_line(tf.constant([-1.0, 0.0, 0.5, 3.0]), knots=[0.0, 1.0], values=[5.0, 7.0]).numpy().tolist()
        [4.0, 5.0, 6.0, 9.0]
    """
    slopes = [(b - a) / (right - left) for (left, right), (a, b) in zip(pairwise(knots), pairwise(values), strict=True)]
    piece = tf.searchsorted(tf.constant(knots, x.dtype), x, side="right")  # 0: below the first knot
    start, base, slope, end = (
        tf.gather(tf.constant(numbers, x.dtype), piece)
        for numbers in ([knots[0], *knots], [values[0], *values], [1.0, *slopes, 1.0], [*values, math.inf])
    )
    # At the end of a piece rounding may lead above the beginning of the next one.
    return tf.minimum(base + slope * (x - start), end)

"""Expressions in the graph: a tree of known operators and functions becomes TensorFlow's operations, and no code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import numpy as np
import tensorflow as tf

from apps_rec.features.specs import Expression

_CONDITIONS: dict[str, Callable[..., tf.Tensor]] = {"&": tf.logical_and, "|": tf.logical_or, "!": tf.logical_not}
_COMPARISONS: dict[str, Callable[..., tf.Tensor]] = {
    ">": tf.greater,
    ">=": tf.greater_equal,
    "<": tf.less,
    "<=": tf.less_equal,
    "==": tf.equal,
    "!=": tf.not_equal,
}
_NUMBERS: dict[str, Callable[..., tf.Tensor]] = {
    "+": tf.add,
    "-": tf.subtract,
    "*": tf.multiply,
    "/": tf.divide,
    "abs": tf.abs,
    "sqrt": tf.sqrt,
    "log": tf.math.log,
    "log1p": tf.math.log1p,
    "exp": tf.exp,
    "floor": tf.floor,
    "ceil": tf.math.ceil,
    "min": tf.minimum,
    "max": tf.maximum,
}


def evaluate(expression: Expression, columns: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Returns the values of an expression, `(batch,)` float64; a condition is 0 or 1, what is no number is 0.

    Everything is computed in float64, but for a column that is compared with a column or a number itself: whole numbers
    as such, so that those beyond 2^53 differ, and a FLOAT column with the number as 32 bits hold it.

    Args:
        expression: the expression, which reads at least one column.
        columns: columns by name, `(batch,)` numbers.
    """
    values = _number(_value(expression, columns))
    return tf.where(tf.math.is_nan(values), tf.zeros_like(values), values)


def _value(part: Expression, columns: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Returns the values of a part: conditions as bool, columns in their own type, all else as float64."""
    if isinstance(part, str):
        return columns[part]
    if not isinstance(part, tuple):
        return tf.constant(part, tf.float64)
    function, *arguments = part
    values = [_value(argument, columns) for argument in arguments]
    if function in _COMPARISONS:
        return _COMPARISONS[function](*_alike(arguments, values))
    if function in _CONDITIONS:
        return _CONDITIONS[function](*values)
    if function == "where":
        condition, one, other = values
        if tf.bool == one.dtype == other.dtype:
            return tf.where(condition, one, other)
        return tf.where(condition, _number(one), _number(other))
    numbers = [_number(value) for value in values]
    if function == "-" and len(numbers) == 1:
        return -numbers[0]
    if function in ("min", "max"):
        return reduce(_NUMBERS[function], numbers)
    return _NUMBERS[function](*numbers)


def _alike(parts: Sequence[Expression], values: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Returns both sides of a comparison in one type."""
    pairs = list(zip(parts, values, strict=True))
    if all(_is_whole(part, value) for part, value in pairs):
        return [
            tf.constant(int(part), tf.int64) if isinstance(part, float) else tf.cast(value, tf.int64)
            for part, value in pairs
        ]
    if any(value.dtype == tf.float32 for value in values):
        return [
            tf.constant(float(np.float32(part)), tf.float64) if isinstance(part, float) else _number(value)
            for part, value in pairs
        ]
    return [_number(value) for value in values]


def _is_whole(part: Expression, value: tf.Tensor) -> bool:
    if isinstance(part, float):
        return part.is_integer() and abs(part) < 2**53
    return isinstance(part, str) and value.dtype in (tf.int32, tf.int64)


def _number(value: tf.Tensor) -> tf.Tensor:
    return tf.cast(value, tf.float64)

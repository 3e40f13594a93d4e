"""Turns cells inside a graph, values of tf.train.Features and texts, into the declared type as `convert` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from apps_rec.data.graph_assert import expect
from apps_rec.data.pipeline.packing import TF_TYPES
from apps_rec.data.schema import Column
from apps_rec.data.values.numbers import (
    EXACT_BELOW,
    NAN_TEXT,
    NUMBER_TEXT,
    WHOLE_TEXT,
    WHOLE_WITH_POINT,
    WITH_EXPONENT,
)

KIND_TYPES = {"bytes_list": tf.string, "float_list": tf.float32, "int64_list": tf.int64}

# Powers of two whose shortest text is not the nearest text of that length, as the floats below them lie closer.
_NOT_NEAREST = {0x0F800000: 1.2621775e-29, 0x6B000000: 1.5474251e26, 0x6C800000: 1.2379401e27}
_LEAST = 2.0**-149  # of 32 bits

_EXPECTED = {
    "STRING": "text or whole numbers (STRING); declare FLOAT or DOUBLE, or INT64 for ids, or write text",
    "INT32": "a whole number of 32 bits (INT32)",
    "INT64": "a whole number of 64 bits (INT64)",
    "FLOAT": "a finite number (FLOAT)",
    "DOUBLE": "a finite number (DOUBLE)",
    "BOOL": "true, false, 1 or 0 (BOOL)",
}

# Values and which of them are missing.
Cells = tuple[tf.Tensor, tf.Tensor]


def read_cells(values: tf.Tensor, columns: Sequence[Column], places: tf.Tensor | None = None) -> Cells:
    """Turns values of columns of one declared type into that type.

    Args:
        values: values of one kind of list: text, 32-bit floats or whole numbers, `[N]`.
        columns: columns that the values belong to.
        places: place in `columns` of each value's column, `[N]`; None: there is one column.

    Returns: values of the declared type, and a mask of the missing ones (empty texts and nan), whose values mean
    nothing. A value that does not fit stops the graph with the column's name.
    """
    dtype = columns[0].dtype
    if dtype == "STRING":
        return _texts(values, columns, places)
    if values.dtype == tf.string:
        read, fine, missing = _OF_TEXT[dtype](values, dtype)
    else:
        read, fine, missing = _OF_NUMBERS[dtype](values, dtype)
    return _stop_unless(fine | missing, values, columns, places, read), missing


def _stop_unless(
    fine: tf.Tensor, values: tf.Tensor, columns: Sequence[Column], places: tf.Tensor | None, result: tf.Tensor
) -> tf.Tensor:
    """Returns `result` if all values are fine; else stops the graph at the first that is not."""
    # A tf.cond to put the message together would cost more, 30 ms for each check when the graph is built.
    wrong = tf.where(~fine)[:1, 0]
    names = [f'Column "{column.name}": expected {_EXPECTED[column.dtype]}, got' for column in columns]
    of = tf.zeros_like(wrong) if places is None else tf.gather(places, wrong)
    said = tf.strings.reduce_join(tf.gather(tf.constant(names), of))
    with tf.control_dependencies([expect(tf.reduce_all(fine), [said, tf.gather(values, wrong)])]):
        return tf.identity(result)


def _texts(values: tf.Tensor, columns: Sequence[Column], places: tf.Tensor | None) -> Cells:
    if values.dtype == tf.float32:
        missing = tf.math.is_nan(values)
        return _stop_unless(missing, values, columns, places, tf.fill(tf.shape(values), "")), missing
    texts = values if values.dtype == tf.string else tf.strings.as_string(values)
    return texts, tf.equal(texts, "")


def list_texts(values: tf.Tensor, column: Column) -> tf.Tensor:
    """Turns values of lists into text. For a column of numbers, floats become texts of their shortest decimal."""
    if values.dtype == tf.string:
        return values
    if values.dtype != tf.float32:
        return tf.strings.as_string(values)
    if column.is_numbers:
        return tf.strings.as_string(shortest(values), precision=17, scientific=True)
    none = tf.zeros_like(values, tf.bool)
    return _stop_unless(none, values, [column], None, tf.fill(tf.shape(values), ""))


def shortest(values: tf.Tensor) -> tf.Tensor:
    """Turns 32-bit floats into 64-bit ones of the fewest digits that name them: 4.99, not 4.989999771118164."""
    bits = tf.bitcast(values, tf.int32)
    magnitude = bits & 0x7FFFFFFF
    # Arithmetic on 32 bits may take subnormal numbers for zero.
    wide = tf.where(
        magnitude < 0x00800000,
        tf.cast(magnitude, tf.float64) * _LEAST,
        tf.cast(tf.bitcast(magnitude, tf.float32), tf.float64),
    )
    result = wide
    for digits in range(8, -1, -1):
        text = tf.strings.as_string(wide, precision=digits, scientific=True)
        names_it = tf.equal(tf.bitcast(tf.strings.to_number(text, tf.float32), tf.int32), magnitude)
        result = tf.where(names_it, tf.strings.to_number(text, tf.float64), result)
    for power, decimal in _NOT_NEAREST.items():
        result = tf.where(tf.equal(magnitude, power), tf.constant(decimal, tf.float64), result)
    return tf.where(bits < 0, -result, result)


# Values as the declared type, which are fine, which are missing.
_Read = tuple[tf.Tensor, tf.Tensor, tf.Tensor]


def _floats(values: tf.Tensor, dtype: str) -> _Read:
    if values.dtype == tf.float32:
        numbers = values if dtype == "FLOAT" else shortest(values)
        return numbers, tf.math.is_finite(values), tf.math.is_nan(values)
    # Through 64 bits, as for a text of it.
    numbers = tf.cast(tf.cast(values, tf.float64), TF_TYPES[dtype])
    return numbers, tf.ones_like(values, tf.bool), tf.zeros_like(values, tf.bool)


def _floats_of_text(texts: tf.Tensor, dtype: str) -> _Read:
    numbers, fine, missing = _doubles_of_text(texts)
    numbers = tf.cast(numbers, TF_TYPES[dtype])
    return numbers, fine & tf.math.is_finite(numbers), missing


def _doubles_of_text(texts: tf.Tensor) -> _Read:
    words = tf.strings.lower(tf.strings.strip(texts))
    yes, no = tf.equal(words, "true"), tf.equal(words, "false")
    is_number = tf.strings.regex_full_match(words, NUMBER_TEXT)
    numbers = tf.strings.to_number(tf.where(is_number, words, tf.where(yes, "1", "0")), tf.float64)
    missing = tf.equal(texts, "") | tf.strings.regex_full_match(words, NAN_TEXT)
    return numbers, is_number | yes | no, missing


def _ints(values: tf.Tensor, dtype: str) -> _Read:
    missing = tf.zeros_like(values, tf.bool)
    fine = ~missing
    if values.dtype == tf.float32:
        missing = tf.math.is_nan(values)
        fine = (tf.abs(values) < EXACT_BELOW[32]) & tf.equal(tf.floor(values), values)
        values = tf.cast(tf.where(fine, values, 0.0), tf.int64)
    return _of_width(values, fine, missing, dtype)


def _of_width(values: tf.Tensor, fine: tf.Tensor, missing: tf.Tensor, dtype: str) -> _Read:
    target = TF_TYPES[dtype]
    if target != values.dtype:
        fine &= (values >= target.min) & (values <= target.max)
    return tf.cast(values, target), fine, missing


def _ints_of_text(texts: tf.Tensor, dtype: str) -> _Read:
    words = tf.strings.lower(tf.strings.strip(texts))
    fits = tf.strings.regex_full_match(words, WHOLE_TEXT) & _in_64_bits(words)
    whole = tf.strings.to_number(tf.where(fits, words, "0"), tf.int64)
    is_float = tf.strings.regex_full_match(words, f"{WHOLE_WITH_POINT}|{WITH_EXPONENT}")
    floats = tf.strings.to_number(tf.where(is_float, words, "0"), tf.float64)
    exact = is_float & (tf.abs(floats) < EXACT_BELOW[64]) & tf.equal(tf.floor(floats), floats)
    yes, no = tf.equal(words, "true"), tf.equal(words, "false")
    values = tf.where(yes, tf.ones_like(whole), whole)
    values = tf.where(exact, tf.cast(tf.where(exact, floats, 0.0), tf.int64), values)
    missing = tf.equal(texts, "") | tf.strings.regex_full_match(words, NAN_TEXT)
    return _of_width(values, fits | exact | yes | no, missing, dtype)


def _in_64_bits(words: tf.Tensor) -> tf.Tensor:
    """Tells whether whole numbers, as text, lie in -2**63 .. 2**63 - 1."""
    digits = tf.strings.regex_replace(words, "^[+-]?0*([0-9])", r"\1")
    is_long = tf.strings.regex_full_match(digits, "[0-9]{19}")
    padded = tf.where(is_long, digits, "0" * 19)
    head = tf.strings.to_number(tf.strings.substr(padded, 0, 9), tf.int64)
    tail = tf.strings.to_number(tf.strings.substr(padded, 9, 10), tf.int64)
    most, rest = divmod(2**63 - 1, 10**10)
    last = rest + tf.cast(tf.strings.regex_full_match(words, "-.*"), tf.int64)
    is_short = tf.strings.regex_full_match(digits, "[0-9]{1,18}")
    return is_short | (is_long & ((head < most) | (tf.equal(head, most) & (tail <= last))))


def _truths(values: tf.Tensor, dtype: str) -> _Read:
    yes = tf.equal(values, 1)
    missing = tf.math.is_nan(values) if values.dtype == tf.float32 else tf.zeros_like(yes)
    return yes, yes | tf.equal(values, 0), missing


def _truths_of_text(texts: tf.Tensor, dtype: str) -> _Read:
    numbers, fine, missing = _doubles_of_text(texts)
    yes = tf.equal(numbers, 1.0)
    return yes, fine & (yes | tf.equal(numbers, 0.0)), missing


_OF_NUMBERS: dict[str, Callable[[tf.Tensor, str], _Read]] = {
    "INT32": _ints,
    "INT64": _ints,
    "FLOAT": _floats,
    "DOUBLE": _floats,
    "BOOL": _truths,
}
_OF_TEXT: dict[str, Callable[[tf.Tensor, str], _Read]] = {
    "INT32": _ints_of_text,
    "INT64": _ints_of_text,
    "FLOAT": _floats_of_text,
    "DOUBLE": _floats_of_text,
    "BOOL": _truths_of_text,
}

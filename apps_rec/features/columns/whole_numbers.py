"""Ids that are whole numbers: of columns, of words, and of lists of them in text cells."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from apps_rec.data.values.number_lists import NO_NUMBER
from apps_rec.features.columns.cells import escaped

INTEGER = r"-?[0-9]{1,18}"


def whole_numbers(values: tf.Tensor, unknown: int) -> tf.Tensor:
    """Returns the whole numbers of a column; text that is not one becomes the unknown id."""
    if values.dtype != tf.string:
        return tf.cast(values, tf.int64)
    # The same texts as in an INT column: tables with missing values write 3 as 3.0.
    values = tf.strings.regex_replace(values, r"^\s*(?:\+|(-))?([0-9]{1,18})(?:\.0*)?\s*$", r"\1\2")
    is_number = tf.strings.regex_full_match(values, INTEGER)
    return tf.strings.to_number(tf.where(is_number, values, str(unknown)), tf.int64)


def known(numbers: tf.Tensor, sizes: Sequence[int]) -> tf.Tensor:
    """Returns numbers `[..., sizes]` or `[...]` that are in [0, size) as they are, and the size in place of others."""
    # As unsigned integers, negative numbers are the largest of all.
    unsigned = tf.minimum(tf.bitcast(numbers, tf.uint64), tf.constant(sizes, tf.uint64))
    return tf.bitcast(unsigned, tf.int64)


def ids_of_numbers(numbers: tf.Tensor, size: int) -> tf.Tensor:
    """Returns the ids of numbers that files hold as such, -1 for padding; see `apps_rec.data.values.number_lists`."""
    ids = known(tf.cast(numbers, tf.int64), [size])
    return tf.where(tf.equal(numbers, NO_NUMBER), tf.constant(-1, tf.int64), ids)


def are_plain(cells: tf.Tensor, separator: str) -> tf.Tensor:
    """Tells which cells are lists of nothing but digits and single separators: `plain_ids` reads those.

    Args:
        cells: texts, `(batch,)`.
        separator: see `ListFeature`; one with a digit has no plain cells.
    """
    if any(letter.isdigit() for letter in separator):
        return tf.zeros_like(cells, tf.bool)
    number = "[0-9]{1,18}"
    return tf.strings.regex_full_match(cells, f"{number}(?:{escaped(separator)}{number})*")


def plain_ids(cells: tf.Tensor, separator: str, max_length: int, size: int) -> tf.Tensor:
    """Returns the ids of plain cells, `(batch, max_length)`, padded with -1.

    A regular expression for each word, as `whole_numbers` needs it, takes ten times as long as to parse a number. Here
    `are_plain` has looked at the cells as wholes.
    """
    words = tf.strings.split(cells, separator)
    ids = known(tf.strings.to_number(words.values, tf.int64), [size])
    return words.with_values(ids).to_tensor(-1, shape=[None, max_length])

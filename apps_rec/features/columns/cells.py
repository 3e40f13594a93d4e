"""The cells of text columns: numbers, and the words of lists with their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tensorflow as tf

from apps_rec.data.graph_assert import expect
from apps_rec.features.specs import ListFeature, NumberListFeature

# Numbers and weights are clipped to it, up and down: squares and products of larger ones overflow float32, and the
# score would be nan.
LARGEST = 1e15
NUMBER = r"\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*"


def as_text(values: tf.Tensor, precision: int = -1) -> tf.Tensor:
    """Returns values as text: whole numbers by their digits, others with `precision` digits behind the point."""
    return values if values.dtype == tf.string else tf.strings.as_string(values, precision=precision)


def floats(values: tf.Tensor, name: str, kind: str = "Feature") -> tf.Tensor:
    """Parses texts as float64; any other text stops the run with the name of the feature or label, and the text."""
    wrong = where(values, ~tf.strings.regex_full_match(values, NUMBER))
    is_right = expect(tf.equal(tf.size(wrong), 0), [f'{kind} "{name}" expects numbers. Got: ', wrong[:3]])
    with tf.control_dependencies([is_right]):
        return tf.strings.to_number(tf.strings.strip(values), tf.float64)


def numbers_in_cells(column: tf.Tensor, separator: str, size: int, name: str, kind: str = "Feature") -> tf.Tensor:
    """Parses text cells of `size` numbers each; returns `(batch, size)` float64."""
    cells = tf.strings.split(column, separator)
    lengths = cells.row_lengths()
    is_right = expect(
        tf.reduce_all(tf.equal(lengths, size)),
        [f'{kind} "{name}" expects {size} numbers in a cell. Got cells with: ', lengths],
    )
    with tf.control_dependencies([is_right]):
        return tf.reshape(floats(cells.values, name, kind), [-1, size])


def bounded(values: tf.Tensor) -> tf.Tensor:
    """Returns numbers as float32 within LARGEST."""
    return tf.clip_by_value(tf.cast(values, tf.float32), -LARGEST, LARGEST)


def tokens(spec: ListFeature, columns: Mapping[str, tf.Tensor]) -> list[tf.RaggedTensor]:
    """Returns the words of each cell with their weights; leaves out empty words."""
    words = tf.strings.split(columns[spec.column], spec.separator)
    if spec.weight_column:
        texts = _texts_of_weights(spec, words, columns[spec.weight_column])
        weights = words.with_values(_weights(spec, words, texts, tf.not_equal(texts, "")))
    elif spec.kv_separator:
        # Split at the last separator, since the value may hold one.
        separator = escaped(spec.kv_separator)
        pattern = f"(?s)^(.*){separator}([^{_escape_in_class(spec.kv_separator)}]*)$"
        has_weight = tf.strings.regex_full_match(words.values, pattern)
        texts = tf.strings.regex_replace(words.values, pattern, r"\2")
        parted = tf.strings.regex_replace(words.values, pattern, r"\1")
        words = words.with_values(tf.where(has_weight, parted, words.values))
        weights = words.with_values(_weights(spec, words, texts, has_weight))
    else:
        weights = words.with_values(tf.ones_like(words.values, tf.float32))
    return kept([words, weights], tf.not_equal(words.values, ""))


def where(values: tf.Tensor, is_so: tf.Tensor) -> tf.Tensor:
    """Returns the values where a mask of their shape is true, `(n,)`: two operations, `tf.boolean_mask` needs 15."""
    return tf.gather_nd(values, tf.where(is_so))


def kept(lists: Sequence[tf.RaggedTensor], is_kept: tf.Tensor) -> list[tf.RaggedTensor]:
    """Returns lists of equal lengths, two axes each, without the values that are not to be kept.

    A tenth of the operations of `tf.ragged.boolean_mask`, which takes masks of any number of axes.

    Args:
        lists: ragged tensors with the same row lengths; each value may be a tensor of more axes.
        is_kept: `(values,)` bool.
    """
    before = tf.concat([[0], tf.cumsum(tf.cast(is_kept, tf.int64))], axis=0)  # Values kept before each.
    splits = tf.gather(before, lists[0].row_splits)
    places = tf.squeeze(tf.where(is_kept), axis=1)
    return [tf.RaggedTensor.from_row_splits(tf.gather(one.values, places), splits, validate=False) for one in lists]


def steps(column: tf.Tensor, separator: str, multi_separator: str) -> tf.RaggedTensor:
    """Returns the words of each step of each cell; leaves out empty words, and steps without any."""
    cells = tf.strings.split(column, separator)
    words = tf.strings.split(cells.values, multi_separator)
    (words,) = kept([words], tf.not_equal(words.values, ""))
    (found,) = kept([cells.with_values(words)], words.row_lengths() > 0)
    return found


def numbers(spec: NumberListFeature, column: tf.Tensor) -> tf.RaggedTensor:
    """Parses the first steps of each cell; returns `(batch, steps)` of `size` numbers each, float64."""
    cells = tf.strings.split(column, spec.separator)
    cells = kept([cells], tf.not_equal(cells.values, ""))[0][:, : spec.max_length]
    if spec.multi_separator is None:
        return cells.with_values(floats(cells.values, spec.name)[:, tf.newaxis])
    parts = tf.strings.split(cells.values, spec.multi_separator)
    lengths = parts.row_lengths()
    is_right = expect(
        tf.reduce_all(tf.equal(lengths, spec.size)),
        [f'Feature "{spec.name}" expects {spec.size} numbers in a step. Got steps with: ', lengths],
    )
    with tf.control_dependencies([is_right]):
        return cells.with_values(tf.reshape(floats(parts.values, spec.name), [-1, spec.size]))


def _texts_of_weights(spec: ListFeature, words: tf.RaggedTensor, cells: tf.Tensor) -> tf.Tensor:
    """Returns the text of each word's weight, "" where it has none: an empty cell gives no word of its row a weight."""
    texts = tf.strings.split(cells, spec.separator)
    lengths, wanted, is_empty = texts.row_lengths(), words.row_lengths(), tf.equal(cells, "")
    is_right = expect(
        tf.reduce_all(tf.equal(lengths, wanted) | is_empty),
        [f'Feature "{spec.name}" expects as many weights in "{spec.weight_column}" as values in "{spec.column}".'],
    )
    with tf.control_dependencies([is_right]):
        # The one text of an empty cell stands for all words of the row.
        rows = words.value_rowids()
        places = tf.range(tf.size(rows, tf.int64)) - tf.gather(words.row_starts(), rows)
        places = tf.where(tf.gather(is_empty, rows), tf.zeros_like(places), places)
        return tf.gather(texts.values, tf.gather(texts.row_starts(), rows) + places)


def _weights(spec: ListFeature, words: tf.RaggedTensor, texts: tf.Tensor, has_weight: tf.Tensor) -> tf.Tensor:
    """Returns a weight for each word, 0 or more: 1 where no word of its cell has one.

    A cell with weights for only some of its words stops the run.
    """
    rows, is_word = words.value_rowids(), tf.not_equal(words.values, "")
    given = tf.math.unsorted_segment_max(tf.cast(has_weight & is_word, tf.int32), rows, words.nrows())
    lacking = where(words.values, is_word & ~has_weight & (tf.gather(given, rows) > 0))
    is_complete = expect(
        tf.equal(tf.size(lacking), 0),
        [f'Feature "{spec.name}" expects a weight for each value of a cell, or for none. Got none for: ', lacking[:3]],
    )
    with tf.control_dependencies([is_complete]):
        weights = floats(tf.where(has_weight, texts, "1"), spec.name)
    wrong = where(texts, ~(tf.math.is_finite(weights) & (weights >= 0)))
    is_right = expect(
        tf.equal(tf.size(wrong), 0),
        [f'Feature "{spec.name}" expects finite weights of 0 or more. Got: ', wrong[:3]],
    )
    with tf.control_dependencies([is_right]):
        return bounded(weights)


def escaped(text: str) -> str:
    """Returns a regular expression of this text and no other."""
    return "".join(f"\\x{{{ord(letter):x}}}" for letter in text)


def _escape_in_class(text: str) -> str:
    return escaped(text[-1])

"""Reads files as batches of columns by TensorFlow ops alone, for inputs in which no Python runs: parameter servers.

The batches equal those of a `RowStream` that reads the same rows in file order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import tensorflow as tf

from apps_rec.data.pipeline.packing import TF_TYPES
from apps_rec.data.schema import Column, LabelRule, Schema
from apps_rec.data.tfrecords.graph_cells import KIND_TYPES, list_texts, read_cells
from apps_rec.data.tfrecords.graph_checks import RecordLayout, check_graph_readable
from apps_rec.data.tfrecords.row_counts import count_rows
from apps_rec.data.values.decimals import has_decimals

__all__ = ["RecordLayout", "check_graph_readable", "count_rows", "graph_columns"]

_LINES = 1024

Columns = dict[str, tf.Tensor]


def graph_columns(
    schema: Schema,
    path: str | tf.Tensor,
    skip: int | tf.Tensor,
    take: int | tf.Tensor,
    batch_size: int,
    layout: RecordLayout | None = None,
) -> tf.data.Dataset:
    """Makes a dataset of a run of rows of one file in order: batches {name: `[B]`} of the types of `Schema.dtypes`.

    Args:
        schema: columns to read, of TFRecord or CSV. Its row filters and bad_rows are not looked at, as
            `check_graph_readable` lets only files pass to which they were applied already.
        path: path of the file, gzip if the name ends in .gz; may be a scalar tensor.
        skip: number of rows of the file to skip at its start; may be a scalar tensor.
        take: number of rows to read, fewer if the file ends; -1: to its end; may be a scalar tensor.
        batch_size: number of rows in a batch; the last one may have fewer.
        layout: result of `check_graph_readable` for the job's files. None looks into the file; the path must then be no
            tensor.

    Raises:
        ValueError: path is a tensor and there is no layout.
        ConfigError, DataError: see `check_graph_readable`.
        tf.errors.InvalidArgumentError: while reading: a label is not 0 or 1, a weight is below 0, a conversion has no
            click, a text is no number, a row has too few or too many cells. `dataset.reraise` makes a DataError of it
            if it concerns one column.

    Example:
        >>> layout = check_graph_readable(schema, files)
        >>> for columns in graph_columns(schema, files[0], 0, -1, 4096, layout):
        ...     print(columns["click"].shape)
    """
    if layout is None:
        if not isinstance(path, str):
            raise ValueError("graph_columns: expected a layout beside a path that is a tensor")
        layout = check_graph_readable(schema, [path])
    compression = tf.where(tf.strings.regex_full_match(tf.strings.lower(path), r".*\.gz"), "GZIP", "")
    rows: tf.data.Dataset
    if schema.input_type == "csv":
        rows = tf.data.TextLineDataset(path, compression_type=compression)
        rows = rows.skip(1) if schema.with_header else rows
        # A thousand lines at a time: a filter of single lines costs ten times as much as parsing them.
        rows = rows.batch(_LINES).map(_without_blank_lines).unbatch()
    else:
        rows = tf.data.TFRecordDataset(path, compression_type=compression)
    rows = rows.skip(tf.cast(skip, tf.int64)).take(tf.cast(take, tf.int64)).batch(batch_size)
    return rows.map(_parser(schema, layout), num_parallel_calls=2, deterministic=True)


@tf.autograph.experimental.do_not_convert
def _without_blank_lines(lines: tf.Tensor) -> tf.Tensor:
    return tf.boolean_mask(lines, tf.strings.length(lines) > 0)


def _parser(schema: Schema, layout: RecordLayout) -> Callable[[tf.Tensor], Columns]:
    wanted = {column.name: column for column in schema.columns}
    wanted |= {name: schema.number_column(name) for name in (*schema.labels, *schema.weights)}
    read = _csv_columns if schema.input_type == "csv" else _example_columns

    @tf.autograph.experimental.do_not_convert
    def parse(rows: tf.Tensor) -> Columns:
        numbers = set(schema.labels) | set(schema.weights)
        columns = read(rows, wanted, numbers, schema, layout)
        for name in (*(name for name in schema.labels if name not in schema.label_rules), *schema.label_rules):
            columns[name] = _checked_label(columns, name, schema.label_rules.get(name, LabelRule()))
        for name in schema.weights:
            columns[name] = _weight(columns[name], schema, name)
        for click, conversion in pairwise(schema.label_steps):
            fine = (columns[conversion] != 1) | (columns[click] != 0)
            _check(fine, columns[conversion], conversion, f"expected 0 where {click} is 0 (the step before it)")
        return {name: columns[name] for name in schema.dtypes()}

    return parse


def _checked_label(columns: Columns, name: str, rule: LabelRule) -> tf.Tensor:
    """Settles a label as `label_checks.checked_labels` does. The rule's spaces must be settled already."""
    label = columns[name]
    unobserved, outside = tf.zeros_like(label, tf.bool), tf.fill(tf.shape(label), bool(rule.spaces))
    # A text that is no number stopped the run already: what is NaN here is missing.
    empty = tf.math.is_nan(label)
    for value in rule.not_observed:
        unobserved |= empty if value is None else tf.equal(label, tf.constant(value, tf.float32))
    for space in rule.spaces:
        outside &= tf.not_equal(columns[space], 1)
    outside &= (empty | tf.equal(label, -1)) & ~unobserved
    fits = (label >= rule.least) & (label <= rule.most)
    if rule.is_whole:
        fits &= tf.equal(label, tf.floor(label))
    _check(fits | unobserved | outside, label, name, f"expected {rule.expected}")
    return tf.where(unobserved, rule.unobserved, tf.where(outside, 0.0, label))


def _weight(weight: tf.Tensor, schema: Schema, name: str) -> tf.Tensor:
    column = schema.number_column(name)
    if column.has_default:
        weight = tf.where(tf.math.is_nan(weight), tf.constant(float(column.default)), weight)
    _check(weight >= 0, weight, name, "expected a sample weight >= 0")
    return weight


def _csv_columns(
    lines: tf.Tensor, wanted: Mapping[str, Column], numbers: set[str], schema: Schema, layout: RecordLayout
) -> Columns:
    # All cells, also those that nobody reads: only then does decode_csv count the cells of a line.
    cells = tf.io.decode_csv(
        lines, [""] * len(layout.header), field_delim=schema.separator, use_quote_delim=schema.quoting != "NONE"
    )
    by_name = dict(zip(layout.header, cells, strict=True))  # as the files call them
    texts = {name: _as_written(by_name[column.stored], column, schema) for name, column in wanted.items()}
    return {name: _filled(texts[name], column, name in numbers) for name, column in wanted.items()}


def _as_written(text: tf.Tensor, column: Column, schema: Schema) -> tf.Tensor:
    """Returns cells with empty text in place of null words, and decimal points in place of commas."""
    for word in schema.null_words:
        text = tf.where(tf.equal(text, word), "", text)
    if schema.decimal_separator == "," and has_decimals(column):
        fine = ~tf.strings.regex_full_match(text, r"(?s).*\..*")
        _check(fine, text, column.name, f"expected a number with a decimal comma and without points ({column.dtype})")
        text = tf.strings.regex_replace(text, ",", ".")
    return text


def _example_columns(
    records: tf.Tensor, wanted: Mapping[str, Column], numbers: set[str], schema: Schema, layout: RecordLayout
) -> Columns:
    features = {
        column.stored: tf.io.RaggedFeature(KIND_TYPES[layout.kinds[name]], row_splits_dtype=tf.int64)
        for name, column in wanted.items()
    }
    parsed = tf.io.parse_example(records, features)
    columns = {}
    for name, column in wanted.items():
        ragged = parsed[column.stored]
        if column.list_separator is not None:
            joined = _join(ragged.with_values(list_texts(ragged.values, column)), column.list_separator)
            columns[name] = _filled(joined, column, False)
            continue
        lengths = ragged.row_lengths()
        _check(lengths <= 1, lengths, name, f"expected 1 value ({column.dtype})")
        values = _filled(ragged.values, column, name in numbers)
        # The place behind the last value holds the default.
        place = tf.where(lengths == 0, tf.size(values, tf.int64), ragged.row_starts())
        default = _default(column, name in numbers)
        columns[name] = tf.gather(tf.concat([values, default[tf.newaxis]], 0), place)  # [B]
    return columns


def _filled(values: tf.Tensor, column: Column, is_number: bool) -> tf.Tensor:
    """Turns values into the declared type, with the default in place of missing ones."""
    read, missing = read_cells(values, [column])
    return tf.where(missing, _default(column, is_number), _as_label(read) if is_number else read)


def _join(lists: tf.RaggedTensor, separator: str) -> tf.Tensor:
    """Joins lists of text into one text each, `[B]`."""
    # The separator goes before every value: unsorted_segment_join leaves out those of its own behind empty values.
    before = tf.strings.join([separator, lists.values])
    joined = tf.strings.unsorted_segment_join(before, lists.value_rowids(), lists.nrows())
    joined = tf.where(lists.row_lengths() == 0, separator, joined)
    return tf.strings.substr(joined, len(separator.encode()), 2**31 - 1)


def _as_label(values: tf.Tensor) -> tf.Tensor:
    return tf.cast(values, tf.float32)


def _default(column: Column, is_number: bool) -> tf.Tensor:
    """Returns the value in place of a missing one; NaN for labels and weights, which are checked later."""
    return tf.constant(float("nan")) if is_number else tf.constant(column.default, TF_TYPES[column.dtype])


def _check(fine: tf.Tensor, values: tf.Tensor, name: str, expected: str) -> None:
    """Stops the graph at the first value that is not fine. `dataset.wrong_value` reads the message."""
    # A tf.cond to put the message together would cost more, 30 ms for each check when the graph is built.
    wrong = tf.gather(values, tf.where(~fine)[:1, 0])
    tf.raw_ops.Assert(condition=tf.reduce_all(fine), data=[f'Column "{name}": {expected}, got', wrong], summarize=1)

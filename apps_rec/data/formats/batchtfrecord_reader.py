"""Reads TFRecord files of tf.train.SequenceExample, each of which holds several rows, as chunks of rows.

A column is a feature list of the record, and a row one feature of it, as EasyRec's BatchTFRecordInput reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import tensorflow as tf

from apps_rec.data.formats.source import Chunk, Unit
from apps_rec.data.formats.tfrecord_reader import (
    ARROW_TYPES,
    FIRST_RECORDS,
    TF_TYPES,
    Kinds,
    parse_message,
    records_of,
    values_of,
    warn_of_missing,
)
from apps_rec.data.schema import Schema
from apps_rec.data.values.kinds import FEATURES
from apps_rec.errors import DataError

# A record holds many rows.
_RECORDS = 256


def batchtfrecord_columns(path: str) -> list[str]:
    """Returns the names of the feature lists in the first records of a file, sorted."""
    names: set[str] = set()
    for first, records in records_of(path, FIRST_RECORDS):
        for offset, record in enumerate(records):
            names.update(_parse(record, path, first + offset).feature_lists.feature_list)
        break
    return sorted(names)


def read_batchtfrecord(unit: Unit, names: Sequence[str], schema: Schema) -> Iterator[Chunk]:
    """Yields the rows of a file in order. Warns about a column that no record holds; it counts as missing.

    Raises:
        DataError: a record is no SequenceExample, or its lists have unequal numbers of rows.
    """
    kinds: Kinds = dict.fromkeys(names)
    row = 1
    for first, records in records_of(unit.path, _RECORDS):
        if None in kinds.values():
            _find_kinds(kinds, records, unit.path, first)
        try:
            arrays = _parse_quickly(kinds, records)
        except (tf.errors.InvalidArgumentError, UnicodeDecodeError):
            # A record that is no SequenceExample, or one whose values are of another kind than before.
            arrays = None
        if arrays is None:
            arrays = _parse_slowly(kinds, records, unit.path, first)
        batch = pa.RecordBatch.from_arrays([arrays[name] for name in names], list(names))
        yield Chunk(batch, np.arange(row, row + batch.num_rows))
        row += batch.num_rows
    warn_of_missing(kinds, unit.path)


def _find_kinds(kinds: Kinds, records: np.ndarray, path: str, first: int) -> None:
    """Looks in the records for each column of unknown kind, and notes its kind."""
    for offset, record in enumerate(records):
        lists = _parse(record, path, first + offset).feature_lists.feature_list
        for name in [name for name, kind in kinds.items() if kind is None and name in lists]:
            found = (feature.WhichOneof("kind") for feature in lists[name].feature)
            kinds[name] = next((kind for kind in found if kind), None)
        if None not in kinds.values():
            return


def _parse_quickly(kinds: Kinds, records: np.ndarray) -> dict[str, pa.Array] | None:
    """Parses records whose lists are all of the kinds that are known.

    Returns:
        The cells of each column; None where the lists of a record differ in their number of rows, or where a record has
        none of these columns: its other lists must say how many rows it holds.
    """
    features = {
        name: tf.io.RaggedFeature(TF_TYPES[kind], row_splits_dtype=tf.int64) for name, kind in kinds.items() if kind
    }
    if not features:
        return None
    with tf.device("/CPU:0"):
        _, parsed, _ = tf.io.parse_sequence_example(records, sequence_features=features)
    lengths = {name: ragged.row_lengths().numpy() for name, ragged in parsed.items()}
    rows = np.max(list(lengths.values()), axis=0)
    if not rows.all():
        return None
    arrays = {name: pa.nulls(int(rows.sum())) for name in kinds}
    for name, ragged in parsed.items():
        if np.any((lengths[name] != rows) & (lengths[name] > 0)):
            return None
        sizes = np.zeros(rows.sum(), np.int64)
        # A record without the list has empty cells.
        sizes[np.repeat(lengths[name] > 0, rows)] = ragged.values.row_lengths().numpy()
        splits = np.concatenate([[0], np.cumsum(sizes)])
        values = pa.array(ragged.flat_values.numpy(), ARROW_TYPES[kinds[name] or ""])
        arrays[name] = pa.LargeListArray.from_arrays(pa.array(splits), values)
    return arrays


def _parse_slowly(kinds: Kinds, records: np.ndarray, path: str, first: int) -> dict[str, pa.Array]:
    """Parses records whose values may be of any kind, and says which record cannot be."""
    cells: dict[str, list[dict]] = {name: [] for name in kinds}
    for offset, record in enumerate(records):
        lists = _parse(record, path, first + offset).feature_lists.feature_list
        rows = {name: len(lists[name].feature) for name in sorted(lists) if len(lists[name].feature)}
        if len(set(rows.values())) > 1:
            shown = ", ".join(f"{name} {count}" for name, count in list(rows.items())[:5])
            raise DataError(f"{path}: record {first + offset}: expected lists of one length, a row each, got {shown}")
        count = next(iter(rows.values()), 0)
        for name in kinds:
            features = lists[name].feature if name in rows else [None] * count
            cells[name] += [values_of(feature) for feature in features]
    return {name: pa.array(values, FEATURES) for name, values in cells.items()}


def _parse(record: bytes, path: str, number: int) -> tf.train.SequenceExample:
    found = parse_message(tf.train.SequenceExample, record, f"{path}: record {number}")
    if found.HasField("context") and not found.HasField("feature_lists"):
        raise DataError(
            f"{path}: record {number}: expected a tf.train.SequenceExample with feature lists, got a tf.train.Example; "
            "write input_type: TFRecordInput"
        )
    return found

"""Reads TFRecord files of tf.train.Example, gzip or not, as chunks of rows with a list of values in every cell."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf

from apps_rec.data import storage
from apps_rec.data.formats.source import Chunk, Unit
from apps_rec.data.schema import Schema
from apps_rec.data.values.kinds import FEATURES
from apps_rec.errors import DataError

_LOG = logging.getLogger("apps_rec.data")
_RECORDS = 4096
# Number of records that are read to learn the columns of a file.
FIRST_RECORDS = 64
TF_TYPES = {"int64_list": tf.int64, "float_list": tf.float32, "bytes_list": tf.string}
ARROW_TYPES = {"int64_list": pa.int64(), "float_list": pa.float32(), "bytes_list": pa.large_binary()}

# Kind of list that each column holds in a file, None as long as no record holds the column.
Kinds = dict[str, str | None]


def tfrecord_columns(path: str) -> list[str]:
    """Returns the names of the features in the first records of a file, sorted."""
    names: set[str] = set()
    for row, records in records_of(path):
        for offset, record in enumerate(records):
            names.update(_parse(record, path, row + offset).features.feature)
        break
    return sorted(names)


def column_kinds(path: str, names: Sequence[str]) -> Kinds:
    """Returns the kind of list of each column in the first records of a file; None if no record holds the column."""
    kinds: Kinds = dict.fromkeys(names)
    for row, records in records_of(path, FIRST_RECORDS):
        _find_kinds(kinds, records, path, row)
        break
    return kinds


def read_tfrecord(unit: Unit, names: Sequence[str], schema: Schema) -> Iterator[Chunk]:
    """Yields the records of a file in order. Warns about a column that no record holds; it counts as missing."""
    kinds: Kinds = dict.fromkeys(names)
    for row, records in records_of(unit.path):
        if None in kinds.values():
            _find_kinds(kinds, records, unit.path, row)
        try:
            arrays = _parse_quickly(kinds, records)
        except (tf.errors.InvalidArgumentError, UnicodeDecodeError):
            # A record that is no Example, or one whose values are of another kind than before.
            # (TensorFlow quotes the record in its message, which fails by itself where that is no text.)
            arrays = _parse_slowly(kinds, records, unit.path, row)
        batch = pa.RecordBatch.from_arrays([arrays[name] for name in names], list(names))
        yield Chunk(batch, np.arange(row, row + len(records)))
    warn_of_missing(kinds, unit.path)


def warn_of_missing(kinds: Kinds, path: str) -> None:
    """Warns about each column that no record of a file holds."""
    for name, kind in kinds.items():
        if kind is None:
            _LOG.warning('%s: no record holds column "%s": it counts as missing in every row', path, name)


def records_of(path: str, count: int = _RECORDS) -> Iterator[tuple[int, np.ndarray]]:
    """Yields serialized records, `count` at a time, with the number of the first one, from 1."""
    storage.check_tensorflow_reads(path)
    row = 1
    with tf.device("/CPU:0"):
        options = tf.data.Options()
        # This dataset is read inside another one's generator, so it has no threads of its own and no tuning.
        options.autotune.enabled = False
        options.threading.private_threadpool_size = 1
        compression = "GZIP" if path.lower().endswith(".gz") else ""
        dataset = tf.data.TFRecordDataset(path, compression_type=compression, num_parallel_reads=None)
        batches = iter(dataset.batch(count).with_options(options))
    while True:
        try:
            with tf.device("/CPU:0"):
                batch = next(batches, None)
        except (tf.errors.DataLossError, tf.errors.OpError) as error:
            raise DataError(
                f"{path}: after row {row - 1}: expected TFRecord data, gzip if the name ends in .gz: {error.message}"
            ) from None
        if batch is None:
            return
        records = batch.numpy()
        yield row, records
        row += len(records)


def _find_kinds(kinds: Kinds, records: np.ndarray, path: str, row: int) -> None:
    """Looks in the records for each column of unknown kind, and notes its kind."""
    for offset, record in enumerate(records):
        features = _parse(record, path, row + offset).features.feature
        for name in [name for name, kind in kinds.items() if kind is None and name in features]:
            kinds[name] = features[name].WhichOneof("kind")
        if None not in kinds.values():
            return


def _parse_quickly(kinds: Kinds, records: np.ndarray) -> dict[str, pa.Array]:
    features = {
        name: tf.io.RaggedFeature(TF_TYPES[kind], row_splits_dtype=tf.int64) for name, kind in kinds.items() if kind
    }
    arrays = {name: pa.nulls(len(records)) for name in kinds}
    if features:
        with tf.device("/CPU:0"):
            parsed = tf.io.parse_example(records, features)
        for name, ragged in parsed.items():
            values = pa.array(ragged.values.numpy(), ARROW_TYPES[kinds[name] or ""])
            arrays[name] = pa.LargeListArray.from_arrays(pa.array(ragged.row_splits.numpy()), values)
    return arrays


def _parse(record: bytes, path: str, row: int) -> tf.train.Example:
    return parse_message(tf.train.Example, record, f"{path}: row {row}")


def parse_message(kind: Any, record: bytes, where: str) -> Any:
    """Parses a record as a message of tf.train.

    Raises:
        DataError: the bytes are no such message.
    """
    try:
        return kind.FromString(record)
    except Exception as error:
        # The protobuf runtimes (upb, Python) raise different classes of DecodeError.
        if type(error).__name__ != "DecodeError":
            raise
        raise DataError(f"{where}: expected a tf.train.{kind.DESCRIPTOR.name}, got other bytes") from None


def _parse_slowly(kinds: Kinds, records: np.ndarray, path: str, row: int) -> dict[str, pa.Array]:
    """Parses records whose lists may be of any kind."""
    examples = [_parse(record, path, row + offset).features.feature for offset, record in enumerate(records)]
    return {name: pa.array([values_of(features.get(name)) for features in examples], FEATURES) for name in kinds}


def values_of(feature: tf.train.Feature | None) -> dict[str, list[bytes] | list[float] | list[int]]:
    """Returns the values of a feature by their kind; none of one that is not there."""
    kind = feature.WhichOneof("kind") if feature is not None else None
    return {} if kind is None else {kind: list(getattr(feature, kind).value)}

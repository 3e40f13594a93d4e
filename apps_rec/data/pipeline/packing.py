"""Turns columns in memory into columns of tensors, by few arrays: columns of one type stay together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from apps_rec.data.dtypes import DTYPES
from apps_rec.data.rows.columns import Columns, names_by_type, record_type
from apps_rec.data.values.number_lists import DTYPE, numbers_of

# TensorFlow's type of a declared one.
TF_TYPES = {name: tf.as_dtype(row.tensorflow) for name, row in DTYPES.items()}


class TensorColumns(Mapping[str, tf.Tensor]):
    """Columns by name, a tensor `[B]` each, or `[B, items]` of numbers of lists.

    They are cut on demand out of blocks that hold neighbours of one type.

    Args:
        blocks: names of columns of one type, each with its tensor `[B, names]`.
    """

    def __init__(self, blocks: Mapping[tuple[str, ...], tf.Tensor]) -> None:
        self._blocks = dict(blocks)
        self._places = {name: (block, place) for names, block in blocks.items() for place, name in enumerate(names)}

    def __getitem__(self, name: str) -> tf.Tensor:
        block, place = self._places[name]
        return block[:, place]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def adding(self, columns: Mapping[str, tf.Tensor]) -> TensorColumns:
        """Returns these columns and further ones, `[B]` each."""
        return TensorColumns({**self._blocks, **{(name,): column[:, tf.newaxis] for name, column in columns.items()}})

    def dtype(self, name: str) -> tf.DType:
        """Returns the type of a column, without cutting it out."""
        return self._places[name][0].dtype

    def side_by_side(self, names: Sequence[str]) -> tf.Tensor:
        """Returns columns of one type as `[B, names]`; a block that holds just these columns is returned uncut."""
        block, first = self._places[names[0]]
        places = [self._places[name][1] for name in names]
        if any(self._places[name][0] is not block for name in names):
            found = [self._places[name] for name in names]
            return tf.concat([b if b.shape[1] == 1 else b[:, place : place + 1] for b, place in found], axis=1)
        if places == list(range(block.shape[1])):
            return block
        if places == list(range(first, first + len(places))):
            return block[:, first : first + len(places)]
        return tf.gather(block, places, axis=1)


def side_by_side(columns: Mapping[str, tf.Tensor], names: Sequence[str]) -> tf.Tensor:
    """Returns columns `[B]` of one type as `[B, names]`."""
    if isinstance(columns, TensorColumns):
        return columns.side_by_side(names)
    return tf.stack([columns[name] for name in names], axis=1)


def dtype_of(columns: Mapping[str, tf.Tensor], name: str) -> tf.DType:
    """Returns the type of a column."""
    return columns.dtype(name) if isinstance(columns, TensorColumns) else columns[name].dtype


class Packing:
    """Packs numbers as the bytes of their records, since every array that goes from Python to tf.data costs .3 ms.

    Args:
        dtypes: declared type of every column.
        number_lists: see `Schema`.
    """

    def __init__(self, dtypes: Mapping[str, str], number_lists: Mapping[str, int]) -> None:
        groups = names_by_type(dtypes)
        self._texts = groups.pop("STRING", ())
        self._numbers, self._lists = groups, dict(number_lists)
        self._record_type = record_type(dtypes, number_lists)

    def signature(self) -> tuple[tf.TensorSpec, ...]:
        """Returns the form of `pack`: `(batches, B, record bytes)` and `(batches, B, text columns)`, if any."""
        numbers = [tf.TensorSpec([None, None, self._record_type.itemsize], tf.uint8)] if self._record_type.names else []
        texts = [tf.TensorSpec([None, None, len(self._texts)], tf.string)] if self._texts else []
        return (*numbers, *texts)

    def pack(self, batches: Sequence[Columns]) -> tuple[np.ndarray, ...]:
        """Packs the columns of batches with the same number of rows into few arrays."""
        assert all(columns.records.dtype == self._record_type for columns in batches)
        numbers = [np.stack([_bytes_of(columns.records) for columns in batches])] if self._record_type.names else []
        texts = (
            [np.stack([np.stack([columns.texts[name] for name in self._texts], axis=1) for columns in batches])]
            if self._texts
            else []
        )
        return (*numbers, *texts)

    def unpack(self, *packed: tf.Tensor) -> TensorColumns:
        """Unpacks the columns of one batch."""
        blocks = {}
        end = 0
        for dtype, names in self._numbers.items():
            size = self._record_type[names[0]].itemsize
            start, end = end, end + len(names) * size
            blocks[names] = _of_bytes(packed[0][:, start:end], TF_TYPES[dtype], size)
        for name, width in self._lists.items():
            start, end = end, end + width * DTYPE.itemsize
            numbers = _of_bytes(packed[0][:, start:end], tf.as_dtype(DTYPE), DTYPE.itemsize)
            blocks[numbers_of(name),] = numbers[:, tf.newaxis]  # [B, 1, width]
        if self._texts:
            blocks[self._texts] = packed[-1]
        return TensorColumns(blocks)


def _bytes_of(records: np.ndarray) -> np.ndarray:
    return records.view(np.uint8).reshape(len(records), records.itemsize)


def _of_bytes(values: tf.Tensor, dtype: tf.DType, size: int) -> tf.Tensor:
    """Turns uint8 `(B, n * size)` into values `(B, n)` of the type."""
    if dtype == tf.bool:  # which tf.bitcast does not take
        return tf.cast(values, tf.bool)
    return tf.bitcast(tf.reshape(values, [-1, values.shape[1] // size, size]), dtype)

"""Encodes columns as serialized tf.train.Examples that read back as the same values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from apps_rec.data.schema import Column, LabelRule, Schema
from apps_rec.data.tfrecords.graph_checks import READABLE_KINDS

# Number of encoded values of a column that are kept. A user's id comes again, a price may not.
_REMEMBERED = 100_000


def written_as(schema: Schema, name: str) -> Column:
    """Returns the column as its values are written: a number for labels and weights."""
    declared = schema.column(name)
    if name in schema.weights:
        return schema.number_column(name)
    if name not in schema.labels or declared is None:
        return next(column for column in schema.columns if column.name == name)
    # Whole numbers are exact in every type.
    return declared if declared.dtype in ("INT32", "INT64", "BOOL") else schema.number_column(name)


class ColumnEncoder:
    """Encodes the values of a column as serialized tf.train.Features of that column alone.

    In protobuf's encoding, serialized messages one behind the other are one message with the fields of all. So the
    Features of a row are those of its columns, joined. Each distinct value is encoded once.

    Args:
        column: column to encode. The values of a list column are split at its separator.
        rule: rule of a label. A label that was not observed is written as the first of the values that mean so.
    """

    def __init__(self, column: Column, rule: LabelRule | None = None) -> None:
        self.column = column
        self._rule = rule
        self.kind = READABLE_KINDS[column.dtype][0]
        self._feature: Callable[[Any], tf.train.Feature] = {
            "bytes_list": self._text if column.dtype == "STRING" else self._digits,
            "float_list": self._float,
            "int64_list": self._int,
        }[self.kind]
        self._known: dict[object, bytes] = {}

    def encode(self, values: np.ndarray) -> list[bytes]:
        """Returns a serialized message for each value, `[B]`."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        known, name, feature = self._known, self.column.stored, self._feature
        # By their bits, as 0.0 and -0.0 are equal but differ in bits.
        keys = (values.view(f"i{values.itemsize}") if values.dtype.kind == "f" else values).tolist()
        encoded = []
        for place, key in enumerate(keys):
            entry = known.get(key)
            if entry is None:
                value = values[place]
                if self._rule is not None and self._rule.not_observed and value == np.float32(self._rule.unobserved):
                    value = self._rule.not_observed[0]
                # None: a missing value, of which nothing is written.
                features = tf.train.Features(feature={} if value is None else {name: feature(value)})
                entry = known[key] = features.SerializeToString()
            encoded.append(entry)
        return encoded

    def _text(self, value: bytes) -> tf.train.Feature:
        separator = self.column.list_separator
        texts = [value] if separator is None else value.split(separator.encode())
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=texts))

    def _digits(self, value: float) -> tf.train.Feature:
        # The shortest text that reads back as the same 64 bits; a float_list holds 32.
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[repr(float(value)).encode()]))

    def _float(self, value: float) -> tf.train.Feature:
        return tf.train.Feature(float_list=tf.train.FloatList(value=[float(value)]))

    def _int(self, value: float) -> tf.train.Feature:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[int(value)]))


def encode_examples(columns: Mapping[str, np.ndarray], encoders: Mapping[str, ColumnEncoder]) -> list[bytes]:
    """Encodes rows as serialized tf.train.Examples, each with a value of every encoder's column."""
    rows = zip(*(encoder.encode(columns[name]) for name, encoder in encoders.items()), strict=True)
    # Field 1, the length of the Features, the Features.
    return [b"\x0a" + varint(len(features)) + features for features in map(b"".join, rows)]


def varint(number: int) -> bytes:
    """Encodes a length as protobuf does: seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)

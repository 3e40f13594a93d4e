"""The table of column types that `input_type` in data_config.input_fields declares: one row for each type."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from apps_rec.errors import ConfigError

Value = int | float | bool | bytes

TEXT, WHOLE, REAL, TRUTH = "text", "whole number", "real number", "truth"


@dataclass(frozen=True)
class Dtype:
    """One row of the table of column types.

    Attributes:
        name: name in FieldType of data.proto.
        kind: TEXT, WHOLE, REAL or TRUTH.
        numpy: numpy type of its arrays; arrays of text hold bytes objects.
        arrow: Arrow type of its converted cells.
        tensorflow: name of the type of its tensors. A name, as this file imports no TensorFlow.
        serving: name of the type in requests, see DataType of TensorFlow's types.proto.
        default: value of a missing cell where the config gives no default.
    """

    name: str
    kind: str
    numpy: type[np.generic] | type[object]
    arrow: pa.DataType
    tensorflow: str
    serving: str
    default: Value

    @property
    def is_number(self) -> bool:
        """Tells whether its values are numbers, whole or real."""
        return self.kind in (WHOLE, REAL)

    @property
    def range(self) -> tuple[int, int]:
        """Returns the least and the largest value of a type of whole numbers."""
        half = 2 ** (8 * np.dtype(self.numpy).itemsize - 1)
        return -half, half - 1


_ROWS = (
    Dtype("INT32", WHOLE, np.int32, pa.int32(), "int32", "DT_INT32", 0),
    Dtype("INT64", WHOLE, np.int64, pa.int64(), "int64", "DT_INT64", 0),
    # 64-bit offsets: a window of long lists may hold more than 2 GiB.
    Dtype("STRING", TEXT, object, pa.large_binary(), "string", "DT_STRING", b""),
    Dtype("FLOAT", REAL, np.float32, pa.float32(), "float32", "DT_FLOAT", 0),
    Dtype("DOUBLE", REAL, np.float64, pa.float64(), "float64", "DT_DOUBLE", 0),
    Dtype("BOOL", TRUTH, np.bool_, pa.bool_(), "bool", "DT_BOOL", False),
)
DTYPES = {row.name: row for row in _ROWS}


def parse_value(text: str, dtype: str, where: str) -> Value:
    """Returns the value of the type that a text of the config stands for.

    Raises:
        ConfigError: the text is no value of the type; `where` is the config path in the message.
    """
    row = DTYPES[dtype]
    if row.kind == TEXT:
        return text.encode()
    word = text.strip()
    if row.kind == TRUTH and word.lower() in ("true", "false", "1", "0"):
        return word.lower() in ("true", "1")
    if row.kind == WHOLE and re.fullmatch(r"[+-]?[0-9]+", word):
        low, high = row.range
        if low <= int(word) <= high:
            return int(word)
    if row.kind == REAL and re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", word):
        return float(word)
    raise ConfigError(f'{where}: expected a value of type {dtype}, got "{text}"')

"""The table of column types: one row for each that can be declared, and what TensorFlow says of it."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import types_pb2

from apps_rec.data.dtypes import DTYPES, parse_value
from apps_rec.data.tfrecords.graph_checks import READABLE_KINDS
from apps_rec.data.values.cast import CONVERTERS
from apps_rec.data.values.kinds import READABLE
from apps_rec.errors import ConfigError
from apps_rec.protos.data_pb2 import DataConfig


def test_every_declared_type_has_a_row_and_is_read():
    assert set(DTYPES) == set(DataConfig.FieldType.keys())
    assert set(DTYPES) == set(CONVERTERS) == set(READABLE) == set(READABLE_KINDS)


@pytest.mark.parametrize("row", DTYPES.values(), ids=list(DTYPES))
def test_a_row_is_of_one_type(row):
    tensor_type = tf.as_dtype(row.tensorflow)
    assert tensor_type.as_numpy_dtype == row.numpy
    assert types_pb2.DataType.Value(row.serving) == tensor_type.as_datatype_enum
    if row.name != "STRING":
        assert np.dtype(row.arrow.to_pandas_dtype()) == np.dtype(row.numpy)
    assert tf.constant(row.default, tensor_type).dtype == tensor_type


def test_ranges():
    assert DTYPES["INT32"].range == (-2147483648, 2147483647)
    assert DTYPES["INT64"].range == (-9223372036854775808, 9223372036854775807)


@pytest.mark.parametrize(
    ("text", "dtype", "value"),
    [
        (" 2147483647 ", "INT32", 2147483647),
        ("2147483647", "INT64", 2147483647),
        ("2147483648", "INT64", 2147483648),
        ("-1.5e1", "DOUBLE", -15.0),
        (" x ", "STRING", b" x "),
        ("TRUE", "BOOL", True),
        ("0", "BOOL", False),
    ],
)
def test_values_of_a_config(text, dtype, value):
    parsed = parse_value(text, dtype, "here")
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("text", "dtype"), [("2147483648", "INT32"), ("1.0", "INT64"), ("nan", "FLOAT"), ("2", "BOOL")]
)
def test_what_is_no_value(text, dtype):
    with pytest.raises(ConfigError, match=f'^here: expected a value of type {dtype}, got "{text}"$'):
        parse_value(text, dtype, "here")

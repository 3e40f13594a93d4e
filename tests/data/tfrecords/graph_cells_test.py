"""A cell inside a graph becomes what it becomes in a file."""

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from apps_rec.data.schema import Column
from apps_rec.data.tfrecords.graph_cells import list_texts, read_cells, shortest
from apps_rec.data.values.cast_lists import convert
from apps_rec.data.values.kinds import UnreadableColumnError

DTYPES = ("STRING", "INT32", "INT64", "FLOAT", "DOUBLE", "BOOL")
TEXTS = [
    "0",
    "1",
    "-1",
    "+1",
    "007",
    "-0",
    "3.0",
    "3.",
    "3.5",
    "+3.0",
    "1e3",
    "1.5E3",
    "1e-3",
    "-2.5e+2",
    ".5",
    "5.",
    "1_0",
    "0x1F",
    "0XfF",
    "1e400",
    "-1e400",
    "1e-400",
    "nan",
    "NaN",
    "-nan",
    "+NAN",
    "nan(x)",
    "inf",
    "-Infinity",
    "true",
    "FALSE",
    "True",
    "tRuE",
    "t",
    "yes",
    "abc",
    "1.0",
    "0.0",
    "1.00",
    "1e0",
    "0e5",
    "2",
    "2.0",
    "-",
    "+",
    ".",
    "e5",
    "1e",
    "1.2.3",
    "1,5",
    "\uff15",
    "4.99",
    "16777217",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "2147483648.0",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "09223372036854775807",
    "+9223372036854775807",
    "99999999999999999999",
    "1000000000000000000",
    "9007199254740991",
    "9007199254740993",
    "9007199254740991.0",
    "9007199254740992.0",
    "9007199254740993.0",
    "9.007199254740993e15",
    "1e15",
    "1e16",
    ".0",
    "-.00",
    "000000000000000000000000000007",
    "3.4028236e38",
    "3.5e38",
    "1e-46",
]
SPACED = [" 5", "5 ", "\t5\n", "\v5\f", "\u00a05", "5\u2003", "  ", "", "1 2", "true ", " nan", "5.0 ", "\r-7"]
FLOATS = [
    0.0,
    -0.0,
    1.0,
    0.5,
    3.0,
    -3.0,
    4.99,
    16777215.0,
    16777216.0,
    -16777216.0,
    1e30,
    np.nan,
    np.inf,
    -np.inf,
    2.0**31,
]
INTS = [0, 1, -1, 2, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63), 16777217]
CELLS = [("bytes_list", [text.encode() for text in (*TEXTS, *SPACED)]), ("float_list", FLOATS), ("int64_list", INTS)]
ARROW = {"bytes_list": pa.binary(), "float_list": pa.float32(), "int64_list": pa.int64()}
TENSOR = {"bytes_list": tf.string, "float_list": tf.float32, "int64_list": tf.int64}


def of_file(array, column):
    """Each cell by itself: its bits, None where it is missing, "refused"."""
    try:
        converted, problems = convert(array, column)
    except UnreadableColumnError:
        return "refused"
    if problems and problems[0].mask[0]:
        return "refused"
    value = converted[0].as_py()
    return (
        value
        if value is None or isinstance(value, bytes)
        else np.array(value, converted.type.to_pandas_dtype()).tobytes()
    )


def of_graph(values, column):
    try:
        read, missing = read_cells(values, [column])
    except tf.errors.InvalidArgumentError as error:
        return "refused" if f'Column "{column.name}": expected ' in error.message else error.message
    return None if missing.numpy()[0] else read.numpy()[0] if column.dtype == "STRING" else read.numpy()[0].tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("kind", "cells"), CELLS)
def test_a_cell_in_a_graph_is_that_of_a_file(dtype, kind, cells):
    column = Column("n", dtype, b"" if dtype == "STRING" else 0)
    for cell in cells:
        in_file = of_file(pa.array([cell], ARROW[kind]), column)
        assert of_graph(tf.constant([cell], TENSOR[kind]), column) == in_file, cell


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_others_of_a_column_do_not_change_a_cell(dtype):
    column = Column("n", dtype, b"" if dtype == "STRING" else 0)
    for kind, cells in CELLS:
        alone = [of_file(pa.array([cell], ARROW[kind]), column) for cell in cells]
        for some in (cells, cells[::-1], cells[: len(cells) // 2]):
            if "refused" in alone and kind == "float_list" and dtype == "STRING":
                continue
            together, problems = convert(pa.array(some, ARROW[kind]), column)
            wrong = np.any([problem.mask for problem in problems], axis=0) if problems else np.zeros(len(some), bool)
            there = dict(zip(cells, alone, strict=True))
            assert [there[cell] == "refused" for cell in some] == wrong.tolist()
            assert [there[cell] in (None, "refused") for cell in some] == together.is_null().to_pylist()


def test_cells_of_several_columns_are_those_of_each():
    columns = [Column("a", "INT64", 0), Column("b", "INT64", 0)]
    read, missing = read_cells(tf.constant(["1", "", "3.0", "-4"]), columns, tf.constant([0, 1, 0, 1]))
    assert (read.numpy() * ~missing.numpy()).tolist() == [1, 0, 3, -4]
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r'(?s)Column \\?"b\\?": expected a whole number of 64.*x9'
    ):
        read_cells(tf.constant(["1", "", "3.0", "x9"]), columns, tf.constant([0, 1, 0, 1]))


def test_the_shortest_decimal_is_that_of_a_text_file():
    rng = np.random.default_rng(7)
    bits = rng.integers(0, 0x7F800000, 20_000, dtype=np.uint32)
    powers = [exponent << 23 for exponent in range(255)] + [1 << place for place in range(23)]
    near = [power + step for power in powers if power > 1 for step in (-1, 1)]
    bits = np.concatenate([bits, powers, near, [0x7F7FFFFF]]).astype(np.uint32)
    values = np.concatenate([bits, bits | 0x80000000]).view(np.float32)
    expected = np.array([float(str(value)) for value in values])  # numpy's shortest text
    assert shortest(tf.constant(values)).numpy().tobytes() == expected.tobytes()
    of_arrow = convert(pa.array(values), Column("n", "DOUBLE", 0))[0].to_numpy()
    assert of_arrow.tobytes() == expected.tobytes()
    texts = list_texts(tf.constant(values[:1000]), Column("n", list_separator="|", is_numbers=True)).numpy()
    assert [float(text) for text in texts] == expected[:1000].tolist()
    assert [np.float32(text.decode()) for text in texts] == values[:1000].tolist()

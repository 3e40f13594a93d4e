import datetime
import decimal
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from apps_rec.data.dtypes import DTYPES
from apps_rec.data.schema import Column
from apps_rec.data.values.cast_lists import HOLDS_SEPARATOR, convert, fill
from apps_rec.data.values.kinds import UnreadableColumnError

INT = Column("n", "INT64", 0)


def values(array, column):
    converted, problems = convert(array, column)
    assert converted.type == DTYPES[column.dtype].arrow
    assert problems == []
    return converted.to_pylist()


def problem(array, column):
    converted, problems = convert(array, column)
    assert len(problems) == 1
    found = problems[0]
    where = np.nonzero(found.mask)[0].tolist()
    assert all(converted[index].as_py() is None for index in where) or found.reason == "value holds the separator"
    return found.reason, where, found.describe(where[0])


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint8(), pa.int16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()])
def test_every_width_of_whole_number(kind):
    assert values(pa.array([1, None, 7], kind), INT) == [1, None, 7]
    assert values(pa.array([1, None, 7], kind), Column("n", "INT32", 0)) == [1, None, 7]
    assert values(pa.array([1, None, 7], kind), Column("n", "FLOAT", 0)) == [1.0, None, 7.0]
    assert values(pa.array([1, None, 7], kind), Column("n")) == [b"1", None, b"7"]
    assert values(pa.array([1, None, 0], kind), Column("n", "BOOL", False)) == [True, None, False]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()])
def test_every_kind_of_text(kind):
    array = (
        pa.array([b"12", None, b"-3"]).cast(kind) if kind != pa.string_view() else pa.array(["12", None, "-3"], kind)
    )
    assert values(array, Column("n")) == [b"12", None, b"-3"]
    assert values(array, INT) == [12, None, -3]
    assert values(array, Column("n", "DOUBLE", 0)) == [12.0, None, -3.0]


def test_text_as_people_write_numbers():
    whole = [" 5", "+6", "7.0", "8.", "1.5E3", "nan", "007", "True", "false\t"]
    assert values(pa.array(whole), INT) == [5, 6, 7, 8, 1500, None, 7, 1, 0]
    texts = pa.array([" 1.5 ", "+2", ".5", "1e-3", "NaN", "-0", "true"])
    assert values(texts, Column("n", "DOUBLE", 0)) == [1.5, 2.0, 0.5, 0.001, None, 0.0, 1.0]
    words = pa.array(["true", "FALSE", " True", "1", "0", None, "1.0", "0.", "nan"])
    assert values(words, Column("n", "BOOL", False)) == [True, False, True, True, False, None, True, False, None]


def test_whether_one_cell_is_odd_does_not_change_the_others():
    texts = ["007", "-0", "9223372036854775807", "-9223372036854775808"]
    alone = values(pa.array(texts), INT)
    assert convert(pa.array([*texts, "abc"]), INT)[0].to_pylist()[:-1] == alone == [7, 0, 2**63 - 1, -(2**63)]
    floats = ["1e5", "0.1", "-.5", "3"]
    double = Column("n", "DOUBLE", 0)
    assert convert(pa.array([*floats, "abc"]), double)[0].to_pylist()[:-1] == values(pa.array(floats), double)


@pytest.mark.parametrize("kind", [pa.string(), pa.int32()])
def test_dictionary(kind):
    plain = pa.array(["1", "2", "1", None]).cast(kind)
    assert values(plain.dictionary_encode(), INT) == [1, 2, 1, None]
    assert values(plain.dictionary_encode(), Column("n")) == [b"1", b"2", b"1", None]


def test_an_empty_text_is_missing_in_every_file():
    array, problems = convert(pa.array([b"", b"5"]), Column("n", "INT64", -1, True))
    assert problems == []
    assert fill(array, Column("n", "INT64", -1, True)).to_pylist() == [-1, 5]
    text = Column("n", "STRING", b"none", True)
    assert fill(convert(pa.array(["", "x", None]), text)[0], text).to_pylist() == [b"none", b"x", b"none"]
    tags = Column("n", "STRING", b"none", True, "|")
    assert fill(convert(pa.array([[""], ["x", ""], [None]]), tags)[0], tags).to_pylist() == [b"none", b"x|", b"none"]


@pytest.mark.parametrize("dtype", list(DTYPES))
def test_a_column_of_nulls(dtype):
    column = Column("n", dtype, {"STRING": b"d", "BOOL": True}.get(dtype, 3), True)
    assert fill(convert(pa.nulls(2), column)[0], column).to_pylist() == [column.default] * 2


def test_floats():
    array = pa.array([1.0, 2.5, math.nan, None])
    assert values(array, Column("n", "FLOAT", 0)) == [1.0, 2.5, None, None]
    assert values(pa.array([3.0, math.nan, None]), INT) == [3, None, None]
    assert values(pa.array([0.1], pa.float16()), Column("n", "DOUBLE", 0)) == [0.0999755859375]
    got = convert(pa.array(["0.1"]), Column("n", "FLOAT", 0))[0].to_numpy()[0]
    assert got == np.float32(0.1)


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
def test_floats_are_no_text_and_whole_ones_are_told_to_be(kind):
    with pytest.raises(UnreadableColumnError, match="input_fields to INT64"):
        convert(pa.array([1.0, None, math.nan], kind), Column("n"))
    with pytest.raises(UnreadableColumnError, match="to FLOAT or DOUBLE"):
        convert(pa.array([1.5, None], kind), Column("n"))


def test_decimals_and_dates():
    decimals = pa.array([decimal.Decimal("1.00"), None, decimal.Decimal("12.00")])
    assert values(decimals, INT) == [1, None, 12]
    assert values(pa.array([decimal.Decimal("1.25")]), Column("n", "DOUBLE", 0)) == [1.25]
    assert problem(pa.array([decimal.Decimal("1.25")]), INT)[1] == [0]
    assert values(pa.array([datetime.date(2026, 1, 2)]), Column("n")) == [b"2026-01-02"]
    assert values(pa.array([datetime.date(2026, 1, 2)], pa.date64()), Column("n")) == [b"2026-01-02"]


@pytest.mark.parametrize(
    ("array", "dtype", "where", "text"),
    [
        (pa.array(["1", "abc"]), "INT64", [1], 'expected a whole number of 64 bits (INT64), got "abc"'),
        (pa.array(["1", "1.5"]), "INT32", [1], 'expected a whole number of 32 bits (INT32), got "1.5"'),
        (pa.array([1.5, 1.0]), "INT64", [0], "expected a whole number of 64 bits (INT64), got 1.5"),
        (pa.array([1, 2**31]), "INT32", [1], "expected a whole number of 32 bits (INT32), got 2147483648"),
        (pa.array([2**63], pa.uint64()), "INT64", [0], f"expected a whole number of 64 bits (INT64), got {2**63}"),
        (pa.array([math.inf]), "INT64", [0], "expected a whole number of 64 bits (INT64), got inf"),
        (pa.array(["1_000"]), "INT64", [0], 'got "1_000"'),
        (pa.array([math.inf, 1.0]), "FLOAT", [0], "expected a finite number (FLOAT), got inf"),
        (pa.array([1e300]), "FLOAT", [0], "expected a finite number (FLOAT), got 1e+300"),
        (pa.array(["x", "2", "-inf"]), "DOUBLE", [0, 2], 'expected a finite number (DOUBLE), got "x"'),
        (pa.array(["2", "1_0"]), "DOUBLE", [1], 'expected a finite number (DOUBLE), got "1_0"'),
        (pa.array([0, 2]), "BOOL", [1], "expected true, false, 1 or 0 (BOOL), got 2"),
        (pa.array(["yes"]), "BOOL", [0], 'expected true, false, 1 or 0 (BOOL), got "yes"'),
    ],
)
def test_wrong_cells(array, dtype, where, text):
    reason, found, described = problem(array, Column("n", dtype, 0))
    assert (reason, found) == ("wrong type", where)
    assert text in described


def test_bytes_that_are_no_text():
    reason, where, text = problem(pa.array([b"ok", b"a\xff", None]), Column("n"))
    assert (reason, where) == ("not UTF-8", [1])
    assert text == r'expected UTF-8 text, got the bytes "a\xff"'
    # A string column that some writer filled without looking.
    buffers = pa.array([b"ok", b"\xc3"]).buffers()
    unchecked = pa.StringArray.from_buffers(2, buffers[1], buffers[2])
    assert problem(unchecked, Column("n"))[1] == [1]


LISTS = [["a", "b"], None, [], ["c", None]]


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.large_list(pa.large_string()), pa.list_view(pa.string())])
def test_lists_are_joined(kind):
    column = Column("n", list_separator="|")
    assert values(pa.array(LISTS, kind), column) == [b"a|b", None, None, b"c|"]
    assert values(pa.array(LISTS, kind).slice(2), column) == [None, b"c|"]


def test_lists_of_other_things():
    column = Column("n", list_separator=",")
    assert values(pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int32(), 2)), column) == [b"1,2", None, b"3,4"]
    weights = Column("n", list_separator=",", is_numbers=True)
    assert values(pa.array([[0.5, 2.0], [4.99]], pa.list_(pa.float32())), weights) == [b"0.5,2", b"4.99"]
    assert values(pa.array([[math.nan, 1.5, None, -math.inf]]), weights) == [b"nan,1.5,,-inf"]
    assert values(pa.array([[decimal.Decimal("1.50")]]), weights) == [b"1.50"]
    dictionaries = pa.ListArray.from_arrays([0, 2, 3], pa.array(["x", "y", "x"]).dictionary_encode())
    assert values(dictionaries, column) == [b"x,y", b"x"]
    assert values(pa.array([[], None], pa.list_(pa.null())), column) == [None, None]


def test_lists_of_one_value_where_one_is_expected():
    assert values(pa.array([[5], [], None]), INT) == [5, None, None]
    reason, where, text = problem(pa.array([[5], [1, 2]]), INT)
    assert (reason, where, text) == ("several values", [1], "expected one INT64 value, got [1, 2]")


def test_a_value_that_holds_the_separator():
    reason, where, text = problem(pa.array([["a"], ["b|c", "d"]]), Column("n", list_separator="|"))
    assert (reason, where) == ("value holds the separator", [1])
    assert 'without the separator "|"' in text


def test_bad_text_inside_a_list():
    _, problems = convert(pa.array([[b"a"], [b"b", b"\xff"]]), Column("n", list_separator="|"))
    assert [(p.reason, p.mask.tolist()) for p in problems] == [("not UTF-8", [False, True])]


DAY = datetime.date(2026, 1, 2)
UNREADABLE = [
    (pa.array([{"a": 1}]), ["STRING", "INT64", "FLOAT", "BOOL"], "text or numbers"),
    (pa.array([[[1]]]), ["STRING"], "such values are no single text"),
    (pa.array([True, None]), ["STRING"], "to BOOL"),
    (pa.array([1.5, 2.0]), ["STRING"], "to FLOAT or DOUBLE"),
    (pa.array([1.0, None, math.nan]), ["STRING"], "to INT64"),
    (pa.array([decimal.Decimal("1")]), ["STRING"], "to DOUBLE"),
    (pa.array([DAY]), [dtype for dtype in DTYPES if dtype != "STRING"], "unit"),
    (pa.array([DAY]).cast(pa.timestamp("us")), [dtype for dtype in DTYPES if dtype != "STRING"], "unit"),
    (pa.array([datetime.timedelta(1)]), list(DTYPES), "unit"),
    (pa.array([datetime.time(1)]), list(DTYPES), "unit"),
    (pa.array([[1.0]]), ["STRING"], "numbers with a fraction are no single text"),
    (pa.array([[True]]), ["STRING"], "true and false are no single text"),
    (pa.array([[datetime.time(1)]]), ["STRING"], "such values are no single text"),
]


@pytest.mark.parametrize(("array", "dtypes", "advice"), UNREADABLE)
def test_columns_that_fit_no_way(array, dtypes, advice):
    for dtype in dtypes:
        column = Column(
            "n", dtype, 0, list_separator="|" if dtype == "STRING" and pa.types.is_list(array.type) else None
        )
        with pytest.raises(UnreadableColumnError, match=f'column "n": expected {dtype}, got a column of') as caught:
            convert(array, column)
        assert str(array.type) in str(caught.value)
        assert advice in str(caught.value)
        # Without a value there is nothing to misread, whatever type the writer gave.
        assert values(pa.nulls(2, array.type), column) == [None, None]


def test_what_becomes_of_times():
    times = [datetime.datetime(2026, 1, 2, 3, 4), datetime.datetime(2026, 1, 2, 3, 4, 5, 600), None]
    moments = pa.array(times, pa.timestamp("ns"))
    assert values(moments, Column("n")) == [b"2026-01-02 03:04:00", b"2026-01-02 03:04:05.000600000", None]
    berlin = pa.array(pd.Series(times).dt.tz_localize("Europe/Berlin")).cast(pa.timestamp("us", "Europe/Berlin"))
    assert values(berlin, Column("n")) == [b"2026-01-02 02:04:00", b"2026-01-02 02:04:05.000600", None]
    days = moments.cast(pa.timestamp("s"), safe=False).cast(pa.date32(), safe=False)
    assert values(days, Column("n")) == [b"2026-01-02", b"2026-01-02", None]
    for array, dtype, told in (
        (moments, "INT64", "declare STRING, which reads it as text in UTC"),
        (days, "INT64", "declare STRING, which reads it as text in UTC"),
        (pa.array([datetime.time(1)]), "STRING", "write it as text, or as whole"),
    ):
        with pytest.raises(UnreadableColumnError) as caught:
            convert(array, Column("n", dtype))
        assert told in str(caught.value)
    (problem,) = convert(pa.array([0, 2**60], pa.timestamp("s")), Column("n"))[1]
    assert problem.describe(1) == f"expected a time of the years 1 to 9999, got {2**60}"
    assert problem.mask.tolist() == [False, True]


def test_a_separator_of_the_ends_of_two_values_is_in_none():
    column = Column("x", "STRING", b"", list_separator="bc")
    texts, problems = convert(pa.array([["ab", "cd"], ["abcd"]]), column)
    assert texts.to_pylist()[0] == b"abbccd"
    assert [(problem.reason, problem.mask.tolist()) for problem in problems] == [(HOLDS_SEPARATOR, [False, True])]


def test_empty_texts_of_a_slice_are_missing():
    cells = [None, "", "a", "\xe9", "", None, "b"]
    for start in range(len(cells) + 1):
        read, problems = convert(pa.array(cells).slice(start), Column("x", "STRING", b""))
        read.validate(full=True)
        assert read.to_pylist() == [cell.encode() if cell else None for cell in cells[start:]]
        assert problems == []

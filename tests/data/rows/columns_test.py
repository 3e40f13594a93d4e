import numpy as np

from apps_rec.data.rows.columns import Columns, join_columns, record_type

DTYPES = {"a": "INT64", "t": "STRING", "b": "BOOL", "c": "INT64", "d": "FLOAT", "e": "INT32", "f": "DOUBLE"}


def make(first, rows):
    ids = np.arange(first, first + rows)
    records = np.empty(rows, record_type(DTYPES, {}))
    for name in records.dtype.names:
        records[name] = ids % 2 if name == "b" else ids
    return Columns(records, {"t": np.array([b"%d" % number for number in ids], object)})


def test_a_record_holds_the_columns_of_a_type_side_by_side_and_no_gap():
    kind = record_type(DTYPES, {})
    assert kind.names == ("a", "c", "b", "d", "e", "f")
    assert [kind[name] for name in kind.names] == [np.int64, np.int64, np.bool_, np.float32, np.int32, np.float64]
    assert kind.itemsize == 8 + 8 + 1 + 4 + 4 + 8


def test_columns_by_name():
    columns = make(3, 2)
    assert {name: column.tolist() for name, column in columns.items()} == {
        "a": [3, 4], "c": [3, 4], "b": [True, False], "d": [3.0, 4.0], "e": [3, 4], "f": [3.0, 4.0], "t": [b"3", b"4"],
    }  # fmt: skip
    assert (len(columns), columns.size) == (7, 2)
    assert "t" in columns
    assert "a" in columns
    assert "x" not in columns


def test_slices_and_joints():
    joined = join_columns([make(0, 3), make(3, 1), make(4, 2)])
    assert joined["e"].tolist() == [0, 1, 2, 3, 4, 5]
    part = joined.slice(2, 5)
    assert part["f"].tolist() == [2.0, 3.0, 4.0]
    assert part["t"].tolist() == [b"2", b"3", b"4"]
    assert join_columns([part]) is part


def test_rows_are_counted_without_a_column_of_numbers():
    texts = {"t": np.array([b"x", b"y"], object)}
    columns = Columns(np.zeros(2, record_type({"t": "STRING"}, {})), texts)
    assert columns.size == join_columns([columns]).size == 2
    assert join_columns([columns, columns]).size == 4
    assert list(columns) == ["t"]

import logging

import numpy as np
import pyarrow as pa
import pytest

from apps_rec.data.formats.source import BadRow, Chunk
from apps_rec.data.rows.counts import RowCounts
from apps_rec.data.rows.order import in_holdout
from apps_rec.data.rows.validate import RowGate
from apps_rec.data.schema import Column, ColumnHoldout, RowFilter, Schema
from apps_rec.errors import DataError

DECLARED = (
    Column("age", "INT32", -1, True),
    Column("name"),
    Column("click", "INT32", 0),
    Column("buy", "INT32", 0),
    Column("w", "FLOAT", 0),
    Column("cached", "INT32", 0),
)


def schema(**kwargs):
    options = {"columns": DECLARED[:2], "declared": DECLARED, "input_type": "parquet"}
    return Schema(**(options | kwargs))


def chunk(first=1, ragged=(), **columns):
    data = pa.RecordBatch.from_pydict(columns)
    return Chunk(data, np.arange(first, first + data.num_rows), list(ragged))


def admit(the_schema, the_chunk, keep=(), fraction=0.0, part=None):
    counts = RowCounts()
    gate = RowGate(the_schema, fraction, part, keep)
    return gate.admit(the_chunk, "f.parquet", 0, counts), counts


GOOD = {"age": [5, None, 7], "name": ["a", "b", None], "click": [0, 1, 1], "buy": [0, 0, 1]}


def test_good_rows_pass_with_defaults():
    rows, counts = admit(schema(labels=("click", "buy"), label_steps=("click", "buy")), chunk(**GOOD))
    assert rows.columns["age"].tolist() == [5, -1, 7]
    assert rows.columns["name"].to_pylist() == [b"a", b"b", b""]
    assert rows.columns["click"].tolist() == [0, 1, 1]
    assert rows.columns["click"].dtype == rows.columns["buy"].dtype == np.float32
    assert rows.columns["age"].dtype == np.int32
    assert (counts.read, counts.filtered, dict(counts.dropped)) == (3, 0, {})


@pytest.mark.parametrize(
    ("change", "more", "row", "column", "message", "reason"),
    [
        ({"age": ["1", "abc", "2"]}, {}, 12, "age", 'got "abc"', "wrong type"),
        ({"age": [1, 2, 2**40]}, {}, 13, "age", "got 1099511627776", "wrong type"),
        ({"name": [b"a", b"b", b"\xff"]}, {}, 13, "name", "expected UTF-8 text", "not UTF-8"),
        ({"click": [0, None, 1]}, {}, 12, "click", "expected the label 0 or 1, got nothing", "empty label"),
        ({"click": [0, 1, 2]}, {}, 13, "click", "expected the label 0 or 1, got 2", "label not 0 or 1"),
        ({"click": [0.5, 1, 1]}, {}, 11, "click", "expected the label 0 or 1, got 0.5", "label not 0 or 1"),
        ({"click": ["0", "no", "1"]}, {}, 12, "click", 'got "no"', "wrong type"),
        (
            {"click": [0, 1, 0]},
            {"label_steps": ("click", "buy")},
            13,
            "buy",
            'expected 0 where "click" is 0 (the step before it), got 1',
            "conversion without a click",
        ),
        ({"w": [1.0, -0.5, 1]}, {"weights": ("w",)}, 12, "w", ">= 0, got -0.5", "wrong sample weight"),
        ({"w": [1.0, None, 1]}, {"weights": ("w",)}, 12, "w", ">= 0, got nothing", "wrong sample weight"),
        ({"w": [float("nan"), 1, 1]}, {"weights": ("w",)}, 11, "w", ">= 0, got nan", "wrong sample weight"),
    ],
)
def test_bad_rows(change, more, row, column, message, reason):
    the_chunk = chunk(first=11, **(GOOD | change))
    options = {"labels": ("click", "buy")} | more
    with pytest.raises(DataError) as caught:
        admit(schema(**options), the_chunk)
    text = str(caught.value)
    assert text.startswith(f'f.parquet: row {row}, column "{column}": ')
    assert message in text
    assert "data_config.bad_rows: SKIP" in text
    rows, counts = admit(schema(bad_rows="SKIP", **options), the_chunk, keep=["name"])
    assert rows.index.tolist() == [i for i in range(3) if i != row - 11]
    assert dict(counts.dropped) == {reason: 1}
    assert len(rows.columns["age"]) == rows.kept.num_rows == 2


def test_empty_label_of_a_csv_file():
    the_schema = schema(input_type="csv", labels=("click",))
    cells = {"age": [b"1", b""], "name": [b"a", b""], "click": [b"1", b""]}
    with pytest.raises(DataError, match=r'row 2, column "click": expected the label 0 or 1, got nothing'):
        admit(the_schema, chunk(**cells))


def test_boolean_and_textual_labels():
    declared = (*DECLARED[:2], Column("click", "BOOL", False), Column("buy"))
    the_schema = schema(labels=("click", "buy"), declared=declared)
    rows, _ = admit(the_schema, chunk(**(GOOD | {"click": [False, True, True], "buy": ["0", "0", "1"]})))
    assert rows.columns["click"].tolist() == [0, 1, 1]
    assert rows.columns["buy"].tolist() == [0, 0, 1]
    rows, _ = admit(the_schema, chunk(**(GOOD | {"click": ["false", "TRUE", "1"]})))
    assert rows.columns["click"].tolist() == [0, 1, 1]
    assert rows.columns["click"].dtype == np.float32


def test_a_missing_weight_takes_the_default_that_was_given():
    declared = (*DECLARED[:4], Column("w", "FLOAT", 2.0, True))
    rows, _ = admit(schema(weights=("w",), declared=declared), chunk(**GOOD, w=[1.0, None, 3.0]))
    assert rows.columns["w"].tolist() == [1, 2, 3]


def test_the_first_bad_row_is_named_whatever_its_column():
    the_chunk = chunk(
        ragged=[BadRow(4, "expected 3 cells, got 1")], **(GOOD | {"age": ["1", "2", "x"], "click": [0, 7, 1]})
    )
    with pytest.raises(DataError, match='row 2, column "click"'):
        admit(schema(labels=("click",)), the_chunk)
    the_chunk.ragged[0] = BadRow(1, "expected 3 cells, got 1")
    with pytest.raises(DataError, match=r"f\.parquet: row 1: expected 3 cells, got 1\. Correct"):
        admit(schema(labels=("click",)), the_chunk)
    rows, counts = admit(schema(labels=("click",), bad_rows="SKIP"), the_chunk)
    assert rows.index.tolist() == [0]
    assert counts.dropped == {"ragged": 1, "label not 0 or 1": 1, "wrong type": 1}
    assert counts.read == 4


def test_a_row_with_two_mistakes_counts_once():
    the_chunk = chunk(**(GOOD | {"age": ["x", "2", "3"], "click": [7, 0, 1]}))
    _, counts = admit(schema(labels=("click",), bad_rows="SKIP"), the_chunk)
    assert counts.dropped == {"wrong type": 1, "label not 0 or 1": 0}
    assert sum(counts.dropped.values()) == 1


@pytest.mark.parametrize(("keep", "expected"), [(True, [1, 2]), (False, [0])])
def test_a_filter_goes_before_the_labels(keep, expected):
    filters = (RowFilter(DECLARED[5], (1, 2), keep=keep),)
    cached, click = [0, 1, 2], [None, 1, 1] if keep else [0, None, 5]
    rows, counts = admit(schema(labels=("click",), filters=filters), chunk(**(GOOD | {"click": click}), cached=cached))
    assert rows.index.tolist() == expected
    assert counts.filtered == 3 - len(expected)


@pytest.mark.parametrize(
    ("column", "cells", "values", "stays"),
    [
        (Column("k"), ["a", None, "ä"], ("ä".encode(), b""), [1, 2]),
        (Column("k", "INT32", 0), ["1", " 2", "01"], (1,), [0, 2]),
        (Column("k", "FLOAT", 0), [0.1, 0.5, None], (0.1, 0.0), [0, 2]),
        (Column("k", "BOOL", False), [True, False, None], (False,), [1, 2]),
    ],
)
def test_filters_compare_values_of_the_declared_type(column, cells, values, stays):
    filters = (RowFilter(column, values, keep=True),)
    rows, _ = admit(schema(filters=filters), chunk(**GOOD, k=cells))
    assert rows.index.tolist() == stays


def test_wrong_value_in_a_filter_column():
    filters = (RowFilter(DECLARED[5], (1,), keep=True),)
    the_chunk = chunk(**GOOD, cached=["1", "x", "1"])
    with pytest.raises(DataError, match='row 2, column "cached"'):
        admit(schema(filters=filters), the_chunk)
    rows, counts = admit(schema(filters=filters, bad_rows="SKIP"), the_chunk)
    assert rows.index.tolist() == [0, 2]
    assert (counts.filtered, dict(counts.dropped)) == (0, {"wrong type": 1})


def test_a_column_of_the_wrong_type_altogether():
    with pytest.raises(
        DataError, match=r'f\.parquet: column "age": expected INT32, got a column of struct.*input_type'
    ):
        admit(schema(bad_rows="SKIP"), chunk(**(GOOD | {"age": [{"a": 1}] * 3})))


def test_holdout_and_training_part_are_disjoint_and_complete():
    cells = {"age": list(range(500)), "name": ["x"] * 500}
    train, _ = admit(schema(), chunk(first=101, **cells), fraction=0.2, part="train")
    held, counts = admit(schema(), chunk(first=101, **cells), fraction=0.2, part="holdout")
    assert sorted([*train.index, *held.index]) == list(range(500))
    assert held.index.tolist() == np.nonzero(in_holdout(0, np.arange(101, 601), 0.2))[0].tolist()
    assert counts.read == len(held.index)


def test_a_bad_row_of_the_other_part_does_not_matter():
    rows = np.arange(1, 501)
    held = in_holdout(0, rows, 0.2)
    cells = {"age": ["x" if is_held else "1" for is_held in held], "name": ["x"] * 500}
    ragged = [BadRow(int(rows[held][0]), "expected 2 cells, got 1")]
    got, _ = admit(schema(), chunk(ragged=ragged, **cells), fraction=0.2, part="train")
    assert len(got.index) == (~held).sum()
    with pytest.raises(DataError, match="expected 2 cells"):
        admit(schema(), chunk(ragged=ragged, **cells), fraction=0.2, part="holdout")


def test_kept_columns_are_as_in_the_file():
    lists = [["a"], None, ["b", "c"]]
    rows, _ = admit(
        schema(), chunk(**GOOD, lists=lists, age2=pa.array([1, 2, None], pa.int8())), keep=["lists", "age2"]
    )
    assert rows.kept.to_pydict() == {"lists": lists, "age2": [1, 2, None]}
    assert rows.kept.schema.field("age2").type == pa.int8()


def test_kept_columns_of_csv_are_typed_as_declared():
    cells = {"age": [b"1", b""], "name": [b"a", b""], "free": [b"01", b"\xc3\xa9"]}
    rows, _ = admit(schema(input_type="csv"), chunk(**cells), keep=["age", "name", "free"])
    assert rows.kept.to_pydict() == {"age": [1, None], "name": ["a", ""], "free": ["01", "é"]}


def test_the_summary_is_logged(caplog):
    counts = RowCounts()
    counts.read, counts.filtered = 1000, 20
    counts.dropped.update({"empty label": 2, "ragged": 1})
    with caplog.at_level(logging.WARNING, "apps_rec.data"):
        counts.log(3)
    assert "epoch 3: 1000 rows read, 20 filtered out, 3 dropped (2 empty label, 1 ragged)" in caplog.text


@pytest.mark.parametrize("low", [None, 10])
def test_a_wrong_cell_of_the_holdouts_column_is_the_trainings(low):
    the_schema = schema(columns=DECLARED[1:2], holdout=ColumnHoldout(DECLARED[5], low), bad_rows="SKIP")
    the_chunk = chunk(ragged=[BadRow(9, "expected 2 cells, got 1")], name=["a"] * 4, cached=["1", "x", "12", "13"])
    train, counts = admit(the_schema, the_chunk, fraction=0.5, part="train")
    held, of_holdout = admit(the_schema, the_chunk, fraction=0.5, part="holdout")
    assert sorted([*train.index, *held.index]) == [0, 2, 3]
    assert (dict(counts.dropped), dict(of_holdout.dropped)) == ({"ragged": 1, "wrong type": 1}, {})
    assert counts.read + of_holdout.read == 5
    strict = schema(columns=DECLARED[1:2], holdout=ColumnHoldout(DECLARED[5], low))
    with pytest.raises(DataError, match='row 2, column "cached": '):
        admit(strict, chunk(name=["a"] * 4, cached=["1", "x", "12", "13"]), fraction=0.5, part="train")
    admit(strict, chunk(name=["a"] * 4, cached=["1", "x", "12", "13"]), fraction=0.5, part="holdout")


def test_a_date_of_another_form_is_a_bad_row():
    filters = (RowFilter(Column("day"), (), True, low=b"2026-11-01"),)
    the_chunk = chunk(**GOOD, day=["2026-11-01", "1.12.2026", "2026-10-31"])
    with pytest.raises(
        DataError, match=r'row 2, column "day": expected a text of the form of "2026-11-01".*1\.12\.2026'
    ):
        admit(schema(filters=filters), the_chunk)
    rows, counts = admit(schema(filters=filters, bad_rows="SKIP"), the_chunk)
    assert rows.index.tolist() == [0]
    assert (counts.filtered, dict(counts.dropped)) == (1, {"another form than its bound": 1})
    late = schema(holdout=ColumnHoldout(Column("day"), b"2026-11-01"), bad_rows="SKIP")
    train, counts = admit(late, the_chunk, part="train")
    assert (train.index.tolist(), dict(counts.dropped)) == ([2], {"another form than its bound": 1})
    held, counts = admit(late, the_chunk, part="holdout")
    assert (held.index.tolist(), dict(counts.dropped)) == ([0], {})


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        (["x"] * 30, r'row 1, column "age": .* All 30 rows looked at are wrong in "age": correct the column, or what'),
        (["1"] * 5 + ["x"] * 25, r"row 6, .* All 25 rows looked at from this one on are wrong in"),
        (["x"] * 29 + ["1"], r"row 1, .* Correct the row; 29 of the 30 rows looked at are bad, too many to drop"),
    ],
)
def test_a_column_that_is_wrong_to_the_end_is_told_from_a_row(ages, said):
    with pytest.raises(DataError, match=said):
        admit(schema(), chunk(age=ages, name=["a"] * len(ages)))

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from apps_rec.data.rows.stream import RowStream
from apps_rec.data.schema import Column, LabelRule, Schema
from apps_rec.errors import DataError

COLUMNS = ("click", "download", "pay")


def write(path, *rows):
    path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    return str(path)


def schema(rules, **options):
    declared = tuple(Column(name, "INT32", 0) for name in COLUMNS)
    return Schema((), labels=COLUMNS, declared=declared, with_header=True, label_rules=rules, **options)


def read(path, rules, **options):
    stream = RowStream([path], schema(rules, **options), 100)
    columns = next(stream.batches()).columns
    return [columns[name].tolist() for name in COLUMNS], stream.counts


# Of a payment nobody looks outside of the downloads, of a download outside of the clicks.
CHAIN = {"download": LabelRule(spaces=("click",)), "pay": LabelRule(spaces=("download",))}


def test_a_label_may_be_missing_or_minus_one_outside_of_its_space(tmp_path):
    path = write(tmp_path / "a.csv", "0,,", "0,-1,-1", "1,0,", "1,1,1", "0,1,0", "0,,1")
    (click, download, pay), _ = read(path, CHAIN)
    assert click == [0, 0, 1, 1, 0, 0]
    assert download == [0, 0, 0, 1, 1, 0]  # what is there stays
    assert pay == [0, 0, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,,0", 'row 1, column "download": expected the label 0 or 1, got nothing'),
        ("1,-1,0", 'row 1, column "download": expected the label 0 or 1, got -1'),
        ("0,2,0", 'row 1, column "download": expected the label 0 or 1, got 2'),
        ("0,no,0", 'row 1, column "download": expected a finite number'),
        (",,0", 'row 1, column "click": expected the label 0 or 1, got nothing'),
        ("1,1,-1", 'row 1, column "pay": expected the label 0 or 1, got -1'),
    ],
)
def test_a_label_is_wanted_inside_of_its_space(tmp_path, row, message):
    path = write(tmp_path / "a.csv", row, "1,1,1")
    with pytest.raises(DataError, match=message):
        read(path, CHAIN)
    labels, counts = read(path, CHAIN, bad_rows="SKIP")
    assert (labels, sum(counts.dropped.values())) == ([[1], [1], [1]], 1)


def test_without_a_rule_minus_one_and_nothing_are_wrong(tmp_path):
    for row in ("0,-1,0", "0,,0"):
        with pytest.raises(DataError, match='column "download": expected the label 0 or 1'):
            read(write(tmp_path / "a.csv", row), {})


def test_a_step_without_a_value_where_the_step_before_it_is_0_is_told_to_be_0(tmp_path):
    steps = {"label_steps": COLUMNS}
    hint = '; where "click" is 0, write 0: without "click" there is no "download"'
    for row, rest in (("0,,0", hint), ("1,,0", ""), ("0,-1,0", ""), ("0,no,0", ""), (",0,0", "")):
        with pytest.raises(DataError) as caught:
            read(write(tmp_path / "a.csv", "1,1,0", row), {}, **steps)
        text = str(caught.value)
        assert f"{rest} (line 3)." in text
        assert ("write 0" in text) == bool(rest)
    # The step before it may be settled after it.
    with pytest.raises(DataError, match=f"got nothing{hint} "):
        read(write(tmp_path / "a.csv", "0,,0"), {"click": LabelRule((-1.0,))}, **steps)
    _, counts = read(write(tmp_path / "a.csv", "1,1,0", "0,,0"), {}, bad_rows="SKIP", **steps)
    assert hint in counts.examples["empty label"]


def test_values_that_say_that_a_label_was_not_observed(tmp_path):
    rules = {"click": LabelRule((None,)), "download": LabelRule((-9.0, None))}
    path = write(tmp_path / "a.csv", ",0,0", "1,-9,0", "1,,0", "0,0,1")
    (click, download, _), _ = read(path, rules)
    assert click == [-1, 1, 1, 0]
    assert download == [0, -1, -1, 0]
    with pytest.raises(DataError, match='row 1, column "download": expected the label 0 or 1, got -1'):
        read(write(tmp_path / "b.csv", "1,-1,0"), rules)


def test_a_step_that_was_not_observed_neither_proves_nor_disproves(tmp_path):
    rules = {"click": LabelRule((-1.0,)), "download": LabelRule((-1.0,))}
    path = write(tmp_path / "a.csv", "-1,1,0", "1,-1,0", "0,-1,0", "-1,0,0")
    labels, _ = read(path, rules, label_steps=("click", "download"))
    assert labels[:2] == [[-1, 1, 0, -1], [1, -1, -1, 0]]
    with pytest.raises(DataError, match=r'row 2, column "download": expected 0 where "click" is 0'):
        read(write(tmp_path / "b.csv", "-1,1,0", "0,1,0"), rules, label_steps=("click", "download"))


def test_nan_and_null_are_empty(tmp_path):
    path = tmp_path / "a.parquet"
    table = {"click": [0.0, 1.0, 0.0], "download": [float("nan"), 1.0, None], "pay": [0.0] * 3}
    pa.parquet.write_table(pa.table(table), path)
    (_, download, _), _ = read(str(path), CHAIN, input_type="parquet")
    assert download == [0, 1, 0]
    (_, download, _), _ = read(str(path), {"download": LabelRule((None,))}, input_type="parquet")
    assert np.array_equal(download, [-1, 1, -1])

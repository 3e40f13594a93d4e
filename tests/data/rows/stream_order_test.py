"""The order of rows: what it depends on, where it is taken up again, and what is held out of it."""

import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest

from apps_rec.data.rows.order import in_holdout
from apps_rec.data.rows.stream import RowStream
from apps_rec.data.schema import RowFilter
from apps_rec.errors import DataError
from tests.data.rows.tables import DECLARED, expected, gather, make_schema, make_table, same, write


@pytest.mark.parametrize("kind", ["parquet", "csv", "tfrecord"])
def test_shuffled_every_row_comes_once_with_its_own_values(tmp_path, kind):
    table = make_table(3000)
    files = [write(table, tmp_path / f"a.{kind}")]
    got, _ = gather(RowStream(files, make_schema(kind), 256, shuffle=True, window=700, seed=5))
    assert (got["id"] != np.arange(3000)).any()
    order = np.argsort(got["id"])
    same({name: values[order] for name, values in got.items()}, expected(table))


def parquet_files(tmp_path, count=3, rows=25_000):
    return [write(make_table(rows, i * rows), tmp_path / f"{i}.parquet", 9000) for i in range(count)]


def test_order_depends_on_seed_and_epoch_alone(tmp_path):
    files = parquet_files(tmp_path)

    def ids(seed, epoch):
        return gather(RowStream(files, make_schema(), 4096, shuffle=True, window=10_000, seed=seed), epoch)[0]["id"]

    base = ids(1, 0)
    assert (base == ids(1, 0)).all()
    assert (base != ids(2, 0)).any()
    assert (base != ids(1, 1)).any()
    assert sorted(base) == list(range(75_000))
    # Row groups of all files come in mixed order.
    assert len({int(i) // 25_000 for i in base[:20_000]}) > 1


def test_batch_size_does_not_change_the_order(tmp_path):
    files = parquet_files(tmp_path, 1)
    orders = [
        gather(RowStream(files, make_schema(), size, shuffle=True, window=3000, seed=1))[0]["id"]
        for size in (100, 7000)
    ]
    assert (orders[0] == orders[1]).all()


def test_another_process_reads_the_same(tmp_path):
    files = parquet_files(tmp_path, 2, 9500)
    code = f"""
import json
from apps_rec.data import Column, RowStream, Schema
column = Column("id", "INT64", 0)
stream = RowStream({files!r}, Schema((column,), declared=(column,), input_type="parquet"), 500, shuffle=True,
                   window=2000, seed=9)
print(json.dumps([batch.columns["id"].tolist() for batch in stream.batches(4)]))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    stream = RowStream(files, make_schema(), 500, shuffle=True, window=2000, seed=9)
    assert json.loads(out) == [batch.columns["id"].tolist() for batch in stream.batches(4)]


VARIANTS = {
    "plain": {},
    "file order": {"shuffle": False},
    "filter": {"filters": (RowFilter(DECLARED[-1], (True,), keep=False),)},
    "holdout": {"holdout_fraction": 0.3, "holdout_part": "train"},
    "remainder": {"drop_remainder": True},
    "window as large as a batch": {"window": 500},
    "window smaller than a batch": {"window": 170},
}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_from_the_end_of_every_batch_the_same_batches_follow(tmp_path, kind, variant):
    options = {"shuffle": True, "window": 1300, "seed": 3} | VARIANTS[variant]
    filters = options.pop("filters", ())
    files = [write(make_table(4000), tmp_path / f"a.{kind}"), write(make_table(1700, 4000), tmp_path / f"b.{kind}")]
    check_resume(RowStream(files, make_schema(kind, filters=filters), 500, **options))


def check_resume(stream):
    whole = list(stream.batches(2))
    assert len(whole) > 3
    for number, batch in enumerate(whole[:-1]):
        rest = list(stream.batches(2, batch.end_row))
        assert len(rest) == len(whole) - number - 1
        for got, wanted in zip(rest, whole[number + 1 :], strict=True):
            same(got.columns, wanted.columns)
            assert (got.end_row, got.last) == (wanted.end_row, wanted.last)


def test_bad_rows_that_are_skipped_do_not_disturb_resuming(tmp_path):
    lines = ["id,app,age,tags,click"]
    for i in range(5000):
        age, click = ("x" if i % 13 == 0 else i), ("" if i % 17 == 0 else i % 2)
        lines.append("ragged" if i % 19 == 0 else f"{i},a,{age},,{click}")
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines))
    stream = RowStream(
        [str(path)], make_schema("csv", bad_rows="SKIP", max_bad_row_share=0.5), 300, shuffle=True, window=900, seed=1
    )
    check_resume(stream)
    got, _ = gather(stream)
    good = [i for i in range(5000) if i % 13 and i % 17 and i % 19]
    assert sorted(got["id"]) == good
    assert stream.counts.read == 5000
    assert stream.counts.dropped == Counter(
        {
            "ragged": sum(i % 19 == 0 for i in range(5000)),
            "wrong type": sum(i % 13 == 0 and i % 19 != 0 for i in range(5000)),
            "empty label": sum(i % 17 == 0 and i % 13 != 0 and i % 19 != 0 for i in range(5000)),
        }
    )


def test_resuming_does_not_read_row_groups_behind(tmp_path, monkeypatch):
    files = parquet_files(tmp_path)
    stream = RowStream(files, make_schema(), 1000, shuffle=True, window=9000, seed=1)
    whole = list(stream.batches(0))
    read = []
    original = pq.ParquetFile.iter_batches
    monkeypatch.setattr(
        pq.ParquetFile, "iter_batches", lambda self, **kw: read.append(kw["row_groups"]) or original(self, **kw)
    )
    rest = list(stream.batches(0, whole[69].end_row))
    same(rest[0].columns, whole[70].columns)
    assert len(read) <= 2


def test_holdout_and_training_rows_are_disjoint_and_complete(tmp_path):
    files = parquet_files(tmp_path, 2, 9000)
    train = gather(RowStream(files, make_schema(), 999, shuffle=True, holdout_fraction=0.1, holdout_part="train"))[0]
    held = gather(RowStream(files, make_schema(), 999, holdout_fraction=0.1, holdout_part="holdout"))[0]
    assert sorted([*train["id"], *held["id"]]) == list(range(18_000))
    by_hash = [in_holdout(index, np.arange(1, 9001), 0.1) for index in (0, 1)]
    assert held["id"].tolist() == np.nonzero(np.concatenate(by_hash))[0].tolist()
    other = RowStream(files, make_schema(), 999, shuffle=True, seed=8, holdout_fraction=0.1, holdout_part="train")
    assert sorted(gather(other, 3)[0]["id"]) == sorted(train["id"])


def test_a_position_behind_the_end_means_other_files(tmp_path):
    files = [write(make_table(100), tmp_path / "a.parquet")]
    with pytest.raises(DataError, match="expected at least 5000 rows in all files, got 100"):
        list(RowStream(files, make_schema(), 10).batches(0, 5000))

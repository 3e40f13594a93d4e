"""Rows of a step over several processes: each to exactly one replica, and the same number of steps for all."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.data.pipeline.sharding import FileSplit, RowSplit, Share, cut
from apps_rec.data.rows.stream import RowStream
from apps_rec.data.schema import Column, RowFilter, Schema

ROW = Column("row", "INT64", 0)


def write_parquet(folder, sizes, row_group=50):
    """Files whose column `row` numbers all rows."""
    first = 0
    paths = []
    for number, size in enumerate(sizes):
        paths.append(str(folder / f"{number}.parquet"))
        table = pa.table({"row": np.arange(first, first + size), "click": np.zeros(size, np.int64)})
        pq.write_table(table, paths[-1], row_group_size=row_group)
        first += size
    return paths


def make_stream(folder, sizes=(120, 80, 100), batch_size=32, **options):
    schema = options.pop("schema", Schema((ROW,), labels=("click",), input_type="parquet"))
    return RowStream(write_parquet(folder, sizes), schema, batch_size, **{"shuffle": True, "window": 64} | options)


def read(source, epoch=0, start_row=0):
    """Rows of every step, by replica."""
    return [[part["row"].tolist() for part in step.parts] for step in source.steps(epoch, start_row)]


def test_pieces_differ_by_one_at_most():
    assert cut(7, 3) == [0, 2, 4, 7]
    assert cut(1, 4) == [0, 0, 0, 0, 1]
    assert cut(0, 2) == [0, 0, 0]


def test_a_share_knows_its_process():
    share = Share(replicas=6, first=4, local=2)
    assert (share.workers, share.worker) == (3, 2)


def test_by_row_the_batches_are_those_of_one_process(tmp_path):
    stream = make_stream(tmp_path)
    alone = [step[0] for step in read(RowSplit(stream))]
    shares = [Share(3, first, 1) for first in range(3)]
    parts = [read(RowSplit(stream, share)) for share in shares]
    assert len(alone) == 10
    for number, batch in enumerate(alone):
        assert [row for worker in parts for row in worker[number][0]] == batch
        assert {len(worker[number][0]) for worker in parts} <= {len(batch) // 3, len(batch) // 3 + 1}


def test_by_row_a_process_with_two_replicas_feeds_both(tmp_path):
    stream = make_stream(tmp_path)
    (first, second), (third, fourth) = (read(RowSplit(stream, Share(4, 2 * i, 2)))[0] for i in range(2))
    assert [len(part) for part in (first, second, third, fourth)] == [8, 8, 8, 8]
    assert first + second + third + fourth == read(RowSplit(stream))[0][0]


@pytest.mark.parametrize("workers", [2, 3, 5])
@pytest.mark.parametrize("epoch", [0, 1])
def test_by_file_every_row_goes_to_one_process_once(tmp_path, workers, epoch):
    stream = make_stream(tmp_path, sizes=(50, 50, 40, 60, 50, 50))
    read_by = [read(FileSplit(stream, Share(workers, worker, 1)), epoch) for worker in range(workers)]
    assert len({len(steps) for steps in read_by}) == 1
    rows = [row for steps in read_by for step in steps for part in step for row in part]
    assert sorted(rows) == list(range(300))
    # Files of at most 60 rows, dealt to whoever has fewest.
    sizes = [sum(len(part) for step in steps for part in step) for steps in read_by]
    assert max(sizes) - min(sizes) <= 60
    assert [sum(len(steps[0][0]) for steps in read_by)] == [32]


def test_by_file_a_process_whose_rows_are_over_takes_part_with_none(tmp_path):
    stream = make_stream(tmp_path, sizes=(50, 10), batch_size=20)
    long, short = sorted(
        (read(FileSplit(stream, Share(2, worker, 1))) for worker in range(2)), key=lambda s: len(s[1][0])
    )
    sizes = sorted([[len(step[0]) for step in steps] for steps in (long, short)])
    assert sizes == [[10, 0, 0, 0, 0], [10, 10, 10, 10, 10]]


def test_by_file_without_the_remainder_all_end_with_the_shortest(tmp_path):
    stream = make_stream(tmp_path, sizes=(50, 35), batch_size=20, drop_remainder=True)
    for worker in range(2):
        assert [len(step[0]) for step in read(FileSplit(stream, Share(2, worker, 1)))] == [10, 10, 10]


@pytest.mark.parametrize("by_file", [False, True])
def test_a_position_is_where_all_go_on(tmp_path, by_file):
    stream = make_stream(tmp_path)
    for worker in range(2):
        source = (FileSplit if by_file else RowSplit)(stream, Share(2, worker, 1))
        whole = list(source.steps(1))
        for number in (1, 4, len(whole) - 1):
            assert read(source, 1, whole[number - 1].end_row) == [
                [p["row"].tolist() for p in s.parts] for s in whole[number:]
            ]
        assert [step.last for step in whole] == [False] * (len(whole) - 1) + [True]


def test_why_files_cannot_be_split(tmp_path):
    assert make_stream(tmp_path).why_not_by_file(2) is None
    assert make_stream(tmp_path).why_not_by_file(7) == "there are 3 files or row groups for 7 workers"
    holdout = make_stream(tmp_path, holdout_fraction=0.1, holdout_part="train")
    assert holdout.why_not_by_file(2) == "the holdout leaves an unknown number of rows"
    for change, reason in (
        ({"input_type": "csv"}, "csv files do not say how many rows they hold"),
        ({"filters": (RowFilter(ROW, (1,), keep=True),)}, "row_filter leaves an unknown number of rows"),
        ({"bad_rows": "SKIP"}, "bad_rows: SKIP leaves an unknown number of rows"),
    ):
        schema = Schema((ROW,), labels=("click",), **{"input_type": "parquet"} | change)
        assert make_stream(tmp_path, schema=schema).why_not_by_file(2) == reason

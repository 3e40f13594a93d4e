"""Pieces of the data for workers that work at their own pace, and the tables on servers."""

import re

import numpy as np
import pytest

import apps_rec
from apps_rec.training.pieces import Piece, Plan
from tests.training.cluster import Cluster

SERVERS = "train_config.train_distribute=PSStrategy"


def convert(tiny):
    """Makes TFRecord files of the log, and a config that reads them."""
    apps_rec.convert(tiny.load(), output="converted", rows_per_file=150)
    apps_rec.convert(tiny.load(), output="converted_eval", evaluation=True)
    text = tiny.config.read_text().replace("CSVInput with_header: true", "TFRecordInput")
    text = text.replace("train.csv", "converted/*.tfrecord").replace("eval.csv", "converted_eval/*.tfrecord")
    tiny.config.write_text(re.sub(r"dropout_ratio: (\[.*?\]|[0-9.]+)", "", text))


def test_pieces_hold_every_row_once():
    files = [("a", 250), ("b", 30), ("c", 100)]
    plan = Plan(files, 100, seed=5)
    for epoch in range(3):
        pieces = plan.pieces(epoch)
        rows = sorted((piece.path, row) for piece in pieces for row in range(piece.first, piece.first + piece.rows))
        assert rows == [(path, row) for path, count in files for row in range(count)]
    assert plan.pieces(0) != plan.pieces(1)
    assert plan.pieces(1) == Plan(files, 100, seed=5).pieces(1)
    assert Plan(files[:1], 100, seed=None).pieces(7) == [Piece("a", 0, 100), Piece("a", 100, 100), Piece("a", 200, 50)]


def test_a_position_is_the_next_piece():
    plan = Plan([("a", 250)], 100, seed=None)
    assert plan.behind(3, 1) == (3, 2)
    assert plan.behind(3, 2) == (4, 0)
    ahead = [(epoch, number) for epoch, number, _ in plan.from_position(0, 1, epochs=2)]
    assert ahead == [(0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]


@pytest.mark.slow
def test_servers_learn_what_one_process_learns(tiny):
    """Two servers, with every table and kernel cut over both; 1,920 rows, none lost and none twice."""
    convert(tiny)
    assert apps_rec.train(tiny.load("model_dir=one")).step == 54
    options = ("train_config.min_table_shard_bytes=16", "data_config.shuffle_buffer_size=64")
    with Cluster(tiny.folder, "served", SERVERS, *options, ps=2) as cluster:
        text = cluster.finish()
    # No server holds a table: the largest has 4 columns and one of first order.
    tables = re.findall(r"(tables_\w+): (\d+) x (\d+) in (\d) pieces of at most ([0-9,]+) bytes", text)
    assert len(tables) >= 2
    for _, table_rows, columns, pieces, largest in tables:
        assert pieces == "2"
        assert int(largest.replace(",", "")) == -(-int(table_rows) // 2) * int(columns) * 4
    due, twice = map(int, re.search(r"(\d+) rows, each trained on at least once; (\d+) were seen twice", text).groups())
    assert (due, twice) == (1722, 0)
    aucs = [apps_rec.evaluate(tiny.load(f"model_dir={name}"))["auc_ctr"] for name in ("one", "served")]
    assert aucs[1] > 0.6
    assert aucs[1] == pytest.approx(aucs[0], abs=0.05)
    assert np.isfinite(aucs).all()

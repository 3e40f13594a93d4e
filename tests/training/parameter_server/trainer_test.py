"""Pieces of the data for workers that work at their own pace, and the tables on servers."""

import re

import numpy as np
import pytest

import apps_rec
from apps_rec.training.estimator import load_trained
from apps_rec.training.parameter_server.shards import Piece, Plan
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


@pytest.mark.slow
def test_servers_hold_frozen_weights_and_two_optimizers(tiny):
    """Two servers, with every table and kernel cut over both."""
    convert(tiny)
    options = (
        "train_config.min_table_shard_bytes=16",
        "train_config.optimizer_config=[{ adagrad_optimizer { } }, { adamw_optimizer { weight_decay: 0.01 } }]",
        "train_config.freeze_gradient=input_layer_1/(app|word)_,input_layer/tags_,mmoe_gates",
        "model_config.variational_dropout={ }",
    )
    # What the weights begin with is drawn a piece at a time on servers, so both begin with those of one process.
    apps_rec.train(tiny.load("model_dir=start", "train_config.num_steps=1", *options[3:]))
    options = (*options, "train_config.fine_tune_checkpoint=start")
    with Cluster(tiny.folder, "served", SERVERS, *options, ps=2) as cluster:
        text = cluster.finish()
    assert "frozen: input_layer_1/app_embedding/embedding_weights:0" in text
    before, after = (
        load_trained(tiny.load(f"model_dir={name}", *options[3:4]))[0].model for name in ("start", "served")
    )
    for name, place in before.embedder.table_places().items():
        was, now = (model.embedder.tables[place.key].numpy()[place.offset :][: place.rows] for model in (before, after))
        for part, columns, frozen in (
            ("embeddings", slice(0, place.dim), name in ("app", "word")),
            ("first-order weights", slice(place.dim, None), name == "tags"),
        ):
            if was[:, columns].size:
                assert np.array_equal(was[:, columns], now[:, columns]) == frozen, (name, part)
    kernels = {variable.name: variable.numpy() for variable in after.trainable_variables if "kernel" in variable.name}
    for variable in before.trainable_variables:
        if variable.name in kernels:
            assert np.array_equal(variable, kernels[variable.name]) == ("mmoe_gates" in variable.name), variable.name


@pytest.mark.slow
def test_tables_on_servers_begin_with_the_weights_of_another_run(tiny):
    """Two servers, with every table cut over both, and ten apps more than yesterday."""
    convert(tiny)
    apps_rec.train(tiny.load("model_dir=yesterday", "train_config.num_steps=20"))
    today = (
        "train_config.fine_tune_checkpoint=yesterday",
        "train_config.num_steps=1",
        # Moves no weight, where the slots say that the weights are right.
        "train_config.optimizer_config={ ftrl_optimizer { learning_rate { constant_learning_rate "
        "{ learning_rate: 1e-12 } } } }",
        "feature_config.features[feature_name=app].num_buckets=40",
    )
    apps_rec.train(tiny.load("model_dir=one", *today))
    with Cluster(tiny.folder, "served", SERVERS, "train_config.min_table_shard_bytes=16", *today, ps=2) as cluster:
        cluster.finish()
    reports = [(tiny.folder / name / "warm_start.json").read_text() for name in ("one", "served")]
    assert reports[0] == reports[1]
    old = load_trained(tiny.load("model_dir=yesterday"))[0].model
    new = load_trained(tiny.load("model_dir=served", *today))[0].model
    before, now = old.embedder.table_places(), new.embedder.table_places()
    for name, place in before.items():
        rows = old.embedder.tables[place.key].numpy()[place.offset : place.offset + place.rows]
        found = new.embedder.tables[now[name].key].numpy()[now[name].offset : now[name].offset + now[name].rows]
        if name == "app":  # the row of unknown ids stays the last one
            assert len(found) == len(rows) + 10
            found = found[[*range(len(rows) - 1), -1]]
        np.testing.assert_allclose(found, rows, rtol=0, atol=1e-6, err_msg=name)
    others = {variable.name: variable.numpy() for variable in old.trainable_variables if "tables" not in variable.name}
    for variable in new.trainable_variables:
        if variable.name in others:
            np.testing.assert_allclose(variable, others.pop(variable.name), rtol=0, atol=1e-6, err_msg=variable.name)
    assert not others

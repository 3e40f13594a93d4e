"""Two processes on loopback take the steps of one."""

import re

import numpy as np
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.config import load_config
from tests.training.cluster import Cluster, weights

TWO = "train_config.train_distribute=MultiWorkerMirroredStrategy"
# 574 rows of the log pass its filter: four steps of 125 and one of 74 an epoch.
OPTIONS = ("data_config.batch_size=125", "data_config.num_epochs=2", "train_config.save_checkpoints_steps=4")
OPTIMIZERS = {
    "sgd": "sgd_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.1 } } }",
    "adagrad": "adagrad_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.05 } } }",
    "adam": "adam_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.01 } } }",
    "ftrl": "ftrl_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.05 } } l1_reg: 0.001 }",
}


def prepare(tiny, kind="adam"):
    """Gives the config another optimizer, and no dropout: each replica draws masks of its own."""
    text = re.sub(r"dropout_ratio: (\[.*?\]|[0-9.]+)", "", tiny.config.read_text())
    text = re.sub(r"adam_optimizer \{.*\} \} \} \}$", OPTIMIZERS[kind] + " }", text, flags=re.MULTILINE)
    assert OPTIMIZERS[kind] in text
    tiny.config.write_text(text)


def assert_equal(ours, theirs, tolerance=1e-5):
    assert ours.keys() == theirs.keys()
    assert len(ours) > 10
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=pytest.mark.slow) for kind in OPTIMIZERS])
def test_two_workers_end_with_the_weights_of_one_process(small, kind):
    prepare(small, kind)
    with Cluster(small.folder, "two", TWO, *OPTIONS) as cluster:
        text = cluster.finish()
    assert "batches of 125 rows over 2 replicas on 2 workers: 62.5 rows a replica; every worker reads all files" in text
    result = apps_rec.train(load_config(small.config, [*OPTIONS, "model_dir=one"]))
    assert f"two: step {result.step}" in text
    assert_equal(weights(small.folder, "two"), weights(small.folder, "one"))


@pytest.mark.slow
def test_workers_with_files_of_their_own(tiny):
    """An epoch of uneven shards ends cleanly, and a run that was ended goes on with the rows that are left."""
    prepare(tiny)
    table = arrow_csv.read_csv("train.csv")
    for name, rows in (("a", table.slice(0, 300)), ("b", table.slice(300, 40)), ("c", table.slice(340))):
        pq.write_table(rows, f"{name}.parquet")
    text = re.sub(r"  row_filter .*\n", "", tiny.config.read_text())
    text = text.replace("CSVInput with_header: true", "ParquetInput").replace("train.csv", "?.parquet")
    tiny.config.write_text(text)
    options = OPTIONS
    with Cluster(tiny.folder, "whole", TWO, *options) as cluster:
        text = cluster.finish()
    assert "a worker reads files of its own" in text
    # 340 and 300 rows in batches of 62 and 63: six steps, the last of them small.
    assert "whole: step 12" in text
    with Cluster(tiny.folder, "parts", TWO, *options, "train_config.num_steps=4") as cluster:
        cluster.finish()
    with Cluster(tiny.folder, "parts", TWO, *options) as cluster:
        assert cluster.process.wait(timeout=240) == 2
        assert "holds a run already" in cluster.text
        assert "Traceback" not in cluster.text
    with Cluster(tiny.folder, "parts", TWO, *options, resume=True) as cluster:
        assert "resumed from step 4" in cluster.finish()
    assert_equal(weights(tiny.folder, "parts"), weights(tiny.folder, "whole"), tolerance=0)

"""Tables that begin at vectors from files: held against a plain loop over the ids, and followed through trainings."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from tensorflow.python.distribute.sharded_variable import ShardedVariable

import apps_rec
from apps_rec.errors import DataError
from apps_rec.features.embeddings.tables import TablePlace
from apps_rec.training.estimator import Estimator, load_trained
from apps_rec.training.warm_start import vector_files
from apps_rec.training.warm_start.vector_files import _add, fill_tables
from tests.tiny import TINY_WORDS, TinyRun
from tests.training.cluster import Cluster
from tests.training.parameter_server.trainer_test import convert

# user, app and its twin, and tags stand in one variable of width 4; app has a first-order weight beside.
MODEL = """\
feature_config {
  features { input_names: "user" embedding_dim: 4 hash_bucket_size: 50 embedding_init { input_path: "users.parquet" } }
  features {
    input_names: "app" embedding_dim: 4 num_buckets: 40
    embedding_init { input_path: "apps*.parquet" id_column: "app" vector_column: "made" trainable: false }
  }
  features { feature_name: "twin" input_names: "app" embedding_name: "app" embedding_dim: 4 num_buckets: 40 }
  features {
    input_names: "word" embedding_dim: 3 vocab_file: "words.txt" embedding_init { input_path: "words.parquet" }
  }
  features { input_names: "tags" feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 50 kv_separator: ":" }
}
model_config {
  feature_groups { group_name: "all" feature_names: ["user", "app", "twin", "word", "tags"] }
  feature_groups { group_name: "wide" feature_names: ["user", "app"] }
  rank_model {
    body { shared_bottom { group_name: "all" dnn { hidden_units: 4 } } }
    fm { wide_group_name: "wide" pairwise: false }
    task_towers { tower_name: "ctr" label_name: "click" }
  }
}
"""


def write(path, ids, vectors, names=("id", "vector")):
    vectors = pa.array([list(map(float, row)) for row in vectors], pa.list_(pa.float32()))
    pq.write_table(pa.table(dict(zip(names, (pa.array(ids), vectors), strict=True))), path)


def drawn(count, dim, seed=3):
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


class Vectors:
    """A TinyRun and the vectors in its files: 80 users of 50 buckets, 35 apps and words, and one outside of each."""

    users = {f"ü{at}": vector for at, vector in enumerate(drawn(80, 4))}
    apps = dict(zip([*range(35), 77], drawn(36, 4, seed=4), strict=True))
    words = dict(zip([*TINY_WORDS[:3], "elsewhere"], drawn(4, 3, seed=5), strict=True))

    def __init__(self, folder):
        self.run = TinyRun(folder, model=MODEL)
        write(folder / "users.parquet", list(self.users), self.users.values())
        names = ("app", "made")
        write(folder / "apps_0.parquet", list(self.apps)[:20], list(self.apps.values())[:20], names)
        write(folder / "apps_1.parquet", list(self.apps)[20:], list(self.apps.values())[20:], names)
        write(folder / "words.parquet", list(self.words), self.words.values())

    def expected(self, table, before):
        """Rows of a table by a plain loop: the vector of its id, the mean of several, else what was there."""
        ids = {
            "user": [(int(tf.strings.to_hash_bucket_fast(name, 50)), v) for name, v in self.users.items()],
            "app": [(number, v) for number, v in self.apps.items() if number < 40],
            "word": [(TINY_WORDS.index(word), v) for word, v in self.words.items() if word in TINY_WORDS],
        }.get(table, [])
        rows = before.copy()
        for row in {row for row, _ in ids}:
            found = [v for other, v in ids if other == row]
            rows[row, : len(found[0])] = np.mean(found, axis=0, dtype=np.float64)
        return rows


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Vectors(tmp_path)


def tables_of(model):
    """The rows of each table of the config, first-order weights too, and the rows for padding."""
    found = {}
    for name, place in model.embedder.table_places().items():
        whole = model.embedder.tables[place.key].numpy()
        found[name] = whole[place.offset : place.offset + place.rows]
        found[f"padding of {place.key}"] = whole[-1:]
    return found


@pytest.mark.parametrize("rows_at_once", [1 << 16, 7])
def test_ids_become_rows_as_the_feature_says(made, monkeypatch, rows_at_once):
    monkeypatch.setattr("apps_rec.data.formats.vectors._ROWS", rows_at_once)
    message = made.run.load().message
    estimator = Estimator(made.run.load())
    before = tables_of(estimator.model)
    trained = fill_tables(message, estimator.model, estimator.features, trainable=True)
    assert [table.table for table in trained] == ["user", "word"]
    frozen = fill_tables(message, estimator.model, estimator.features, trainable=False)
    after = tables_of(estimator.model)
    for name, rows in before.items():
        np.testing.assert_allclose(after[name], made.expected(name, rows), rtol=0, atol=1e-6, err_msg=name)
    # The vector itself, bit for bit, where a row has one.
    np.testing.assert_array_equal(after["app"][:35, :4], np.stack(list(made.apps.values())[:35]))
    np.testing.assert_array_equal(after["app"][:, 4], before["app"][:, 4])
    buckets = [int(tf.strings.to_hash_bucket_fast(name, 50)) for name in made.users]
    colliding = sum(buckets.count(bucket) > 1 for bucket in buckets)
    assert list(map(str, (*trained, *frozen))) == [
        f"table user: {len(set(buckets))} of 50 rows begin at the vectors of 80 ids of users.parquet; "
        f"{colliding} ids share a row with others, which begins at their mean; trained",
        "table word: 3 of 5 rows begin at the vectors of 4 ids of words.parquet; "
        "1 ids are not used, as the table has no row for them; trained",
        "table app: 35 of 41 rows begin at the vectors of 36 ids of apps*.parquet; "
        "1 ids are not used, as the table has no row for them; frozen",
    ]


def test_frozen_rows_stay_trained_ones_begin_at_the_file_and_an_export_holds_both(made, unproven, seen):
    apps_rec.train(made.run.load("train_config.num_steps=6", "train_config.save_checkpoints_steps=3"))
    assert "table app: 35 of 41 rows begin at the vectors of 36 ids of apps*.parquet" in seen.text
    # What a run began with is not read again.
    for path in made.run.folder.glob("*.parquet"):
        path.unlink()
    more = "train_config.num_steps=12"
    seen.clear()
    apps_rec.train(made.run.load(more), resume=True)
    assert "resumed from step 6" in seen.text
    assert "begin at the vectors" not in seen.text
    apps_rec.evaluate(made.run.load(more))
    model = load_trained(made.run.load(more))[0].model
    after = tables_of(model)
    apps = np.stack(list(made.apps.values())[:35])
    np.testing.assert_array_equal(after["app"][:35, :4], apps)
    # Its first-order weights are trained all the same.
    assert np.count_nonzero(after["app"][:30, 4]) == 30
    # Trained, those of users in the log are elsewhere by now; a row that no row of the log has is where it began.
    users = {int(tf.strings.to_hash_bucket_fast(row["user"] or "nobody", 50)) for row in made.run.rows("train.csv")}
    expected = made.expected("user", after["user"])
    moved = {row for row in range(50) if not np.array_equal(after["user"][row, :4], expected[row, :4])}
    filled = {int(tf.strings.to_hash_bucket_fast(name, 50)) for name in made.users}
    assert moved
    assert moved <= users & filled
    np.testing.assert_allclose(after["user"][:, :4], expected[:, :4], atol=0.3)
    version = apps_rec.export(made.run.load(more), "export")
    variables = f"{version}/variables/variables"
    exported = [tf.train.load_variable(variables, name) for name, _ in tf.train.list_variables(variables)]
    for key, table in model.embedder.tables.items():
        assert any(np.array_equal(table.numpy(), value) for value in exported if np.ndim(value) == 2), key


def test_beside_another_runs_weights(made, seen):
    """Weights of the other run take the place of vectors that are trained; frozen ones are those of the files."""
    apps_rec.train(made.run.load("train_config.num_steps=3"))
    old = tables_of(load_trained(made.run.load())[0].model)
    for name, ids, dim in (("users", made.users, 4), ("words", made.words, 3)):
        write(f"{name}.parquet", list(ids), drawn(len(ids), dim, seed=9))
    others = dict(zip(made.apps, drawn(36, 4, seed=8), strict=True))
    write("apps_0.parquet", list(others), others.values(), ("app", "made"))
    (made.run.folder / "apps_1.parquet").unlink()
    apps_rec.train(made.run.load("train_config.num_steps=1", "model_dir=next", "train_config.fine_tune_checkpoint=run"))
    new = tables_of(load_trained(made.run.load("model_dir=next"))[0].model)
    np.testing.assert_array_equal(new["app"][:35, :4], np.stack(list(others.values())[:35]))
    np.testing.assert_array_equal(new["app"][35:, :4], old["app"][35:, :4])
    # A step of 32 rows of Adam, whose rate is 0.02.
    for name in ("user", "word"):
        np.testing.assert_allclose(new[name], old[name], atol=0.05, err_msg=name)


@pytest.mark.parametrize(
    ("file", "ids", "dim", "said"),
    [
        (
            "users.parquet",
            ["ü1", "ü2", "ü3", "ü2"],
            4,
            'embedding_init: the id "ü2" is there 2 times, and it cannot be told which vector counts; expected it '
            "once: users.parquet: row 2, users.parquet: row 4",
        ),
        ("apps_1.parquet", [50, 3], 4, 'the id "3" is there 2 times, and it cannot be told which vector counts'),
        ("words.parquet", ["this", "that"], 3, 'words.parquet: none of their 2 ids has a row of the table "word"'),
        ("words.parquet", [], 3, "words.parquet: they hold no ids"),
        (
            "users.parquet",
            ["ü1"],
            3,
            'row 1, column "vector": expected 4 numbers, the embedding_dim of the feature, got 3',
        ),
        (
            "apps_0.parquet",
            ["one"],
            4,
            'column "app": expected ids of type int64, as the feature\'s column has, got string',
        ),
    ],
)
def test_files_that_are_wrong(made, file, ids, dim, said):
    names = ("app", "made") if file.startswith("apps") else ("id", "vector")
    write(file, pa.array(ids, pa.string() if not ids else None), drawn(len(ids), dim), names)
    estimator = Estimator(made.run.load())
    trainable = not file.startswith("apps")
    with pytest.raises(DataError, match=re.escape(said)):
        fill_tables(made.run.load().message, estimator.model, estimator.features, trainable=trainable)


def test_files_that_are_not_there_are_told_before_training(made):
    (made.run.folder / "users.parquet").unlink()
    where = r"feature_config.features\[feature_name=user\].embedding_init.input_path: "
    with pytest.raises(DataError, match=f'{where}no file matches "users.parquet"'):
        apps_rec.train(made.run.load())
    with pytest.raises(DataError, match=f"{where}expected Parquet files, got train.csv"):
        apps_rec.train(made.run.load("feature_config.features[feature_name=user].embedding_init.input_path=train.csv"))


def test_lists_and_maps_of_numbers_and_words():
    """The type of ids: whole numbers where the feature's values are some, else text."""
    from apps_rec.protos.pipeline_pb2 import PipelineConfig

    config = PipelineConfig()
    for name, kind in (("app", "INT32"), ("seen", "STRING"), ("is_new", "BOOL")):
        config.data_config.input_fields.add(input_name=name, input_type=kind)

    def kind(**fields):
        return vector_files._type_of_ids(config, config.feature_config.features.add(**fields))

    assert kind(input_names=["app"], hash_bucket_size=9) == pa.int64()
    assert kind(input_names=["is_new"], hash_bucket_size=9) == pa.bool_()
    assert kind(input_names=["seen"], hash_bucket_size=9) == pa.string()
    sequence = {"feature_type": "SequenceFeature", "separator": "|"}
    assert kind(input_names=["seen"], num_buckets=9, **sequence) == pa.int64()
    assert kind(input_names=["seen"], hash_bucket_size=9, **sequence) == pa.string()
    lookup = {"feature_type": "LookupFeature", "separator": "|", "kv_separator": ":"}
    assert kind(input_names=["app", "seen"], hash_bucket_size=9, **lookup) == pa.string()


@pytest.mark.parametrize("how", ["one", "replicas", "servers"])
def test_rows_of_tables_that_are_copied_or_cut(how, two_replicas):
    """Two of three ids in row 2, over two calls: the mean of all three; the columns behind stay."""
    start = tf.reshape(tf.range(24.0), [6, 4])
    if how == "servers":
        table = ShardedVariable([tf.Variable(start[:3]), tf.Variable(start[3:])])
    else:
        with two_replicas.scope() if how == "replicas" else tf.device("cpu:0"):
            table = tf.Variable(start)
    place, counts = TablePlace("t", 1, 4, 3, 4), np.zeros(4, np.int32)
    _add(table, place, np.array([1, 2, 1]), np.array([[1, 2, 3], [0, 0, 6], [3, 4, 5]], np.float32), counts)
    _add(table, place, np.array([1, 3]), np.array([[8, 9, 10], [7, 7, 7]], np.float32), counts)
    expected = start.numpy()
    expected[2:5, :3] = [[4, 5, 6], [0, 0, 6], [7, 7, 7]]
    assert counts.tolist() == [0, 3, 1, 1]
    parts = two_replicas.experimental_local_results(table) if how == "replicas" else [tf.convert_to_tensor(table)]
    for part in parts:
        np.testing.assert_allclose(part.numpy(), expected, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["PSStrategy", "MultiWorkerMirroredStrategy"])
def test_a_cluster_begins_at_the_files(made, strategy):
    """With servers every table is cut over both."""
    convert(made.run)
    options = (f"train_config.train_distribute={strategy}", "train_config.min_table_shard_bytes=16")
    steps = "train_config.num_steps=4"
    with Cluster(made.run.folder, "run", *options, steps, ps=2 * (strategy == "PSStrategy")) as cluster:
        text = cluster.finish()
    assert text.count("table app: 35 of 41 rows begin at the vectors of 36 ids of apps*.parquet") == 1
    after = tables_of(load_trained(made.run.load())[0].model)
    np.testing.assert_array_equal(after["app"][:35, :4], np.stack(list(made.apps.values())[:35]))
    expected = made.expected("user", after["user"])
    assert not np.array_equal(after["user"], expected)
    np.testing.assert_allclose(after["user"][:, :4], expected[:, :4], atol=0.3)

"""Lists of whole numbers on their way from a file to a model, beside the same lists as texts."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.config import load_config
from apps_rec.data.pipeline.sharding import Share
from apps_rec.data.schema import Column
from apps_rec.data.schema_of_config import build_schema, number_lists
from apps_rec.data.values.number_lists import NO_NUMBER, texts_and_numbers
from apps_rec.features import Preprocessor
from apps_rec.features.build import build_features
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.training.input import evaluation_dataset, training_dataset, training_source

COLUMN = Column("x", default=b"7|8", list_separator="|")
NO = int(NO_NUMBER)


@pytest.mark.parametrize("kind", [pa.list_(pa.int64()), pa.large_list(pa.int8()), pa.list_(pa.uint32())], ids=str)
def test_lists_are_cut_and_padded(kind):
    array = pa.array([[9], [1, 2, 3, 4], [5, 6], None, [], [0, 1, 2]], kind)
    wanted = [[1, 2, 3], [5, 6, NO], [NO] * 3, [NO] * 3, [0, 1, 2]]
    texts, numbers = texts_and_numbers(array[1:], COLUMN, 3)
    assert texts.to_pylist() == [b"", b"", b"7|8", b"7|8", b""]
    assert texts.type == pa.large_binary()
    assert numbers.to_pylist() == wanted
    dictionary = pa.ListArray.from_arrays([0, 1, 3], pa.array([4, 5, 4]).dictionary_encode())
    assert texts_and_numbers(dictionary, COLUMN, 3)[1].to_pylist() == [[4, NO, NO], [5, 4, NO]]
    fixed = pa.FixedSizeListArray.from_arrays(pa.array([1, 2, 3, 4]), 2)
    assert texts_and_numbers(fixed, COLUMN, 3)[1].to_pylist() == [[1, 2, NO], [3, 4, NO]]


@pytest.mark.parametrize(
    "array",
    [
        pa.array(["1|2"]),
        pa.array([1]),
        pa.array([["1"]]),
        pa.array([[1.0]]),
        pa.array([[1, None]]),
        pa.array([[1]], pa.list_(pa.uint64())),
        pa.array([[True]]),
        pa.nulls(1),
    ],
    ids=lambda array: str(array.type),
)
def test_anything_else_stays_text(array):
    assert texts_and_numbers(array, COLUMN, 3) is None


@pytest.mark.parametrize("separator", ["1", "-", "a0"])
def test_numbers_that_could_hold_the_separator_stay_text(separator):
    assert texts_and_numbers(pa.array([[2]]), Column("x", list_separator=separator), 3) is None


CONFIG = """
train_input_path: "{folder}/*.parquet" eval_input_path: "{folder}/*.parquet" model_dir: "{folder}/run"
data_config {{
  input_type: ParquetInput batch_size: 7 num_epochs: 1 shuffle: {shuffle} shuffle_buffer_size: 20 bad_rows: SKIP
  max_bad_row_share: 0.5 label_fields: "click"
  input_fields {{ input_name: "click" input_type: INT32 }} input_fields {{ input_name: "app" input_type: INT64 }}
  input_fields {{ input_name: "history" default_val: "3|4" }} input_fields {{ input_name: "tags" }}
}}
feature_config {{
  features {{ input_names: "app" num_buckets: 50 embedding_dim: 4 }}
  features {{ input_names: "history" feature_type: SequenceFeature num_buckets: 50 embedding_dim: 4 max_seq_len: 3 }}
  features {{
    feature_name: "more" input_names: "history" feature_type: TagFeature num_buckets: 40 embedding_dim: 4 max_seq_len: 5
  }}
  features {{ input_names: "tags" feature_type: TagFeature num_buckets: 50 embedding_dim: 4 {tags} }}
}}
model_config {{ deepfm {{ dnn {{ hidden_units: [4] }} }}
  feature_groups {{ group_name: "deep" feature_names: ["app", "history", "more", "tags"] }} }}
"""


def _config(folder, tags="", shuffle="true"):
    path = folder / "x.config"
    path.write_text(CONFIG.format(folder=folder, tags=tags, shuffle=shuffle), encoding="utf-8")
    return load_config(path).message


@pytest.fixture
def lists():
    random = np.random.default_rng(4)
    rows = [random.integers(-3, 60, random.integers(0, 8)).tolist() for _ in range(40)]
    rows[3], rows[4], rows[5] = None, [], [2**62, 10**18, -(2**63), 2**31, -(2**31), 2**32 + 1]
    return rows


def _write(folder, lists, kinds, bad=9):
    """Writes a file of each kind, with the same rows; every ninth row is bad, or as `bad` says."""
    for number, kind in enumerate(kinds):
        numbers = pa.array(lists, pa.list_(pa.int64()))
        texts = pa.array([row if row is None else "|".join(map(str, row)) for row in lists])
        given = numbers if kind == "numbers" else texts
        click = [2 if row % bad == 0 else row % 2 for row in range(1, len(lists) + 1)]
        table = pa.table({"click": click, "app": range(len(lists)), "history": given, "tags": given})
        pq.write_table(table, folder / f"{number}.parquet", row_group_size=16)


def _rows(config):
    preprocessor = Preprocessor(build_features(config))
    batches = list(training_dataset(config, preprocessor, training_source(config))[0])
    return [{name: tensor.numpy().tolist() for name, tensor in features.items()} for features, _, _ in batches]


def test_a_training_reads_the_same_from_numbers_and_from_texts(tmp_path, lists):
    found = []
    for kinds in (["numbers", "numbers"], ["texts", "texts"], ["numbers", "texts"]):
        folder = tmp_path / "".join(kinds)
        folder.mkdir()
        _write(folder, lists, kinds)
        found.append(_rows(_config(folder)))
    assert found[1:] == found[:1] * 2
    ids = {tuple(row) for batch in found[0] for row in batch["list_ids/history"]}
    wanted = [[3, 4] if not row else [value if 0 <= value < 50 else 50 for value in row][:3] for row in lists]
    assert ids == {tuple(row + [-1] * (3 - len(row))) for at, row in enumerate(wanted) if (at + 1) % 9}


def test_processes_with_files_of_their_own_read_them_too(tmp_path, lists):
    _write(tmp_path, lists, ["numbers", "numbers", "numbers"], bad=100)
    config = _config(tmp_path, shuffle="false")
    config.data_config.bad_rows = DataConfig.FAIL
    whole = [row for batch in _rows(config) for row in batch["list_ids/history"]]
    config.data_config.worker_split = DataConfig.BY_FILE
    found = [row for first in (0, 1) for row in _rows_of(config, Share(replicas=2, first=first))]
    assert sorted(found) == sorted(whole)


def _rows_of(config, share):
    dataset, _ = training_dataset(config, Preprocessor(build_features(config)), training_source(config, share))
    return [row for features, _, _ in dataset for row in features["list_ids/history"].numpy().tolist()]


def test_an_evaluation_reads_the_same(tmp_path, lists):
    _write(tmp_path, lists, ["numbers"])
    config = _config(tmp_path, shuffle="false")
    preprocessor = Preprocessor(build_features(config))
    rows = [row for features, _, _ in evaluation_dataset(config, preprocessor)[0] for row in features["list_ids/more"]]
    trained = [row for batch in _rows(config) for row in batch["list_ids/more"]]
    assert [row.numpy().tolist() for row in rows] == trained


def test_lists_are_handed_out_as_numbers_where_the_first_file_holds_numbers_and_not_too_many(tmp_path, lists):
    _write(tmp_path, lists, ["numbers", "texts"])
    assert training_source(_config(tmp_path)).stream.schema.number_lists == {"history": 5, "tags": 50}
    assert training_source(_config(tmp_path, tags="max_seq_len: 252")).stream.schema.number_lists == {"history": 5}
    _write(tmp_path, lists, ["texts", "numbers"])
    assert training_source(_config(tmp_path)).stream.schema.number_lists == {}


def test_columns_that_others_read_as_text_are_left_out(tmp_path):
    config = _config(tmp_path)
    assert number_lists(config, build_schema(config, "train"), "train") == {"history": 5, "tags": 50}
    config = _config(tmp_path, tags='kv_separator: ":"')
    assert number_lists(config, build_schema(config, "train"), "train") == {"history": 5}
    (config := _config(tmp_path)).feature_config.features[3].num_buckets = 2**31
    assert number_lists(config, build_schema(config, "train"), "train") == {"history": 5}

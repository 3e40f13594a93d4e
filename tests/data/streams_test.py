import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.protobuf import text_format

from apps_rec.data.streams import open_stream
from apps_rec.errors import ConfigError, DataError
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def config(tmp_path, data=""):
    for name, first, rows in (("train", 0, 1000), ("eval", 5000, 200)):
        ids = np.arange(first, first + rows)
        pq.write_table(pa.table({"id": ids, "click": ids % 2}), tmp_path / f"{name}.parquet")
    text = f"""
    train_input_path: "{tmp_path}/tr*.parquet"
    eval_input_path: "{tmp_path}/eval.parquet"
    train_config {{ seed: 7 }}
    data_config {{
      input_type: ParquetInput batch_size: 100 eval_batch_size: 60 label_fields: "click"
      input_fields {{ input_name: "id" input_type: INT64 }} input_fields {{ input_name: "click" input_type: INT32 }}
      {data}
    }}
    feature_config {{ features {{ feature_name: "id" input_names: "id" num_buckets: 9 }} }}
    model_config {{
      feature_groups {{ group_name: "all" feature_names: "id" }}
      rank_model {{ task_towers {{ tower_name: "ctr" label_name: "click" }} }}
    }}
    """
    return text_format.Parse(text, PipelineConfig())


def ids(stream, epoch=0):
    return [batch.columns["id"].tolist() for batch in stream.batches(epoch)]


def flat(batches):
    return [row for batch in batches for row in batch]


def test_training_shuffles_and_evaluation_does_not(tmp_path):
    message = config(tmp_path)
    train = ids(open_stream(message, "train"))
    assert [len(batch) for batch in train] == [100] * 10
    assert flat(train) != sorted(flat(train))
    assert sorted(flat(train)) == list(range(1000))
    held = ids(open_stream(message, "evaluate"))
    assert [len(batch) for batch in held] == [60, 60, 60, 20]
    assert flat(held) == list(range(5000, 5200))
    assert len(ids(open_stream(message, "train", batch_size=500))) == 2


def test_reading_parquet_and_csv_does_not_need_tensorflow():
    code = "import sys, apps_rec.data; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_seed_counts(tmp_path):
    message, other = config(tmp_path), config(tmp_path)
    other.train_config.seed = 8
    assert ids(open_stream(message, "train")) == ids(open_stream(message, "train"))
    assert ids(open_stream(message, "train")) != ids(open_stream(other, "train"))


def test_data_config_is_heeded(tmp_path):
    stream = open_stream(config(tmp_path, "shuffle: false drop_remainder: true"), "train", batch_size=300)
    assert flat(ids(stream)) == list(range(900))


def test_the_holdout_is_part_of_the_training_files(tmp_path):
    message = config(tmp_path, "holdout_fraction: 0.2")
    train = flat(ids(open_stream(message, "train")))
    held = flat(ids(open_stream(message, "evaluate", part="holdout")))
    assert sorted(train + held) == list(range(1000))
    assert 150 < len(held) < 250
    assert flat(ids(open_stream(message, "evaluate"))) == list(range(5000, 5200))


def test_mistakes(tmp_path):
    with pytest.raises(ConfigError, match=r"holdout_fraction: expected 0 or more and less than 1, got 1\.5"):
        open_stream(config(tmp_path, "holdout_fraction: 1.5"), "train")
    with pytest.raises(ConfigError, match="holdout_fraction: expected more than 0"):
        open_stream(config(tmp_path), "evaluate", part="holdout")
    with pytest.raises(ConfigError, match="shuffle_buffer_size: expected 1 or more, got 0"):
        open_stream(config(tmp_path, "shuffle_buffer_size: 0"), "train")
    message = config(tmp_path)
    message.eval_input_path = "nowhere"
    with pytest.raises(DataError, match='eval_input_path: no file matches "nowhere"'):
        open_stream(message, "evaluate")

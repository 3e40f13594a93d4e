import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.protobuf import text_format

from apps_rec.data.rows.open import open_stream
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
    held = flat(ids(open_stream(message, "validate")))
    assert sorted(train + held) == list(range(1000))
    assert 150 < len(held) < 250
    assert flat(ids(open_stream(message, "evaluate"))) == list(range(5000, 5200))


def test_mistakes(tmp_path):
    with pytest.raises(ConfigError, match=r"holdout_fraction: expected 0 or more and less than 1, got 1\.5"):
        open_stream(config(tmp_path, "holdout_fraction: 1.5"), "train")
    with pytest.raises(ConfigError, match="shuffle_buffer_size: expected 1 or more, got 0"):
        open_stream(config(tmp_path, "shuffle_buffer_size: 0"), "train")
    message = config(tmp_path)
    message.eval_input_path = "nowhere"
    with pytest.raises(DataError, match='eval_input_path: no file matches "nowhere"'):
        open_stream(message, "evaluate")


TABLE_ROWS = 1500


def table():
    """Rows of a log in one table: users, days of November, a split, and cells that are missing."""
    draw = random.Random(11)
    users = [draw.choice([None, *(f"ü{number}" for number in range(60))]) for _ in range(TABLE_ROWS)]
    days = [draw.choice([None, *(f"2026-11-{day:02d}" for day in range(1, 31))]) for _ in range(TABLE_ROWS)]
    splits = [draw.choice(["train", "valid", "test"]) for _ in range(TABLE_ROWS)]
    columns = {"id": list(range(TABLE_ROWS)), "user": users, "day": days, "split": splits}
    return columns | {"click": [i % 2 for i in range(TABLE_ROWS)]}


def table_config(folder, kind, data=""):
    """A config whose passes all read one table, as CSV or as Parquet, or as the TFRecord files made of it."""
    rows = table()
    if kind == "parquet":
        pq.write_table(pa.table(rows), folder / "a.parquet", row_group_size=350)
    elif kind == "csv":
        lines = [
            ",".join("" if cell is None else str(cell) for cell in row) for row in zip(*rows.values(), strict=True)
        ]
        (folder / "a.csv").write_text("\n".join([",".join(rows), *lines]) + "\n", encoding="utf-8")
    input_type = {"csv": "CSVInput with_header: true", "parquet": "ParquetInput", "tfrecord": "TFRecordInput"}[kind]
    text = f"""
    train_input_path: "{folder}/*.{kind}" eval_input_path: "{folder}/*.{kind}" train_config {{ seed: 7 }}
    data_config {{
      input_type: {input_type} batch_size: 100 label_fields: "click"
      input_fields {{ input_name: "id" input_type: INT64 }} input_fields {{ input_name: "user" }}
      input_fields {{ input_name: "day" }} input_fields {{ input_name: "split" }}
      input_fields {{ input_name: "click" input_type: INT32 }}
      {data}
    }}
    feature_config {{ features {{ feature_name: "id" input_names: "id" num_buckets: 9 }} }}
    model_config {{
      feature_groups {{ group_name: "all" feature_names: "id" }}
      rank_model {{ task_towers {{ tower_name: "ctr" label_name: "click" }} }}
    }}
    """
    return text_format.Parse(text, PipelineConfig())


def rows_of(message, purpose):
    return sorted(flat(ids(open_stream(message, purpose))))


@pytest.fixture(params=["csv", "parquet", "tfrecord"])
def one_table(request, tmp_path):
    """Return what makes the config of one table, of a format; TFRecord files are converted from CSV."""

    def make(data):
        if request.param != "tfrecord":
            return table_config(tmp_path, request.param, data)
        from apps_rec.data.schema_of_config import build_schema
        from apps_rec.data.tfrecords.convert import conversion_schema, convert_files

        source = table_config(tmp_path, "csv", data)
        files = [str(tmp_path / "a.csv")]
        schema = conversion_schema(source, files, build_schema(source, "validate"), "validate")
        schema = replace(schema, filters=())
        folder = tmp_path / "records"
        convert_files(files, schema, str(folder), rows_per_file=400)
        return table_config(folder, "tfrecord", data)

    return make


def test_train_validation_and_test_of_one_table_by_a_column(one_table):
    message = one_table(
        """row_filter { column: "split" keep: "train" use: TRAIN }
        row_filter { column: "split" keep: "valid" use: VALIDATION }
        row_filter { column: "split" keep: "test" use: EVALUATION }"""
    )
    splits = table()["split"]
    for purpose, word in (("train", "train"), ("validate", "valid"), ("evaluate", "test")):
        assert rows_of(message, purpose) == [i for i, split in enumerate(splits) if split == word]


def test_train_validation_and_test_of_one_table_by_date(one_table):
    message = one_table(
        """row_filter { column: "day" to: "2026-11-20" use: TRAIN }
        row_filter { column: "day" from: "2026-11-20" to: "2026-11-25" use: VALIDATION }
        row_filter { column: "day" from: "2026-11-25" use: EVALUATION }"""
    )
    days = [day and int(day[-2:]) for day in table()["day"]]
    assert rows_of(message, "train") == [i for i, day in enumerate(days) if day and day < 20]
    assert rows_of(message, "validate") == [i for i, day in enumerate(days) if day and 20 <= day < 25]
    assert rows_of(message, "evaluate") == [i for i, day in enumerate(days) if day and day >= 25]


def test_a_holdout_by_user_has_all_rows_of_a_user_on_one_side(one_table, tmp_path):
    data = 'holdout_by: "user" holdout_fraction: 0.3 row_filter { column: "split" keep: "train" use: TRAIN }'
    message = one_table(data)
    users, splits = table()["user"], table()["split"]
    train, held = rows_of(message, "train"), rows_of(message, "validate")
    assert sorted(train + held) == [i for i, split in enumerate(splits) if split == "train"]
    apart = [{users[i] for i in rows} for rows in (train, held)]
    assert not apart[0] & apart[1]
    assert 0.1 < len(apart[1]) / len(set(users)) < 0.5
    # The same users under every format, order, file and seed.
    assert rows_of(table_config(tmp_path, "parquet", data), "validate") == held
    message.train_config.seed = 8
    assert rows_of(message, "validate") == held
    assert len(rows_of(message, "evaluate")) == TABLE_ROWS


def test_a_holdout_by_time_has_the_latest_rows(one_table):
    message = one_table('holdout_by: "day" holdout_from: "2026-11-20"')
    days = [day and int(day[-2:]) for day in table()["day"]]
    assert rows_of(message, "train") == [i for i, day in enumerate(days) if day and day < 20]
    assert rows_of(message, "validate") == [i for i, day in enumerate(days) if day and day >= 20]
    stream = open_stream(message, "train")
    assert len(flat(ids(stream))) + stream.counts.filtered == stream.counts.read
    assert stream.counts.filtered == days.count(None)


def test_what_evaluation_converts_serves_both_passes_that_measure(tmp_path):
    from apps_rec.data.schema_of_config import build_schema
    from apps_rec.data.tfrecords.convert import conversion_schema

    data = """row_filter { column: "split" keep: "valid" use: VALIDATION }
        row_filter { column: "day" from: "2026-11-20" }
        row_filter { column: "split" keep: "test" use: EVALUATION }"""
    message = table_config(tmp_path, "csv", data)
    files = [str(tmp_path / "a.csv")]
    schema = conversion_schema(message, files, build_schema(message, "evaluate"), "evaluate")
    assert [item.column.name for item in schema.filters] == ["day"]
    assert {"split", "day"} <= {column.name for column in schema.columns}
    train = conversion_schema(message, files, build_schema(message, "train"), "train")
    assert [item.column.name for item in train.filters] == ["day"]
    assert "split" in {column.name for column in train.columns}

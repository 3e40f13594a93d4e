"""A column that the files call otherwise than the config: `column_name` of input_fields."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import tensorflow as tf

from apps_rec.config import parse_text
from apps_rec.data import RowStream, build_schema, column_names
from apps_rec.data.tfrecords.convert import conversion_schema, convert_files
from apps_rec.data.tfrecords.graph_reader import graph_columns
from apps_rec.errors import DataError

# The file's own "price" is another column: nobody reads it.
TABLE = {
    "Preis (EUR)": [1.5, 2.5, 3.5, 4.5],
    "price": [9.0, 9.0, 9.0, 9.0],
    "国家": ["br", "cn", "br", "cn"],
    "Clicked?": [0, 1, 1, 0],
    "user": ["a", "b", "c", "d"],
}
KINDS = {"csv": "CSVInput with_header: true", "parquet": "ParquetInput", "tfrecord": "TFRecordInput"}


def config(kind, row_filter='row_filter { column: "country" keep: "br" keep: "cn" }'):
    return parse_text(
        f"""
train_input_path: "a" model_dir: "run"
data_config {{
  input_type: {KINDS[kind]} num_epochs: 1 label_fields: "click" key_fields: "country" {row_filter}
  input_fields {{ input_name: "user" }}
  input_fields {{ input_name: "price" column_name: "Preis (EUR)" input_type: FLOAT }}
  input_fields {{ input_name: "country" column_name: "国家" }}
  input_fields {{ input_name: "click" column_name: "Clicked?" input_type: INT32 }}
}}
feature_config {{
  features {{ input_names: "user" hash_bucket_size: 10 embedding_dim: 4 }}
  features {{ input_names: "price" feature_type: RawFeature }}
  features {{ input_names: "country" hash_bucket_size: 10 embedding_dim: 4 }}
}}
model_config {{
  feature_groups {{ group_name: "all" feature_names: ["user", "price", "country"] }}
  rank_model {{ body {{ shared_bottom {{ }} }} task_towers {{ tower_name: "ctr" label_name: "click" }} }}
}}
"""
    ).message


def write(path, kind, table=TABLE):
    if kind == "csv":
        pa.csv.write_csv(pa.table(table), path)
    elif kind == "parquet":
        pa.parquet.write_table(pa.table(table), path)
    else:
        lists = {float: ("float_list", tf.train.FloatList), int: ("int64_list", tf.train.Int64List)}
        with tf.io.TFRecordWriter(str(path)) as writer:
            for row in zip(*table.values(), strict=True):
                features = {}
                for name, value in zip(table, row, strict=True):
                    field, of = lists.get(type(value), ("bytes_list", tf.train.BytesList))
                    value = value.encode() if isinstance(value, str) else value
                    features[name] = tf.train.Feature(**{field: of(value=[value])})
                example = tf.train.Example(features=tf.train.Features(feature=features))
                writer.write(example.SerializeToString())
    return str(path)


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_read_by_their_own_names_and_batches_have_ours(tmp_path, kind):
    path = write(tmp_path / f"a.{kind}", kind)
    schema = build_schema(config(kind), "train")
    (batch,) = RowStream([path], schema, 10, keep=["country", "price"]).batches()
    assert batch.columns["price"].tolist() == TABLE["Preis (EUR)"]
    assert [value.decode() for value in batch.columns["country"]] == TABLE["国家"]
    assert batch.columns["click"].tolist() == TABLE["Clicked?"]
    assert batch.kept.column_names == ["country", "price"]
    assert batch.kept.column("price").to_pylist() == TABLE["Preis (EUR)"]
    assert set(column_names(path, schema)) == {"price", "country", "click", "user"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_goes_by_our_name(tmp_path, kind):
    path = write(tmp_path / f"a.{kind}", kind)
    schema = build_schema(config(kind, 'row_filter { column: "country" drop: "br" }'), "train")
    (batch,) = RowStream([path], schema, 10).batches()
    assert batch.columns["price"].tolist() == [2.5, 4.5]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_that_is_not_there_is_called_as_in_the_file(tmp_path, kind):
    path = write(tmp_path / f"a.{kind}", kind, {name: TABLE[name] for name in TABLE if name != "Preis (EUR)"})
    with pytest.raises(DataError, match=r'there is no column "Preis \(EUR\)"'):
        list(RowStream([path], build_schema(config(kind), "train"), 10).batches())


def test_without_a_header_columns_go_by_their_place(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,1.5,br,0\nb,2.5,cn,1\n", encoding="utf-8")
    message = config("csv")
    message.data_config.with_header = False
    (batch,) = RowStream([str(path)], build_schema(message, "train"), 10).batches()
    assert batch.columns["price"].tolist() == [1.5, 2.5]


def test_converted_files_keep_the_names_of_the_files(tmp_path):
    path = write(tmp_path / "a.parquet", "parquet")
    message = config("parquet")
    schema = conversion_schema(message, [path], build_schema(message, "train"), "train")
    convert_files([path], schema, str(tmp_path / "converted"))
    (record,) = tf.data.TFRecordDataset(str(tmp_path / "converted/part-00000-of-00001.tfrecord")).take(1)
    example = tf.train.Example.FromString(record.numpy())
    assert set(example.features.feature) == {"user", "Preis (EUR)", "国家", "Clicked?"}
    (batch,) = RowStream(
        [str(tmp_path / "converted/part-00000-of-00001.tfrecord")], build_schema(config("tfrecord"), "train"), 10
    ).batches()
    assert batch.columns["price"].tolist() == TABLE["Preis (EUR)"]


@pytest.mark.parametrize("kind", ["csv", "tfrecord"])
def test_readers_of_tensorflow_alone_read_the_same(tmp_path, kind):
    path = write(tmp_path / f"a.{kind}", kind)
    schema = build_schema(config(kind, ""), "train")
    (columns,) = graph_columns(schema, path, 0, -1, 10)
    np.testing.assert_array_equal(columns["price"], np.array(TABLE["Preis (EUR)"], np.float32))
    assert [value.decode() for value in columns["country"].numpy()] == TABLE["国家"]
    assert columns["click"].numpy().tolist() == TABLE["Clicked?"]

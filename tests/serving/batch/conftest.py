"""An export, and rows to score in every format."""

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

COUNT = 50
NUMBERS = {"app": int, "price": float, "slot": int, "click": int, "download": int}


@pytest.fixture(scope="module")
def exported(trained, exported):
    """Return the folder of a version; rows.csv, rows.csv.gz, rows.parquet and rows.tfrecord lie in the folder."""
    rows = trained.rows("eval.csv")[:COUNT]
    cells = {name: [typed(name, row[name]) for row in rows] for name in rows[0]}
    folder = trained.folder
    with (folder / "eval.csv").open(encoding="utf-8") as file:
        text = "".join(file.readline() for _ in range(COUNT + 1))
    (folder / "rows.csv").write_text(text, encoding="utf-8")
    (folder / "rows.csv.gz").write_bytes(gzip.compress(text.encode()))
    table = pa.table(cells)
    lists = pa.array([value.split("|") if value else None for value in cells["tags"]])
    table = table.set_column(table.schema.get_field_index("tags"), "tags", lists)
    table = table.set_column(1, "user", table.column("user").dictionary_encode())
    table = table.append_column("extra", pa.array([[i, i + 1] for i in range(COUNT)]))
    pq.write_table(table, folder / "rows.parquet")
    with tf.io.TFRecordWriter(str(folder / "rows.tfrecord")) as writer:
        for i in range(COUNT):
            features = {name: feature(name, values[i]) for name, values in cells.items() if values[i] is not None}
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    return exported


def typed(name, text):
    if text == "":
        return None
    return NUMBERS.get(name, str)(text)


def feature(name, value):
    if NUMBERS.get(name) is int:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    if NUMBERS.get(name) is float:
        return tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[part.encode() for part in value.split("|")]))


@pytest.fixture
def no_rows(trained, exported, tmp_path):
    """Return a folder with rows.csv, rows.parquet (of no row group and of one), rows.tfrecord, none with a row."""
    header = (trained.folder / "rows.csv").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "rows.csv").write_text(f"{header}\n", encoding="utf-8")
    schema = pq.read_schema(trained.folder / "rows.parquet")
    pq.write_table(schema.empty_table(), tmp_path / "rows.parquet")
    with pq.ParquetWriter(tmp_path / "other.parquet", schema):
        pass
    (tmp_path / "rows.tfrecord").write_bytes(b"")
    return tmp_path

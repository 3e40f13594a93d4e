"""A table with a column of every kind, written in every format, and what its rows should become."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import tensorflow as tf

from apps_rec.data.schema import Column, Schema

COLUMNS = (
    Column("id", "INT64", 0),
    Column("app", "STRING", b"none", True),
    Column("age", "FLOAT", -1.0, True),
    Column("tags", "STRING", b"", list_separator="|"),
)
DECLARED = (*COLUMNS, Column("click", "INT32", 0), Column("cached", "BOOL", False))


def make_table(rows, first=0):
    ids = np.arange(first, first + rows)
    return pa.table(
        {
            "cached": pa.array(ids % 5 == 0),
            "click": pa.array(ids % 3 == 0).cast(pa.int8()),
            "tags": pa.array([[f"t{k}" for k in range(i % 4)] or None for i in ids], pa.list_(pa.string())),
            "age": pa.array([None if i % 7 == 0 else i / 8 for i in ids]),
            "app": pa.array([None if i % 11 == 0 else f"ä{i}" for i in ids]).dictionary_encode(),
            "id": ids,
        }
    )


def write(table, path, row_group_size=1000):
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=row_group_size)
    elif path.suffix == ".csv":
        tags = pa.array(["|".join(tags or []) for tags in table["tags"].to_pylist()])
        place = table.column_names.index("tags")
        pyarrow.csv.write_csv(table.set_column(place, "tags", tags), path)
    else:
        with tf.io.TFRecordWriter(str(path)) as writer:
            for row in table.to_pylist():
                writer.write(example(row))
    return str(path)


def example(row):
    features = {}
    for name, value in row.items():
        values = [] if value is None else value if isinstance(value, list) else [value]
        if name in ("app", "tags"):
            feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[v.encode() for v in values]))
        elif name == "age":
            feature = tf.train.Feature(float_list=tf.train.FloatList(value=values))
        else:
            feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[int(v) for v in values]))
        if values:
            features[name] = feature
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def make_schema(kind="parquet", **kwargs):
    options = {"labels": ("click",), "with_header": True, "declared": DECLARED} | kwargs
    return Schema(COLUMNS, input_type=kind, **options)


def expected(table):
    """What the rows should become, by pandas."""
    frame = table.to_pandas()
    return {
        "id": frame["id"].to_numpy(),
        "app": np.array([b"none" if v is None or v != v else v.encode() for v in frame["app"]], object),
        "age": frame["age"].fillna(-1).to_numpy(np.float32),
        "tags": np.array([b"" if v is None else "|".join(v).encode() for v in frame["tags"]], object),
        "click": frame["click"].to_numpy(np.float32),
    }


def gather(stream, epoch=0, start_row=0):
    batches = list(stream.batches(epoch, start_row))
    return {name: np.concatenate([batch.columns[name] for batch in batches]) for name in batches[0].columns}, batches


def same(left, right):
    assert left.keys() == right.keys()
    for name in left:
        assert left[name].dtype == right[name].dtype, name
        assert (left[name] == right[name]).all(), name

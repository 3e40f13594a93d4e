import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from apps_rec.data.pipeline.dataset import Positions, make_dataset, reraise
from apps_rec.data.pipeline.sharding import RowSplit
from apps_rec.data.rows.stream import RowStream
from apps_rec.data.schema import Column, Schema
from apps_rec.errors import DataError

DTYPES = {"INT32": 0, "INT64": 0, "STRING": b"", "FLOAT": 0.0, "DOUBLE": 0.0, "BOOL": False}
COLUMNS = tuple(Column(dtype.lower(), dtype, default) for dtype, default in DTYPES.items())


def make_stream(tmp_path, rows=1000, label=None, **kwargs):
    ids = np.arange(rows)
    columns = {column.name: ids % 2 if column.dtype == "BOOL" else ids for column in COLUMNS}
    columns["click"] = label if label is not None else ids % 2
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), path)
    schema = Schema(COLUMNS, labels=("click",), input_type="parquet", declared=(*COLUMNS, Column("click", "INT32", 0)))
    return RowStream([str(path)], schema, 128, **({"shuffle": True, "window": 300, "seed": 1} | kwargs))


def test_types_and_values(tmp_path):
    stream = make_stream(tmp_path)
    dataset, _ = make_dataset(RowSplit(stream))
    assert {name: spec.dtype for name, spec in dataset.element_spec.items()} == {
        "int32": tf.int32,
        "int64": tf.int64,
        "string": tf.string,
        "float": tf.float32,
        "double": tf.float64,
        "bool": tf.bool,
        "click": tf.float32,
    }
    for tensors, batch in zip(dataset, stream.batches(0), strict=True):
        for name, values in batch.columns.items():
            assert (tensors[name].numpy() == values).all()


def ids(dataset):
    return [batch["int64"].numpy().tolist() for batch in dataset]


def test_epochs_follow_each_other_and_every_pass_begins_again(tmp_path):
    stream = make_stream(tmp_path)
    wanted = [batch.columns["int64"].tolist() for epoch in range(3) for batch in stream.batches(epoch)]
    dataset, _ = make_dataset(RowSplit(stream), epochs=3)
    assert ids(dataset) == wanted
    assert ids(dataset) == wanted


@pytest.mark.parametrize("epochs", [0, None])
def test_without_end(tmp_path, epochs):
    dataset, _ = make_dataset(RowSplit(make_stream(tmp_path)), epochs=epochs)
    assert len(ids(dataset.take(30))) == 30


def test_from_every_position_the_rest_follows(tmp_path):
    stream = make_stream(tmp_path, rows=500)
    dataset, positions = make_dataset(RowSplit(stream), epochs=3)
    whole = ids(dataset)
    assert len(whole) == 12
    assert positions.after(0) == (0, 0)
    assert positions.after(4) == (1, 0)
    assert positions.after(12) == (3, 0)
    for number in range(12):
        rest, more = make_dataset(RowSplit(stream), epochs=3, start=positions.after(number))
        assert ids(rest) == whole[number:]
        assert more.after(12 - number) == (3, 0)


def test_positions_of_batches_that_are_prefetched_wait(tmp_path):
    dataset, positions = make_dataset(RowSplit(make_stream(tmp_path)), epochs=2, prefetch=8)
    iterator = iter(dataset)
    next(iterator)
    next(iterator)
    assert positions.after(1) == (0, 128)
    assert positions.after(2) == (0, 256)
    positions.prune(2)
    with pytest.raises(KeyError):
        positions.after(1)
    assert positions.after(2) == (0, 256)


def test_a_bad_row_reaches_the_user_as_it_is(tmp_path):
    label = [0] * 999 + [5]
    dataset, positions = make_dataset(RowSplit(make_stream(tmp_path, label=label, shuffle=False)))
    with (
        pytest.raises(
            DataError, match=r'a\.parquet: row 1000, column "click": expected the label 0 or 1, got 5'
        ) as caught,
        reraise(positions),
    ):
        ids(dataset)
    assert caught.value.__suppress_context__


def test_other_errors_pass_through():
    with pytest.raises(tf.errors.NotFoundError), reraise(Positions()):
        raise tf.errors.NotFoundError(None, None, "x")
    with pytest.raises(KeyError), reraise(Positions()):
        raise KeyError("x")


def test_tfrecord_inside_a_dataset_that_runs_ahead(tmp_path):
    path = str(tmp_path / "a.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for i in range(5_000):
            feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[i]))
            writer.write(tf.train.Example(features=tf.train.Features(feature={"int64": feature})).SerializeToString())
    stream = RowStream([path], Schema(COLUMNS[1:2], input_type="tfrecord"), 250)
    datasets = [make_dataset(RowSplit(stream), prefetch=8)[0] for _ in range(6)]
    zipped = tf.data.Dataset.zip(tuple(datasets)).map(lambda *x: x, num_parallel_calls=4).prefetch(4)
    total = sum(int(np.sum(batch[0]["int64"])) for batch in zipped)
    assert total == 5_000 * 4_999 // 2

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.data.schema import Column, Schema
from apps_rec.data.tfrecords import encode as examples
from apps_rec.data.tfrecords.encode import ColumnEncoder, encode_examples, varint, written_as


def test_lengths_as_protobuf_writes_them():
    # Examples of protobuf's own documentation of varints, and the borders of a byte.
    assert [varint(number).hex() for number in (1, 127, 128, 150, 300)] == ["01", "7f", "8001", "9601", "ac02"]


def test_records_hold_the_values(monkeypatch):
    monkeypatch.setattr(examples, "_REMEMBERED", 2)  # forgets what it encoded before the second round
    kinds = {"n": "INT64", "f": "FLOAT", "d": "DOUBLE", "b": "BOOL", "t": "STRING"}
    encoders = {name: ColumnEncoder(Column(name, dtype)) for name, dtype in kinds.items()}
    encoders["list"] = ColumnEncoder(Column("list", list_separator="::"))
    columns = {
        "n": np.array([1, -1, 2**63 - 1, 1], np.int64),
        "f": np.array([0.0, -0.0, 0.1, 0.0], np.float32),
        "d": np.array([0.1 + 0.2, -0.0, 1e-300, 0.0], np.float64),
        "b": np.array([True, False, True, True]),
        "t": np.array([b"", "é".encode(), b"x" * 1000, b""], object),
        "list": np.array([b"", b"a::b", b"::", b"a:b"], object),
    }
    for _ in range(2):
        records = encode_examples(columns, encoders)
        rows = [tf.train.Example.FromString(record).features.feature for record in records]
        assert [list(row["n"].int64_list.value) for row in rows] == [[1], [-1], [2**63 - 1], [1]]
        floats = np.array([row["f"].float_list.value[0] for row in rows], np.float32)
        assert floats.tobytes() == columns["f"].tobytes()
        doubles = np.array([float(row["d"].bytes_list.value[0]) for row in rows])
        assert doubles.tobytes() == columns["d"].tobytes()
        assert [list(row["b"].int64_list.value) for row in rows] == [[1], [0], [1], [1]]
        assert [list(row["t"].bytes_list.value) for row in rows] == [[text] for text in columns["t"]]
        assert [list(row["list"].bytes_list.value) for row in rows] == [[b""], [b"a", b"b"], [b"", b""], [b"a:b"]]
        assert {len(row) for row in rows} == {6}
        assert [len(record) for record in records] == [tf.train.Example.FromString(r).ByteSize() for r in records]


@pytest.mark.parametrize(
    ("name", "dtype"), [("y", "INT32"), ("z", "FLOAT"), ("b", "BOOL"), ("v", "FLOAT"), ("w", "BOOL"), ("n", "INT32")]
)
def test_labels_and_weights_are_numbers(name, dtype):
    columns = (Column("n", "INT32", 0),)
    types = {"y": "INT32", "z": "DOUBLE", "b": "BOOL", "v": "INT32", "w": "BOOL"}
    declared = (*columns, *(Column(key, value) for key, value in types.items()))
    assert written_as(Schema(columns, ("y", "z", "b"), ("v", "w"), declared=declared), name).dtype == dtype

"""tf.Examples in a request are read as the reader of files reads them."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.data import Column, RowStream, Schema
from apps_rec.serving.saved_model.examples import parse_examples

COLUMNS = (
    Column("word", "STRING", b"none", True),
    Column("id", "INT64", -1, True),
    Column("small", "INT32", -2, True),
    Column("price", "FLOAT", 0.5, True),
    Column("size", "DOUBLE", 0.25, True),
    Column("flag", "BOOL", True, True),
    Column("tags", "STRING", b"x|y", True, "|"),
    Column("vector", "STRING", b"1|1", True, "|", True),
)
KINDS = {bytes: ("bytes_list", tf.train.BytesList), float: ("float_list", tf.train.FloatList)}


def feature(values):
    kind, message = KINDS.get(type(values[0]), ("int64_list", tf.train.Int64List))
    return tf.train.Feature(**{kind: message(value=values)})


def example(**columns):
    features = {name: feature(values) for name, values in columns.items()}
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def empty(kind):
    """A record whose every column is an empty list of a kind."""
    features = {column.name: tf.train.Feature() for column in COLUMNS}
    for value in features.values():
        getattr(value, kind).SetInParent()
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


CELLS = {
    "word": [[b"a"], [7], [b""], [b"x" * 40_000], [-(2**63)]],
    "id": [[5], [2**63 - 1], [b"3.0"], [3.0], [b" +4 "], [b""], [float("nan")], [0], [1], [b"true"]],
    "small": [[0], [-(2**31)], [b"1e3"], [2.0]],
    "price": [[1.5], [3], [b"0.1"], [16777217], [b"nan"], [float("nan")], [4.99]],
    "size": [[b"0.30000000000000004"], [4.99], [2**53 + 1], [1e-45], [0.0], [-0.0]],
    "flag": [[0], [1], [b"False"], [0.0], [b"0.0"]],
    "tags": [[b"p", b"q"], [1, 2], [b"p"], [b""], [b"p", b"", b"q"]],
    "vector": [[0.5, 4.99], [1, 2], [b"0.1", b"2"]],
}
RECORDS = [
    b"",
    *(example(**{name: values}) for name, cells in CELLS.items() for values in cells),
    *(example(unknown=[b"z"], **{name: cells[at % len(cells)] for name, cells in CELLS.items()}) for at in range(12)),
    *map(empty, ("bytes_list", "float_list", "int64_list")),
    tf.train.Example(features=tf.train.Features(feature={"id": tf.train.Feature()})).SerializeToString(),
]


@pytest.fixture(scope="module")
def parse():
    function = tf.function(lambda examples: parse_examples(examples, COLUMNS), autograph=False)
    return function.get_concrete_function(tf.TensorSpec([None], tf.string))


def numbers(cells):
    return [[float(text) for text in cell.split(b"|")] for cell in cells]


def test_every_kind_of_list_is_what_it_is_in_a_file(parse, tmp_path):
    with tf.io.TFRecordWriter(str(tmp_path / "a.tfrecord")) as writer:
        for record in RECORDS:
            writer.write(record)
    schema = Schema(COLUMNS, input_type="tfrecord", declared=COLUMNS)
    (batch,) = RowStream([str(tmp_path / "a.tfrecord")], schema, 1024).batches()
    got = {name: values.numpy() for name, values in parse(tf.constant(RECORDS)).items()}
    for column in COLUMNS:
        expected = batch.columns[column.name]
        if column.is_numbers:
            assert numbers(got[column.name]) == numbers(expected)
        elif column.dtype == "STRING":
            assert got[column.name].tolist() == expected.tolist()
        else:
            assert got[column.name].dtype == expected.dtype
            assert got[column.name].tobytes() == expected.tobytes(), column
    assert got["size"][1 + sum(len(CELLS[name]) for name in ("word", "id", "small", "price")) + 1] == 4.99
    one_by_one = [parse(tf.constant([record])) for record in RECORDS[-16:]]
    for name, values in got.items():
        assert np.concatenate([row[name].numpy() for row in one_by_one]).tolist() == values[-16:].tolist()


def test_usual_features_are_found_under_the_names_that_files_have():
    columns = (Column("id", "INT64", -1, column_name="user id"), Column("word", "STRING", b"none", column_name="价"))
    records = [example(**{"user id": [5], "价": [b"a"], "id": [6]}), example(word=[b"b"])]
    found = parse_examples(tf.constant(records), columns)
    assert found["id"].numpy().tolist() == [5, -1]
    assert found["word"].numpy().tolist() == [b"a", b"none"]


def test_no_records(parse):
    assert {name: values.shape.as_list() for name, values in parse(tf.constant([], tf.string)).items()} == {
        column.name: [0] for column in COLUMNS
    }


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (example(id=[1, 2]), "Key: id"),
        (example(word=[1.5]), "Column .*word.*: expected text or whole numbers"),
        (example(tags=[1.5]), "Column .*tags.*: expected text or whole numbers"),
        (example(id=[b"x"]), "Column .*id.*: expected a whole number of 64 bits"),
        (example(id=[16777216.0]), "Column .*id.*: expected a whole number of 64 bits"),
        (example(small=[2**40]), "Column .*small.*: expected a whole number of 32 bits"),
        (example(price=[b"inf"]), "Column .*price.*: expected a finite number"),
        (example(flag=[2]), "Column .*flag.*: expected true, false, 1 or 0"),
        (example(tags=[b"a|b"]), "Column .*tags.* expects a value of a list in each value"),
        (b"\x0a\x05abc", ""),
        (example(word=[b"abc"])[:-2], ""),
        (b"\xff\xff", ""),
    ],
)
def test_what_the_reader_refuses_is_an_error_of_the_engine(parse, record, message):
    # Of bytes that are no text, which TensorFlow puts into its message, Python makes another error.
    with pytest.raises((tf.errors.OpError, UnicodeDecodeError), match=f"(?s){message}"):
        parse(tf.constant([RECORDS[1], record, b""]))


def test_a_record_that_holds_the_mark_of_an_end_is_refused(parse):
    from apps_rec.serving.saved_model.examples import _END

    features = b"\x0a" + bytes([len(_END)]) + _END + example(id=[b"1"])[2:]
    with pytest.raises(tf.errors.InvalidArgumentError, match="expects one tf"):
        parse(tf.constant([b"\x0a" + bytes([len(features)]) + features]))

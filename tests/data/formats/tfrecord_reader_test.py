import logging

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.data.formats.source import Unit
from apps_rec.data.formats.tfrecord_reader import read_tfrecord, tfrecord_columns
from apps_rec.data.schema import Column, Schema
from apps_rec.data.values.cast_lists import convert
from apps_rec.errors import DataError
from tests.data.formats.messages import feature, write

SCHEMA = Schema((), input_type="tfrecord")


def example(**columns):
    features = {name: feature(values) for name, values in columns.items() if values is not None}
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def read(path, names):
    chunks = list(read_tfrecord(Unit(path, 0), names, SCHEMA))
    cells = {name: [cell for chunk in chunks for cell in chunk.data.column(name).to_pylist()] for name in names}
    return cells, np.concatenate([chunk.rows for chunk in chunks]).tolist()


@pytest.mark.parametrize(("name", "compression"), [("a.tfrecord", ""), ("a.tfrecord.gz", "GZIP")])
def test_equals_what_was_written(tmp_path, name, compression):
    rows = [
        {"id": [i], "price": [i / 4], "tags": [b"t%d" % k for k in range(i % 4)] or None, "name": ["é".encode()]}
        for i in range(10_000)
    ]
    path = write(tmp_path / name, (example(**row) for row in rows), compression)
    cells, numbers = read(path, ["tags", "id", "price", "name"])
    assert cells == {key: [row[key] or [] for row in rows] for key in cells}
    assert numbers == list(range(1, 10_001))
    assert tfrecord_columns(path) == ["id", "name", "price", "tags"]


def test_lists_become_text_and_single_values_themselves(tmp_path):
    path = write(tmp_path / "a", [example(tags=[b"a", b"b"], n=[3]), example(tags=None, n=None)])
    (chunk,) = read_tfrecord(Unit(path, 0), ["tags", "n"], SCHEMA)
    tags, problems = convert(chunk.data.column("tags"), Column("tags", list_separator="|"))
    number, more = convert(chunk.data.column("n"), Column("n", "INT32", 0))
    assert (tags.to_pylist(), number.to_pylist(), problems + more) == ([b"a|b", None], [3, None], [])


def test_a_column_that_comes_late(tmp_path):
    path = write(tmp_path / "a", [example(n=[1])] * 5000 + [example(n=[1], late=[2.5])])
    cells, _ = read(path, ["late"])
    assert cells["late"] == [None] * 4096 + [[]] * 904 + [[2.5]]


def test_a_column_that_never_comes_is_said(tmp_path, caplog):
    path = write(tmp_path / "a", [example(n=[1])])
    with caplog.at_level(logging.WARNING, "apps_rec.data"):
        assert read(path, ["nope"])[0] == {"nope": [None]}
    assert f'{path}: no record holds column "nope"' in caplog.text


def test_values_of_another_kind_are_judged_by_what_they_say(tmp_path):
    path = write(tmp_path / "a", [example(n=[1])] * 3 + [example(n=[b"x"]), example(n=[b"7"]), example(n=None)])
    (chunk,) = read_tfrecord(Unit(path, 0), ["n"], SCHEMA)
    numbers, problems = convert(chunk.data.column("n"), Column("n", "INT64", 0))
    assert numbers.to_pylist() == [1, 1, 1, None, 7, None]
    assert [problem.mask.tolist() for problem in problems] == [[False, False, False, True, False, False]]
    assert problems[0].describe(3) == 'expected a whole number of 64 bits (INT64), got "x"'


def test_a_record_that_is_no_example(tmp_path):
    path = write(tmp_path / "a", [example(n=[1]), b"\xff\xff\xff"])
    with pytest.raises(DataError, match=r"a: row 2: expected a tf\.train\.Example"):
        read(path, ["n"])


def test_files_that_are_no_tfrecord(tmp_path):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(b"a,b\n1,2\n3,4\n5,6\n")
    with pytest.raises(DataError, match=r"a\.tfrecord: after row 0: expected TFRecord data"):
        read(str(path), ["n"])
    whole = write(tmp_path / "b.tfrecord", [example(n=[1])] * 5000)
    content = (tmp_path / "b.tfrecord").read_bytes()
    (tmp_path / "b.tfrecord").write_bytes(content[:-10])
    with pytest.raises(DataError, match=r"b\.tfrecord: after row \d+: expected TFRecord data"):
        read(whole, ["n"])
    with pytest.raises(DataError, match="none"):
        read(str(tmp_path / "none"), ["n"])

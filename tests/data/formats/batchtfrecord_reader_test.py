import logging

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.data.formats.batchtfrecord_reader import batchtfrecord_columns, read_batchtfrecord
from apps_rec.data.formats.source import Unit
from apps_rec.data.schema import Schema
from apps_rec.errors import DataError
from tests.data.formats.messages import feature, write

SCHEMA = Schema((), input_type="batchtfrecord")


def record(**columns):
    """Serializes one record: of each column a list of values for each of its rows."""
    made = tf.train.SequenceExample()
    for name, rows in columns.items():
        for values in rows:
            made.feature_lists.feature_list[name].feature.add().CopyFrom(feature(values))
    return made.SerializeToString()


def read(path, names):
    chunks = list(read_batchtfrecord(Unit(path, 0), names, SCHEMA))
    cells = {name: [cell for chunk in chunks for cell in chunk.data.column(name).to_pylist()] for name in names}
    return cells, np.concatenate([chunk.rows for chunk in chunks]).tolist()


def test_equals_what_was_written(tmp_path):
    rows = [
        {"id": [i], "price": [i / 4], "tags": [b"t%d" % k for k in range(i % 4)] or [b""], "name": ["é".encode()]}
        for i in range(1_000)
    ]
    # Records of 3 rows, the last of 1: more than one chunk of records.
    parts = [rows[start : start + 3] for start in range(0, len(rows), 3)]
    records = [record(**{key: [row[key] for row in part] for key in rows[0]}) for part in parts]
    path = write(tmp_path / "a", records)
    cells, numbers = read(path, ["tags", "id", "price", "name"])
    assert cells == {key: [row[key] for row in rows] for key in cells}
    assert numbers == list(range(1, 1_001))
    assert batchtfrecord_columns(path) == ["id", "name", "price", "tags"]


def test_a_record_without_a_list_has_empty_cells(tmp_path):
    records = [record(a=[[1], [2]], b=[[3], [4]]), record(a=[[5], [6], [7]]), record(a=[[8]], b=[[9]])]
    cells, numbers = read(write(tmp_path / "a", records), ["a", "b"])
    assert cells == {"a": [[1], [2], [5], [6], [7], [8]], "b": [[3], [4], [], [], [], [9]]}
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_a_record_with_other_columns_alone_has_their_rows(tmp_path):
    cells, numbers = read(write(tmp_path / "a", [record(a=[[1]], b=[[2]]), record(b=[[3], [4]])]), ["a"])
    present = [cell.get("int64_list") for cell in cells["a"]]
    assert (present, numbers) == ([[1], None, None], [1, 2, 3])


def test_values_of_another_kind_keep_their_kind(tmp_path):
    path = write(tmp_path / "a", [record(a=[[1], [2]]), record(a=[[b"x"], [3]])])
    cells, _ = read(path, ["a"])
    present = [{kind: values for kind, values in cell.items() if values} for cell in cells["a"]]
    assert present == [{"int64_list": [1]}, {"int64_list": [2]}, {"bytes_list": [b"x"]}, {"int64_list": [3]}]


def test_lists_of_unequal_length_are_no_rows(tmp_path):
    path = write(tmp_path / "a", [record(a=[[1]], b=[[1]]), record(a=[[1], [2]], b=[[3]])])
    with pytest.raises(DataError, match=r"record 2: expected lists of one length, a row each, got a 2, b 1"):
        read(path, ["a", "b"])


def test_a_record_of_another_form(tmp_path):
    example = tf.train.Example(features=tf.train.Features(feature={"a": feature([1])})).SerializeToString()
    with pytest.raises(DataError, match=r"record 1: .*got a tf.train.Example; write input_type: TFRecordInput"):
        read(write(tmp_path / "a", [example]), ["a"])
    with pytest.raises(DataError, match=r"record 2: expected a tf.train.SequenceExample, got other bytes"):
        read(write(tmp_path / "b", [record(a=[[1]]), b"\x01\xff"]), ["a"])
    with pytest.raises(DataError, match=r"record 2: .*got a tf.train.Example; write input_type: TFRecordInput"):
        read(write(tmp_path / "c", [record(a=[[1]]), example]), ["a"])


def test_a_column_that_never_comes_is_said(tmp_path, caplog):
    path = write(tmp_path / "a", [record(a=[[1], [2]])])
    with caplog.at_level(logging.WARNING, "apps_rec.data"):
        assert read(path, ["a", "nope"])[0]["nope"] == [None, None]
    assert f'{path}: no record holds column "nope"' in caplog.text

"""The table of file formats."""

import json

import numpy as np
import pyarrow as pa

from apps_rec.data.files import guess_input_type
from apps_rec.data.formats.source import Chunk
from apps_rec.data.formats.table import FORMATS, Format
from apps_rec.data.rows.stream import RowStream, column_names
from apps_rec.data.schema import INPUT_TYPES, Column, Schema
from apps_rec.protos.data_pb2 import DataConfig


def test_every_format_of_the_config_has_a_row_and_an_ending():
    assert set(INPUT_TYPES) == set(DataConfig.InputType.values())
    assert INPUT_TYPES[DataConfig.CSVInput] == "csv"
    assert set(FORMATS) == set(INPUT_TYPES.values())
    assert {name: guess_input_type(f"a/b.{name}") for name in FORMATS} == {name: name for name in FORMATS}


def read_json_lines(unit, names, schema):
    with open(unit.path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    columns = [pa.array([str(row[name]) for row in rows]).cast(pa.binary()) for name in names]
    yield Chunk(pa.RecordBatch.from_arrays(columns, list(names)), np.arange(1, len(rows) + 1))


def test_a_toy_format_is_a_row_of_the_table(tmp_path, monkeypatch):
    def names(path, schema):
        with open(path, encoding="utf-8") as file:
            return list(json.loads(file.readline()))

    monkeypatch.setitem(FORMATS, "csv", Format(names, read_json_lines))
    path = tmp_path / "a.json"
    path.write_text('{"app": 3, "click": 1}\n{"app": 5, "click": 0}\n{"app": 9, "click": 1}\n', encoding="utf-8")
    app = Column("app", "INT64")
    schema = Schema((app,), labels=("click",), declared=(app,))
    assert column_names(str(path), schema) == ["app", "click"]
    stream = RowStream([str(path)], schema, batch_size=2)
    batches = list(stream.batches())
    assert [batch.columns["app"].tolist() for batch in batches] == [[3, 5], [9]]
    assert [batch.columns["click"].tolist() for batch in batches] == [[1.0, 0.0], [1.0]]
    assert stream.why_not_by_file(2) == "csv files do not say how many rows they hold"

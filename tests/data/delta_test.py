"""Tables of Delta Lake, written by its own library: only the files of their log are read."""

import json
import string
import struct
import sys
from pathlib import Path

import deltalake
import numpy as np
import pyarrow as pa
import pytest

from apps_rec.data import RowStream, data_files
from apps_rec.data.schema import Column, Schema
from apps_rec.errors import DataError

COLUMNS = (Column("id", "INT64", 0), Column("dt"), Column("more", "INT64", 7, True))
SCHEMA = Schema(COLUMNS, ("click",), input_type="parquet", declared=(*COLUMNS, Column("click", "INT32", 0)))
DAYS = ["2026-11-01", "2026-11-02"]


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table of ids 0 to 11 of two days without 5 and 6, the folder that holds it being the working directory."""
    monkeypatch.chdir(tmp_path)
    for first in (0, 4, 8):
        ids = list(range(first, first + 4))
        rows = {"id": ids, "dt": DAYS * 2, "click": [0, 1, 0, 1]}
        if first == 8:
            rows["more"] = [1, 2, 3, 4]  # a column that came later
        deltalake.write_deltalake("log", pa.table(rows), mode="append", partition_by=["dt"], schema_mode="merge")
    deltalake.DeltaTable("log").delete("id = 5 or id = 6")
    return deltalake.DeltaTable("log")


def rows_of(path):
    batches = list(RowStream(data_files(path), SCHEMA, 100).batches())
    columns = {
        name: np.concatenate([batch.columns[name] for batch in batches]).tolist() for name in ("id", "dt", "more")
    }
    return sorted(zip(columns["id"], [value.decode() for value in columns["dt"]], columns["more"], strict=True))


def test_deleted_rows_are_not_read(table):
    wanted = [(i, DAYS[i % 2], i - 7 if i >= 8 else 7) for i in range(12) if i not in (5, 6)]
    assert len(list(Path("log").rglob("dt=*/*.parquet"))) > len(table.file_uris())
    paths = ("log", "log/", "log/dt=*/*.parquet", "log/**/*.parquet", f"file://{Path.cwd()}/log", "log/dt=2026-11-*")
    for path in paths:
        assert rows_of(path) == wanted, path
    assert rows_of("log/dt={2026-11-02..2026-11-02}") == [row for row in wanted if row[1] == DAYS[1]]
    deltalake.DeltaTable("log").optimize.compact()
    assert rows_of("log") == wanted


def test_the_working_directory_may_be_the_table_or_lie_in_it(table, monkeypatch):
    monkeypatch.chdir("log")
    assert len(rows_of("dt=2026-11-01")) == 5
    assert len(rows_of(".")) == 10


def test_a_file_that_is_no_part_of_the_table_any_more(table):
    live = {Path(path).name for path in table.file_uris()}
    dead = next(path for path in Path("log").rglob("dt=*/*.parquet") if path.name not in live)
    with pytest.raises(DataError, match="no file matches"):
        data_files(str(dead))
    deltalake.DeltaTable("log").delete()
    with pytest.raises(DataError, match='there is no data file below "log"'):
        data_files("log")


def test_without_the_library_it_is_refused(table, monkeypatch):
    monkeypatch.setitem(sys.modules, "deltalake", None)
    for path in ("log", "log/*/*.parquet"):
        with pytest.raises(DataError, match=r'input path: "log" is a Delta table, .*pip install "apps_rec\[delta\]"'):
            data_files(path)
    Path("other.parquet").write_text("x")
    assert data_files("*.parquet") == ["other.parquet"]


def test_a_file_of_the_log_that_is_not_there(table):
    Path(table.file_uris()[0]).unlink()
    with pytest.raises(DataError, match=r"the log of the Delta table names .*\.parquet, and there is no such file"):
        data_files("log/dt=*")


def test_a_log_that_is_damaged(table):
    Path("log/_delta_log/00000000000000000001.json").write_text("{bad")
    with pytest.raises(DataError, match=r'"log": the Delta table cannot be read: ') as caught:
        data_files("log")
    assert "\n" not in str(caught.value)


def _rewritten(features, configuration=None, **added):
    """Gives the table's first commit these reader features, and its first file these facts."""
    log, lines = Path("log/_delta_log/00000000000000000000.json"), []
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        if "protocol" in entry:
            versions = {"minReaderVersion": 3, "minWriterVersion": 7}
            entry["protocol"] = versions | {"readerFeatures": features, "writerFeatures": features}
        if "metaData" in entry:
            entry["metaData"]["configuration"] = configuration or {}
            if configuration:
                schema = json.loads(entry["metaData"]["schemaString"])
                for at, field in enumerate(schema["fields"]):
                    names = {"delta.columnMapping.id": at + 1, "delta.columnMapping.physicalName": f"col-{at}"}
                    field["metadata"] = names
                entry["metaData"]["schemaString"] = json.dumps(schema)
        if "add" in entry:
            entry["add"] |= added
            added = {}
        lines.append(json.dumps(entry))
    log.write_text("\n".join(lines))


def z85(data):
    """The text of some bytes, four at a time (ZeroMQ RFC 32)."""
    letters = string.digits + string.ascii_lowercase + string.ascii_uppercase + ".-:+=^!/*?&<>()[]{}@%$#"
    numbers = struct.unpack(f">{len(data) // 4}I", data)
    return "".join(letters[number // 85**place % 85] for number in numbers for place in (4, 3, 2, 1, 0))


def test_deletion_vectors_are_refused_where_there_are_any(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deltalake.write_deltalake("log", pa.table({"id": range(10), "click": [0] * 10, "dt": ["a"] * 10}))
    _rewritten(["deletionVectors"])
    assert len(rows_of("log")) == 10
    # A 64-bit Roaring bitmap of rows 3 and 4, as the protocol of Delta Lake has it: one of 32 bits with one array.
    bitmap = struct.pack("<IQIIIHHIHH", 1681511377, 1, 0, 12346, 1, 0, 1, 16, 3, 4)
    vector = {"storageType": "i", "pathOrInlineDv": z85(bitmap), "sizeInBytes": len(bitmap), "cardinality": 2}
    _rewritten(["deletionVectors"], deletionVector=vector)
    with pytest.raises(DataError, match="are deleted by deletion vectors, which are not read; REORG TABLE"):
        data_files("log")


def test_columns_of_other_names_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deltalake.write_deltalake("log", pa.table({"id": range(10)}))
    _rewritten(["columnMapping"], {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "1"})
    with pytest.raises(DataError, match=r"other names in its files, .* \(delta.columnMapping.mode: name\)"):
        data_files("log")

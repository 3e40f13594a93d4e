"""Columns in the names of folders: every format, typed as declared."""

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from apps_rec.data import RowStream, column_names, data_files
from apps_rec.data.formats.kept import empty_kept
from apps_rec.data.hive_paths import partition_values
from apps_rec.data.schema import Column, RowFilter, Schema
from apps_rec.data.tfrecords.convert import convert_files
from apps_rec.data.tfrecords.graph_reader import check_graph_readable, graph_columns
from apps_rec.errors import DataError
from tests.data.column_name_test import write

COLUMNS = (Column("id", "INT64", 0), Column("dt"), Column("hour", "INT32", -1, True), Column("rate", "FLOAT", 0.0))
DAYS = ("dt=2026-11-01/hour=03/rate=0.5", "dt=K%C3%B6ln %3A/hour=__HIVE_DEFAULT_PARTITION__/rate=1e3")
EXPECTED = {"id": [0, 1, 10, 11], "dt": ["2026-11-01"] * 2 + ["Köln :"] * 2, "hour": [3, 3, -1, -1]}
EXPECTED |= {"rate": [0.5, 0.5, 1000.0, 1000.0], "click": [0.0, 1.0, 0.0, 1.0]}
KINDS = ("csv", "parquet", "tfrecord")


def schema_of(kind, columns=COLUMNS, **options):
    options = {"with_header": True, "declared": (*columns, Column("click", "INT32", 0))} | options
    return Schema(columns, ("click",), input_type=kind, **options)


def write_parts(folder, kind, **more):
    for number, day in enumerate(DAYS):
        path = folder / day / f"part-0.{kind}"
        path.parent.mkdir(parents=True)
        write(path, kind, {"id": [10 * number, 10 * number + 1], "click": [0, 1]} | more)
    return data_files(str(folder))


def rows_of(files, schema, **options):
    batches = list(RowStream(files, schema, 3, **options).batches())
    columns = {name: np.concatenate([batch.columns[name] for batch in batches]).tolist() for name in schema.dtypes()}
    return columns | {"dt": [value.decode() for value in columns["dt"]]}


@pytest.mark.parametrize("kind", KINDS)
def test_folders_are_columns_of_their_declared_types(tmp_path, kind):
    files = write_parts(tmp_path / "log", kind)
    assert rows_of(files, schema_of(kind)) == EXPECTED
    assert column_names(files[0], schema_of(kind)) in (
        ["id", "click", "dt", "hour", "rate"],
        ["click", "id", "dt", "hour", "rate"],  # TFRecord
    )


def test_pyarrow_reads_the_same(tmp_path):
    write_parts(tmp_path / "log", "parquet")
    table = pa.dataset.dataset(tmp_path / "log", partitioning="hive").to_table().sort_by("id").to_pydict()
    assert table["dt"] == EXPECTED["dt"]
    assert table["hour"] == [3, 3, None, None]
    assert table["rate"] == ["0.5", "0.5", "1e3", "1e3"]


@pytest.mark.parametrize("kind", KINDS)
def test_filters_and_columns_of_other_names_read_them(tmp_path, kind):
    files = write_parts(tmp_path / "log", kind)
    columns = (*COLUMNS[:2], Column("stunde", "INT32", -1, True, column_name="hour"))
    schema = schema_of(kind, columns, filters=(RowFilter(columns[2], (3,), keep=True),))
    assert rows_of(files, schema)["id"] == [0, 1]
    kept = next(iter(RowStream(files, schema, 8, keep=["stunde", "dt"]).batches())).kept
    assert kept.column("dt").to_pylist() == ["2026-11-01"] * 2
    assert kept.column("stunde").to_pylist() == (["03"] * 2 if kind == "parquet" else [3] * 2)
    empty = empty_kept(files[0], schema, ["stunde", "dt"])
    assert empty.schema.types == [pa.string() if kind == "parquet" else pa.int32(), pa.string()]


@pytest.mark.parametrize("separator", [".", ","])
def test_a_csv_file_without_header_holds_the_other_columns(tmp_path, separator):
    path = tmp_path / "dt=7" / "rate=2.5" / "000000_0"
    path.parent.mkdir(parents=True)
    path.write_text("1;2;0\n3;4;1\n")
    schema = schema_of("csv", with_header=False, separator=";", decimal_separator=separator)
    assert rows_of([str(path)], schema) == {
        "id": [1, 3],
        "dt": ["7", "7"],
        "hour": [2, 4],
        "rate": [2.5, 2.5],
        "click": [0.0, 1.0],
    }
    path.write_text("1;2;0;9\n")
    with pytest.raises(DataError, match="expected 3 cells, got 4"):
        rows_of([str(path)], schema)


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_that_is_in_the_file_too_must_be_equal(tmp_path, kind):
    write(_made(tmp_path / "hour=03" / f"a.{kind}"), kind, {"hour": [3, 3], "id": [1, 2], "click": [0, 1], "dt": "ab"})
    files, schema = data_files(str(tmp_path)), schema_of(kind, COLUMNS[:3])
    assert rows_of(files, schema)["hour"] == [3, 3]
    write(tmp_path / "hour=03" / f"a.{kind}", kind, {"hour": [3, 4], "id": [1, 2], "click": [0, 1], "dt": "ab"})
    with pytest.raises(DataError, match=r'row 2: column "hour": expected "03", as its folder says, got "4" in the'):
        rows_of(files, schema)
    # Nobody asks for it.
    assert rows_of(files, schema_of(kind, COLUMNS[:2]))["id"] == [1, 2]


def _made(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_a_missing_value_of_a_folder_is_held_against_the_file(tmp_path):
    path = _made(tmp_path / "hour=__HIVE_DEFAULT_PARTITION__" / "a.parquet")
    table = pa.table({"hour": pa.array([None, None], pa.int32()), "id": [1, 2], "click": [0, 1], "dt": ["a", "b"]})
    pq.write_table(table, path)
    schema = schema_of("parquet", COLUMNS[:3])
    assert rows_of([str(path)], schema)["hour"] == [-1, -1]
    pq.write_table(table.set_column(0, "hour", pa.array([None, 5])), path)
    with pytest.raises(DataError, match=r'row 2: column "hour": expected "", as its folder says, got "5"'):
        rows_of([str(path)], schema)


def test_a_value_of_the_wrong_type_is_a_bad_row(tmp_path):
    path = _made(tmp_path / "hour=late" / "a.csv")
    path.write_text("id,dt,click\n1,a,0\n")
    with pytest.raises(DataError, match=r'column "hour": expected a whole number of 32 bits \(INT32\), got "late"'):
        rows_of([str(path)], schema_of("csv", COLUMNS[:3]))


def test_bytes_that_are_no_text():
    with pytest.raises(DataError, match=r'folder "dt=%FF": expected UTF-8 text behind its percent signs'):
        partition_values("log/dt=%FF/a.csv")
    assert partition_values("log/dt=50%/=x/a=b=c/x=y") == {"dt": "50%", "a": "b=c"}


@pytest.mark.parametrize("kind", KINDS)
def test_converted_rows_hold_the_columns(tmp_path, kind):
    files = write_parts(tmp_path / "log", kind)
    convert_files(files, schema_of(kind), str(tmp_path / "dt=x" / "out"), shards=1)
    (converted,) = data_files(str(tmp_path / "dt=x" / "out"))
    (batch,) = graph_columns(schema_of("tfrecord"), converted, 0, -1, 10)
    assert {name: values.numpy().tolist() for name, values in batch.items()} == EXPECTED | {
        "dt": [text.encode() for text in EXPECTED["dt"]]
    }
    if kind != "parquet":
        with pytest.raises(DataError, match=r'column "dt" is the name of a folder alone, .* `apps-rec convert CONFIG'):
            check_graph_readable(schema_of(kind), files)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_epoch_is_taken_up_at_any_row(tmp_path, kind):
    for day in range(3):
        ids = list(range(10 * day, 10 * day + 7))
        write(_made(tmp_path / f"dt=d{day}" / f"a.{kind}"), kind, {"id": ids, "click": [0] * 7})
    stream = RowStream(data_files(str(tmp_path)), schema_of(kind, COLUMNS[:2]), 4, shuffle=True, window=5, seed=3)
    batches = list(stream.batches(1))
    rows = [
        (int(i), d.decode()) for batch in batches for i, d in zip(*map(batch.columns.get, ("id", "dt")), strict=True)
    ]
    assert sorted(rows) == [(10 * day + i, f"d{day}") for day in range(3) for i in range(7)]
    for at, batch in enumerate(batches[:-1]):
        rest = list(stream.batches(1, batch.end_row))
        assert len(rest) == len(batches) - at - 1
        for one, other in zip(rest, batches[at + 1 :], strict=True):
            assert all((one.columns[name] == other.columns[name]).all() for name in ("id", "dt", "click"))

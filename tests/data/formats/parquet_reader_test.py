import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.data.formats import parquet_reader
from apps_rec.data.formats.parquet_reader import parquet_columns, parquet_units, read_parquet
from apps_rec.data.schema import Schema
from apps_rec.errors import DataError

SCHEMA = Schema((), input_type="parquet")


def write(path, rows, row_group_size, first=0):
    ids = np.arange(first, first + rows)
    table = pa.table({"id": ids, "other": ids, "text": pa.array([f"t{i}" for i in ids]).dictionary_encode()})
    pq.write_table(table, path, row_group_size=row_group_size)
    return str(path)


def read(unit, names):
    chunks = list(read_parquet(unit, names, SCHEMA))
    return pa.Table.from_batches([chunk.data for chunk in chunks]), np.concatenate([chunk.rows for chunk in chunks])


def test_units_are_runs_of_row_groups(tmp_path):
    files = [write(tmp_path / "a.parquet", 20_000, 1000), write(tmp_path / "b.parquet", 50_000, 25_000)]
    units = parquet_units(files)
    assert [(unit.file_index, unit.rows, unit.first_row) for unit in units] == [
        (0, 9000, 1),
        (0, 9000, 9001),
        (0, 2000, 18_001),
        (1, 25_000, 1),
        (1, 25_000, 25_001),
    ]


def test_equals_the_table(tmp_path):
    path = write(tmp_path / "a.parquet", 40_000, 15_000)
    whole = pq.read_table(path)
    tables, rows = zip(*(read(unit, ["text", "id"]) for unit in parquet_units([path])), strict=True)
    table = pa.concat_tables(tables)
    assert table.column_names == ["text", "id"]
    assert table["id"].to_pylist() == whole["id"].to_pylist()
    assert table["text"].to_pylist() == whole["text"].to_pylist()
    assert np.concatenate(rows).tolist() == list(range(1, 40_001))


def test_chunks_are_small(tmp_path):
    path = write(tmp_path / "a.parquet", 50_000, 50_000)
    sizes = [len(chunk.rows) for chunk in read_parquet(parquet_units([path])[0], ["id"], SCHEMA)]
    assert max(sizes) <= parquet_reader.CHUNK_ROWS
    assert sum(sizes) == 50_000


def test_column_names_with_dots_and_lists(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table({"a.b": [1, 2], "a": [[1], None], "s": [{"x": 1}, {"x": 2}]})
    pq.write_table(table, path)
    assert parquet_columns(str(path)) == ["a.b", "a", "s"]
    got, _ = read(parquet_units([str(path)])[0], ["a", "a.b"])
    assert got.to_pydict() == {"a": [[1], None], "a.b": [1, 2]}


def test_a_file_without_rows_has_no_units(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    assert sum(unit.rows for unit in parquet_units([str(path)])) == 0


def test_missing_column(tmp_path):
    path = write(tmp_path / "a.parquet", 10, 10)
    with pytest.raises(DataError, match=r'a\.parquet: there is no column "txt".*Did you mean "text"'):
        read(parquet_units([path])[0], ["txt"])


def test_files_that_are_no_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    for content in (b"", b"a,b\n1,2\n", b"PAR1" + b"x" * 100):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"a\.parquet: expected a Parquet file"):
            parquet_units([str(path)])


def test_a_damaged_page(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table({"a": np.random.default_rng(0).integers(0, 2**60, 10_000)})
    pq.write_table(table, path, write_page_checksum=True)
    content = bytearray(path.read_bytes())
    content[2000:2010] = b"\xff" * 10
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"a\.parquet: after row \d+: cannot be read as Parquet"):
        read(parquet_units([str(path)])[0], ["a"])


def test_a_csv_file_says_what_reads_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError) as raised:
        parquet_columns(str(path))
    assert str(raised.value) == (
        f"{path}: expected a Parquet file: by its name it is none. evaluate --input {path} measures it; as files of "
        "the config it is read by --set data_config.input_type=CSVInput"
    )

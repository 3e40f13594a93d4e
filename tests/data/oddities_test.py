"""Tables as people have them: a CSV file of a spreadsheet, compressed files, files of one log that differ."""

import dataclasses
import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.data import RowStream, data_files
from apps_rec.data.schema import Column, RowFilter, Schema
from apps_rec.errors import DataError

CODECS = {"": None, ".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".lz4": "lz4"}
COLUMNS = (Column("用户", "INT64", -1, True), Column("价格", "FLOAT", -1.0, True), Column("注释"), Column("日期"))
# A byte order mark, semicolons, a line break and a separator in quotes, decimal commas, truth values, days, gaps.
TEXT = (
    "\ufeff用户;价格;注释;日期;点击\r\n"
    '1;4,99;"zwei\nZeilen; ""so""";2026-11-01;true\r\n'
    "2;;;2026-11-02 08:30:00;false\r\n"
    ";0,5;x;;TRUE\r\n"
)
ROWS = {
    "用户": [1, 2, -1],
    "价格": [4.99, -1.0, 0.5],
    "注释": ['zwei\nZeilen; "so"', "", "x"],
    "日期": ["2026-11-01", "2026-11-02 08:30:00", ""],
    "点击": [1.0, 0.0, 1.0],
}


def schema_of(**options):
    declared = (*COLUMNS, Column("点击", "INT32", 0))
    csv = {"separator": ";", "decimal_separator": ",", "with_header": True}
    return Schema(COLUMNS, ("点击",), declared=declared, **(csv | options))


def rows_of(paths, schema):
    batches = list(RowStream(data_files(str(paths)), schema, 2).batches())
    columns = {name: np.concatenate([batch.columns[name] for batch in batches]).tolist() for name in schema.dtypes()}
    return {name: [v.decode() if isinstance(v, bytes) else v for v in values] for name, values in columns.items()}


@pytest.mark.parametrize("ending", CODECS)
def test_a_table_of_a_spreadsheet_in_every_compression(tmp_path, ending):
    with pa.output_stream(tmp_path / f"表.csv{ending}", compression=CODECS[ending]) as file:
        file.write(TEXT.encode())
    found = rows_of(tmp_path / "表*", schema_of())
    assert found.pop("价格") == pytest.approx(ROWS["价格"])
    assert found == {name: values for name, values in ROWS.items() if name != "价格"}


@pytest.mark.parametrize("ending", CODECS)
def test_a_compressed_file_whose_name_does_not_say_so(tmp_path, ending):
    if not ending:
        (tmp_path / "a.csv").write_bytes(b"PK\x03\x04rest")
        message = "is a ZIP file"
    else:
        with pa.output_stream(tmp_path / "a.csv", compression=CODECS[ending]) as file:
            file.write(TEXT.encode())
        message = f"is compressed by .*; a name that ends in \\{ending} says so"
    with pytest.raises(DataError, match=message):
        rows_of(tmp_path / "a.csv", schema_of())


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_files_of_one_log_may_differ_in_order_and_columns(tmp_path, kind):
    first = {"用户": [1], "价格": [2.5], "注释": ["a"], "日期": ["d"], "点击": [1]}
    second = {"new": ["?"], "点击": [0], "日期": ["e"], "注释": ["b"], "用户": [2]}  # without 价格
    for name, table in (("a", first), ("b", second)):
        if kind == "parquet":
            pq.write_table(pa.table(table), tmp_path / f"{name}.parquet")
        else:
            cells = [[str(cell) for (cell,) in table.values()]]
            lines = [";".join(row).replace(".", ",") for row in [list(table), *cells]]
            (tmp_path / f"{name}.csv").write_text("\n".join(lines))
    assert rows_of(tmp_path, schema_of(input_type=kind)) == {
        "用户": [1, 2],
        "价格": [2.5, -1.0],
        "注释": ["a", "b"],
        "日期": ["d", "e"],
        "点击": [1.0, 0.0],
    }


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Shanghai"])
def test_times_of_parquet_are_filtered_as_text(tmp_path, zone):
    noon = datetime.datetime(2026, 11, 1, 12, 0, 0)
    times = [noon + datetime.timedelta(hours=6 * hours) for hours in range(4)]
    table = {
        "用户": [0, 1, 2, 3],
        "价格": [1.0] * 4,
        "注释": ["a"] * 4,
        "日期": pa.array(times, pa.timestamp("us", zone)),
    }
    pq.write_table(pa.table(table | {"点击": [0] * 4}), tmp_path / "a.parquet")
    row_filter = RowFilter(COLUMNS[3], (), True, b"2026-11-01 18:00", b"2026-11-02")
    found = rows_of(tmp_path / "a.parquet", schema_of(input_type="parquet", filters=(row_filter,)))
    assert (found["用户"], found["日期"]) == ([1], ["2026-11-01 18:00:00"])


def test_a_label_of_words_in_a_table_to_score_is_told_with_what_leaves_it_out(tmp_path):
    (tmp_path / "a.csv").write_text("用户;价格;注释;日期;点击\n1;4,99;a;b;ja\n", encoding="utf-8")
    scored = Schema(COLUMNS, declared=(*COLUMNS, Column("点击", "INT32", 0)), separator=";", with_header=True)
    for decimal, wrong in ((",", "点击"), (".", "价格")):
        schema = dataclasses.replace(scored, decimal_separator=decimal)
        with pytest.raises(DataError) as raised:
            list(RowStream(data_files(str(tmp_path / "a.csv")), schema, 2, keep=["点击"]).batches())
        assert f'column "{wrong}"' in str(raised.value)
        advice = "The model does not read this column; predict copies others instead with --keep NAME."
        assert (advice in str(raised.value)) == (wrong == "点击")
        assert "which is" not in str(raised.value)

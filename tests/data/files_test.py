import pytest

from apps_rec.data.files import check_columns, data_files, guess_input_type, schema_for_file
from apps_rec.data.schema import Schema
from apps_rec.errors import ConfigError, DataError


def test_globs_and_paths_are_sorted_and_each_once(tmp_path, monkeypatch):
    for name in ("b1.csv", "a.csv", "b2.csv", "c.txt"):
        (tmp_path / name).write_text("x")
    monkeypatch.chdir(tmp_path)
    assert data_files(" b*.csv , a.csv,b1.csv") == ["a.csv", "b1.csv", "b2.csv"]


def test_a_name_with_the_characters_of_a_glob_is_itself(tmp_path):
    path = tmp_path / "day[1].csv"
    path.write_text("x")
    assert data_files(str(path)) == [str(path)]


def test_nothing_found_says_what_was_looked_for(tmp_path):
    with pytest.raises(DataError, match=r'train_input_path: no file matches ".*none\*\.csv"'):
        data_files(f"{tmp_path}/none*.csv", "train_input_path")
    with pytest.raises(DataError, match="train_input_path: expected a path or a glob, got nothing"):
        data_files(" , ", "train_input_path")


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("x")

    def closed(*_, **__):
        raise PermissionError(13, "Permission denied")

    # Not by its mode, which stops no root.
    monkeypatch.setattr("builtins.open", closed)
    with pytest.raises(DataError, match="may not be read"):
        data_files(str(path))


def test_a_range_of_days_is_the_files_of_each_day(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for day in (1, 2, 3, 5):
        (tmp_path / f"dt=2026-11-0{day}").mkdir()
        (tmp_path / f"dt=2026-11-0{day}" / "a.csv").write_text("x")
    wanted = [f"dt=2026-11-0{day}/a.csv" for day in (1, 2, 3)]
    for path in (
        "dt={2026-11-01..2026-11-03}",
        "dt={2026-11-01..2026-11-03}/*.csv",
        "dt={2026-11-01..2026-11-03}/a.csv",
    ):
        assert data_files(path) == wanted
    assert data_files(f"file://{tmp_path}/dt={{2026-11-02..2026-11-02}}") == [f"file://{tmp_path}/dt=2026-11-02/a.csv"]
    with pytest.raises(
        DataError, match=r'3 of 7 days have no file: 2026-11-04 \("dt=2026-11-04"\), 2026-11-06 .*a glob'
    ):
        data_files("dt={2026-11-01..2026-11-07}", "train_input_path")
    with pytest.raises(DataError, match=r"8 of 8 days have no file: 2026-12-01 .* and 3 more"):
        data_files("dt={2026-12-01..2026-12-08}")
    with pytest.raises(ConfigError, match=r"input path: expected a range of days such as .*, got {1\.\.3}"):
        data_files("part-{1..3}.csv")
    (tmp_path / "part-{1..3}.csv").write_text("x")
    assert data_files("part-{1..3}.csv") == ["part-{1..3}.csv"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.csv", "csv"),
        ("a.CSV.gz", "csv"),
        ("x/a.tsv", "csv"),
        ("a.parquet", "parquet"),
        ("a.tfrecord", "tfrecord"),
        ("a.tfrecord.gz", "tfrecord"),
    ],
)
def test_input_type_by_name(path, kind):
    assert guess_input_type(path) == kind


def test_an_unknown_name_is_an_error():
    with pytest.raises(DataError, match=r'rows\.xlsx: .*expected one of \.csv.*got "\.xlsx"'):
        guess_input_type("rows.xlsx")


def test_schema_for_a_file_of_another_format():
    schema = Schema((), input_type="parquet")
    assert schema_for_file(schema, "a.parquet") is schema
    other = schema_for_file(schema, "a.tsv.gz")
    assert (other.input_type, other.separator, other.with_header) == ("csv", "\t", True)
    assert schema_for_file(Schema((), separator=";"), "a.csv").separator == ";"


def test_missing_and_double_columns():
    with pytest.raises(
        DataError, match=r'f: there is no column "clik"\. Columns are click, age\. Did you mean "click"'
    ):
        check_columns("f", ["click", "age"], ["clik"], Schema(()))
    with pytest.raises(DataError, match='f: there are 2 columns "age"'):
        check_columns("f", ["age", "age"], ["age"], Schema(()))
    check_columns("f", ["click", "age", "x", "x"], ["age"], Schema(()))


def test_only_a_csv_file_has_another_separator():
    with pytest.raises(DataError, match=r"Columns are a;b\.$"):
        check_columns("f", ["a;b"], ["b"], Schema((), input_type="parquet"))
    with pytest.raises(DataError, match=r'data_config\.separator: ";" reads it'):
        check_columns("f", ["a;b"], ["b"], Schema((), input_type="csv"))

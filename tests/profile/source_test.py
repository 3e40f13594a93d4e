"""Files are found and their form is told, as a config would read them."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.errors import ArgumentError, DataError
from apps_rec.profile.choices.roles import require_columns
from apps_rec.profile.engine import engine
from apps_rec.profile.find_source import find_source


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def find(paths, **options):
    with engine(paths) as database:
        source = find_source(database, paths, **options)
        return source, database.rows(f"SELECT * FROM {source.sql()} LIMIT 3")


def test_csv_with_all_oddities():
    lines = ["用户;preis;day;n;ok"]
    lines += [
        f"u{i};{i},5;{i % 28 + 1:02d}.11.2026;{'NA' if i % 3 else i};{'true' if i % 2 else 'false'}" for i in range(60)
    ]
    Path("odd.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    source, rows = find("odd.csv")
    assert dict(source.columns) == {
        **{"用户": "VARCHAR", "preis": "DOUBLE", "day": "DATE", "n": "BIGINT", "ok": "BOOLEAN"},
    }
    form = source.csv
    assert (form.separator, form.decimal, form.null_words, form.day_format) == (";", ",", ("NA",), "%d.%m.%Y")
    assert form.is_readable
    assert rows[1][1] == 1.5
    assert rows[1][3] is None


def test_words_for_missing_stay_words_among_words():
    Path("a.csv").write_text("w,n\n" + "".join(f"{'NA' if i % 2 else 'x'},{i}\n" for i in range(20)), encoding="utf-8")
    assert find("a.csv")[0].csv.null_words == ()


def test_files_of_other_column_order_are_read_by_name():
    Path("a.csv").write_text("x,w\n1,a\n2,b\n", encoding="utf-8")
    with gzip.open("b.csv.gz", "wt", encoding="utf-8") as file:
        file.write("w,x\nc,3\n")
    _, rows = find("a.csv,b.csv.gz")
    assert sorted(rows) == [(1, "a"), (2, "b"), (3, "c")]


def test_keys_of_folders_are_columns_of_text():
    for day in ("01", "02"):
        folder = Path(f"log/dt=2026-11-{day}")
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"x": [int(day)]}), folder / "a.parquet")
    source, rows = find("log")
    assert source.columns == (("x", "BIGINT"), ("dt", "VARCHAR"))
    assert sorted(rows) == [(1, "2026-11-01"), (2, "2026-11-02")]


def test_a_name_with_the_characters_of_a_glob_is_that_file():
    pq.write_table(pa.table({"x": [1]}), "a[1]?.parquet")
    assert find("a[1]?.parquet")[1] == [(1,)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "a.csv: there are no columns; expected a table with a line of names"),
        (
            "a.csv",
            "用户,点击\n张,1\n".encode("gbk") * 20,
            "is not utf-8 encoded; write it as UTF-8: iconv -f gbk -t utf-8",
        ),
        ("a.csv", b"click,Click\n1,2\n3,4\n", 'a.csv: two columns are called "Click" but for capitals; rename one'),
        ("a.csv", "a,b\n1,2\n".encode("utf-16") * 20, "write it as UTF-8: iconv -f utf-16 -t utf-8"),
        ("a.csv", "größe,b\n1,2\n".encode("latin-1") * 20, "latin1 where it is of Western Europe"),
        ("a.csv.bz2", b"", "a.csv.bz2: init reads CSV files as they are, .gz or .zst; write it anew: bunzip2 --keep"),
        ("a.csv", b"age, work ,y\n1,a,0\n", 'a.csv: blanks around the names of columns: " work "; write the line of'),
        ("a.parquet", b"no parquet", "a.parquet: cannot be read: "),
        ("a.tfrecord", b"x", "a.tfrecord: expected CSV or Parquet files, got tfrecord; write the rows as Parquet"),
    ],
)
def test_what_is_no_table(name, content, message):
    Path(name).write_bytes(content)
    with pytest.raises(DataError) as raised:
        find(name)
    assert message in str(raised.value)


def test_columns_that_differ_in_capitals():
    pq.write_table(pa.table({"App": [1], "app": [2]}), "a.parquet")
    with pytest.raises(DataError, match='two columns are called "App" but for capitals'):
        find("a.parquet")


def test_columns_without_a_name_as_pandas_writes_them():
    Path("a.csv").write_text(",x,\n" + "".join(f"{i},{i % 3},7\n" for i in range(30)), encoding="utf-8")
    source, rows = find("a.csv")
    assert (source.names[1], rows[1][1]) == ("x", 1)
    assert source.unnamed == (source.names[0], source.names[2])


def test_file_uris_are_local_files_and_other_stores_are_to_be_copied():
    pq.write_table(pa.table({"x": [1]}), "a,b.parquet")
    uri = f"file://{Path.cwd()}/a\\,b.parquet"
    source, rows = find(uri)
    assert (source.paths, source.files, rows) == (uri, (f"{Path.cwd()}/a,b.parquet",), [(1,)])
    with pytest.raises(DataError) as raised:
        find("s3://bucket/day/*.parquet")
    assert str(raised.value) == (
        "s3://bucket/day/*.parquet: init reads local and mounted files and file:// alone, got s3://. Copy some days "
        "here (aws s3 cp --recursive), let init read these, and put the URI into train_input_path and eval_input_path "
        "of the config: training reads it"
    )


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["4,99", "0,5", "12"], "DOUBLE"),
        # Marks between thousands, and no decimals.
        (["1,044", "12,500", "7"], "VARCHAR"),
        # A decimal comma elsewhere in the column says what a comma is.
        (["1,044", "12,5", "7"], "DOUBLE"),
        (["1.044,00", "12,50"], "VARCHAR"),
    ],
)
def test_commas_of_decimals_and_of_thousands(cells, kind):
    Path("a.csv").write_text("w;n\n" + "".join(f"a;{cell}\n" for cell in cells * 9), encoding="utf-8")
    assert dict(find("a.csv")[0].columns)["n"] == kind


def test_a_row_that_does_not_fit_is_named_once_the_separator_is():
    lines = ["a;b;y", *(f"{n};x;{n % 2}" for n in range(60))]
    lines[40] += ";7;8"
    Path("a.csv").write_text("\n".join(lines), encoding="utf-8")
    with engine("a.csv") as database, pytest.raises(ArgumentError) as raised:
        require_columns(find_source(database, "a.csv"), "label", ["y"])
    assert raised.value.of_command() == (
        '--label: a.csv has no column "y"; there are a;b;y. The line of names is divided by ";": --separator ";" reads '
        "it, or says which row does not fit"
    )
    with pytest.raises(DataError) as raised:
        find("a.csv", separator=";")
    assert str(raised.value) == (
        'a.csv: row 40: expected 3 cells, got 5: "39;x;1;7;8" (line 41). Correct the row, or take it out'
    )

"""Files are found and their form is told, as a config would read them."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.errors import DataError
from apps_rec.profile.engine import engine
from apps_rec.profile.source import find_source


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

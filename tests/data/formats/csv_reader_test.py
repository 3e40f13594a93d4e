import csv
import gzip
import io

import numpy as np
import pandas as pd
import pytest

from apps_rec.data.formats import csv_reader
from apps_rec.data.formats.csv_reader import csv_columns, read_csv
from apps_rec.data.formats.source import Unit
from apps_rec.data.schema import Column, Schema
from apps_rec.errors import DataError

WITH_HEADER = Schema((), with_header=True)


def read(path, names, schema=WITH_HEADER):
    chunks = list(read_csv(Unit(str(path), 0), names, schema))
    cells = {name: [cell for chunk in chunks for cell in chunk.data.column(name).to_pylist()] for name in names}
    rows = np.concatenate([chunk.rows for chunk in chunks]) if chunks else np.zeros(0)
    return cells, rows.tolist(), [item for chunk in chunks for item in chunk.ragged]


def test_equals_a_plain_reader(tmp_path):
    rows = [[str(i), f'w"{i}', f"a,{i}", "x\ny" if i % 3 == 0 else ""] for i in range(50_000)]
    path = tmp_path / "a.csv"
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([["id", "quote", "comma", "line"], *rows])
    cells, numbers, ragged = read(path, ["line", "quote", "comma", "id"])
    for place, name in enumerate(["id", "quote", "comma", "line"]):
        assert cells[name] == [row[place].encode() for row in rows]
    assert numbers == list(range(1, 50_001))
    assert ragged == []
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert [cell.decode() for cell in cells["line"]] == frame["line"].tolist()


def test_gzip_separator_and_byte_order_mark(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("\ufeffa\tb\nä\t1\n".encode()))
    schema = Schema((), with_header=True, separator="\t")
    assert csv_columns(str(path), schema) == ["a", "b"]
    assert read(path, ["b", "a"], schema)[0] == {"a": ["ä".encode()], "b": [b"1"]}


def test_without_header_columns_are_those_declared(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1,2\n3,4\n")
    schema = Schema((), declared=(Column("x"), Column("y")))
    assert read(path, ["y"], schema)[:2] == ({"y": [b"2", b"4"]}, [1, 2])


def test_ragged_rows_keep_their_number(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,2\n3\n\n"x\ny",5\n6,7,8\n9,10\n11\n')
    cells, rows, ragged = read(path, ["a", "b"])
    assert cells["b"] == [b"2", b"5", b"10"]
    assert rows == [1, 3, 5]
    assert ragged == [
        (2, 'expected 2 cells, got 1: "3"', "ragged", 3),
        (4, 'expected 2 cells, got 3: "6,7,8"', "ragged", 7),
        (6, 'expected 2 cells, got 1: "11"', "ragged", 9),
    ]


def test_ragged_rows_over_many_blocks(tmp_path):
    text = io.StringIO()
    text.write("a,b\n")
    bad = {i for i in range(1, 200_001) if i % 997 == 0 or 90_000 < i < 90_100}
    text.writelines("odd\n" if i in bad else f"{i},{'z' * 20}\n" for i in range(1, 200_001))
    path = tmp_path / "a.csv"
    path.write_text(text.getvalue())
    cells, rows, ragged = read(path, ["a", "b"])
    assert [bad.row for bad in ragged] == sorted(bad)
    assert rows == [int(cell) for cell in cells["a"]]
    assert len(rows) == 200_000 - len(bad)


def test_nothing_but_ragged_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1\n2\n")
    assert [bad.row for bad in read(path, ["a", "b"])[2]] == [1, 2]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty; expected a header and rows"),
        ("a.csv", b"a,c\n1,2\n", r'there is no column "b"\. Columns are a, c\.'),
        ("a.csv", b"a,b,b\n1,2,3\n", 'there are 2 columns "b"'),
        ("a.csv", b"\xff\xfe,b\n1,2\n", "header: expected UTF-8 text"),
        ("a.csv.gz", b"a,b\n1,2\n", "header: cannot be read"),
        ("a.csv.gz", gzip.compress(b"a,b\n" + bytes(range(32, 127)) * 20000 + b"\n")[:500], "cannot be read"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read(path, ["a", "b"])
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("header", "separator", "told"),
    [
        (
            "a;b;c",
            ",",
            ' The line of names holds ";": data_config.separator: ";" reads it; predict --separator, evaluate --input.',
        ),
        (
            "c|b|a",
            ",",
            ' The line of names holds "|": data_config.separator: "|" reads it; predict --separator, evaluate --input.',
        ),
        (
            "a\tb",
            ",",
            r' The line of names holds "\t": data_config.separator: "\t" reads it; '
            "predict --separator, evaluate --input.",
        ),
        (
            "a,b",
            ";",
            ' The line of names holds ",": data_config.separator: "," reads it; predict --separator, evaluate --input.',
        ),
        ("a;x", ",", ""),
        ("a;b,c", ",", ""),
        ("bb", ",", ' Did you mean "bb"?'),
    ],
)
def test_another_separator_is_told(tmp_path, header, separator, told):
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\n1\n")
    schema = Schema((), with_header=True, separator=separator, declared=(Column("b"),))
    with pytest.raises(DataError) as caught:
        read(path, ["b"], schema)
    columns = ", ".join(header.split(separator))
    assert str(caught.value) == f'{path}: there is no column "b". Columns are {columns}.{told}'


def test_bytes_that_are_no_text_in_a_row_are_not_the_headers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,\xff\n")
    assert csv_columns(str(path), WITH_HEADER) == ["a", "b"]


def test_a_file_that_is_gone():
    with pytest.raises(DataError, match=r"none\.csv: header: cannot be read"):
        read("none.csv", ["a"])


def test_an_empty_file_without_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    with pytest.raises(DataError, match="is empty; expected rows"):
        read(path, ["a"], Schema((), declared=(Column("a"),)))


@pytest.mark.parametrize("with_header", [False, True])
def test_a_parquet_file_is_told(tmp_path, with_header):
    path = tmp_path / "a.csv"
    pd.DataFrame({"a": [1]}).to_parquet(path)
    schema = Schema((), with_header=with_header, declared=(Column("a"),))
    with pytest.raises(
        DataError, match=r"a\.csv: is a Parquet file, and no CSV; data_config\.input_type: ParquetInput"
    ):
        read(path, ["a"], schema)


def test_a_line_of_names_is_told(tmp_path):
    schema = Schema((), declared=(Column("a"), Column("b")))
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n1,2,3\n")
    with pytest.raises(DataError, match=r"row 1 is a line of names, a, b, c; data_config\.with_header: true reads it"):
        read(path, ["a"], schema)
    # A cell may well be what some column is called.
    path.write_text("a,2\n1,2\n")
    assert read(path, ["a"], schema)[0] == {"a": [b"a", b"1"]}


def test_a_large_cell_in_the_first_row(tmp_path):
    path, cell = tmp_path / "a.csv", "x" * 200_000
    path.write_text(f"{cell},1\n")
    assert read(path, ["a"], Schema((), declared=(Column("a"), Column("b"))))[0] == {"a": [cell.encode()]}


def lines_of(count, **changed):
    """A header and lines of four cells; a keyword such as r3 replaces a line."""
    lines = [changed.get(f"r{number}", f"r{number},plain title,{number},{number % 2}") for number in range(count)]
    return "\n".join(["k,title,n,y", *lines, ""])


@pytest.mark.parametrize("separator", [",", "\t"])
def test_stray_quotes_cost_their_own_lines(tmp_path, separator):
    path = tmp_path / "a.csv"
    text = lines_of(1000, r50='r50,"Hot,50,0', r350='r350,"Hot,350,0').replace(",", separator)
    path.write_text(text)
    cells, rows, ragged = read(path, ["k", "y"], Schema((), with_header=True, separator=separator))
    assert rows == [number + 1 for number in range(1000) if number not in (50, 350)]
    assert cells["k"] == [f"r{row - 1}".encode() for row in rows]
    assert [(bad.row, bad.reason, bad.line) for bad in ragged] == [(51, "stray quote", 52), (351, "stray quote", 352)]
    assert "text after the closing quote" in ragged[0].text
    assert "a quote that is never closed" in ragged[1].text
    # Where quotes mean nothing every line is a row.
    schema = Schema((), with_header=True, separator=separator, quoting="NONE")
    cells, rows, ragged = read(path, ["title"], schema)
    assert (len(rows), ragged) == (1000, [])
    assert cells["title"][50] == cells["title"][350] == b'"Hot'


def test_a_quote_that_is_not_closed_for_long_is_stray(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_reader, "_LARGEST_ROW", 1 << 16)
    monkeypatch.setattr(csv_reader, "_BLOCK_BYTES", 1 << 12)
    path = tmp_path / "a.csv"
    path.write_text(lines_of(20_000, r50='r50,"Hot,50,0'))
    _, rows, ragged = read(path, ["k"])
    assert len(rows) == 19_999
    assert [(bad.row, bad.line) for bad in ragged] == [(51, 52)]
    path.write_text("k,title\na," + "x" * (1 << 17) + "\nb,\n")
    with pytest.raises(DataError, match=r"a\.csv: line 2: the row goes on for more than .* MiB"):
        read(path, ["k"])


def test_a_cell_of_several_megabytes(tmp_path):
    path, text = tmp_path / "a.csv", 'x"y\n' * 1_200_000
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([["k", "title"], ["a", "b"], ["c", text], ["d", "e"]])
    cells, rows, _ = read(path, ["k", "title"])
    assert rows == [1, 2, 3]
    assert cells == {"k": [b"a", b"c", b"d"], "title": [b"b", text.encode(), b"e"]}


def test_a_row_that_is_ragged_and_no_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\n1,ä\nü\n2,é\n".encode("latin-1"))
    cells, rows, ragged = read(path, ["a", "b"])
    assert (rows, cells["b"]) == ([1, 3], [b"\xe4", b"\xe9"])
    assert ragged == [(2, 'expected 2 cells, got 1: "\\xfc"', "ragged", 3)]


def test_escape_char(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,"Say \\"hi, there\\" now"\n2,x\\,y\n3,"\\\\"\n4,""\n')
    schema = Schema((), with_header=True, escape_char="\\")
    assert read(path, ["b"], schema)[0]["b"] == [b'Say "hi, there" now', b"x,y", b"\\", b""]
    with open(path, newline="") as file:
        assert [row[1].encode() for row in csv.reader(file, escapechar="\\")][1:] == read(path, ["b"], schema)[0]["b"]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_null_words(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\nNULL,1\n\\N,2\nnull,é\nragged\nNULLs,Ö\n".encode(encoding))
    cells, _, _ = read(path, ["a", "b"], Schema((), with_header=True, null_words=("NULL", "\\N", "Ö")))
    assert cells["a"] == [None, None, b"null", b"NULLs"]
    # Words are UTF-8, as the file should be.
    assert cells["b"][3] == (None if encoding == "utf-8" else b"\xd6")


def test_blank_lines_are_no_rows_and_no_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\r\n\na,b\n\n1,2\n\r\n3,4\n\n")
    assert read(path, ["b"])[:2] == ({"b": [b"2", b"4"]}, [1, 2])


def test_a_column_with_a_default_may_be_absent(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n2\n")
    columns = (Column("a"), Column("dt", "INT32", 3, True), Column("x", "INT32", 3))
    schema = Schema((), with_header=True, declared=columns)
    assert read(path, ["dt", "a"], schema)[0] == {"dt": [None, None], "a": [b"1", b"2"]}
    assert read(path, ["dt"], schema)[0] == {"dt": [None, None]}
    with pytest.raises(DataError, match='there is no column "x"'):
        read(path, ["x"], schema)

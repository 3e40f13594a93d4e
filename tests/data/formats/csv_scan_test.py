"""Rows of odd CSV text against a plain loop over letters, and against Python's strict reader."""

import csv
import io
import random
import re

import numpy as np
import pytest

from apps_rec.data.formats import csv_bits, csv_reader, csv_scan
from apps_rec.data.formats.csv_scan import AFTER_QUOTE, NOT_CLOSED, SWALLOWS, Dialect, count_lines, find_rows
from apps_rec.data.formats.source import Unit
from apps_rec.data.schema import Column, Schema
from apps_rec.errors import DataError

PATIENCE = 1 << 24


def rows_of(text, columns=2, *, last=True, **dialect):
    return find_rows(text, Dialect(**dialect), columns, last=last, patience=PATIENCE)


def by_letters(text):
    """Cells of each row, None for one with a wrong quote: a plain loop."""
    rows, at = [], 0
    while at < len(text):
        if text[at] in "\r\n":
            at += 1
            continue
        cells = []
        while True:
            quote = at
            if text[at : at + 1] == '"':
                at, cell = at + 1, ""
                while at < len(text) and (text[at] != '"' or text[at : at + 2] == '""'):
                    cell += text[at]
                    at += 2 if text[at] == '"' else 1
                at += 1
                if at > len(text) or text[at : at + 1] not in ("", ",", "\r", "\n"):
                    cells = None
                    at = min(found.start() for found in re.finditer(r"[\r\n]|\Z", text) if found.start() >= quote)
                    break
            else:
                at = re.compile(r"[,\r\n]|\Z").search(text, at).start()
                cell = text[quote:at]
            cells.append(cell)
            if text[at : at + 1] != ",":
                break
            at += 1
        rows.append(cells)
    return rows


def read(path, names, **options):
    """Cells of the good rows and reasons of the bad ones, by row number."""
    schema = Schema((), declared=tuple(map(Column, names)), **options)
    found, lines = {}, {}
    for chunk in csv_reader.read_csv(Unit(str(path), 0), names, schema):
        cells = zip(*(chunk.data.column(name).to_pylist() for name in names), strict=True)
        for row, values in zip(chunk.rows.tolist(), cells, strict=True):
            assert row not in found
            found[row], lines[row] = [value.decode("latin-1") for value in values], chunk.line_of(row)
        for bad in chunk.ragged:
            assert bad.row not in found
            found[bad.row], lines[bad.row] = bad.reason, bad.line
    assert sorted(found) == list(range(1, len(found) + 1))
    assert sorted(lines.values()) == [lines[row] for row in sorted(lines)]
    return [found[row] for row in sorted(found)]


def test_odd_text_equals_a_plain_loop(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    pieces = ['"', '"', '""', ",", ",", ",", "a", "b", "\n", "\n", "\r\n", "\r", '"x"', ',"y",', "\xe9"]
    wrong = 0
    for seed in range(100):
        draw = random.Random(seed)
        monkeypatch.setattr(csv_reader, "_BLOCK_BYTES", draw.choice([1, 2, 3, 7, 50, 1000]))
        monkeypatch.setattr(csv_bits, "_TOGETHER", draw.choice([1, 64, 1 << 20]))
        monkeypatch.setattr(csv_scan, "_TOGETHER", draw.choice([2, 4, 4096]))
        monkeypatch.setattr(csv_scan, "_ONE_BY_ONE", draw.choice([1, 2, 64]))
        text = "".join(draw.choices(pieces, k=draw.randrange(1, 200)))
        columns = draw.choice([1, 2, 3])
        path.write_bytes(text.encode("latin-1"))
        wanted = by_letters(text)
        names = [f"c{number}" for number in range(columns)]
        expected = [
            "stray quote" if cells is None else cells if len(cells) == columns else "ragged" for cells in wanted
        ]
        assert read(path, names) == expected, (seed, text)
        wrong += expected.count("stray quote")
    assert wrong > 300


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'a,"b"c\nd,e\n', AFTER_QUOTE),
        (b'a,"b\nd,e\n', NOT_CLOSED),
        (b'a,"b\nd,"e"\n', AFTER_QUOTE),
    ],
)
def test_a_wrong_quote_takes_its_line_alone(text, reason):
    rows = rows_of(text)
    assert [(bad.start, bad.quote, bad.end, bad.reason) for bad in rows.bad] == [(0, 2, text.index(b"\n") + 1, reason)]
    assert rows.starts.tolist() == [0, text.index(b"\n") + 1]


def test_a_quote_in_the_middle_of_a_cell_is_a_letter():
    rows = rows_of(b'15" TV,x"y"\nz,""\n')
    assert rows.bad == []
    assert rows.starts.tolist() == [0, 12]


def test_rows_between_two_stray_quotes_are_not_swallowed():
    lines = [f"r{number},title,{number},0" for number in range(12)]
    lines[3], lines[9] = 'r3,"Hot,3,0', 'r9,Hot",9,0'
    text = "\n".join(lines).encode()
    rows = rows_of(text, 4)
    assert [(bad.reason, text[bad.start : bad.end]) for bad in rows.bad] == [(SWALLOWS, b'r3,"Hot,3,0\n')]
    assert len(rows.starts) == 12
    # A cell of as many lines that are text.
    text = text.replace(b"title,", b"title;")
    assert rows_of(text, 4).bad == []


def test_what_is_not_whole_waits_for_more_text():
    assert rows_of(b'a,b\nc,"d\ne', last=False).end == 4
    assert rows_of(b'a,b\nc,"d"', last=False).end == 4
    assert rows_of(b"a,b\nc,d\r", last=False).end == 4
    assert rows_of(b"a,b\rc,d\r", last=False).end == 4
    assert rows_of(b'a,b\nc,"d"', last=True).end == 9


def test_escapes():
    rows = rows_of(b'a,"x\\"y"\nb,\\"z\nc\\,d,e\\\\\n', escape="\\")
    assert rows.bad == []
    assert rows.starts.tolist() == [0, 9, 15]
    assert Dialect(escape="\\").plain(b'\\\\"\\"') == b'\0\0"\0\0'


def test_lines_are_counted_whatever_ends_them():
    text = b"a\nb\r\nc\rd\r\r\n"
    assert count_lines(text) == len(text.splitlines())
    assert [count_lines(text, end) for end in (2, 5, 7)] == [1, 2, 3]


def mutated(seed):
    """A table as CSV bytes with some damage, and its text as Python reads it."""
    draw = random.Random(seed)
    text = io.StringIO(newline="")
    ends = draw.choice(["\n", "\r\n", "\r"])
    writer = csv.writer(text, lineterminator=ends, quoting=draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    titles = ["plain", "ä", 'a "quoted" one', "one, two", "two\nlines", "", '"', "ends\r\nwith\r\n"]
    rows = draw.choice([5, 60, 400])
    writer.writerows([[f"r{number}", draw.choice(titles), number, number % 2] for number in range(rows)])
    cells = text.getvalue()
    for _ in range(draw.choice([0, 1, 1, 2, 5])):
        at = draw.randrange(len(cells))
        damage = draw.choice(['"', '""', '\\"', ends, "\n", "\r", "\r\n", ends * 3, ",", None])
        cells = cells[:at] + cells[at + 1 :] if damage is None else cells[:at] + damage + cells[at:]
    if draw.random() < 0.3:
        cells = cells.rstrip("\r\n")
    encoding = draw.choice(["utf-8", "utf-8", "utf-8-sig", "latin-1", "utf-16"])
    data = cells.encode(encoding)
    return data[:-1] if draw.random() < 0.1 else data


def check_mutant(path, seed):
    """Rows read are those that Python's strict reader counts, or one error names the line."""
    data = mutated(seed)
    path.write_bytes(data)
    names = ["id", "title", "n", "y"]
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        with pytest.raises(DataError, match=r"UTF-16 \(line 1\)"):
            read(path, names)
        return "refused"
    try:
        strict = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        strict = None
    found = read(path, names)
    if strict is None or "stray quote" in found:
        wanted = by_letters(text)
        # Rows are swallowed by no stray quote, where Python takes them for lines of a cell.
        if wanted.count(None) == found.count("stray quote"):
            assert len(found) == len(wanted)
            assert [cells for cells in found if isinstance(cells, list)] == [
                cells for cells in wanted if cells is not None and len(cells) == 4
            ]
        return "bad"
    assert found == [row if len(row) == 4 else "ragged" for row in strict]
    return "read"


def test_mutants_are_read_as_python_reads_them(tmp_path):
    outcomes = [check_mutant(tmp_path / "a.csv", seed) for seed in range(40)]
    assert set(outcomes) == {"read", "bad", "refused"}


@pytest.mark.slow
def test_many_mutants_are_read_as_python_reads_them(tmp_path):
    outcomes = [check_mutant(tmp_path / "a.csv", seed) for seed in range(500)]
    assert min(outcomes.count(outcome) for outcome in ("read", "bad", "refused")) > 50
    assert np.mean([outcome == "read" for outcome in outcomes]) > 0.3

"""Sure rows against a regular expression, and against quotes looked at one by one."""

import random
import re

import pytest

from apps_rec.data.formats import csv_bits, csv_scan
from apps_rec.data.formats.csv_bits import Sure, sure_rows
from apps_rec.data.formats.csv_scan import Dialect, find_rows

CELL = rb'(?:"(?:[^"\r\n]|"")*"|[^",\r\n]*)'
PLAIN = re.compile(rb"(?:%s[,\r\n])*%s" % (CELL, CELL))
# A cell of a row, which may hold line ends in its quotes.
INNER = re.compile(CELL.replace(rb"\r\n", b"", 1))
PIECES = ['"', '""', ",", "\n", "\r\n", "\r", "a", '"x"', ',"y",', ',"a,b"\n', ',"a""b"\n', "long text " * 8]
WEIGHTS = [1, 1, 10, 5, 2, 1, 10, 2, 20, 20, 10, 4]


def end_of_whole_rows(text, end):
    """The place behind the last row in front of which all cells are whole, cell by cell."""
    at = found = 0
    while at < end:
        at = INNER.match(text, at, end).end()
        if at == end or text[at : at + 1] not in b",\r\n":
            break
        at += 1
        if text[at - 1 : at] != b",":
            found = at
    return found


@pytest.mark.parametrize("together", [1, 63, 64, 65, 1 << 20])
def test_random_text(together, monkeypatch):
    monkeypatch.setattr(csv_bits, "_TOGETHER", together)
    found = []
    # One byte at a time takes long.
    for seed in range(40 if together == 1 else 200):
        draw = random.Random(seed)
        text = "".join(draw.choices(PIECES, WEIGHTS, k=draw.randrange(1, 40))).encode()
        # Up to the end, and up to each of a few line ends.
        ends = [len(text), *[end.end() for end in re.finditer(rb"[\r\n]", text)][:3]]
        for end in ends:
            sure = sure_rows(text, end, ord(","))
            assert sure.is_all == bool(PLAIN.fullmatch(text[:end])), (text, end)
            assert sure.end == end_of_whole_rows(text, end), (text, end)
            found.append(sure.is_all)
    assert 0.05 < sum(found) / len(found) < 0.95


@pytest.mark.parametrize("last", [False, True])
def test_rows_are_those_of_quotes_looked_at_one_by_one(last, monkeypatch):
    plain = 0
    for seed in range(300):
        draw = random.Random(seed)
        text = "".join(draw.choices(PIECES, WEIGHTS, k=draw.randrange(1, 30))).encode()
        found = []
        for judge in (sure_rows, lambda *arguments: Sure(0, False)):
            monkeypatch.setattr(csv_scan, "sure_rows", judge)
            rows = find_rows(text, Dialect(), 3, last=last, patience=1 << 24)
            found.append((rows.end, rows.bad, rows.starts.tolist()))
        assert found[0] == found[1], text
        plain += b'"' in text and not rows.bad
    assert plain > 50

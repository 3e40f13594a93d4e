"""Rows of a CSV log with mistakes in them, and a judge that tells in plain Python what becomes of each."""

from __future__ import annotations

import csv
import io
import math
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

# Bits of the whole numbers of a column; None: floats.
NUMBERS = {"app": 64, "price": None, "click": None, "download": None}
LABELS = ("click", "download")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# Half a step beyond the greatest float of 32 bits: what is below it is rounded to that.
_LEAST_INFINITE = (2 - 2**-24) * 2.0**127
_WORDS = ("yes", "NULL", "true", "FALSE", "1,5", "1.5", "2", "0x1F", "1_000", "1 000", "½", "nan", "inf", "3.0", "1e2")
_HUGE = ("9" * 20, "9" * 400, "2147483647", "2147483648", "9223372036854775808", "1e39", "1e400", "x" * 100_000)
_ELSEWHERE = ("é", "工具", "１２", "\u202e7", "\x00", "\ufeff1", "\u00a01")


def _quoted(cell: bytes) -> bytes:
    return b'"' + cell.replace(b'"', b'""') + b'"' if any(one in cell for one in b',"\n\r') else cell


def _at(cells: list[bytes], draw: random.Random, change: Callable[[str], str]) -> list[bytes]:
    """Returns the cells of a row, one of them changed."""
    at = draw.randrange(len(cells))
    return [*cells[:at], change(cells[at].decode()).encode(), *cells[at + 1 :]]


def _delete(cells: list[bytes], draw: random.Random) -> list[bytes]:
    if draw.random() < 0.3:
        at = draw.randrange(len(cells))
        return [*cells[:at], *cells[at + 1 :]]
    return _at(cells, draw, lambda cell: draw.choice(("", cell[1:], " ")))


def _double(cells: list[bytes], draw: random.Random) -> list[bytes]:
    if draw.random() < 0.3:
        at = draw.randrange(len(cells))
        return [*cells[:at], cells[at], *cells[at:]]
    return _at(cells, draw, lambda cell: cell + draw.choice(("", " ", "\n")) + cell)


def _misspell(cells: list[bytes], draw: random.Random) -> list[bytes]:
    return _at(cells, draw, lambda cell: cell[:-1] + draw.choice("oOlI.-+ \t\n,") + cell[-1:])


def _wrong_type(cells: list[bytes], draw: random.Random) -> list[bytes]:
    return _at(cells, draw, lambda cell: draw.choice(_WORDS))


def _huge(cells: list[bytes], draw: random.Random) -> list[bytes]:
    return _at(cells, draw, lambda cell: draw.choice(_HUGE))


def _negative(cells: list[bytes], draw: random.Random) -> list[bytes]:
    return _at(cells, draw, lambda cell: draw.choice((f"-{cell}", "-1", "-0", "--1", "-9223372036854775809", "-1e400")))


def _other_encoding(cells: list[bytes], draw: random.Random) -> list[bytes]:
    at = draw.randrange(len(cells))
    word = draw.choice(_ELSEWHERE)
    codec = draw.choice(("utf-8", "utf-8", "gbk", "latin-1", "utf-16-le"))
    # A row has no line ends but its own here: text in UTF-16 may hold some.
    made = word.encode(codec, "ignore").replace(b"\n", b"").replace(b"\r", b"") or b"\xff"
    return [*cells[:at], cells[at] + made if draw.random() < 0.5 else made, *cells[at + 1 :]]


KINDS = {
    "delete": _delete,
    "double": _double,
    "misspell": _misspell,
    "wrong type": _wrong_type,
    "huge": _huge,
    "negative": _negative,
    "other encoding": _other_encoding,
}


def write(
    path, columns: dict[str, list[Any]], kinds: Sequence[str], seed: int, share: float
) -> dict[int, tuple[str, str] | None]:
    """Writes a log with mistakes in a share of its rows; returns what is expected of each row, see `judge`."""
    draw = random.Random(seed)
    expected = {}
    with open(path, "wb") as file:
        file.write(",".join(columns).encode() + b"\n")
        for number, values in enumerate(zip(*columns.values(), strict=True), 1):
            cells = [str(value).encode() for value in values]
            if draw.random() < share:
                cells = KINDS[draw.choice(kinds)](cells, draw)
            line = b",".join(_quoted(cell) for cell in cells)
            file.write(line + b"\n")
            expected[number] = judge(line, list(columns))
    return expected


def judge(line: bytes, names: list[str]) -> tuple[str, str] | None:
    """Returns the reason and the column by which a row is bad, ("", "") for one that a filter drops; None: it is good.

    A row is judged as a whole, then the filter on `source`, then each column that the config reads, labels last.
    """
    (cells,) = csv.reader(io.StringIO(line.decode("latin-1"), newline=""), strict=True)
    if len(cells) != len(names):
        return "ragged", ""
    row = {name: cell.encode("latin-1") for name, cell in zip(names, cells, strict=True)}
    if row["source"] == b"cache":
        return "", ""
    if not _decodes(row["source"]):
        return "not UTF-8", "source"
    values = {}
    wrong = []
    for name in ("user", "app", "price", "tags", *LABELS):
        if not _decodes(row[name]):
            wrong.append(("not UTF-8", name))
            continue
        text = row[name].decode()
        if name in NUMBERS:
            values[name] = _number(text, NUMBERS[name])
            if values[name] is None:
                wrong.append(("wrong type", name))
    for name in LABELS:
        value = values.get(name, 0)
        if value is not None and math.isnan(value):
            wrong.append(("empty label", name))
        elif value not in (None, 0, 1):
            wrong.append(("label not 0 or 1", name))
    if not wrong and values["download"] and not values["click"]:
        wrong.append(("conversion without a click", "download"))
    return wrong[0] if wrong else None


def _number(text: str, bits: int | None) -> float | None:
    """Returns a whole number of so many bits, or a float of 32; nan where none is written; None where it is wrong."""
    if not text:
        return math.nan
    text = text.strip(" \t\n\v\f\r").lower()
    if text.lstrip("+-") == "nan":
        return math.nan
    if text in ("true", "false"):
        return int(text == "true")
    if not _NUMBER.fullmatch(text):
        return None
    if bits is None:
        return float(text) if abs(float(text)) < _LEAST_INFINITE else None
    if not _WHOLE.fullmatch(text):
        # A whole number that has been a float is known below 2 ** 53 alone.
        number = float(text)
        return number if number.is_integer() and abs(number) < 2**53 else None
    return int(text) if -(2 ** (bits - 1)) <= int(text) < 2 ** (bits - 1) else None


def _decodes(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True

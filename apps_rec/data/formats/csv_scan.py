"""Finds the ends of rows and the wrong quotes in CSV text, by numpy over the places of quotes alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from apps_rec.data.formats.csv_bits import sure_rows

AFTER_QUOTE = "text after the closing quote of a cell"
NOT_CLOSED = "a quote that is never closed"
SWALLOWS = "a quoted cell over lines that have as many cells as a row each"

_QUOTE, _NEWLINE, _RETURN = b'"\n\r'
# Number of quotes looked at together, and number looked at one by one behind a wrong one, as others are often near.
_TOGETHER, _ONE_BY_ONE = 4096, 64
# Number of separators in a cell over several lines from which on their agreement with the rows is no chance.
_NO_CHANCE = 8


@dataclass(frozen=True)
class Dialect:
    """Separator, quotes and escapes of a CSV file.

    Args:
        separator: ASCII character between cells.
        quotes: true if a cell may stand in double quotes, with two of them for one inside.
        escape: character that takes away the special meaning of the next one; None: there is none.
    """

    separator: str = ","
    quotes: bool = True
    escape: str | None = None

    def plain(self, text: bytes) -> bytes:
        """Returns text of the same length, with a meaningless letter for each escape and each escaped character."""
        if self.escape is None or self.escape.encode() not in text:
            return text
        letters = np.frombuffer(text, np.uint8).copy()
        places = np.flatnonzero(letters == ord(self.escape))
        first = np.concatenate([[True], np.diff(places) != 1])
        # Every other escape of a run is itself escaped.
        start = np.maximum.accumulate(np.where(first, places, 0))
        active = places[(places - start) % 2 == 0]
        nothing = ord("a") if self.separator == "\0" else 0
        letters[places] = nothing
        letters[(active + 1)[active + 1 < len(letters)]] = nothing
        return letters.tobytes()


@dataclass(frozen=True)
class BadQuote:
    """A wrong quote, and the row that is bad with it: up to the end of the line in which the cell began.

    Args:
        start: start of the row.
        quote: place of the cell's opening quote.
        end: place behind the line.
        reason: description of the mistake.
    """

    start: int
    quote: int
    end: int
    reason: str


@dataclass
class Rows:
    """Whole rows at the start of a text.

    Args:
        text: whole text, with what follows the rows.
        plain: same text without escapes, see `Dialect.plain`.
        end: place behind the last whole row.
        bad: wrong quotes, in order.
        opens, closes: places of the quotes around cells. A pair of quotes inside a cell closes and opens it. Empty if
            no line ends in quotes.
    """

    text: bytes
    plain: bytes
    end: int = 0
    bad: list[BadQuote] = field(default_factory=list)
    opens: list[np.ndarray] = field(default_factory=list)
    closes: list[np.ndarray] = field(default_factory=list)

    @cached_property
    def has_quotes(self) -> bool:
        """Tells whether a quote stands anywhere in the text."""
        return b'"' in self.plain

    def inside(self, place: int) -> int | None:
        """Returns the place of the opening quote of the cell that a line end lies in; None outside of quotes."""
        for opens, closes in zip(reversed(self.opens), reversed(self.closes), strict=True):
            if len(opens) and opens[0] <= place:
                at = int(np.searchsorted(opens, place, "right")) - 1
                return int(opens[at]) if closes[at] > place else None
        return None

    def line_end_before(self, place: int) -> int:
        """Returns the place behind the last line end outside of quotes that is before `place`; 0 if there is none."""
        while True:
            end = self.plain.rfind(b"\n", 0, place)
            # Searched behind it only: most files have no carriage return, and the whole block would be searched.
            end = max(end, self.plain.rfind(b"\r", max(end, 0), place)) + 1
            opened = self.inside(end - 1) if end else None
            if opened is None:
                return end
            place = opened

    def line_end_behind(self, place: int) -> int | None:
        """Returns the place behind the end of the line that `place` lies in, quotes or not; None if no line ends."""
        ends = [end for end in (self.plain.find(b"\n", place), self.plain.find(b"\r", place)) if end >= 0]
        if not ends:
            return None
        end = min(ends)
        return end + (2 if self.plain[end : end + 2] == b"\r\n" else 1)

    @cached_property
    def starts(self) -> np.ndarray:
        """Returns the start of each row; blank lines are no rows."""
        letters = np.frombuffer(self.plain, np.uint8)[: self.end]
        is_end = (letters == _NEWLINE) | (letters == _RETURN)
        ends = np.flatnonzero(is_end)
        if self.opens:
            opens, closes = np.concatenate(self.opens), np.concatenate(self.closes)
            at = np.searchsorted(opens, ends, "right") - 1
            ends = ends[(at < 0) | (closes[at] < ends)]
        for bad in self.bad:
            ends = ends[(ends < bad.start) | (ends >= bad.end - 1)]
        starts = np.concatenate([[0], ends + 1])
        starts = starts[starts < self.end]
        return starts[~is_end[starts]]


def count_lines(text: bytes, end: int | None = None) -> int:
    """Counts the lines that end before a place."""
    letters = np.frombuffer(text, np.uint8)[:end]
    # Not by bytes.count, which looks for each line end anew.
    count = int(np.count_nonzero(letters == _NEWLINE))
    if b"\r" in text:
        returns = np.flatnonzero(letters == _RETURN)
        count += len(returns) - int(np.count_nonzero(letters[returns[returns + 1 < len(letters)] + 1] == _NEWLINE))
    return count


def find_rows(text: bytes, dialect: Dialect, columns: int, *, last: bool, patience: int) -> Rows:
    """Returns the whole rows at the start of a text, which begins with a row.

    A quote opens a cell only as its first character. The quote that closes it stands before a separator or a line end.
    Where that does not hold the rest of the line is bad, and the next line begins a row.

    Args:
        text: bytes of any encoding in which ASCII is ASCII.
        dialect: dialect of the file.
        columns: number of cells of a row.
        last: true if the file ends with the text.
        patience: number of bytes behind an opening quote within which it must be closed.
    """
    rows = Rows(text, dialect.plain(text))
    # A line feed may follow a last carriage return.
    decided = len(text) if last else len(text) - text.endswith(b"\r")
    rows.end = len(text) if last else rows.line_end_before(decided)
    if not dialect.quotes or not rows.has_quotes:
        return rows
    sure = sure_rows(rows.plain, rows.end, ord(dialect.separator))
    if sure.is_all:
        return rows
    undecided = _Quotes(rows, dialect, columns, last, patience, sure.end).look()
    if not last:
        rows.end = rows.line_end_before(min(undecided, decided))
    return rows


class _Quotes:
    """Pairs the quotes of a text. `sure` is the place behind the rows whose quotes open and close cells in turn."""

    def __init__(self, rows: Rows, dialect: Dialect, columns: int, last: bool, patience: int, sure: int) -> None:
        self._rows, self._columns, self._last, self._patience = rows, columns, last, patience
        self._separator = dialect.separator.encode()
        letters = np.frombuffer(rows.plain, np.uint8)
        sure = self._take_sure(sure)
        self._places = places = np.flatnonzero(letters[sure:] == _QUOTE) + sure
        borders = np.zeros(256, bool)
        borders[[_NEWLINE, _RETURN, self._separator[0]]] = True
        self._starts = borders[letters[places - 1]]
        self._starts[:1] |= places[:1] == 0
        behind = np.append(letters, _NEWLINE if last else _QUOTE)[places + 1]
        self._ends = borders[behind]
        # Whether a second quote follows at once.
        self._twins = np.append(np.diff(places) == 1, False)
        self._open_end = not last and letters[-1] == _QUOTE

    def _take_sure(self, end: int) -> int:
        """Notes the cells of the sure rows. Returns the place behind these rows; 0 if one of them swallows rows."""
        places = np.flatnonzero(np.frombuffer(self._rows.plain, np.uint8, end) == _QUOTE)
        if not len(places) or self._swallowing(places[::2], places[1::2]) is not None:
            return 0
        self._rows.opens.append(places[::2])
        self._rows.closes.append(places[1::2])
        return end

    def look(self) -> int:
        """Notes quoted cells and wrong quotes. Returns the place of a quote that needs more text, or the text's end."""
        at, count = 0, len(self._places)
        while at < count:
            stop = self._well_formed(at)
            swallowing = self._take(at, stop)
            if swallowing is not None:
                at = self._is_bad(swallowing, SWALLOWS)
            elif stop == count:
                break
            else:
                at = self._one_by_one(stop)
            if at < 0:
                return int(self._places[~at])
        return len(self._rows.text)

    def _well_formed(self, at: int) -> int:
        """Returns the number of the quote behind the whole cells from `at` on whose quotes open and close in turn."""
        first, count = at, len(self._places)
        while at < count:
            end = min(at + _TOGETHER, count)
            # A quote behind a closing one makes an escaped pair: it opens the cell again.
            again = np.append(False if at == first else self._twins[at - 1], self._twins[at : end - 1])
            fine = self._starts[at:end] | again
            fine[1::2] = (self._ends | self._twins)[at:end][1::2]
            if (end - at) % 2:
                fine[-1] = False
            if not fine.all():
                wrong = at + int(np.argmin(fine))
                wrong -= (wrong - first) % 2
                # Back to the quote that opened the cell.
                while wrong > first and self._twins[wrong - 1]:
                    wrong -= 2
                return wrong
            at = end
        return count

    def _take(self, at: int, stop: int) -> int | None:
        """Notes cells up to one that swallows rows. Returns the number of its opening quote; None if there is none."""
        opens, closes = self._places[at:stop:2], self._places[at + 1 : stop : 2]
        swallowing = self._swallowing(opens, closes)
        if swallowing is not None:
            opens, closes = opens[:swallowing], closes[:swallowing]
        if len(opens):
            self._rows.opens.append(opens)
            self._rows.closes.append(closes)
        return None if swallowing is None else at + 2 * swallowing

    def _swallowing(self, opens: np.ndarray, closes: np.ndarray) -> int | None:
        """Returns the number of the first cell that swallows rows: all its lines have as many separators as a row.

        Such a cell lies between two stray quotes: one at the start of a cell, the other at the end of another cell. A
        cell with few separators does not count, as the numbers may agree by chance.
        """
        text, wanted = self._rows.plain, self._columns - 1
        if not len(opens) or wanted < 1:
            return None
        first, last = int(opens[0]), int(closes[-1])
        if text.find(b"\n", first, last) < 0 and text.find(b"\r", first, last) < 0:
            return None
        # Pairs of quotes inside a cell were taken for its end and the start of another one.
        apart = opens[1:] != closes[:-1] + 1
        heads = np.flatnonzero(np.append(True, apart))
        opens, closes = opens[heads], closes[np.append(apart, True)]
        letters = np.frombuffer(text, np.uint8)[first : last + 1]
        ends = np.flatnonzero((letters == _NEWLINE) | (letters == _RETURN)) + first
        at = np.searchsorted(opens, ends, "right") - 1
        for cell in np.unique(at[closes[at] > ends]).tolist():
            start, end = int(opens[cell]), int(closes[cell])
            if text.count(self._separator, start, end) < _NO_CHANCE:
                continue
            line_start = max(text.rfind(b"\n", 0, start), text.rfind(b"\r", 0, start)) + 1
            line_end = self._rows.line_end_behind(end) or len(text)
            lines = [line for line in text[line_start:line_end].splitlines() if line]
            if all(line.count(self._separator) == wanted for line in lines):
                return int(heads[cell])
        return None

    def _one_by_one(self, at: int) -> int:
        """Takes some quotes one by one. Returns the number of the next one, or ~number of one that needs more text."""
        count = len(self._places)
        stop = min(at + _ONE_BY_ONE, count)
        while at < stop:
            if not self._starts[at]:  # a quote in the middle of a cell without quotes is a letter
                at += 1
                continue
            close = at + 1
            while close < count and self._twins[close]:
                close += 2
            if close >= count:
                if not self._last and len(self._rows.text) - int(self._places[at]) < self._patience:
                    return ~at
                return self._is_bad(at, NOT_CLOSED)
            if close == count - 1 and self._open_end:
                return ~at
            if not self._ends[close]:
                return self._is_bad(at, AFTER_QUOTE)
            if self._take_one(at, close):
                return self._is_bad(at, SWALLOWS)
            at = close + 1
        return at

    def _take_one(self, at: int, close: int) -> bool:
        """Notes one cell, unless it swallows rows. Tells whether it does."""
        opens, closes = self._places[at : at + 1], self._places[close : close + 1]
        if self._swallowing(opens, closes) is not None:
            return True
        self._rows.opens.append(opens)
        self._rows.closes.append(closes)
        return False

    def _is_bad(self, at: int, reason: str) -> int:
        """Notes a wrong quote. Returns the number of the first quote behind its line, or ~at if the line goes on."""
        quote = int(self._places[at])
        text = self._rows.text
        end = self._rows.line_end_behind(quote)
        if not self._last and (end is None or (end == len(text) and text.endswith(b"\r"))):
            return ~at
        end = len(text) if end is None else end
        self._rows.bad.append(BadQuote(self._rows.line_end_before(quote), quote, end, reason))
        return int(np.searchsorted(self._places, end))


def with_markers(rows: Rows, start: int, marker: bytes) -> bytes:
    """Returns the rows from a place on, with a marker line in place of each bad one."""
    pieces: list[bytes] = []
    for bad in rows.bad:
        pieces += [rows.text[start : bad.start], marker, b"\n"]
        start = bad.end
    return b"".join([*pieces, rows.text[start : rows.end]])

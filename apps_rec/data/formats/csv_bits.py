"""Finds the rows of CSV text up to the first unusual quote, with one bit a letter: 64 letters in a step of numpy.

Most files have no unusual quote. `csv_scan` looks one by one only at the quotes behind these rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_QUOTE, _NEWLINE, _RETURN = b'"\n\r'
# Number of letters looked at together: enough to make the overhead of a call of numpy small.
_TOGETHER = 1 << 20


class Sure(NamedTuple):
    """Rows at the start of a text whose quotes all stand around whole cells, or in pairs inside of them.

    Args:
        end: place behind these rows.
        is_all: true if they are all rows of the text, and no line ends inside of quotes.
    """

    end: int
    is_all: bool


def sure_rows(text: bytes, end: int, separator: int) -> Sure:
    """Returns the rows in front of the first quote that stands neither around a whole cell nor in a pair inside one.

    Args:
        text: text without escapes, see `csv_scan.Dialect.plain`. It begins with a row.
        end: end of the rows to look at.
        separator: byte between cells.
    """
    letters = np.frombuffer(text, np.uint8, end)
    has_return = b"\r" in text
    # Whether the letter in front lies in quotes, and whether a cell may begin behind it.
    is_inside, is_border = False, True
    sure, has_inner_ends = 0, False
    for start in range(0, end, _TOGETHER):
        # One letter more than is judged, as the letter behind a quote decides whether it closes a cell.
        some = letters[start : start + _TOGETHER + 1]
        count = min(_TOGETHER, end - start)
        quotes = _bits(some == _QUOTE)
        line_ends = _bits(some == _NEWLINE)
        if has_return:
            line_ends |= _bits(some == _RETURN)
        borders = line_ends | _bits(some == separator)
        inside = _odd_so_far(quotes)
        if is_inside:
            inside = ~inside
        opening, closing = quotes & inside, quotes & ~inside
        may_open = _moved_up(borders | closing, is_border)
        may_close = _moved_down(borders | opening, len(some), end == start + count)
        wrong = _cut((opening & ~may_open) | (closing & ~may_close), count)
        is_wrong = bool(wrong.any())
        fine = _lowest(wrong) if is_wrong else count
        has_inner_ends |= bool(_cut(line_ends & inside, fine).any())
        row_end = _highest(_cut(line_ends & ~inside, fine))
        if row_end is not None:
            sure = start + row_end + 1
        if is_wrong:
            return Sure(sure, False)
        is_inside = _bit(inside, count - 1)
        is_border = _bit(borders | closing, count - 1)
    return Sure(sure, not is_inside and not has_inner_ends)


def _bits(mask: np.ndarray) -> np.ndarray:
    """Packs a boolean array into bits of uint64, the first one the lowest."""
    packed = np.packbits(mask, bitorder="little")
    words = np.zeros(len(packed) // 8 + 1, np.uint64)
    words.view(np.uint8)[: len(packed)] = packed
    return words


def _bit(words: np.ndarray, place: int) -> bool:
    return bool((int(words[place // 64]) >> (place % 64)) & 1)


def _lowest(words: np.ndarray) -> int:
    """Returns the place of the first bit that is set; at least one must be."""
    at = int(np.argmax(words != 0))
    word = int(words[at])
    return at * 64 + (word & -word).bit_length() - 1


def _highest(words: np.ndarray) -> int | None:
    """Returns the place of the last bit that is set; None if there is none."""
    found = np.flatnonzero(words)
    return int(found[-1]) * 64 + int(words[found[-1]]).bit_length() - 1 if len(found) else None


def _cut(words: np.ndarray, count: int) -> np.ndarray:
    """Returns the first `count` bits, with 0 behind them."""
    words[count // 64] &= np.uint64((1 << (count % 64)) - 1)
    return words[: count // 64 + 1]


def _moved_up(words: np.ndarray, first: bool) -> np.ndarray:
    """Moves each bit one place up; `first` becomes the lowest bit."""
    moved = words << np.uint64(1)
    moved[1:] |= words[:-1] >> np.uint64(63)
    moved[0] |= np.uint64(first)
    return moved


def _moved_down(words: np.ndarray, count: int, last: bool) -> np.ndarray:
    """Moves each bit one place down; `last` becomes the last of `count` bits."""
    moved = words >> np.uint64(1)
    moved[:-1] |= words[1:] << np.uint64(63)
    if last:
        moved[(count - 1) // 64] |= np.uint64(1 << ((count - 1) % 64))
    return moved


def _odd_so_far(words: np.ndarray) -> np.ndarray:
    """Tells for each place whether an odd number of bits is set up to it, itself included."""
    odd = words.copy()
    for width in (1, 2, 4, 8, 16, 32):
        odd ^= odd << np.uint64(width)
    in_front = np.bitwise_xor.accumulate(odd >> np.uint64(63))[:-1]
    odd[1:] ^= np.uint64(0) - in_front
    return odd

"""Up to where the quotes of CSV text are right, by a bit for each letter: 64 letters in one step of numpy.

Most files have no others, so that `csv_scan` looks at each by its place in the rest alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_QUOTE, _NEWLINE, _RETURN = b'"\n\r'
# Letters looked at together: enough that a step of numpy costs more than its call.
_TOGETHER = 1 << 20


class Sure(NamedTuple):
    """Rows at the start of a text whose quotes stand around whole cells, or in pairs inside of them.

    Args:
        end: behind them.
        is_all: whether they are all rows, and no line ends inside of quotes.
    """

    end: int
    is_all: bool


def sure_rows(text: bytes, end: int, separator: int) -> Sure:
    """The rows up to the first quote that is none of a whole cell.

    Args:
        text: without escapes, see `csv_scan.Dialect.plain`.
        end: of the rows to look at, which begin with the text.
        separator: between cells, a byte.
    """
    letters = np.frombuffer(text, np.uint8, end)
    has_return = b"\r" in text
    # Of the letter in front: whether it lies in quotes, and whether a cell may begin behind it.
    is_inside, is_border = False, True
    sure, has_inner_ends = 0, False
    for start in range(0, end, _TOGETHER):
        # One letter more than is judged, as a quote is closed where the letter behind it says so.
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
    """A boolean array as bits of uint64, the first one the lowest."""
    packed = np.packbits(mask, bitorder="little")
    words = np.zeros(len(packed) // 8 + 1, np.uint64)
    words.view(np.uint8)[: len(packed)] = packed
    return words


def _bit(words: np.ndarray, place: int) -> bool:
    return bool((int(words[place // 64]) >> (place % 64)) & 1)


def _lowest(words: np.ndarray) -> int:
    """Place of the first bit that is set; one is."""
    at = int(np.argmax(words != 0))
    word = int(words[at])
    return at * 64 + (word & -word).bit_length() - 1


def _highest(words: np.ndarray) -> int | None:
    """Place of the last bit that is set."""
    found = np.flatnonzero(words)
    return int(found[-1]) * 64 + int(words[found[-1]]).bit_length() - 1 if len(found) else None


def _cut(words: np.ndarray, count: int) -> np.ndarray:
    """The first bits, those behind them 0."""
    words[count // 64] &= np.uint64((1 << (count % 64)) - 1)
    return words[: count // 64 + 1]


def _moved_up(words: np.ndarray, first: bool) -> np.ndarray:
    """Each bit in the place behind its own."""
    moved = words << np.uint64(1)
    moved[1:] |= words[:-1] >> np.uint64(63)
    moved[0] |= np.uint64(first)
    return moved


def _moved_down(words: np.ndarray, count: int, last: bool) -> np.ndarray:
    """Each bit in the place in front of its own; in the last of `count` places what is given."""
    moved = words >> np.uint64(1)
    moved[:-1] |= words[1:] << np.uint64(63)
    if last:
        moved[(count - 1) // 64] |= np.uint64(1 << ((count - 1) % 64))
    return moved


def _odd_so_far(words: np.ndarray) -> np.ndarray:
    """Whether an odd number of bits is set up to each place."""
    odd = words.copy()
    for width in (1, 2, 4, 8, 16, 32):
        odd ^= odd << np.uint64(width)
    in_front = np.bitwise_xor.accumulate(odd >> np.uint64(63))[:-1]
    odd[1:] ^= np.uint64(0) - in_front
    return odd

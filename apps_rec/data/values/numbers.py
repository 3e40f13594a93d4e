r"""Converts text to numbers, whole columns at once.

White space is that of ASCII, at both ends. A number is NUMBER_TEXT, or true or false, which are 1 and 0; nan is
missing. Hexadecimal, `_` between digits and infinity are no numbers.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# As RE2 has them, for texts without white space at their ends; apps_rec.data.tfrecords.graph_cells shares them.
WHOLE_TEXT = r"[+-]?[0-9]+"
WHOLE_WITH_POINT = r"[+-]?([0-9]+\.0*|\.0+)"
WITH_EXPONENT = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+"
NUMBER_TEXT = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
NAN_TEXT = r"[+-]?[nN][aA][nN]"
# By number of bits: floats represent all whole numbers below this exactly; the next one above is rounded to it.
EXACT_BELOW = {16: 2**11, 32: 2**24, 64: 2**53}

_LONGEST = 19  # digits of 64 bits


def as_mask(array: pa.Array) -> np.ndarray:
    """Converts a boolean Arrow array to numpy, null to false."""
    return pc.fill_null(array, False).to_numpy(zero_copy_only=False)


def without(array: pa.Array, mask: np.ndarray) -> pa.Array:
    """Returns the array with null where the mask is true."""
    return pc.if_else(pa.array(mask), pa.scalar(None, array.type), array) if mask.any() else array


def bounds_of(texts: pa.Array) -> np.ndarray:
    """Returns the start of each text in the bytes of the array, and the end of the last one: int64 `[N + 1]`.

    Args:
        texts: array of large_string or large_binary.
    """
    offsets = texts.buffers()[1]
    return np.frombuffer(offsets, np.int64, len(texts) + 1, texts.offset * 8) if len(texts) else np.zeros(1, np.int64)


def letters_of(texts: pa.Array) -> bytes:
    """Returns the bytes of the texts, one behind the other. A missing one may have left some bytes as well.

    Args:
        texts: array of large_string or large_binary.
    """
    data, bounds = texts.buffers()[2], bounds_of(texts)
    return b"" if data is None else data[int(bounds[0]) : int(bounds[-1])].to_pybytes()


def floats_of_text(texts: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Converts texts to numbers.

    Args:
        texts: array of large_string.

    Returns: float64, null where a number is missing or wrong, and a mask of the cells that hold no number. A number
    beyond 64 bits is infinite.
    """
    numbers = usual_numbers(texts, pa.float64())
    if numbers is not None:
        return numbers, np.zeros(len(texts), bool)
    trimmed = pc.ascii_trim_whitespace(texts)
    is_number, is_nan = _matches(trimmed, NUMBER_TEXT), _matches(trimmed, NAN_TEXT)
    yes, no = _truths(trimmed)
    numbers = pc.if_else(pa.array(yes), 1.0, without(trimmed, ~is_number).cast(pa.float64()))
    numbers = pc.if_else(pa.array(no), 0.0, numbers)
    return numbers, as_mask(pc.is_valid(texts)) & ~(is_number | is_nan | yes | no)


def usual_numbers(texts: pa.Array, target: pa.DataType) -> pa.Array | None:
    """Converts texts to numbers if Arrow reads all of them as we do; else returns None.

    Args:
        texts: array of large_string.
        target: integer type or float64.
    """
    letters = letters_of(texts)
    # Arrow reads hexadecimal numbers as their bits, and more words than nan as NaN.
    if any(letter in letters for letter in (b"xX" if target != pa.float64() else b"nN")):
        return None
    try:
        return texts.cast(target)
    except pa.ArrowInvalid:
        return None


def whole_of_text(texts: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Converts texts to whole numbers.

    Args:
        texts: array of large_string.

    Returns: int64 numbers, 0 where there is none; a mask of the cells that hold one; a mask of the wrong cells.
    """
    trimmed = pc.ascii_trim_whitespace(texts)
    values = np.zeros(len(texts), np.int64)
    there = _matches(trimmed, WHOLE_TEXT)
    short = there & as_mask(pc.less(pc.binary_length(trimmed), _LONGEST))
    digits = pc.utf8_ltrim(without(trimmed, ~short), characters="+")
    values[short] = digits.drop_null().cast(pa.int64()).to_numpy(zero_copy_only=False)
    for place in np.flatnonzero(there & ~short).tolist():
        number = _of_many_digits(trimmed[place].as_py())
        values[place], there[place] = number or 0, number is not None
    # A number that is written so has been a float.
    floating = _matches(trimmed, WHOLE_WITH_POINT) | _matches(trimmed, WITH_EXPONENT)
    if floating.any():
        floats = without(trimmed, ~floating).cast(pa.float64()).drop_null().to_numpy(zero_copy_only=False)
        values[floating], there[floating] = whole_of_floats(floats, 64)
    yes, no = _truths(trimmed)
    values[yes], values[no] = 1, 0
    there |= yes | no
    return values, there, as_mask(pc.is_valid(texts)) & ~there & ~_matches(trimmed, NAN_TEXT)


def whole_of_floats(values: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Converts floats to int64, and marks those that are whole and so small that no other whole number rounds to them.

    Args:
        values: floats, float64.
        bits: number of bits of the floats that they were stored in.
    """
    fits = (np.abs(values) < EXACT_BELOW[bits]) & (np.floor(values) == values)
    return np.where(fits, values, 0.0).astype(np.int64), fits


def _of_many_digits(text: str) -> int | None:
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > _LONGEST:
        return None
    number = -int(digits) if text.startswith("-") else int(digits)
    return number if -(2**63) <= number < 2**63 else None


def _matches(texts: pa.Array, pattern: str) -> np.ndarray:
    return as_mask(pc.match_substring_regex(texts, f"^({pattern})$"))


def _truths(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    words = pc.ascii_lower(texts)
    return as_mask(pc.equal(words, "true")), as_mask(pc.equal(words, "false"))

"""Converts single values of any Arrow type to the declared type, and names every cell that does not fit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps_rec.data.dtypes import DTYPES
from apps_rec.data.schema import Column
from apps_rec.data.values.hints import number_hint
from apps_rec.data.values.kinds import DECIMAL, INSTANT, REAL, TEXT, TRUTH, kind_of
from apps_rec.data.values.numbers import (
    EXACT_BELOW,
    as_mask,
    floats_of_text,
    letters_of,
    usual_numbers,
    whole_of_floats,
    whole_of_text,
    without,
)

WRONG_TYPE = "wrong type"
NOT_UTF8 = "not UTF-8"


@dataclass(frozen=True)
class Problem:
    """Cells of one column that do not fit.

    Args:
        reason: cause in a word or two, for counting.
        mask: mask of the wrong cells, bool `[N]`.
        column: name of the column.
        describe: function of the index of a wrong cell that returns the expectation and the value that came.
    """

    reason: str
    mask: np.ndarray
    column: str
    describe: Callable[[int], str]


def show_cell(array: pa.Array) -> Callable[[int], str]:
    """Returns a function that shows a cell, by its index, in a message."""

    def show(index: int) -> str:
        value = array[index].as_py()
        text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
        return f'"{text[:80]}"' if isinstance(value, bytes | str) else text[:80]

    return show


def _wrong(
    array: pa.Array, mask: np.ndarray, column: Column, expected: str, why: Callable[[int], str] = lambda index: ""
) -> list[Problem]:
    if not mask.any():
        return []
    show = show_cell(array)
    return [Problem(WRONG_TYPE, mask, column.name, lambda i: f"expected {expected}, got {show(i)}{why(i)}")]


def to_utf8(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    """Converts text of any kind to large_string, and checks that its bytes are UTF-8."""
    raw = array.cast(pa.large_binary())
    if letters_of(raw).isascii():
        return raw.view(pa.large_string()), []
    try:
        return raw.cast(pa.large_string()), []
    except pa.ArrowInvalid:
        mask = np.array([value is not None and not _decodes(value) for value in raw.to_pylist()])
    show = show_cell(raw)
    problem = Problem(NOT_UTF8, mask, column.name, lambda index: f"expected UTF-8 text, got the bytes {show(index)}")
    return without(raw, mask).cast(pa.large_string()), [problem]


def _decodes(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _to_text(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    if kind_of(array.type) != INSTANT:
        return array.cast(pa.large_string()).view(pa.large_binary()), []
    # Without its zone an instant is that of UTC. A fraction of 0 is left out, as not every unit has one.
    texts = array.cast(pa.timestamp(array.type.unit)).cast(pa.large_string())
    wrong = as_mask(pc.starts_with(texts, "<"))  # Arrow's "<value out of range: ...>"
    texts = without(pc.replace_substring_regex(texts, r"\.0+$", ""), wrong)
    return texts.view(pa.large_binary()), _wrong(array.cast(pa.int64()), wrong, column, "a time of the years 1 to 9999")


def _to_int(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    target = DTYPES[column.dtype].arrow
    bits = target.bit_width
    kind, stored = kind_of(array.type), array
    if kind == DECIMAL:
        array = array.cast(pa.large_string())
    if kind in (TEXT, DECIMAL):
        usual = usual_numbers(array, target)
        if usual is not None:
            return usual, []
        values, there, wrong = whole_of_text(array)
        limit = 64
    elif kind == REAL:
        limit = array.type.bit_width
        floats = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
        values, there = whole_of_floats(floats, limit)
        wrong = ~there & ~np.isnan(floats)
    else:
        if kind == TRUTH:
            array = array.cast(pa.int8())
        try:
            return array.cast(target), []
        except pa.ArrowInvalid:
            pass
        there = as_mask(pc.is_valid(array))
        values = pc.fill_null(array, 0).cast(pa.int64(), safe=False).to_numpy(zero_copy_only=False)
        # Of unsigned numbers above 63 bits a negative one is left.
        wrong = there & (values < 0) if array.type == pa.uint64() else np.zeros(len(array), bool)
        limit = 0
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    wrong = wrong | (there & ((values < low) | (values > high)))
    there = there & ~wrong
    fitting = pa.array(np.where(there, values, 0).astype(target.to_pandas_dtype()), mask=~there)
    return fitting, _wrong(
        stored, wrong, column, f"a whole number of {bits} bits ({column.dtype})", _rounded(array, limit)
    )


def _rounded(array: pa.Array, bits: int) -> Callable[[int], str]:
    """Returns a function that explains, by the index of a cell, why a float that is whole is refused."""

    def why(index: int) -> str:
        cell = array[index].as_py()
        try:
            number = abs(float(cell))
        except ValueError:
            return number_hint(cell)
        is_float = not isinstance(cell, str) or not cell.strip().lstrip("+-").isdigit()
        if not bits or not is_float or not EXACT_BELOW[bits] <= number < 2**64:
            return ""
        return (
            f": a float of {bits} bits tells whole numbers apart below {EXACT_BELOW[bits]} alone, and another may have "
            "become this one; write the column as whole numbers"
        )

    return why


def _hint_at(array: pa.Array) -> Callable[[int], str]:
    """Returns a function that says, by the index of a cell, what a text that is no number most likely is."""

    def hint(index: int) -> str:
        cell = array[index].as_py()
        cell = cell.decode(errors="replace") if isinstance(cell, bytes) else cell
        return number_hint(cell) if isinstance(cell, str) else ""

    return hint


def _to_float(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    target = DTYPES[column.dtype].arrow
    numbers, wrong = _floats(array)
    if column.dtype == "DOUBLE" and array.type == pa.float32():
        # The fewest digits that name the float, as in a file of text: 4.99, not 4.989999771118164.
        numbers = array.cast(pa.string()).cast(pa.float64())
    # Every number goes through 64 bits, so that a text and a number give the same 32 bits.
    fitting = numbers.cast(target, safe=False)
    if not pc.all(pc.is_finite(fitting), min_count=0).as_py():
        wrong = wrong | as_mask(pc.is_inf(fitting))
        fitting = without(fitting, wrong | as_mask(pc.is_nan(fitting)))
    return fitting, _wrong(array, wrong, column, f"a finite number ({column.dtype})", _hint_at(array))


def _floats(array: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Converts numbers of any kind to float64. Returns a mask of the cells that hold none, too."""
    kind = kind_of(array.type)
    if kind == DECIMAL:
        # Through their digits, as Arrow's own conversion of a decimal may miss the nearest float.
        array = array.cast(pa.large_string())
    if kind in (TEXT, DECIMAL):
        return floats_of_text(array)
    if kind == TRUTH:
        array = array.cast(pa.int8())
    return array.cast(pa.float64(), safe=False), np.zeros(len(array), bool)


def _to_bool(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    kind = kind_of(array.type)
    if kind == TRUTH:
        return array, []
    if kind == TEXT:
        words = pc.ascii_lower(pc.ascii_trim_whitespace(array))
        yes = pc.is_in(words, pa.array(["true", "1"], pa.large_string()))
        no = pc.is_in(words, pa.array(["false", "0"], pa.large_string()))
        if pc.all(pc.or_(pc.or_(yes, no), pc.is_null(array)), min_count=0).as_py():
            return without(yes, as_mask(pc.is_null(array))), []
    numbers, wrong = _floats(array)
    yes, no = as_mask(pc.equal(numbers, 1.0)), as_mask(pc.equal(numbers, 0.0))
    there = as_mask(pc.and_(pc.is_valid(numbers), pc.invert(pc.is_nan(numbers))))
    wrong = wrong | (there & ~yes & ~no)
    return pa.array(yes, mask=~(yes | no)), _wrong(array, wrong, column, "true, false, 1 or 0 (BOOL)")


CONVERTERS: dict[str, Callable[[pa.Array, Column], tuple[pa.Array, list[Problem]]]] = {
    "INT32": _to_int,
    "INT64": _to_int,
    "STRING": _to_text,
    "FLOAT": _to_float,
    "DOUBLE": _to_float,
    "BOOL": _to_bool,
}

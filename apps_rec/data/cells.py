"""Single values of any Arrow type -> the declared type, with every cell that does not fit named."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from apps_rec.data.schema import Column

ARROW_TYPES = {
    "INT32": pa.int32(),
    "INT64": pa.int64(),
    # 64-bit offsets: a window of long lists may hold more than 2 GiB.
    "STRING": pa.large_binary(),
    "FLOAT": pa.float32(),
    "DOUBLE": pa.float64(),
    "BOOL": pa.bool_(),
}
WRONG_TYPE = "wrong type"
NOT_UTF8 = "not UTF-8"

_INT = re.compile(r"[+-]?[0-9]+(\.0*)?|0[xX][0-9a-fA-F]+")
_EXACT_FLOAT = 2.0**53


@dataclass(frozen=True)
class Problem:
    """Cells of one column that do not fit.

    Args:
        reason: in a word or two, for counting.
        mask: bool `[N]`, true where the cell is wrong.
        column: its name.
        describe: index of such a cell -> what was expected and what came.
    """

    reason: str
    mask: np.ndarray
    column: str
    describe: Callable[[int], str]


class UnreadableColumnError(ValueError):
    """A whole column whose Arrow type cannot become the declared one."""


def plain(array: pa.Array) -> pa.Array:
    """The array without dictionary, run-end or extension wrapping."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pt.is_dictionary(array.type):
        return array.dictionary_decode()
    if pt.is_run_end_encoded(array.type):
        return pc.run_end_decode(array)
    return array


def is_text(kind: pa.DataType) -> bool:
    """Whether it is text or bytes of some kind."""
    texts = (pt.is_string, pt.is_large_string, pt.is_string_view)
    binaries = (pt.is_binary, pt.is_large_binary, pt.is_binary_view, pt.is_fixed_size_binary)
    return any(check(kind) for check in (*texts, *binaries))


def is_list(kind: pa.DataType) -> bool:
    """Whether it is a list of some kind."""
    checks = (pt.is_list, pt.is_large_list, pt.is_fixed_size_list, pt.is_list_view, pt.is_large_list_view)
    return any(check(kind) for check in checks)


def unreadable(array: pa.Array, column: Column) -> UnreadableColumnError:
    """The error for a column whose Arrow type does not fit."""
    return UnreadableColumnError(f'column "{column.name}": expected {column.dtype}, got a column of {array.type}')


def show_cell(array: pa.Array) -> Callable[[int], str]:
    """Shows a cell in a message."""

    def show(index: int) -> str:
        value = array[index].as_py()
        text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
        return f'"{text[:80]}"' if isinstance(value, bytes | str) else text[:80]

    return show


def _wrong(array: pa.Array, mask: np.ndarray, column: Column, expected: str) -> list[Problem]:
    if not mask.any():
        return []
    show = show_cell(array)
    return [Problem(WRONG_TYPE, mask, column.name, lambda index: f"expected {expected}, got {show(index)}")]


def as_mask(array: pa.Array) -> np.ndarray:
    """A boolean Arrow array as numpy, null as false."""
    return pc.fill_null(array, False).to_numpy(zero_copy_only=False)


def without(array: pa.Array, mask: np.ndarray) -> pa.Array:
    """The array with null where the mask is true."""
    return pc.if_else(pa.array(mask), pa.scalar(None, array.type), array) if mask.any() else array


def to_utf8(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    """Text of any kind as large_string whose bytes were looked at."""
    raw = array.cast(pa.large_binary())
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
    if pt.is_nested(array.type):
        raise unreadable(array, column)
    if pt.is_floating(array.type):
        array = without(array, as_mask(pc.is_nan(array)))
    try:
        return array.cast(pa.large_string()).cast(pa.large_binary()), []
    except pa.ArrowException as error:
        raise unreadable(array, column) from error


def _to_int(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    target = ARROW_TYPES[column.dtype]
    try:
        return array.cast(target), []
    except pa.ArrowNotImplementedError as error:
        raise unreadable(array, column) from error
    except pa.ArrowInvalid:
        pass
    bits = target.bit_width
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1)
    # Python numbers, as values may be text, float, decimal or wider than 64 bits.
    numbers = [_whole_number(value) for value in array.to_pylist()]
    wrong = np.array([n is not None and (n is False or not low <= n < high) for n in numbers], bool)
    fitting = pa.array([None if bad else n for n, bad in zip(numbers, wrong, strict=True)], target)
    return fitting, _wrong(array, wrong, column, f"a whole number of {bits} bits ({column.dtype})")


def _whole_number(value: object) -> int | bool | None:
    """The whole number that a value says, None where it is missing, False where it says none."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if not _INT.fullmatch(text):
            return None if text.lower() == "nan" else False
        return int(text, 16) if "x" in text.lower() else int(text.split(".")[0])
    number = float(value)  # type: ignore[arg-type]
    if math.isnan(number):
        return None
    if isinstance(value, float) and (abs(value) > _EXACT_FLOAT or value != int(value)):
        return False
    return int(value) if value == int(value) else False  # type: ignore[call-overload]


def _to_float(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    target = ARROW_TYPES[column.dtype]
    wrong = np.zeros(len(array), bool)
    numbers = array
    if pt.is_large_string(array.type):
        try:
            numbers = array.cast(pa.float64())
        except pa.ArrowInvalid:
            parsed = [_real_number(value) for value in array.to_pylist()]
            wrong = np.array([number is False for number in parsed], bool)
            numbers = pa.array([None if number is False else number for number in parsed], pa.float64())
    try:
        if pt.is_boolean(numbers.type):
            numbers = numbers.cast(pa.int8())
        numbers = numbers.cast(pa.float64(), safe=False)
    except pa.ArrowException as error:
        raise unreadable(array, column) from error
    # Every number goes through 64 bits, so that a text and a number give the same 32 bits.
    fitting = numbers.cast(target, safe=False)
    if not pc.all(pc.is_finite(fitting), min_count=0).as_py():
        wrong |= as_mask(pc.is_inf(fitting))
        fitting = without(fitting, wrong | as_mask(pc.is_nan(fitting)))
    return fitting, _wrong(array, wrong, column, f"a finite number ({column.dtype})")


def _real_number(value: str | None) -> float | bool | None:
    if value is None:
        return None
    try:
        # float() reads 1_000 as a thousand; no data file means that.
        return False if "_" in value else float(value)
    except ValueError:
        return False


def _to_bool(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    if pt.is_boolean(array.type):
        return array, []
    if pt.is_large_string(array.type):
        words = pc.utf8_lower(pc.utf8_trim_whitespace(array))
        yes = pc.is_in(words, pa.array(["true", "1"], pa.large_string()))
        no = pc.is_in(words, pa.array(["false", "0"], pa.large_string()))
    else:
        try:
            numbers = array.cast(pa.float64(), safe=False)
        except pa.ArrowException as error:
            raise unreadable(array, column) from error
        array = without(array, as_mask(pc.is_nan(numbers)))
        yes, no = pc.equal(numbers, 1.0), pc.equal(numbers, 0.0)
    wrong = as_mask(pc.is_valid(array)) & ~as_mask(yes) & ~as_mask(no)
    missing = ~as_mask(pc.is_valid(array))
    return without(pa.array(as_mask(yes)), wrong | missing), _wrong(array, wrong, column, "true, false, 1 or 0 (BOOL)")


CONVERTERS: dict[str, Callable[[pa.Array, Column], tuple[pa.Array, list[Problem]]]] = {
    "INT32": _to_int,
    "INT64": _to_int,
    "STRING": _to_text,
    "FLOAT": _to_float,
    "DOUBLE": _to_float,
    "BOOL": _to_bool,
}

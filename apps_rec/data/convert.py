"""Any Arrow column, lists too -> an Arrow array of the declared type, with every cell that does not fit named."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from apps_rec.data.cells import (
    ARROW_TYPES,
    CONVERTERS,
    Problem,
    as_mask,
    is_list,
    is_text,
    plain,
    show_cell,
    to_utf8,
    unreadable,
    without,
)
from apps_rec.data.schema import Column

SEVERAL_VALUES = "several values"
HOLDS_SEPARATOR = "value holds the separator"


def convert(array: pa.Array, column: Column, *, from_text: bool = False) -> tuple[pa.Array, list[Problem]]:
    """Turns a column into its declared type.

    Args:
        array: of any Arrow type; dictionary, null, decimal and list types too.
        column: what is declared. Lists are joined by its list_separator; a null inside a list becomes an empty value,
            so that lists of values and of weights stay side by side. An empty list counts as missing.
        from_text: the array holds the cells of a CSV file: an empty one is missing.

    Returns: an array of `ARROW_TYPES[column.dtype]` in which missing and wrong cells are null, and the wrong ones.
        NaN counts as missing.

    Raises:
        UnreadableColumnError: the Arrow type as a whole does not fit.
    """
    array = plain(array)
    problems: list[Problem] = []
    if is_list(array.type):
        array, problems = _join(array, column) if column.list_separator is not None else _only_value(array, column)
    if pt.is_null(array.type):
        return pa.nulls(len(array), ARROW_TYPES[column.dtype]), problems
    if is_text(array.type):
        array, more = to_utf8(array, column)
        problems += more
        if from_text:
            array = pc.if_else(pc.equal(pc.binary_length(array), 0), pa.scalar(None, array.type), array)
    converted, more = CONVERTERS[column.dtype](array, column)
    return converted, problems + more


def fill(array: pa.Array, column: Column) -> pa.Array:
    """The array with the column's default in place of nulls."""
    return pc.fill_null(array, pa.scalar(column.default, array.type)) if array.null_count else array


def _flatten(array: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """Length of every list (0 for null) and all values in a row."""
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return lengths, plain(pc.list_flatten(array))


def _join(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    """Lists -> one string each."""
    lengths, values = _flatten(array)
    element = Column(column.name)
    if is_list(values.type):
        raise unreadable(array, column)
    texts, inner = convert(values, element)
    owner = np.repeat(np.arange(len(array)), lengths)
    problems = [
        Problem(p.reason, _any_of(p.mask, owner, len(array)), column.name, _describe_list(array, p.reason))
        for p in inner
    ]
    separator = column.list_separator or ""
    holds = as_mask(pc.match_substring(texts.cast(pa.large_string()), separator))
    if holds.any():
        what = f'expected values without the separator "{separator}"'
        show = show_cell(array)
        problems.append(
            Problem(
                HOLDS_SEPARATOR,
                _any_of(holds, owner, len(array)),
                column.name,
                lambda index: f"{what}, got {show(index)}; give the feature another separator",
            )
        )
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    lists = pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), pc.fill_null(texts, b""))
    joined = pc.binary_join(lists, pa.scalar(separator.encode(), pa.large_binary()))
    return without(joined, lengths == 0), problems


def _only_value(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    """Lists of one value or none -> that value."""
    lengths, values = _flatten(array)
    problems = []
    many = lengths > 1
    if many.any():
        show = show_cell(array)
        problems = [
            Problem(
                SEVERAL_VALUES, many, column.name, lambda index: f"expected one {column.dtype} value, got {show(index)}"
            )
        ]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return values.take(pa.array(starts, mask=lengths != 1)), problems


def _any_of(mask: np.ndarray, owner: np.ndarray, size: int) -> np.ndarray:
    """Which lists hold a marked value."""
    found = np.zeros(size, bool)
    found[owner[mask]] = True
    return found


def _describe_list(array: pa.Array, reason: str) -> Callable[[int], str]:
    show = show_cell(array)
    return lambda index: f"expected a list of readable values, got {show(index)} ({reason})"

"""Converts any Arrow column, lists too, to the declared type, and names every cell that does not fit."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from apps_rec.data.dtypes import DTYPES
from apps_rec.data.schema import Column
from apps_rec.data.values.cast import CONVERTERS, Problem, show_cell, to_utf8
from apps_rec.data.values.kinds import FEATURES, is_list, is_readable, is_text, list_lengths, plain
from apps_rec.data.values.numbers import as_mask, bounds_of, letters_of, without

SEVERAL_VALUES = "several values"
HOLDS_SEPARATOR = "value holds the separator"


def convert(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    """Converts a column to its declared type. The result for a cell depends on that cell alone (see docs/config.md).

    Args:
        array: column of any Arrow type; dictionary, null, decimal and list types too.
        column: declared column. Lists are joined by its list_separator. A null inside a list becomes an empty value, so
            that lists of values and of weights stay aligned.

    Returns: an array of `DTYPES[column.dtype].arrow` with null for missing and wrong cells, and the problems of the
    wrong ones. Missing cells are null, NaN, an empty text or an empty list.

    Raises:
        UnreadableColumnError: the Arrow type as a whole does not fit, and there is a value in the column.
    """
    array = plain(array)
    problems: list[Problem] = []
    if array.type == FEATURES:
        return _of_any_kind(array, column)
    if is_list(array.type):
        array, problems = _join(array, column) if column.list_separator is not None else _only_value(array, column)
    if pt.is_null(array.type):
        return pa.nulls(len(array), DTYPES[column.dtype].arrow), problems
    if not is_readable(array, column):
        return pa.nulls(len(array), DTYPES[column.dtype].arrow), problems
    if is_text(array.type):
        array, more = to_utf8(array, column)
        problems += more
        array = _empty_as_null(array)
    converted, more = CONVERTERS[column.dtype](array, column)
    return converted, problems + more


def _empty_as_null(texts: pa.Array) -> pa.Array:
    # A CSV file cannot tell an empty text from none.
    bounds = bounds_of(texts)
    is_empty = bounds[1:] == bounds[:-1]
    if not is_empty.any():
        return texts
    # The same bytes with another mask, where Arrow's if_else would copy them.
    there = np.packbits(as_mask(pc.is_valid(texts)) & ~is_empty, bitorder="little")
    buffers = [pa.py_buffer(there), pa.py_buffer(bounds), texts.buffers()[2]]
    return pa.Array.from_buffers(texts.type, len(texts), buffers)


def _of_any_kind(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    """Converts a column of `kinds.FEATURES`, whose lists are of several kinds, one in each row."""
    parts = [convert(part, column) for part in array.flatten()]
    return pc.coalesce(*(part for part, _ in parts)), [problem for _, problems in parts for problem in problems]


def texts_of_lists(array: pa.Array) -> pa.Array:
    """Converts a column of `kinds.FEATURES` to lists of text, in which values of every kind can be shown."""
    bytes_, floats, whole = array.flatten()
    texts, target = pa.large_list(pa.large_string()), bytes_.type
    return pc.coalesce(bytes_, floats.cast(texts).cast(target), whole.cast(texts).cast(target))


def fill(array: pa.Array, column: Column) -> pa.Array:
    """Returns the array with the column's default in place of nulls."""
    return pc.fill_null(array, pa.scalar(column.default, array.type)) if array.null_count else array


def _flatten(array: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """Returns the length of every list (0 for null), and all values one after the other."""
    return list_lengths(array), plain(pc.list_flatten(array))


def _join(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    """Joins lists into one string each."""
    lengths, values = _flatten(array)
    texts, inner = _texts(values, column, array)
    owner = np.repeat(np.arange(len(array)), lengths)
    problems = [
        Problem(p.reason, _any_of(p.mask, owner, len(array)), column.name, _describe_list(array, p.reason))
        for p in inner
    ]
    separator = column.list_separator or ""
    holds = np.zeros(len(texts), bool)
    if separator.encode() in letters_of(texts):
        holds = as_mask(pc.match_substring(texts, separator))
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


def _texts(values: pa.Array, column: Column, lists: pa.Array) -> tuple[pa.Array, list[Problem]]:
    """Converts values of lists to large_binary. For a column of numbers, floats get the fewest digits possible."""
    if not is_readable(values, column, lists):
        return pa.nulls(len(values), pa.large_binary()), []
    if is_text(values.type):
        texts, problems = to_utf8(values, column)
        return texts.cast(pa.large_binary()), problems
    return values.cast(pa.large_string()).cast(pa.large_binary()), []


def _only_value(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    """Takes the only value out of lists of one value or none."""
    lengths, values = _flatten(array)
    if np.all(lengths == 1):
        return values, []
    problems = []
    many = lengths > 1
    if many.any():
        show = show_cell(array)
        problems = [
            Problem(
                SEVERAL_VALUES, many, column.name, lambda index: f"expected one {column.dtype} value, got {show(index)}"
            )
        ]
    starts = np.cumsum(lengths) - lengths
    return values.take(pa.array(starts, mask=lengths != 1)), problems


def _any_of(mask: np.ndarray, owner: np.ndarray, size: int) -> np.ndarray:
    """Tells for each list whether it holds a marked value."""
    found = np.zeros(size, bool)
    found[owner[mask]] = True
    return found


def _describe_list(array: pa.Array, reason: str) -> Callable[[int], str]:
    show = show_cell(array)
    return lambda index: f"expected a list of readable values, got {show(index)} ({reason})"

"""Kinds of stored types, and the kinds that each declared type is read from: one rule a pair (docs/config.md)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from apps_rec.data.schema import Column

TEXT, WHOLE, REAL, DECIMAL, TRUTH = "text", "whole", "real", "decimal", "truth"
DATE, INSTANT, OTHER = "date", "instant", "other"

_NUMBERS = frozenset({TEXT, WHOLE, REAL, DECIMAL, TRUTH})
# Kinds that a declared type is read from.
READABLE = {
    # All writers give a day the same text, 2026-01-31. An instant gets ours, as its order is that of its text.
    "STRING": frozenset({TEXT, WHOLE, DATE, INSTANT}),
    "INT32": _NUMBERS,
    "INT64": _NUMBERS,
    "FLOAT": _NUMBERS,
    "DOUBLE": _NUMBERS,
    "BOOL": _NUMBERS,
}
# Kinds of values in a list that is read as numbers.
READABLE_IN_NUMBERS = frozenset({TEXT, WHOLE, REAL, DECIMAL})

# A column of tf.train.Features of several kinds. Each row has a list of one kind; text and numbers share no type.
FEATURES = pa.struct(
    [
        ("bytes_list", pa.large_list(pa.large_binary())),
        ("float_list", pa.large_list(pa.float32())),
        ("int64_list", pa.large_list(pa.int64())),
    ]
)


_WHOLE = (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())
_TEXTS = (pa.string(), pa.large_string(), pa.binary(), pa.large_binary(), pa.binary(1))
_VIEWS = (pa.string_view(), pa.binary_view())
_LIST_VIEWS = (pa.list_view(pa.int8()), pa.large_list_view(pa.int8()))
_KINDS = {
    stored.id: kind
    for kind, types in (
        (TEXT, (*_TEXTS, *_VIEWS)),
        (WHOLE, _WHOLE),
        (REAL, (pa.float16(), pa.float32(), pa.float64())),
        (DECIMAL, (pa.decimal32(1), pa.decimal64(1), pa.decimal128(1), pa.decimal256(1))),
        (TRUTH, (pa.bool_(),)),
        (DATE, (pa.date32(), pa.date64())),
        (INSTANT, (pa.timestamp("s"),)),
    )
    for stored in types
}
_LISTS = {stored.id for stored in (pa.list_(pa.int8()), pa.large_list(pa.int8()), pa.list_(pa.int8(), 1), *_LIST_VIEWS)}
_ANY_VIEW = {stored.id for stored in (*_VIEWS, *_LIST_VIEWS)}


class UnreadableColumnError(ValueError):
    """The Arrow type of a whole column cannot become the declared one."""


def is_text(kind: pa.DataType) -> bool:
    """Tells whether a type is text or bytes of some kind."""
    return kind_of(kind) == TEXT


def is_list(kind: pa.DataType) -> bool:
    """Tells whether a type is a list of some kind."""
    return kind.id in _LISTS


def kind_of(stored: pa.DataType) -> str:
    """Returns the kind of a stored type that is neither a list nor wrapped."""
    return _KINDS.get(stored.id, OTHER)


def plain(array: pa.Array) -> pa.Array:
    """Returns the array without dictionary, run-end or extension wrapping, and without views."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    array = without_views(array)
    if pt.is_dictionary(array.type):
        return array.dictionary_decode()
    if pt.is_run_end_encoded(array.type):
        return pc.run_end_decode(array)
    return array


def has_views(stored: pa.DataType) -> bool:
    """Tells whether a type holds views of text, bytes or lists: Arrow cannot take or drop rows of some of them."""
    if stored.id in _ANY_VIEW:
        return True
    if pt.is_dictionary(stored):
        return has_views(stored.value_type)
    return pt.is_nested(stored) and any(has_views(stored.field(place).type) for place in range(stored.num_fields))


def without_views(array: pa.Array) -> pa.Array:
    """Returns the same values as text, bytes and lists, in place of views of them."""
    stored = array.type
    if not has_views(stored):
        return array
    if pt.is_dictionary(stored):
        return pa.DictionaryArray.from_arrays(array.indices, without_views(array.dictionary))
    if pt.is_struct(stored):
        children = [without_views(child) for child in array.flatten()]
        names = [stored.field(place).name for place in range(stored.num_fields)]
        return pa.StructArray.from_arrays(children, names, mask=array.is_null())
    if is_list(stored):
        # Arrow's own cast of a list view to a list puts offsets out of order (26.0).
        lengths = list_lengths(array)
        offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int64())
        return pa.LargeListArray.from_arrays(offsets, without_views(pc.list_flatten(array)), mask=array.is_null())
    if pt.is_map(stored):
        raise UnreadableColumnError(f"a column of {stored} cannot be read: write its texts as string, not as views")
    return array.cast(pa.large_string() if pt.is_string_view(stored) else pa.large_binary())


def list_lengths(array: pa.Array) -> np.ndarray:
    """Returns the number of values of every list, 0 for null, int64."""
    return pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)


def is_readable(array: pa.Array, column: Column, whole: pa.Array | None = None) -> bool:
    """Tells whether the stored type can become the declared one. If not, all cells are missing.

    Args:
        array: cells, or the values of lists.
        column: declared column.
        whole: whole column, if array holds the values of its lists.

    Raises:
        UnreadableColumnError: the type cannot become the declared one, and there is a value.
    """
    kind = kind_of(array.type)
    readable = READABLE_IN_NUMBERS if whole is not None and column.is_numbers else READABLE[column.dtype]
    if kind in readable:
        return True
    missing = as_nan(array) if kind == REAL else pc.is_null(array)
    # If all cells are missing, there is nothing to misread, whatever type the writer gave the column.
    if not pc.all(missing, min_count=0).as_py():
        raise _unreadable(array if whole is None else whole, column, _advice(array, column, kind))
    return False


def as_nan(array: pa.Array) -> pa.Array:
    """Tells for each cell of a column of floats whether it is missing: null or NaN."""
    return pc.is_null(array, nan_is_null=True)


def _unreadable(array: pa.Array, column: Column, advice: str) -> UnreadableColumnError:
    """Makes the error for a column whose Arrow type does not fit."""
    kind = " (a list read as numbers)" if column.is_numbers else ""
    return UnreadableColumnError(
        f'column "{column.name}": expected {column.dtype}{kind}, got a column of {array.type}. {advice}'
    )


def _advice(array: pa.Array, column: Column, kind: str) -> str:
    declare = "Its values are no single text: change its input_type in data_config.input_fields to"
    if column.list_separator is not None:
        numbers = (
            "true and false"
            if kind == TRUTH
            else "numbers with a fraction"
            if kind in (REAL, DECIMAL)
            else "such values"
        )
        return f"In a list {numbers} are no single text: write whole numbers, or the values as text"
    if kind == TRUTH:
        return f'{declare} BOOL, or write it as text, such as "true" and "false"'
    if kind == REAL:
        numbers = array.filter(pc.invert(as_nan(array))).cast(pa.float64())  # Arrow rounds no half floats
        if pc.all(pc.equal(numbers, pc.floor(numbers)), min_count=0).as_py():
            return (
                f"{declare} INT64, as its numbers are whole ones (so a table with gaps holds ids), or write it as text"
            )
        return f"{declare} FLOAT or DOUBLE, or write it as text"
    if kind == DECIMAL:
        return f"{declare} DOUBLE (INT64 for whole numbers), or write it as text"
    if kind in (DATE, INSTANT):
        return (
            "As a number it would depend on the file's unit: declare STRING, which reads it as text in UTC, such as "
            '"2026-01-31 13:05:00", or write whole numbers such as seconds'
        )
    if pt.is_temporal(array.type):
        return (
            "As a number it would depend on the file's unit, as text on its writer: write it as text, or as whole "
            "numbers such as seconds (input_type: INT64)"
        )
    return "Write it as text or numbers, and declare that as its input_type in data_config.input_fields"

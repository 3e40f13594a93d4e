"""Lists of whole numbers that need not become text on their way from a file to a model."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps_rec.data.schema import Column
from apps_rec.data.values.kinds import WHOLE, is_list, kind_of, list_lengths, plain

DTYPE = np.dtype(np.int32)
# No item here.
NO_NUMBER = np.iinfo(DTYPE).min
# Numbers that a row may hold at most, of all its lists: 64 MiB in a window of 65,536 rows. Lists that are mostly short
# take less as texts.
MOST_NUMBERS = 256


def numbers_of(name: str) -> str:
    """Returns the name under which the numbers of a column of lists are handed out, beside its texts."""
    return f"numbers/{name}"


def holds_whole_numbers(stored: pa.DataType) -> bool:
    """Tells whether a type is a list of whole numbers that int64 holds."""
    return is_list(stored) and _is_whole(stored.value_type)


def no_numbers(rows: int, width: int) -> pa.Array:
    """Returns the numbers of rows whose lists are texts."""
    return _as_arrow(np.full((rows, width), NO_NUMBER, DTYPE))


def texts_and_numbers(array: pa.Array, column: Column, width: int) -> tuple[pa.Array, pa.Array] | None:
    """Converts a column of lists of whole numbers; None: it holds anything else, or a missing number.

    Args:
        array: column of a file, of any type.
        column: declared column, a text with a list_separator.
        width: number of items of a list that are taken, its first ones.

    Returns: texts, the default for an empty list and an empty text for any other; and `width` int32 for each row, with
    NO_NUMBER for padding. Numbers beyond are the nearest ones: as ids of less than 2^31 buckets, all are unknown.
    """
    array = plain(array)
    if not is_list(array.type) or _is_in_numbers(column.list_separator or ""):
        return None
    values = plain(pc.list_flatten(array))
    if not _is_whole(values.type) or values.null_count:
        return None
    lengths = list_lengths(array)
    numbers = np.full((len(array), width), NO_NUMBER, DTYPE)
    fitting = np.clip(values.cast(pa.int64()).to_numpy(), NO_NUMBER + 1, np.iinfo(DTYPE).max)
    _fill(numbers, lengths, fitting.astype(DTYPE))
    default, none = (pa.scalar(text, pa.large_binary()) for text in (column.default, b""))
    return pc.if_else(pa.array(lengths == 0), default, none), _as_arrow(numbers)


def _as_arrow(numbers: np.ndarray) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(numbers.ravel()), numbers.shape[1])


def _is_whole(stored: pa.DataType) -> bool:
    return kind_of(stored) == WHOLE and stored != pa.uint64()


def _is_in_numbers(separator: str) -> bool:
    """Tells whether a number may hold the separator, which is an error of the row."""
    return any(letter in "-0123456789" for letter in separator)


def _fill(numbers: np.ndarray, lengths: np.ndarray, values: np.ndarray) -> None:
    """Writes the first values of each list into its row."""
    width = numbers.shape[1]
    if (lengths > width).any():
        places = np.arange(len(values)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        values, lengths = values[places < width], np.minimum(lengths, width)
    numbers[np.arange(width) < lengths[:, np.newaxis]] = values

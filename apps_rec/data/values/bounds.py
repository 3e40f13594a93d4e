"""Compares the values of a column with two bounds: numbers by value, dates and the like as text of one form."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps_rec.data.dtypes import Value
from apps_rec.data.schema import Column
from apps_rec.data.values.cast import Problem, show_cell
from apps_rec.data.values.numbers import as_mask

OTHER_FORM = "another form than its bound"


@dataclass(frozen=True)
class Within:
    """The result of a comparison with bounds, for each row.

    Args:
        inside: mask of rows that lie within the bounds, bool `[N]`.
        missing: mask of rows without a value, which are not inside, bool `[N]`.
        problems: texts of another form than the bounds.
    """

    inside: np.ndarray
    missing: np.ndarray
    problems: list[Problem]


def within(array: pa.Array, column: Column, low: Value | None, high: Value | None) -> Within:
    """Compares a converted column with its bounds.

    A missing value counts as the column's default if the config gives one; else it lies within no bounds.

    Args:
        array: values of the declared type, null where a value is missing or wrong.
        column: declared column.
        low: least value inside; None: no lower bound.
        high: value below which values are inside; None: no upper bound.
    """
    problems: list[Problem] = []
    if column.dtype == "STRING":
        array = pc.if_else(pc.equal(pc.binary_length(array), 0), pa.scalar(None, array.type), array)
    if column.has_default:
        array = pc.fill_null(array, pa.scalar(column.default, array.type))
    missing = array.is_null().to_numpy(zero_copy_only=False)
    inside = ~missing
    for bound, compare in ((low, pc.greater_equal), (high, pc.less)):
        if bound is None:
            continue
        # In the column's own type: a FLOAT of 4.99 equals the bound 4.99.
        inside &= as_mask(compare(array, pa.scalar(bound, array.type)))
        if isinstance(bound, bytes):
            problems += _other_form(array, missing, column, bound)
    return Within(inside, missing, problems)


def _other_form(array: pa.Array, missing: np.ndarray, column: Column, bound: bytes) -> list[Problem]:
    """Finds texts that do not have the form of the bound, digit for digit: their order as text would mean nothing."""
    wrong = ~as_mask(pc.match_substring_regex(array, form_of(bound.decode()))) & ~missing
    if not wrong.any():
        return []
    show = show_cell(array)
    expected = f'a text of the form of "{bound.decode()}", with a digit where it has one'
    return [Problem(OTHER_FORM, wrong, column.name, lambda index: f"expected {expected}, got {show(index)}")]


def form_of(bound: str) -> str:
    r"""Returns the pattern of texts that compare with a bound as text. More may follow, but no further digit.

    Example:
        >>> form_of("11:5")
        '\\A[0-9][0-9]:[0-9](?:[^0-9]|\\z)'
    """
    return "\\A" + "".join("[0-9]" if c in "0123456789" else re.escape(c) for c in bound) + "(?:[^0-9]|\\z)"

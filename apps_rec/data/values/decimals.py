"""Converts cells of CSV files with a decimal comma to cells with a decimal point."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from apps_rec.data.dtypes import DTYPES
from apps_rec.data.schema import Column
from apps_rec.data.values.cast import WRONG_TYPE, Problem, show_cell
from apps_rec.data.values.numbers import as_mask, without


def has_decimals(column: Column) -> bool:
    """Tells whether the cells of a column are numbers, which have a decimal separator."""
    return DTYPES[column.dtype].is_number


def decimal_points(array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
    """Returns the cells with a point in place of the comma.

    A cell with a point is wrong: 1.500 could mean one and a half or fifteen hundred.

    Args:
        array: cells as bytes.
        column: column of numbers.
    """
    if pa.types.is_null(array.type):
        return array, []
    points = as_mask(pc.match_substring(array, "."))
    show = show_cell(array)
    problem = Problem(
        WRONG_TYPE,
        points,
        column.name,
        lambda index: (
            f"expected a number with a decimal comma and without points ({column.dtype}), got {show(index)}"
            '; decimal points are read by predict --decimal-separator . and by decimal_separator: "." in the config'
        ),
    )
    return pc.replace_substring(without(array, points), ",", "."), [problem] if points.any() else []


def as_in_file(problem: Problem, array: pa.Array) -> Problem:
    """Returns the problem of cells with a point, described with the cells of the file where they differ."""
    show = show_cell(array)

    def describe(index: int) -> str:
        told, cell = problem.describe(index), show(index)
        return told if cell in told else f"{told}, which is {cell} in the file"

    return replace(problem, describe=describe)

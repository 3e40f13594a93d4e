"""Checks cells that map keys to values, `a:1|b:2`: each part is a pair, and what is found is a number where it must."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps_rec.data.schema import MapCells
from apps_rec.data.values.cast import Problem
from apps_rec.data.values.tags import lengths_of, numbers_of, split_cells

WRONG_MAP = "wrong map"


def map_problems(columns: Mapping[str, pa.Array], cells: MapCells) -> list[Problem]:
    """Finds the cells of a map that the Preprocessor would refuse.

    Args:
        columns: cells without nulls, by column name.
        cells: columns of the map and of its key, and their separators.
    """
    column = columns[cells.column]
    words = split_cells(column, cells.separator)
    lengths, texts = lengths_of(words), pc.list_flatten(words)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    halves = pc.split_pattern(texts, cells.kv_separator, max_splits=1)
    sizes, flat = lengths_of(halves), pc.list_flatten(halves)
    firsts = np.cumsum(sizes) - sizes
    keys = flat.take(pa.array(firsts))
    values = flat.take(pa.array(firsts + 1, mask=sizes != 2))
    is_wrong = _is_empty(keys) | _is_empty(pc.fill_null(values, ""))
    found = [_problem(cells, column, rows[is_wrong & ~_is_empty(texts)], f"pairs such as key{cells.kv_separator}value")]
    if cells.are_numbers:
        wanted = _texts(columns[cells.key]).take(pa.array(rows))
        is_found = pc.equal(keys, wanted).to_numpy(zero_copy_only=False) & ~is_wrong
        is_number = np.isfinite(numbers_of(pc.if_else(pa.array(is_found), values, None)))
        found.append(_problem(cells, column, rows[is_found & ~is_number], "a number as the value of its key"))
    return [problem for problem in found if problem.mask.any()]


def _problem(cells: MapCells, column: pa.Array, rows: np.ndarray, expected: str) -> Problem:
    mask = np.bincount(rows, minlength=len(column)) > 0
    return Problem(WRONG_MAP, mask, cells.column, _describe(column, f'{expected} for feature "{cells.feature}"'))


def _texts(values: pa.Array) -> pa.Array:
    """Returns keys as text, whole numbers by their digits."""
    return values.cast(pa.large_string())


def _is_empty(texts: pa.Array) -> np.ndarray:
    return pc.equal(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False)


def _describe(cells: pa.Array, expected: str) -> Callable[[int], str]:
    return lambda index: f'expected {expected}, got "{cells[index].as_py().decode("utf-8", "backslashreplace")[:80]}"'

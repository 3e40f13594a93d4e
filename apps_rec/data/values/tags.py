"""Checks the weights of a list's values: 0 or more, finite, and one for each value of a cell or for none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from apps_rec.data.schema import TagWeights
from apps_rec.data.values.cast import Problem
from apps_rec.data.values.kinds import is_list, plain

WRONG_TAG_WEIGHT = "wrong tag weight"
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


def tag_problems(columns: Mapping[str, pa.Array], raw: pa.RecordBatch, tags: TagWeights) -> list[Problem]:
    """Finds the cells of a list whose weights the Preprocessor would refuse.

    Args:
        columns: cells as text without nulls, by column name.
        raw: unchanged columns of the file.
        tags: columns of values and weights, and their separators.
    """
    size = len(columns[tags.column])
    found: list[Problem] = []

    def add(rows: np.ndarray, expected: str) -> None:
        if rows.any():
            name = tags.weight_column or tags.column
            found.append(Problem(WRONG_TAG_WEIGHT, rows, name, _describe(columns[name], f"{expected} {for_feature}")))

    for_feature = f'for feature "{tags.feature}"'
    rows, is_word, texts = _parted(columns, tags, lambda mask: add(mask, f"one for each value of {tags.column}"))
    has_weight = pc.fill_null(pc.greater(pc.binary_length(texts), 0), False).to_numpy(zero_copy_only=False)
    if tags.kv_separator:
        # "a:" has a weight, which is no number.
        has_weight = pc.is_valid(texts).to_numpy(zero_copy_only=False)
    weights = numbers_of(pc.if_else(pa.array(has_weight), texts, None))
    wrong = has_weight & ~(np.isfinite(weights) & (weights >= 0))
    add((_count(rows, wrong, size) > 0) | _has_nan(raw, tags), "finite weights of 0 or more")
    lacking = (_count(rows, is_word & ~has_weight, size) > 0) & (_count(rows, is_word & has_weight, size) > 0)
    add(lacking, "a weight for each value of a cell, or for none,")
    return found


def _parted(
    columns: Mapping[str, pa.Array], tags: TagWeights, unequal: Callable[[np.ndarray], None]
) -> tuple[np.ndarray, np.ndarray, pa.Array]:
    """Splits cells into values. Returns for each its row, whether it is not empty, and its weight's text or null.

    Rows with another number of weights than of values are left out; `unequal` gets a mask of them.
    """
    words = split_cells(columns[tags.column], tags.separator)
    lengths = lengths_of(words)
    if tags.weight_column is None:
        rows, values = np.repeat(np.arange(len(lengths)), lengths), pc.list_flatten(words)
        parts = pc.split_pattern(values, tags.kv_separator, max_splits=1, reverse=True)
        is_pair = lengths_of(parts) == 2
        starts = np.cumsum(lengths_of(parts)) - lengths_of(parts)
        flat = pc.list_flatten(parts)
        texts = flat.take(pa.array(starts + 1, mask=~is_pair))
        if len(tags.kv_separator or "") > 1:  # only the last character is no part of a weight
            holds = pc.fill_null(pc.match_substring(texts, (tags.kv_separator or "")[-1]), False)
            is_pair &= ~holds.to_numpy(zero_copy_only=False)
            texts = pc.if_else(pa.array(is_pair), texts, None)
        names = pc.if_else(pa.array(is_pair), flat.take(pa.array(starts)), values)
        return rows, _not_empty(names), texts
    weights = split_cells(columns[tags.weight_column], tags.separator)
    is_given = _not_empty(columns[tags.weight_column])
    fits = lengths == lengths_of(weights)
    unequal(is_given & ~fits)
    chosen = pa.array(is_given & fits)
    rows = np.repeat(np.nonzero(is_given & fits)[0], lengths[is_given & fits])
    return rows, _not_empty(pc.list_flatten(words.filter(chosen))), pc.list_flatten(weights.filter(chosen))


def split_cells(cells: pa.Array, separator: str) -> pa.Array:
    """Splits cells into lists of texts."""
    return pc.split_pattern(cells.cast(pa.large_string()), separator)


def lengths_of(lists: pa.Array) -> np.ndarray:
    """Returns the number of values of each list."""
    return pc.list_value_length(lists).to_numpy(zero_copy_only=False)


def _not_empty(texts: pa.Array) -> np.ndarray:
    return pc.greater(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False)


def _count(rows: np.ndarray, mask: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(rows[mask], minlength=size)


def numbers_of(texts: pa.Array) -> np.ndarray:
    """Converts texts to float64, NaN for a text that is no number and for null."""
    texts = pc.utf8_trim_whitespace(texts)
    try:
        return pc.fill_null(texts.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        # A sign in front, or no number: each text once.
        codes = texts.dictionary_encode()
    numbers = [float(text) if _NUMBER.fullmatch(text) else np.nan for text in codes.dictionary.to_pylist()]
    return np.array([*numbers, np.nan])[pc.fill_null(codes.indices, len(numbers)).to_numpy(zero_copy_only=False)]


def _has_nan(raw: pa.RecordBatch, tags: TagWeights) -> np.ndarray:
    """Marks rows whose weights are a list with NaN, which counts as missing elsewhere."""
    mask = np.zeros(raw.num_rows, bool)
    lists = plain(raw.column(tags.weight_column)) if tags.weight_column else None
    if lists is None or not is_list(lists.type):
        return mask
    values = plain(pc.list_flatten(lists))
    if pt.is_floating(values.type):
        lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
        is_nan = pc.fill_null(pc.is_nan(values), False).to_numpy(zero_copy_only=False)
        mask[np.repeat(np.arange(len(lists)), lengths)[is_nan]] = True
    return mask


def _describe(cells: pa.Array, expected: str) -> Callable[[int], str]:
    return lambda index: f'expected {expected}, got "{cells[index].as_py().decode("utf-8", "backslashreplace")[:80]}"'

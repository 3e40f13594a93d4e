"""Checks labels and sample weights."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from apps_rec.data.schema import LabelRule
from apps_rec.data.values.cast import Problem
from apps_rec.data.values.kinds import plain

EMPTY_LABEL = "empty label"
WRONG_LABEL = "label not 0 or 1"
WRONG_NUMBER = "wrong label"
NO_CLICK = "conversion without a click"
WRONG_WEIGHT = "wrong sample weight"


def _shown(array: pa.Array, index: int) -> str:
    value = array[index].as_py()
    return "nothing" if value in (None, b"", "", []) else value.decode() if isinstance(value, bytes) else str(value)


def _already(problems: Sequence[Problem], name: str, size: int) -> np.ndarray:
    """Marks the rows of a column that another problem names already."""
    mask = np.zeros(size, bool)
    for problem in problems:
        if problem.column == name:
            mask |= problem.mask
    return mask


def checked_labels(
    labels: Mapping[str, pa.Array],
    raw: pa.RecordBatch,
    rules: Mapping[str, LabelRule],
    steps: Sequence[str],
    known: Sequence[Problem],
) -> tuple[dict[str, pa.Array], list[Problem]]:
    """Settles labels to what a batch has, such as 0, 1 or NOT_OBSERVED, and finds those that are missing or wrong.

    Args:
        labels: labels as numbers by name, null where one is missing or was not readable.
        raw: unchanged columns of the file.
        rules: rules of labels that may be something else than 0 or 1, in the order in which they are settled.
        steps: labels from the first step to the last, as in the schema.
        known: problems of the rows so far; a cell that one of them names is not named again.
    """
    step_before = {later: step for step, later in pairwise(steps)}
    settled: dict[str, np.ndarray] = {}
    problems: list[Problem] = []
    for name in (*(name for name in labels if name not in rules), *rules):
        values = labels[name].to_numpy(zero_copy_only=False)
        empty = np.isnan(values) & ~_already(known, name, len(values))
        rule = rules.get(name, LabelRule())
        wrong = ~np.isnan(values) & ~_fits(values, rule)
        if name in rules:
            unobserved, outside = _without_label(values, empty, rule, settled)
            values = np.where(unobserved, np.float32(rule.unobserved), np.where(outside, np.float32(0), values))
            empty, wrong = (mask & ~unobserved & ~outside for mask in (empty, wrong))
        settled[name] = values
        problems += _label_problems(empty, wrong, raw.column(name), name, rule, settled, step_before.get(name))
    return {name: _without_gaps(settled[name]) for name in labels}, problems


def _fits(values: np.ndarray, rule: LabelRule) -> np.ndarray:
    """Tells which labels are what their rule allows."""
    fits = (values >= rule.least) & (values <= rule.most)
    return fits & (values == np.floor(values)) if rule.is_whole else fits


def _without_gaps(values: np.ndarray) -> pa.Array:
    """Converts labels to Arrow, with 0 in place of NaN."""
    return pa.array(np.where(np.isnan(values), np.float32(0), values))


def _without_label(
    values: np.ndarray, empty: np.ndarray, rule: LabelRule, settled: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Marks rows whose label was not observed, and rows without a label outside of its spaces."""
    unobserved = np.zeros(len(values), bool)
    for value in rule.not_observed:
        unobserved |= empty if value is None else values == np.float32(value)
    outside = (empty | (values == -1)) & ~unobserved & bool(rule.spaces)
    for space in rule.spaces:
        outside &= settled[space] != 1
    return unobserved, outside


def _label_problems(
    empty: np.ndarray,
    wrong: np.ndarray,
    raw: pa.Array,
    name: str,
    rule: LabelRule,
    settled: Mapping[str, np.ndarray],
    before: str | None,
) -> list[Problem]:
    raw = plain(raw)

    def describe(index: int) -> str:
        text = f"expected {rule.expected}, got {_shown(raw, index)}"
        # Only now are all labels settled.
        if before is not None and empty[index] and settled[before][index] == 0:
            text += f'; where "{before}" is 0, write 0: without "{before}" there is no "{name}"'
        return text

    masks = ((EMPTY_LABEL, empty), (WRONG_LABEL if rule.most == 1 and rule.is_whole else WRONG_NUMBER, wrong))
    return [Problem(reason, mask, name, describe) for reason, mask in masks if mask.any()]


def weight_problems(array: pa.Array, raw: pa.Array, name: str, known: Sequence[Problem]) -> list[Problem]:
    """Finds sample weights that are missing, negative or NaN.

    Args:
        array: weights as numbers, null where one is missing or was not readable.
        raw: unchanged column of the file.
        name: name of the column.
        known: problems of the rows so far; a cell that one of them names is not named again.
    """
    values = array.to_numpy(zero_copy_only=False)
    wrong = (np.isnan(values) | (values < 0)) & ~_already(known, name, len(values))
    raw = plain(raw)
    if not wrong.any():
        return []
    return [Problem(WRONG_WEIGHT, wrong, name, lambda i: f"expected a sample weight >= 0, got {_shown(raw, i)}")]


def step_problems(columns: dict[str, pa.Array], steps: Sequence[str]) -> list[Problem]:
    """Finds rows with a later step but without the step before it. A step that was not observed proves nothing."""
    found = []
    for click, conversion in pairwise(steps):
        first, second = (columns[name].to_numpy(zero_copy_only=False) for name in (click, conversion))
        mask = (second == 1) & (first == 0)
        if mask.any():
            found.append(Problem(NO_CLICK, mask, conversion, _no_click(click)))
    return found


def _no_click(click: str) -> Callable[[int], str]:
    return lambda index: f'expected 0 where "{click}" is 0 (the step before it), got 1'

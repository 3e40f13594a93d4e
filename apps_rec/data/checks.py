"""What labels and sample weights must hold."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from apps_rec.data.cells import Problem, plain

EMPTY_LABEL = "empty label"
WRONG_LABEL = "label not 0 or 1"
NO_CLICK = "conversion without a click"
WRONG_WEIGHT = "wrong sample weight"


def _shown(array: pa.Array, index: int) -> str:
    value = array[index].as_py()
    return "nothing" if value in (None, b"", "", []) else value.decode() if isinstance(value, bytes) else str(value)


def _already(problems: Sequence[Problem], name: str, size: int) -> np.ndarray:
    """Rows of a column that another problem names already."""
    mask = np.zeros(size, bool)
    for problem in problems:
        if problem.column == name:
            mask |= problem.mask
    return mask


def label_problems(array: pa.Array, raw: pa.Array, name: str, known: Sequence[Problem]) -> list[Problem]:
    """Labels that are missing or neither 0 nor 1.

    Args:
        array: the label as numbers, null where it is missing or was not readable.
        raw: as it stands in the file.
        name: of the column.
        known: problems of the rows so far; a cell that one of them names is not named again.
    """
    values = array.to_numpy(zero_copy_only=False)
    empty = np.isnan(values) & ~_already(known, name, len(values))
    wrong = ~np.isnan(values) & (values != 0) & (values != 1)
    raw = plain(raw)
    found = []
    if empty.any():
        found.append(Problem(EMPTY_LABEL, empty, name, lambda i: f"expected the label 0 or 1, got {_shown(raw, i)}"))
    if wrong.any():
        found.append(Problem(WRONG_LABEL, wrong, name, lambda i: f"expected the label 0 or 1, got {_shown(raw, i)}"))
    return found


def weight_problems(array: pa.Array, raw: pa.Array, name: str, known: Sequence[Problem]) -> list[Problem]:
    """Sample weights that are missing, negative or NaN; arguments as in `label_problems`."""
    values = array.to_numpy(zero_copy_only=False)
    wrong = (np.isnan(values) | (values < 0)) & ~_already(known, name, len(values))
    raw = plain(raw)
    if not wrong.any():
        return []
    return [Problem(WRONG_WEIGHT, wrong, name, lambda i: f"expected a sample weight >= 0, got {_shown(raw, i)}")]


def funnel_problems(columns: dict[str, pa.Array], funnel: Sequence[str]) -> list[Problem]:
    """Rows with a later step of the funnel and without the step before it."""
    found = []
    for click, conversion in pairwise(funnel):
        first, second = (columns[name].to_numpy(zero_copy_only=False) for name in (click, conversion))
        mask = (second == 1) & (first != 1)
        if mask.any():
            found.append(Problem(NO_CLICK, mask, conversion, _no_click(click)))
    return found


def _no_click(click: str) -> Callable[[int], str]:
    return lambda index: f'expected 0 where "{click}" is 0 (the head is a funnel), got 1'

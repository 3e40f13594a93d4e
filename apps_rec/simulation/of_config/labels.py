"""Labels drawn from hidden numbers, in the order in which one depends on another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from apps_rec.data.schema import Column, LabelRule, LabelVector, Schema
from apps_rec.simulation.of_config.pools import number_text

# Share of positives among the rows that could be positive.
_RATE, _LATER_RATE = 0.3, 0.5
# Share of rows whose label was not observed, where the config has a value for that.
_UNOBSERVED = 0.05
_LARGEST_NUMBER = 1e17


@dataclass(frozen=True)
class Labels:
    """The labels of all rows.

    Attributes:
        cells: texts by label; None where the cell is empty.
        values: numbers by label; NaN where it was not observed.
        scores: numbers by label that rank the rows as the truth does.
    """

    cells: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    scores: dict[str, np.ndarray]


def draw_labels(
    schema: Schema, names: Sequence[str], hidden: Mapping[str, np.ndarray], rng: np.random.Generator
) -> Labels:
    """Draws the labels.

    Args:
        schema: what training reads, with the rules of its labels.
        names: all labels; those that no tower learns are 0 or 1.
        hidden: hidden number of each label and row.
        rng: random numbers.
    """
    made = Labels({}, {}, {})
    before = {later: step for step, later in pairwise(schema.label_steps)}
    waiting = list(names)
    while waiting:
        name = next((name for name in waiting if not set(_needs(name, before, schema)) & set(waiting)), waiting[0])
        waiting.remove(name)
        rule, column = schema.label_rules.get(name, LabelRule()), schema.column(name) or Column(name, "INT64")
        logits = hidden[name]
        parents = [need for need in _needs(name, before, schema) if need in made.values]
        values, score = _values(rule, column.dtype, logits, _LATER_RATE if parents else _RATE, rng)
        for parent in parents:
            # A label of 0 or 1 is 1 only where its parent is.
            if rule.most == 1 and rule.is_whole:
                values = values * (made.values[parent] == 1)
                score = score * made.scores[parent]
        made.scores[name] = score
        cells = np.array([number_text(value) for value in values], object)
        if rule.not_observed:
            gone = rng.random(len(values)) < _UNOBSERVED
            word = rule.not_observed[0]
            cells[gone] = None if word is None else number_text(word)
            values = np.where(gone, np.nan, values)
        made.values[name] = values
        made.cells[name] = cells
    return made


def _needs(name: str, before: Mapping[str, str], schema: Schema) -> list[str]:
    """Returns the labels that a label depends on: the step before it, and its spaces."""
    rule = schema.label_rules.get(name, LabelRule())
    return [*([before[name]] if name in before else []), *(space for space in rule.spaces if space != name)]


def _values(
    rule: LabelRule, dtype: str, logits: np.ndarray, rate: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Returns a label's values, and what ranks the rows as their expected value does."""
    is_whole = rule.is_whole or dtype in ("INT32", "INT64", "BOOL")
    if rule.most == 1 and (is_whole or dtype == "BOOL"):
        chances = _chances(logits, rate)
        return (rng.random(len(logits)) < chances).astype(float), chances
    noise = rng.logistic(size=len(logits))
    if rule.is_whole:
        # Classes from low to high, equally frequent.
        classes = int(rule.most) + 1
        ranks = np.argsort(np.argsort(logits + noise))
        return np.floor(ranks * classes / max(len(logits), 1)), logits
    if rule.most == 1:
        return np.round(1 / (1 + np.exp(-(logits + 0.5 * noise))), 4), logits
    if rule.least == 0:
        chances = _chances(logits, rate)
        amounts = np.exp(0.4 * logits + 0.3 * noise)
        values = np.where(rng.random(len(logits)) < chances, amounts, 0.0)
    else:
        values = logits + 0.5 * noise
    values = np.round(3 * values) if is_whole else np.round(values, 4)
    return np.clip(values, rule.least, min(rule.most, _LARGEST_NUMBER)), logits


def _chances(logits: np.ndarray, rate: float) -> np.ndarray:
    """Returns probabilities with a mean of `rate`, by a constant that is added to the logits."""
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _sigmoid(logits + middle).mean() < rate else (low, middle)
    return _sigmoid(logits + low)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(logits / 2))


def vector_cells(vector: LabelVector, hidden: np.ndarray) -> np.ndarray:
    """Returns cells of a soft label of several classes: the larger the hidden number of a row, the later its class.

    Args:
        vector: what the cells hold.
        hidden: hidden number of each row, `(rows,)`.
    """
    numbers = np.linspace(-1.0, 1.0, vector.size) * hidden[:, np.newaxis]
    if vector.is_share:
        powers = np.exp(numbers - numbers.max(axis=1, keepdims=True))
        numbers = powers / powers.sum(axis=1, keepdims=True)
    return np.array([vector.separator.join(f"{number:.4f}" for number in row) for row in numbers], object)

"""Computes the ranking score by a formula of numpy, to compare the live model and an export with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from apps_rec.models.score import LARGEST, LEAST_EXPONENT, MOST_EXPONENT, MOST_IN_A_TERM, SMALLEST
from apps_rec.serving.schema import ServingSchema


def plain_score(
    outputs: Mapping[str, np.ndarray],
    rows: Mapping[str, Sequence[Any] | np.ndarray],
    schema: ServingSchema,
    weights: Sequence[float],
) -> np.ndarray:
    """Returns the score of rows, float64 `[N]`, within the range of float32.

    Args:
        outputs: probabilities by name, `[N]` each.
        rows: columns by name; the score's value is among them if the schema has one.
        schema: schema of the export.
        weights: weights of the score's terms, in their order.
    """
    pairs = [
        (weight, outputs[output].astype(np.float64)) for weight, (output, _) in zip(weights, schema.terms, strict=True)
    ]
    if schema.formula == "weighted_sum":
        score = np.sum([weight * p for weight, p in pairs], axis=0)
    else:
        logs = [weight * np.log(np.maximum(p, SMALLEST)) for weight, p in pairs]
        total = np.sum(np.clip(logs, -MOST_IN_A_TERM, MOST_IN_A_TERM), axis=0)
        score = np.exp(np.clip(total, LEAST_EXPONENT, MOST_EXPONENT))
    score = np.clip(score, -LARGEST, LARGEST)
    if schema.value_field is None:
        return score
    default = next(column.default for column in schema.columns if column.name == schema.value_field)
    values = np.array(rows[schema.value_field], np.float64)
    values = np.clip(np.where(np.isfinite(values), values, default), -LARGEST, LARGEST)
    return np.clip(score * values, -LARGEST, LARGEST)

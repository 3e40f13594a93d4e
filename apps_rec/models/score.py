"""The ranking score: one number for each row, from its probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tensorflow as tf

from apps_rec.models.specs import ScoreTerm

WEIGHTED_SUM, PRODUCT_OF_POWERS = "weighted_sum", "product_of_powers"
FORMULAS = (WEIGHTED_SUM, PRODUCT_OF_POWERS)
# Limits of float32. A probability or an exponent beyond them is clipped, so that no product is 0 x infinity.
SMALLEST, LARGEST = 1e-37, 3e38
LEAST_EXPONENT, MOST_EXPONENT = -85.0, 88.0
MOST_IN_A_TERM = 1e30


def ranking_score(
    outputs: Mapping[str, tf.Tensor],
    terms: Sequence[ScoreTerm],
    formula: str = WEIGHTED_SUM,
    weights: tf.Tensor | None = None,
) -> tf.Tensor:
    """Computes `sum w p` or `product p ^ w` over the terms, `(batch,)`, finite for finite weights.

    The product is computed in log space, `exp(sum w log p)`, with the sum clipped to [-85, 88].

    Args:
        outputs: outputs of the model by name, probabilities among them.
        terms: the outputs that count, and their weights.
        formula: one of `FORMULAS`.
        weights: finite floats `(terms,)` in place of the terms' own.
    """
    if weights is None:
        values: Sequence[tf.Tensor | float] = [term.weight for term in terms]
    else:
        values = tf.unstack(weights, num=len(terms))
    if formula == WEIGHTED_SUM:
        total = tf.add_n([value * outputs[term.output] for value, term in zip(values, terms, strict=True)])
        return total if weights is None else bounded(total)
    logs = [
        tf.clip_by_value(
            value * tf.math.log(tf.maximum(outputs[term.output], SMALLEST)), -MOST_IN_A_TERM, MOST_IN_A_TERM
        )
        for value, term in zip(values, terms, strict=True)
    ]
    return tf.exp(tf.clip_by_value(tf.add_n(logs), LEAST_EXPONENT, MOST_EXPONENT))


def bounded(score: tf.Tensor) -> tf.Tensor:
    """Clips the score to [-3e38, 3e38], so that it is finite."""
    return tf.clip_by_value(score, -LARGEST, LARGEST)

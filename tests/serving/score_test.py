"""The formula of numpy gives what the graph gives, at the ends of float32 too."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.data import Column
from apps_rec.models.score import bounded, ranking_score
from apps_rec.models.specs import ScoreTerm
from apps_rec.serving.schema import ServingSchema
from apps_rec.serving.score import plain_score

OUTPUTS = {"probs_ctr": np.float32([0, 1e-30, 0.25, 1, 0.5]), "probs_ctcvr": np.float32([1, 0.5, 0, 1e-38, 0.75])}


def schema(formula, value_field):
    columns = (Column("app", "INT64", 0), Column("bid", "FLOAT", 2.5))
    sides = dict.fromkeys(["app", "bid"], "item")
    terms = (("probs_ctr", 1.0), ("probs_ctcvr", 1.0))
    return ServingSchema(columns, sides, (), frozenset(), terms, formula, value_field, ("score",))


@pytest.mark.parametrize("formula", ["weighted_sum", "product_of_powers"])
@pytest.mark.parametrize("value_field", [None, "bid"])
@pytest.mark.parametrize("weights", [[0.95, 0.05], [-1, 2], [3e38, 3e38], [3.4e38, -3.4e38], [0, 0]])
def test_it_is_the_score_of_the_graph(formula, value_field, weights):
    bids = np.float32([1, np.nan, np.inf, -3.4e38, 0])
    expected = ranking_score(
        {name: tf.constant(values) for name, values in OUTPUTS.items()},
        [ScoreTerm(name) for name in OUTPUTS],
        formula,
        tf.constant(weights, tf.float32),
    )
    if value_field:
        expected = bounded(expected * bounded(tf.constant([1, 2.5, 2.5, -3.4e38, 0], tf.float32)))
    weights = np.float32(weights).tolist()
    got = plain_score(OUTPUTS, {"bid": bids}, schema(formula, value_field), weights).astype(np.float32)
    assert np.isfinite(got).all()
    np.testing.assert_allclose(got, expected.numpy(), rtol=1e-5, atol=1e-30)

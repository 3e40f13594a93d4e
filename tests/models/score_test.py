import numpy as np
import pytest
import tensorflow as tf

from apps_rec.models.score import ranking_score
from apps_rec.models.specs import ScoreTerm

TERMS = (ScoreTerm("probs_ctr", 2.0), ScoreTerm("probs_ctcvr", 0.5))
OUTPUTS = {"probs_ctr": np.float32([0.5, 0.1]), "probs_ctcvr": np.float32([0.25, 0.01])}


def test_a_weighted_sum():
    np.testing.assert_allclose(ranking_score(OUTPUTS, TERMS), [2 * 0.5 + 0.5 * 0.25, 2 * 0.1 + 0.5 * 0.01], rtol=1e-6)
    weights = tf.constant([0.0, 4.0])
    np.testing.assert_allclose(ranking_score(OUTPUTS, TERMS, weights=weights), [1.0, 0.04], rtol=1e-6)


def test_a_product_of_powers():
    expected = [0.5**2 * 0.25**0.5, 0.1**2 * 0.01**0.5]
    np.testing.assert_allclose(ranking_score(OUTPUTS, TERMS, "product_of_powers"), expected, rtol=1e-5)
    got = ranking_score(OUTPUTS, TERMS, "product_of_powers", tf.constant([1.0, -1.0]))
    np.testing.assert_allclose(got, [2.0, 10.0], rtol=1e-5)


@pytest.mark.parametrize("formula", ["weighted_sum", "product_of_powers"])
@pytest.mark.parametrize("weights", [[3e38, 3e38], [3e38, -3e38], [-3e38, -3e38], [0.0, 0.0], [1e30, 1e-30]])
def test_any_finite_weights_give_a_finite_score(formula, weights):
    outputs = {"probs_ctr": tf.constant([0.0, 1.0, 1e-45, 0.5]), "probs_ctcvr": tf.constant([0.0, 1.0, 1e-38, 0.0])}
    score = ranking_score(outputs, TERMS, formula, tf.constant(weights))
    assert np.all(np.isfinite(score))


def test_another_number_of_weights_is_an_error():
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        ranking_score(OUTPUTS, TERMS, weights=tf.ones([3]))

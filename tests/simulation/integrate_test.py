import numpy as np
import pytest

from apps_rec.simulation.integrate import mean_probability, mean_product, sigmoid

LOGITS = np.linspace(-9.0, 4.0, 40)


def by_trapezoid(function, points=20_001, width=12.0):
    """Mean of a function of a standard normal by a fine sum, sharing nothing with the quadrature under test."""
    x = np.linspace(-width, width, points)
    density = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)
    return np.sum(function(x) * density) * (x[1] - x[0])


def test_sigmoid_at_both_ends():
    np.testing.assert_allclose(sigmoid(np.array([-800.0, 0.0, 800.0])), [0.0, 0.5, 1.0])


def test_mean_of_a_symmetric_logit_is_one_half():
    np.testing.assert_allclose(mean_probability(np.zeros(3), np.array([0.0, 1.0, 3.0])), 0.5)


def test_without_spread_it_is_the_sigmoid():
    np.testing.assert_allclose(mean_probability(LOGITS, np.zeros_like(LOGITS)), sigmoid(LOGITS), rtol=1e-12)


@pytest.mark.parametrize("stddev", [0.5, 1.3, 2.3])
def test_mean_probability_equals_a_fine_sum(stddev):
    expected = [by_trapezoid(lambda x, a=a: sigmoid(a + stddev * x)) for a in LOGITS]
    np.testing.assert_allclose(mean_probability(LOGITS, np.full_like(LOGITS, stddev)), expected, rtol=1e-5, atol=1e-5)


def test_mean_product_of_independent_parts_is_the_product_of_means():
    wide, narrow = np.full_like(LOGITS, 1.3), np.full_like(LOGITS, 0.7)
    reversed_logits = LOGITS[::-1].copy()
    product = mean_product(LOGITS, reversed_logits, wide, narrow, np.zeros_like(LOGITS))
    apart = mean_probability(LOGITS, wide) * mean_probability(reversed_logits, narrow)
    np.testing.assert_allclose(product, apart, rtol=2e-5)


@pytest.mark.parametrize("correlation", [-0.7, 0.4, 1.0])
def test_mean_product_equals_drawn_pairs(correlation):
    rng = np.random.default_rng(3)
    x = rng.normal(size=1_000_000)
    y = correlation * x + np.sqrt(1 - correlation**2) * rng.normal(size=len(x))
    drawn = sigmoid(-2.0 + 1.3 * x) * sigmoid(-0.5 + 0.8 * y)
    one = np.ones(1)
    mean = mean_product(-2.0 * one, -0.5 * one, 1.3 * one, 0.8 * one, correlation * one)[0]
    assert mean == pytest.approx(drawn.mean(), abs=4 * drawn.std() / 1000)


def test_a_share_of_shifted_clicks_is_the_mean_of_both():
    wide, narrow, together = np.full_like(LOGITS, 1.3), np.full_like(LOGITS, 0.7), np.full_like(LOGITS, 0.4)
    usual, shifted = (mean_product(LOGITS + shift, -LOGITS, wide, narrow, together) for shift in (0.0, 2.0))
    both = mean_product(LOGITS, -LOGITS, wide, narrow, together, shift=2.0, share=0.1)
    np.testing.assert_allclose(both, 0.9 * usual + 0.1 * shifted, rtol=1e-12)

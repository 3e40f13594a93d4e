import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from apps_rec.losses import log_expected_value


@pytest.fixture
def amounts(drawn):
    labels, logits, weights, _ = drawn(3)
    return np.where(labels > 0, np.exp(np.random.default_rng(5).normal(2, 2, len(labels))), 0.0), logits, weights


def test_against_scipy(amounts, loss_of):
    labels, logits, weights = amounts
    options = {"classification_weight": 0.5, "regression_weight": 2.0, "mu_regularization": 0.1}
    got = loss_of("ZILN_LOSS", labels, logits, weights, **options)
    probs = 1 / (1 + np.exp(-logits[:, 0]))
    entropy = -np.log(np.where(labels > 0, probs, 1 - probs))
    of_all = 0.5 * entropy + 0.1 * logits[:, 1] ** 2 + 0.01 * logits[:, 2] ** 2
    sigma = np.clip(np.log1p(np.exp(logits[:, 2])), 1e-7**0.5, 5)
    positive = labels > 0
    density = stats.lognorm.logpdf(labels[positive], s=sigma[positive], scale=np.exp(logits[positive, 1]))
    expected = np.average(of_all, weights=weights) - 2 * np.average(density, weights=weights[positive])
    assert float(got) == pytest.approx(expected, rel=1e-9)


def test_the_expected_value_is_that_of_the_distribution(amounts):
    _, logits, _ = amounts
    got = np.exp(log_expected_value(tf.constant(logits), max_log=80.0).numpy())
    sigma = np.clip(np.log1p(np.exp(logits[:, 2])), 1e-7**0.5, 5)
    means = stats.lognorm.mean(s=sigma, scale=np.exp(logits[:, 1])) / (1 + np.exp(-logits[:, 0]))
    np.testing.assert_allclose(got, means, rtol=1e-9)


def test_the_expected_value_is_clipped():
    logits = tf.constant([[0.0, 1e4, 0.0], [0.0, -1e4, 0.0]])
    assert log_expected_value(logits, max_log=20.0).numpy().tolist() == [20.0, -80.0]

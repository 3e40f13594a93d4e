"""A loss as the number that is trained, of any table row: the mean of its terms."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.losses import LOSSES, Rows


def mean_of(terms) -> tf.Tensor:
    """Add up the weighted means, as a model does."""
    return tf.add_n([tf.math.divide_no_nan(tf.reduce_sum(v * w), tf.reduce_sum(w)) for v, w in terms])


@pytest.fixture(scope="session")
def loss_of() -> Callable[..., tf.Tensor]:
    """Return what computes a loss in float64."""

    def compute(name, labels, logits, weights=None, sessions=None, **options):
        labels, logits = tf.constant(labels, tf.float64), tf.convert_to_tensor(logits, tf.float64)
        weights = tf.ones_like(labels) if weights is None else tf.constant(weights, tf.float64)
        sessions = None if sessions is None else tf.constant(sessions, tf.int64)
        return mean_of(LOSSES[name].terms(labels, logits, Rows(weights, sessions), options))

    return compute


@pytest.fixture
def drawn() -> Callable[..., tuple]:
    """Return what draws labels, logits, weights (some 0) and sessions of 24 rows."""

    def draw(logits=1, seed=3, high=2):
        random = np.random.default_rng(seed)
        rows = 24
        shape = (rows,) if logits == 1 else (rows, logits)
        return (
            random.integers(0, high, rows).astype(float),
            random.normal(scale=2, size=shape),
            random.integers(0, 4, rows).astype(float),
            random.integers(0, 5, rows),
        )

    return draw

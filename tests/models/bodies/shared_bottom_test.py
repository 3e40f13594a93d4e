"""The shared bottom of normalised groups, against batch norm worked out by numpy."""

import numpy as np
import tensorflow as tf

from apps_rec.models.bodies import SharedBottom
from apps_rec.models.specs import DnnSpec, Group

GROUPS = (Group("user", ("a",), DnnSpec((3,), "tanh")), Group("item", ("b",)))


def normalized(x: np.ndarray) -> np.ndarray:
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-3)


def test_each_group_is_normalized_before_its_network():
    user, item = np.random.default_rng(3).normal(2, 3, (2, 16, 4)).astype(np.float32)
    body = SharedBottom(GROUPS, num_tasks=2, normalize_groups=True)
    first, second = body([tf.constant(user), tf.constant(item)], training=True)
    kernel, bias = (v.numpy() for v in body.trainable_variables if "dense" in v.name)
    expected = np.concatenate([np.tanh(normalized(user) @ kernel + bias), normalized(item)], axis=1)
    assert first is second
    np.testing.assert_allclose(first, expected, rtol=1e-4, atol=1e-5)


def test_moving_averages_are_used_where_nothing_is_learned():
    body = SharedBottom(GROUPS[1:], num_tasks=1, normalize_groups=True)
    x = np.array([[2.0, -4.0]], np.float32)
    (before,) = body([tf.constant(x)])
    # The variance begins at 0, as embeddings begin small.
    np.testing.assert_allclose(before, x / np.sqrt(1e-3), rtol=1e-6)
    body([tf.constant(x)], training=True)
    # Of one row the mean is the row and the variance 0; averages move by a hundredth.
    (after,) = body([tf.constant(x)])
    np.testing.assert_allclose(after, x * 0.99 / np.sqrt(1e-3), rtol=1e-5)


def test_a_group_of_sequences_alone_is_not_normalized():
    groups = [Group("user", ("a",)), Group("din", ("sequence_features/din",), is_of_sequences=True)]
    body = SharedBottom(groups, num_tasks=1, normalize_groups=True)
    user, din = np.random.default_rng(3).normal(2, 3, (2, 16, 4)).astype(np.float32)
    (joined,) = body([tf.constant(user), tf.constant(din)], training=True)
    np.testing.assert_allclose(joined, np.concatenate([normalized(user), din], axis=1), rtol=1e-4, atol=1e-5)

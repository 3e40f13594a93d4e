import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import DotInteraction

VECTORS = np.random.default_rng(0).normal(size=[5, 4, 3]).astype(np.float32)


@pytest.mark.parametrize("itself", [False, True])
def test_products_by_a_loop(itself, check_layer):
    check_layer(lambda: DotInteraction(itself, name="dot"), VECTORS, has_weights=False)
    got = DotInteraction(itself)(tf.constant(VECTORS)).numpy()
    for row, vectors in zip(got, VECTORS.astype(np.float64), strict=True):
        pairs = [vectors[i] @ vectors[j] for i in range(4) for j in range(4) if i < j or (itself and i == j)]
        np.testing.assert_allclose(row, pairs, rtol=1e-4, atol=1e-5)


def test_one_vector_has_no_pairs():
    assert DotInteraction()(tf.ones([2, 1, 3])).shape == [2, 0]


def test_wrong_rank():
    with pytest.raises(ValueError, match="vectors"):
        DotInteraction()(tf.ones([2, 3]))

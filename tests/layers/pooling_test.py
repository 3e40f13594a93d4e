import math

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import COMBINERS, masked_pool

RNG = np.random.default_rng(0)
EMBEDDINGS = RNG.normal(size=[4, 3, 2]).astype(np.float32)
WEIGHTS = np.array([[1, 1, 1], [2, 0.5, 0], [0, 3, 0], [0, 0, 0]], np.float32)


@pytest.mark.parametrize(("combiner", "divisor"), [("sum", 1.0), ("mean", 3.0), ("sqrtn", math.sqrt(5.0))])
def test_value_by_hand(combiner, divisor):
    embeddings = tf.constant([[[1.0, 0.0], [4.0, 2.0], [99.0, 99.0]]])
    got = masked_pool(embeddings, tf.constant([[2.0, 1.0, 0.0]]), combiner)
    np.testing.assert_allclose(got, [[6 / divisor, 2 / divisor]], rtol=1e-6)


@pytest.mark.parametrize("combiner", COMBINERS)
def test_equals_embedding_lookup_sparse(combiner):
    where = np.argwhere(WEIGHTS > 0)
    ids = tf.sparse.SparseTensor(where, [row * 3 + column for row, column in where], [4, 3])
    weights = tf.sparse.SparseTensor(where, WEIGHTS[WEIGHTS > 0], [4, 3])
    table = tf.constant(EMBEDDINGS.reshape(12, 2))
    expected = tf.nn.embedding_lookup_sparse(table, ids, weights, combiner=combiner)  # drops trailing empty rows
    got = masked_pool(tf.constant(EMBEDDINGS), tf.constant(WEIGHTS), combiner).numpy()
    np.testing.assert_allclose(got[:3], expected[:3], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(got[3], 0.0)


@pytest.mark.parametrize("combiner", COMBINERS)
def test_gradients_are_finite_and_none_reaches_padding(combiner):
    embeddings, weights = tf.constant(EMBEDDINGS), tf.constant(WEIGHTS)
    with tf.GradientTape() as tape:
        tape.watch([embeddings, weights])
        total = tf.reduce_sum(masked_pool(embeddings, weights, combiner))
    to_embeddings, to_weights = tape.gradient(total, [embeddings, weights])
    assert np.isfinite(to_embeddings).all()
    assert np.isfinite(to_weights).all()
    assert np.all(to_embeddings.numpy()[WEIGHTS == 0] == 0)
    assert np.all(to_embeddings.numpy()[WEIGHTS > 0] != 0)


@pytest.mark.parametrize("combiner", COMBINERS)
def test_batch_of_one_and_unknown_batch(combiner):
    full = masked_pool(tf.constant(EMBEDDINGS), tf.constant(WEIGHTS), combiner).numpy()
    spec = [tf.TensorSpec([None, 3, 2]), tf.TensorSpec([None, 3])]
    traced = tf.function(lambda e, w: masked_pool(e, w, combiner), input_signature=spec).get_concrete_function()
    assert traced.output_shapes.as_list() == [None, 2]
    for rows in (slice(0, 1), slice(3, 4), slice(0, 4)):
        got = traced(tf.constant(EMBEDDINGS[rows]), tf.constant(WEIGHTS[rows]))
        np.testing.assert_allclose(got, full[rows], rtol=1e-6)


def test_bad_arguments():
    with pytest.raises(ValueError, match="masked_pool: combiner must be one of sum, mean, sqrtn; got 'avg'"):
        masked_pool(EMBEDDINGS, WEIGHTS, "avg")
    with pytest.raises(ValueError, match=r"masked_pool: weights must have shape \(batch, length\), got \(4, 3, 2\)"):
        masked_pool(tf.constant(EMBEDDINGS), tf.constant(EMBEDDINGS))

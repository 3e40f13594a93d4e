import itertools

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import Fm

RNG = np.random.default_rng(0)
EMBEDDINGS = RNG.normal(size=[5, 4, 3]).astype(np.float32)
LINEAR = RNG.normal(size=[5, 6]).astype(np.float32)


@pytest.mark.parametrize("output", ["logit", "joined"])
def test_standard_checks(check_layer, output):
    check_layer(lambda: Fm(output, name="fm"), (EMBEDDINGS, LINEAR), has_weights=False)


def test_logit_is_the_sum_over_all_pairs():
    got = Fm(name="fm")((EMBEDDINGS, LINEAR)).numpy()
    for b in range(5):
        pairs = sum(EMBEDDINGS[b, i] @ EMBEDDINGS[b, j] for i, j in itertools.combinations(range(4), 2))
        assert got[b, 0] == pytest.approx(LINEAR[b].sum() + pairs, rel=1e-5, abs=1e-5)


def test_joined_by_hand():
    embeddings = tf.constant([[[1.0, 2.0], [3.0, -1.0], [2.0, 0.5]]])
    # First: 1*3 + 1*2 + 3*2 = 11; second: -2 + 1 - .5 = -1.5.
    got = Fm("joined", name="fm")((embeddings, tf.constant([[0.25, 0.5]])))
    np.testing.assert_allclose(got, [[0.75, 11.0, -1.5]], rtol=1e-6)


WIDE = RNG.normal(size=[5, 6, 2]).astype(np.float32)


def test_standard_checks_of_several_logits(check_layer):
    check_layer(lambda: Fm(num_logits=2, l2=0.1, name="fm"), (EMBEDDINGS, WIDE))


def test_several_logits_are_a_linear_layer_over_the_pairs_of_each_dimension():
    layer = Fm(num_logits=2, name="fm")
    got = layer((EMBEDDINGS, WIDE)).numpy()
    (kernel,) = layer.get_weights()
    for b in range(5):
        pairs = sum(EMBEDDINGS[b, i] * EMBEDDINGS[b, j] for i, j in itertools.combinations(range(4), 2))
        np.testing.assert_allclose(got[b], WIDE[b].sum(axis=0) + pairs @ kernel, rtol=1e-5, atol=1e-5)
    # The wide part of Wide & Deep.
    np.testing.assert_allclose(Fm(num_logits=2)((None, WIDE)), WIDE.sum(axis=1), rtol=1e-5, atol=1e-6)


def test_first_order_weights_that_are_vectors_are_added_up(check_layer):
    wide = RNG.normal(size=[5, 6, 2]).astype(np.float32)
    check_layer(lambda: Fm("joined", name="fm"), (EMBEDDINGS, wide), has_weights=False)
    got = Fm("joined", name="fm")((EMBEDDINGS, wide)).numpy()
    for b in range(5):
        np.testing.assert_allclose(got[b, :2], [sum(wide[b, :, 0]), sum(wide[b, :, 1])], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(got[:, 2:], Fm("joined", name="fm")((EMBEDDINGS, LINEAR))[:, 1:], rtol=1e-6)


def test_without_embeddings_it_is_the_first_order_part():
    wide = RNG.normal(size=[5, 6, 2]).astype(np.float32)
    np.testing.assert_allclose(Fm("joined")((None, tf.constant(wide))), wide.sum(axis=1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(Fm()((None, tf.constant(LINEAR)))[:, 0], LINEAR.sum(axis=1), rtol=1e-5, atol=1e-6)


def test_joined_adds_up_to_the_logit():
    joined = Fm("joined", name="fm")((EMBEDDINGS, LINEAR))
    logit = Fm("logit", name="fm")((EMBEDDINGS, LINEAR))
    np.testing.assert_allclose(tf.reduce_sum(joined, axis=1, keepdims=True), logit, rtol=1e-5, atol=1e-5)


def test_one_field_has_no_pairs():
    got = Fm(name="fm")((EMBEDDINGS[:, :1], LINEAR[:, :1]))
    np.testing.assert_allclose(got, LINEAR[:, :1], atol=1e-6)


def test_gradient_of_an_embedding_is_the_sum_of_the_others():
    embeddings = tf.constant(EMBEDDINGS)
    with tf.GradientTape() as tape:
        tape.watch(embeddings)
        total = tf.reduce_sum(Fm(name="fm")((embeddings, LINEAR)))
    others = EMBEDDINGS.sum(axis=1, keepdims=True) - EMBEDDINGS
    np.testing.assert_allclose(tape.gradient(total, embeddings), others, rtol=1e-4, atol=1e-5)


def test_computed_in_full_precision():
    # The difference of squares of 100 and 100.5 has no digits in bfloat16.
    embeddings = tf.constant([[[100.0], [0.5]]])
    got = Fm(name="fm", dtype="mixed_bfloat16")((embeddings, tf.zeros([1, 2])))
    assert got.dtype == tf.float32
    np.testing.assert_allclose(got, [[50.0]], rtol=1e-4)


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"""fm: output .* logit, joined; got 'join'. Did you mean "joined"\?"""):
        Fm("join", name="fm")
    with pytest.raises(ValueError, match=r"fm: embeddings must have shape \(batch, num_fields, embedding_dim\), got"):
        Fm(name="fm")((LINEAR, LINEAR))
    with pytest.raises(ValueError, match=r"fm: linear must have shape \(batch, num_linear_fields\), got"):
        Fm(name="fm")((EMBEDDINGS, LINEAR[:, 0]))

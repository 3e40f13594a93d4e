import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers.dense import Dense, PairDense


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("shape", [(2, 4), (2, 3, 4)])
@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("mixed_bfloat16", 0.05)])
def test_it_computes_a_product_and_a_bias(training, shape, use_bias, dtype, tolerance):
    layer = Dense(3, use_bias=use_bias, bias_initializer="ones", dtype=dtype)
    x = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    for _ in range(2):  # before and after the layer has weights
        found = layer(tf.constant(x), training=training)
        assert found.dtype == layer.compute_dtype
        expected = x @ layer.kernel.numpy() + (1.0 if use_bias else 0.0)
        np.testing.assert_allclose(tf.cast(found, tf.float32), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("training", [False, True])
def test_a_product_and_a_bias_stay_two_operations_in_a_request(training):
    layer = Dense(3)
    layer.build((None, 4))
    kernel, bias = layer.get_weights()
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        layer = Dense(3, weights=[kernel, bias])
        layer.build((None, 4))
        x = tf.compat.v1.placeholder(tf.float32, [None, 4])
        y = tf.nn.relu(layer(x, training=training))
        session.run(tf.compat.v1.global_variables_initializer())
        found = tf.compat.v1.RunMetadata()
        options = tf.compat.v1.RunOptions(output_partition_graphs=True)
        session.run(y, {x: np.ones([5, 4])}, options=options, run_metadata=found)
    operations = {node.op for graph in found.partition_graphs for node in graph.node}
    assert any("Fused" in operation for operation in operations) == training


def test_it_is_made_again_from_its_arguments():
    layer = Dense(3, use_bias=False, name="dense_7", dtype="mixed_bfloat16")
    again = Dense.from_config(layer.get_config())
    assert (again.units, again.use_bias, again.name, again.compute_dtype) == (3, False, "dense_7", "bfloat16")


def test_an_activation_is_applied():
    layer = Dense(2, activation="relu", kernel_initializer="ones", bias_initializer="ones")
    assert layer(tf.constant([[1.0, 2.0], [-4.0, 2.0]])).numpy().tolist() == [[4.0, 4.0], [0.0, 0.0]]


@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize(("queries", "lists"), [(4, 4), (4, 1), (1, 4), (1, 1)])
def test_a_query_with_each_key_is_the_product_of_the_four_joined(queries, lists, use_bias):
    random = np.random.default_rng(3)
    query, keys = (random.normal(size=size).astype(np.float32) for size in ([queries, 2], [lists, 3, 2]))
    layer = PairDense(5, use_bias=use_bias, bias_initializer="ones")
    # Lengths of batch and list are not known beforehand.
    known = [tf.TensorSpec([None, 2]), tf.TensorSpec([1 if lists == 1 else None, None, 2])]
    found = tf.function(lambda q, k: layer((q, k)), input_signature=known)(query, keys)
    for row in range(4):
        for item in range(3):
            q, k = query[row % queries], keys[row % lists, item]
            wanted = np.concatenate([q, k, q - k, q * k]) @ layer.kernel.numpy() + (1.0 if use_bias else 0.0)
            np.testing.assert_allclose(found[row % len(found), item], wanted, rtol=1e-5, atol=1e-6)
    assert found.shape == [max(queries, lists), 3, 5]

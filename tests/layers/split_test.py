import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import Dnn, Experts, Fm, Gates, Tower
from apps_rec.layers.split import (
    SplitInput,
    SplitKernels,
    join,
    map_parts,
    multiply_shared,
    narrowest,
    once,
    product,
    sum_columns,
)
from apps_rec.legacy_keras import keras

ROWS = 5


def split(shared_places=(1, 4), width=6, rows=ROWS, inner=(), seed=0, kernels=None):
    random = np.random.default_rng(seed)
    return SplitInput(
        tf.constant(random.normal(size=(1, len(shared_places), *inner)), tf.float32),
        tf.constant(random.normal(size=(rows, width - len(shared_places), *inner)), tf.float32),
        tuple(shared_places),
        kernels,
    )


def whole(x):
    """What a split input stands for, by a plain loop."""
    shared, rows = x.shared.numpy(), x.rows.numpy()
    width = shared.shape[1] + rows.shape[1]
    out = np.zeros((len(rows), width, *rows.shape[2:]), np.float32)
    for n in range(len(rows)):
        of_shared, of_rows = iter(shared[0]), iter(rows[n])
        for place in range(width):
            out[n, place] = next(of_shared if place in x.shared_places else of_rows)
    return out


@pytest.mark.parametrize("places", [(), (0,), (1, 4), (0, 1, 2, 3, 4, 5)])
def test_broadcast_is_what_it_stands_for(places):
    x = split(places)
    np.testing.assert_array_equal(x.broadcast(), whole(x))
    assert x.shape.as_list() == [ROWS, 6]
    assert sorted((*x.shared_places, *x.row_places)) == list(range(6))


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("places", [(0,), (1, 4), (3, 4, 5), (0, 1, 2, 3, 4, 5)])
@pytest.mark.parametrize("use_bias", [False, True])
def test_a_product_by_parts_is_the_product(places, use_bias, kept):
    kernels = SplitKernels() if kept else None
    x = split(places, kernels=kernels)
    layer = keras.layers.Dense(3, use_bias=use_bias, bias_initializer="ones")
    layer.build((None, 6))
    expected = whole(x) @ layer.kernel.numpy() + (1.0 if use_bias else 0.0)
    for _ in range(2):
        np.testing.assert_allclose(product(layer, x), expected, rtol=1e-5, atol=1e-6)
    if kept:
        parts = 1 if len(places) == 6 else 2
        assert len(kernels.copies) == len(kernels.variables) == parts
        assert sum(copy.shape[0] for copy in kernels.copies) == 6


@pytest.mark.parametrize("places", [(1, 4), (0, 1, 2, 3, 4, 5)])
def test_what_is_shared_is_multiplied_at_once_for_several_layers(places):
    x = split(places, kernels=SplitKernels())
    layers = [
        keras.layers.Dense(3, bias_initializer="ones"),
        keras.layers.Dense(2, use_bias=False),
        keras.layers.Dense(4, dtype="mixed_bfloat16"),
    ]
    for layer in layers:
        layer.build((None, 6))
    shared = multiply_shared(layers, x)
    assert [shared.ready[id(layer)].shape for layer in layers] == [(1, 3), (1, 2), (1, 4)]
    # Those of one precision together.
    assert [(copy.dtype.name, *copy.shape) for copy in x.kernels.copies] == [
        ("float32", len(places), 5),
        ("bfloat16", len(places), 4),
    ]
    for layer, bias, tolerance in zip(layers, (1.0, 0.0, 0.0), (1e-5, 1e-5, 0.05), strict=True):
        expected = whole(x) @ layer.kernel.numpy() + bias
        np.testing.assert_allclose(product(layer, shared), expected, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(product(layer, shared), product(layer, x), rtol=tolerance, atol=tolerance)
    # What is made of both parts has nothing ready.
    np.testing.assert_allclose(
        product(layers[0], map_parts(tf.square, shared)),
        whole(x) ** 2 @ layers[0].kernel.numpy() + 1,
        rtol=1e-5,
        atol=1e-5,
    )


def test_an_input_without_kernels_has_nothing_multiplied_beforehand():
    layer = keras.layers.Dense(3)
    for x in (tf.ones([2, 4]), split()):
        assert multiply_shared([layer], x) is x


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("shape", [(2, 4), (2, 3, 4)])
@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("mixed_bfloat16", 0.05)])
def test_a_plain_input_gives_what_the_layer_gives(training, shape, use_bias, dtype, tolerance):
    layer = keras.layers.Dense(3, use_bias=use_bias, bias_initializer="ones", dtype=dtype)
    x = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    for _ in range(2):  # before and after the layer has weights
        found = product(layer, tf.constant(x), training)
        assert found.dtype == layer.compute_dtype
        expected = x @ layer.kernel.numpy() + (1.0 if use_bias else 0.0)
        np.testing.assert_allclose(tf.cast(found, tf.float32), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("training", [False, True])
def test_a_product_and_a_bias_stay_two_operations_in_a_request(training):
    layer = keras.layers.Dense(3)
    layer.build((None, 4))
    kernel, bias = layer.get_weights()
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        layer = keras.layers.Dense(3, weights=[kernel, bias])
        layer.build((None, 4))
        x = tf.compat.v1.placeholder(tf.float32, [None, 4])
        y = tf.nn.relu(product(layer, x, training))
        session.run(tf.compat.v1.global_variables_initializer())
        found = tf.compat.v1.RunMetadata()
        options = tf.compat.v1.RunOptions(output_partition_graphs=True)
        session.run(y, {x: np.ones([5, 4])}, options=options, run_metadata=found)
    operations = {node.op for graph in found.partition_graphs for node in graph.node}
    assert any("Fused" in operation for operation in operations) == training


def test_kept_kernels_outlive_the_graph_that_asked_for_them():
    kernels, layer = SplitKernels(), keras.layers.Dense(3)
    layer.build((None, 6))

    @tf.function(autograph=False)
    def call(shared, rows):
        return product(layer, SplitInput(shared, rows, (1, 4), kernels))

    x = split()
    np.testing.assert_allclose(call(x.shared, x.rows), whole(x) @ layer.kernel.numpy(), rtol=1e-5, atol=1e-6)
    assert {
        operation.type for operation in call.get_concrete_function(x.shared, x.rows).graph.get_operations()
    }.isdisjoint({"GatherV2", "ResourceGather"})


def test_parts_are_joined_in_their_order():
    plain = tf.constant(np.random.default_rng(3).normal(size=(ROWS, 2)), tf.float32)
    one, two = split((0, 2), 3, seed=1), split((0, 1, 2), 3, seed=2)
    joined = join([one, plain, two])
    np.testing.assert_array_equal(whole(joined), np.concatenate([whole(one), plain, whole(two)], axis=1))
    assert joined.shared_places == (0, 2, 5, 6, 7)
    np.testing.assert_array_equal(join([plain, plain]), tf.concat([plain, plain], axis=1))
    assert join([one]) is one


def test_what_every_row_shares_goes_through_once():
    seen = []

    def layer(x):
        seen.append(x)
        return tf.reduce_sum(x.broadcast() if isinstance(x, SplitInput) else x, axis=1, keepdims=True)

    shared = once(layer, split((0, 1, 2), 3))
    assert seen[0].shape == (1, 3)
    assert (shared.shared.shape, shared.rows.shape, shared.shared_places) == ((1, 1), (ROWS, 0), (0,))
    assert once(layer, split()).shape == (ROWS, 1)
    assert narrowest(split((0, 1), 2)).shape == (1, 2)
    x = split()
    assert narrowest(x) is x


def test_sums_and_maps_of_both_parts():
    x = split((0, 2), 4, inner=(3,))
    np.testing.assert_allclose(sum_columns(x), whole(x).sum(axis=1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        sum_columns(map_parts(tf.square, x), keepdims=True), (whole(x) ** 2).sum(axis=1, keepdims=True), rtol=1e-5
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: Dnn([7, 3], use_bn=True, name="dnn"),
        lambda: Dnn([7, 3], activation="gelu", name="dnn"),
        lambda: Tower([4], name="tower"),
        lambda: Tower(name="tower"),
        lambda: Experts(2, [7, 3], name="experts"),
    ],
)
@pytest.mark.parametrize("places", [(0, 1, 3), (0, 1, 2, 3, 4, 5)])
def test_layers_take_split_inputs(make, places):
    layer, x = make(), split(places)
    expected = layer(tf.constant(whole(x)))
    for variable in layer.variables:
        variable.assign(tf.abs(tf.random.stateless_normal(variable.shape, [1, 2])) + 0.1)
    expected = layer(tf.constant(whole(x)))
    for got, wanted in zip(tf.nest.flatten(layer(x)), tf.nest.flatten(expected), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


def test_gates_take_a_split_input():
    gates, x = Gates(2, 2, name="gates"), split()
    experts = [tf.ones([ROWS, 3]), tf.zeros([ROWS, 3])]
    np.testing.assert_allclose(gates(tf.constant(whole(x)), experts), gates(x, experts), rtol=1e-5)


@pytest.mark.parametrize("output", ["logit", "joined"])
@pytest.mark.parametrize("places", [(0, 2), (0, 1, 2, 3)])
def test_an_fm_takes_split_inputs(output, places):
    embeddings, linear = split(places, 4, inner=(3,)), split((0,), 2, seed=4)
    fm = Fm(output, name="fm")
    expected = fm((tf.constant(whole(embeddings)), tf.constant(whole(linear))))
    np.testing.assert_allclose(fm((embeddings, linear)), expected, rtol=1e-4, atol=1e-5)


def test_half_precision_multiplies_both_parts_in_it():
    layer, x = Dnn([64], name="dnn", dtype="mixed_bfloat16"), split((0, 1, 3), kernels=SplitKernels())
    expected = layer(tf.constant(whole(x)))
    got = layer(x)
    assert got.dtype == tf.bfloat16
    assert {copy.dtype for copy in x.kernels.copies} == {tf.bfloat16}
    np.testing.assert_allclose(tf.cast(got, tf.float32), tf.cast(expected, tf.float32), rtol=0.05, atol=0.05)

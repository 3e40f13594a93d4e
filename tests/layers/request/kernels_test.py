import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import Dnn, Experts, Gates
from apps_rec.layers.request.columns import RequestColumns
from apps_rec.layers.request.kernels import KeptKernels, in_use
from apps_rec.legacy_keras import keras

ROWS, SOME, ALL = 5, (1, 4), (0, 1, 2, 3, 4, 5)
X = np.random.default_rng(0).normal(size=(ROWS, 6)).astype(np.float32)


def request(places):
    """Rows of X with the first row's columns at `places`, and the same as columns of a request."""
    rows = X.copy()
    rows[:, list(places)] = X[0, list(places)]
    return rows, [tf.constant(X[:1, list(places)]), tf.constant(np.delete(X, list(places), axis=1))]


def graph_of(kernels, layer, places):
    @tf.function(autograph=False)
    def call(shared, rows):
        return kernels.run(
            lambda: tf.nest.map_structure(tf.convert_to_tensor, layer(RequestColumns(shared, rows, places)))
        )

    return call


def shapes(kernels):
    return [(copy.dtype.name, *copy.shape) for copy in kernels.copies]


@pytest.mark.parametrize("is_traced", [False, True])
@pytest.mark.parametrize("places", [SOME, ALL])
def test_layers_that_read_one_row_are_multiplied_at_once(places, is_traced):
    layers = [
        keras.layers.Dense(3, bias_initializer="ones"),
        keras.layers.Dense(2, use_bias=False),
        keras.layers.Dense(4, dtype="mixed_bfloat16"),
        keras.layers.Dense(5, dtype="mixed_bfloat16"),
    ]
    rows, parts = request(places)
    expected = [layer(rows) for layer in layers]
    kernels = KeptKernels()
    call = graph_of(kernels, lambda x: [layer(x) for layer in layers], places)
    for _ in range(2):
        found = call(*parts) if is_traced else call.python_function(*parts)
        for got, wanted, tolerance in zip(found, expected, (1e-5, 1e-5, 0.05, 0.05), strict=True):
            assert got.dtype == wanted.dtype
            np.testing.assert_allclose(*(tf.cast(y, tf.float32) for y in (got, wanted)), rtol=tolerance, atol=tolerance)
    side_by_side = [("float32", len(places), 5), ("bfloat16", len(places), 9)]
    alone = [("float32", 4, 3), ("float32", 4, 2), ("bfloat16", 4, 4), ("bfloat16", 4, 5)]
    if is_traced:
        assert sorted(shapes(kernels)) == sorted(side_by_side + (alone if places == SOME else []))
        operations = call.get_concrete_function(*parts).graph.get_operations()
        of_one_row = [o for o in operations if o.type == "MatMul" and o.inputs[0].shape[0] == 1]
        assert len(of_one_row) == 2
    assert len(kernels.variables) == len(kernels.copies)


def test_gates_and_experts_share_the_product_of_the_user():
    experts, gates, (rows, parts) = Experts(2, [7, 3], name="experts"), Gates(2, 2, name="gates"), request(SOME)
    expected = gates(rows, experts(rows))
    kernels = KeptKernels()
    call = graph_of(kernels, lambda x: gates(x, experts(x)), SOME)
    np.testing.assert_allclose(call(*parts), expected, rtol=1e-4, atol=1e-5)
    assert shapes(kernels) == [("float32", 2, 7 + 7 + 4), ("float32", 4, 7), ("float32", 4, 7), ("float32", 4, 4)]


def test_copies_outlive_the_graph_that_asked_for_them_and_nothing_is_gathered():
    kernels, layer = KeptKernels(), keras.layers.Dense(3)
    rows, parts = request(SOME)
    expected = layer(rows)
    for _ in range(2):  # two signatures
        call = graph_of(kernels, layer, SOME)
        np.testing.assert_allclose(call(*parts), expected, rtol=1e-5, atol=1e-6)
        operations = {operation.type for operation in call.get_concrete_function(*parts).graph.get_operations()}
        assert operations.isdisjoint({"GatherV2", "ResourceGather"})
    assert shapes(kernels) == [("float32", 2, 3), ("float32", 4, 3)]


def test_a_kernel_that_multiplies_whole_rows_is_not_copied():
    kernels, dnn = KeptKernels(), Dnn([7, 3], name="dnn")
    rows, parts = request(ALL)
    expected = dnn(rows)
    np.testing.assert_allclose(graph_of(kernels, dnn, ALL)(*parts), expected, rtol=1e-5, atol=1e-6)
    assert kernels.copies == []


def test_one_layer_may_read_two_rows():
    layer, (rows, parts) = keras.layers.Dense(6), request(SOME)
    kernels = KeptKernels()

    def both(x):
        return tf.convert_to_tensor(layer(x)) + layer(tf.square(x))

    expected = layer(rows) + layer(rows**2)
    np.testing.assert_allclose(graph_of(kernels, both, SOME)(*parts), expected, rtol=1e-5, atol=1e-5)


def test_half_precision_keeps_copies_in_it():
    kernels, dnn = KeptKernels(), Dnn([64], name="dnn", dtype="mixed_bfloat16")
    rows, parts = request(SOME)
    expected = dnn(rows)
    found = graph_of(kernels, dnn, SOME)(*parts)
    assert found.dtype == tf.bfloat16
    assert {copy.dtype for copy in kernels.copies} == {tf.bfloat16}
    np.testing.assert_allclose(tf.cast(found, tf.float32), tf.cast(expected, tf.float32), rtol=0.05, atol=0.05)


def test_a_store_is_in_use_while_it_runs():
    kernels = KeptKernels()
    assert in_use() is None
    assert kernels.run(in_use) is kernels
    with pytest.raises(ZeroDivisionError):
        kernels.run(lambda: 1 / 0)
    assert in_use() is None

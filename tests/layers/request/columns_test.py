import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import ACTIVATIONS, Dnn, Experts, Fm, Gates, Tower
from apps_rec.layers.request.columns import BroadcastSum, RequestColumns, in_precision_of
from apps_rec.legacy_keras import keras

ROWS = 5
SOME, ALL = (1, 4), (0, 1, 2, 3, 4, 5)


def columns(places=SOME, width=6, rows=ROWS, inner=(), seed=0):
    random = np.random.default_rng(seed)
    return RequestColumns(
        tf.constant(random.normal(size=(1, len(places), *inner)), tf.float32),
        tf.constant(random.normal(size=(rows, width - len(places), *inner)), tf.float32),
        tuple(places),
    )


def whole(x):
    """What the columns stand for, by a plain loop."""
    shared, rows = x.shared.numpy(), x.rows.numpy()
    width = shared.shape[1] + rows.shape[1]
    out = np.zeros((len(rows), width, *rows.shape[2:]), np.float32)
    for n in range(len(rows)):
        of_shared, of_rows = iter(shared[0]), iter(rows[n])
        for place in range(width):
            out[n, place] = next(of_shared if place in x.places else of_rows)
    return out


@pytest.mark.parametrize("places", [(), (0,), SOME, ALL])
def test_as_a_tensor_they_are_what_they_stand_for(places):
    x = columns(places)
    np.testing.assert_array_equal(tf.convert_to_tensor(x), whole(x))
    assert x.shape.as_list() == x.get_shape().as_list() == [ROWS, 6]
    assert sorted((*x.places, *x.row_places)) == list(range(6))


@pytest.mark.parametrize("places", [SOME, ALL])
def test_operators_are_those_of_the_tensor(places):
    x, y = columns(places), whole(columns(places))
    for found, expected in (
        (x * x, y * y),
        (2.0 - x, 2 - y),
        (x / 2.0, y / 2),
        (-x, -y),
        (x[:, 1:3], y[:, 1:3]),
        (x > 0.0, y > 0),
        (x == x[0], y == y[0]),
        (x != 0.0, y != 0),
        (x @ tf.ones([6, 2]), y @ np.ones((6, 2))),
        (tf.ones([2, ROWS]) @ x, np.ones((2, ROWS)) @ y),
        (list(x)[1], y[1]),
        (x.numpy(), y),
    ):
        np.testing.assert_allclose(tf.convert_to_tensor(found), expected, rtol=1e-6, atol=1e-6)
    assert len(x) == ROWS
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)


@pytest.mark.parametrize("places", [(0,), SOME, (3, 4, 5), ALL])
@pytest.mark.parametrize("use_bias", [False, True])
def test_a_dense_layer_of_keras_multiplies_shared_columns_once(places, use_bias):
    x = columns(places)
    layer = keras.layers.Dense(3, use_bias=use_bias, bias_initializer="ones")
    expected = layer(whole(x))
    found = layer(x)
    np.testing.assert_allclose(tf.convert_to_tensor(found), expected, rtol=1e-5, atol=1e-6)
    if places == ALL:  # rows that are all alike stay one
        assert (found.shared.shape, found.rows.shape, found.places) == ((1, 3), (ROWS, 0), (0, 1, 2))
    else:
        assert isinstance(found, tf.Tensor if use_bias else BroadcastSum)
    assert products_of_rows(layer, x) == ([] if places == ALL else [6 - len(places)])


def products_of_rows(layer, x):
    """Number of columns in each product of all rows that a layer makes of `x`."""

    @tf.function(autograph=False)
    def call(shared, rows):
        return tf.convert_to_tensor(layer(RequestColumns(shared, rows, x.places)))

    shapes = tf.TensorSpec([1, *x.shared.shape[1:]]), tf.TensorSpec([None, *x.rows.shape[1:]])
    operations = call.get_concrete_function(*shapes).graph.get_operations()
    factors = [operation.inputs[0].shape for operation in operations if operation.type == "MatMul"]
    return [shape[1] for shape in factors if shape[0] is None]


def test_a_product_that_is_not_plain_is_the_tensors():
    x, other = columns(), tf.constant(np.random.default_rng(2).normal(size=(ROWS, 4)), tf.float32)
    for options in ({"transpose_a": True}, {"adjoint_a": True}):
        np.testing.assert_allclose(tf.matmul(x, other, **options), whole(x).T @ other.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(tf.matmul(x, other[:, :1], transpose_a=True)[:, 0], whole(x).T @ other.numpy()[:, 0])
    inner = columns(inner=(3,))
    kernel = keras.layers.Dense(2)
    np.testing.assert_allclose(kernel(inner), kernel(whole(inner)), rtol=1e-5, atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.matmul(x, tf.ones([6, 2], tf.float64))


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("places", [SOME, ALL])
def test_activations_keep_shared_columns_shared(name, places):
    x = columns(places)
    found = ACTIVATIONS[name](x)
    np.testing.assert_allclose(tf.convert_to_tensor(found), ACTIVATIONS[name](whole(x)), rtol=1e-6, atol=1e-6)
    assert isinstance(found, RequestColumns) or name == "linear"


def test_arguments_by_column_are_applied_to_the_right_columns():
    x, beta = columns(), tf.range(6.0)
    np.testing.assert_allclose(tf.nn.silu(x, beta), tf.nn.silu(whole(x), beta), rtol=1e-6)
    low, high = -tf.range(6.0) / 5, tf.range(6.0) / 5
    np.testing.assert_allclose(tf.clip_by_value(x, low, high), tf.clip_by_value(whole(x), low, high))
    # TensorFlow counts it among the operations by number, which it is not.
    np.testing.assert_allclose(tf.nn.log_softmax(x), tf.nn.log_softmax(whole(x)), rtol=1e-5)


def test_columns_are_joined_in_their_order():
    plain = tf.constant(np.random.default_rng(3).normal(size=(ROWS, 2)), tf.float32)
    one, two = columns((0, 2), 3, seed=1), columns((0, 1, 2), 3, seed=2)
    total = keras.layers.Dense(2, use_bias=False)(columns((0,), 2))
    for axis in (1, -1):
        joined = tf.concat([one, plain, two, total], axis)
        expected = np.concatenate([whole(one), plain, whole(two), tf.convert_to_tensor(total)], axis=1)
        np.testing.assert_array_equal(tf.convert_to_tensor(joined), expected)
        assert joined.places == (0, 2, 5, 6, 7)
    np.testing.assert_array_equal(tf.concat([one, one], 0), np.concatenate([whole(one)] * 2))
    inner = columns(inner=(3,))
    np.testing.assert_array_equal(tf.concat([inner, inner], -1), np.concatenate([whole(inner)] * 2, axis=-1))


@pytest.mark.parametrize("places", [SOME, ALL])
def test_sums_over_columns_and_over_all_else(places):
    x, y = columns(places, inner=(3,)), whole(columns(places, inner=(3,)))
    for axis in (1, 0, -1, [1, 2], None):
        for keepdims in (False, True):
            expected = y.sum(axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
            np.testing.assert_allclose(tf.reduce_sum(x, axis, keepdims), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(tf.reduce_sum(tf.square(x), 1), (y**2).sum(axis=1), rtol=1e-5)


class Cross(keras.layers.Layer):
    """A cross network, as somebody writes it who has read nothing of this."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(6, bias_initializer="ones")

    def call(self, inputs):
        x = inputs
        for _ in range(2):
            x = inputs * self.dense(x) + x
        return x


class Own(keras.layers.Layer):
    """A product with a weight of its own."""

    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 3))
        self.scale = self.add_weight(name="scale", shape=(shape[-1],))

    def call(self, inputs):
        return tf.concat([inputs @ self.kernel, inputs * self.scale, tf.nn.softmax(inputs)], axis=-1)


def functional():
    inputs = keras.Input([6])
    return keras.Model(inputs, keras.layers.Concatenate()([inputs, keras.layers.Dense(4)(inputs)]))


@pytest.mark.parametrize(
    ("make", "products"),
    [
        (Cross, {SOME: [4, 6], ALL: [6]}),
        (Own, {SOME: [4], ALL: []}),
        (functional, {SOME: [4], ALL: []}),
        (
            lambda: keras.Sequential(
                [
                    keras.layers.Dense(4, activation="relu"),
                    keras.layers.BatchNormalization(),
                    keras.layers.Dropout(0.5),
                    keras.layers.Dense(2),
                ]
            ),
            {SOME: [4, 4], ALL: []},
        ),
        (keras.layers.BatchNormalization, {SOME: [], ALL: []}),
        (keras.layers.LayerNormalization, {SOME: [], ALL: []}),
        (keras.layers.PReLU, {SOME: [], ALL: []}),
        (keras.layers.Flatten, {SOME: [], ALL: []}),
        (lambda: keras.layers.Reshape((3, 2)), {SOME: [], ALL: []}),
    ],
)
@pytest.mark.parametrize("places", [SOME, ALL])
def test_layers_of_plain_keras_take_them(make, products, places):
    layer, x = make(), columns(places)
    before = layer(x)  # makes the weights
    np.testing.assert_allclose(tf.convert_to_tensor(before), layer(tf.constant(whole(x))), rtol=1e-4, atol=1e-5)
    for variable in layer.variables:
        variable.assign(tf.abs(tf.random.stateless_normal(variable.shape, [1, 2])) + 0.1)
    expected = layer(tf.constant(whole(x)))
    np.testing.assert_allclose(tf.convert_to_tensor(layer(x)), expected, rtol=1e-4, atol=1e-5)
    assert products_of_rows(layer, x) == products[places]


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
@pytest.mark.parametrize("places", [(0, 1, 3), ALL])
def test_our_layers_take_them(make, places):
    layer, x = make(), columns(places)
    layer(tf.constant(whole(x)))
    for variable in layer.variables:
        variable.assign(tf.abs(tf.random.stateless_normal(variable.shape, [1, 2])) + 0.1)
    expected = layer(tf.constant(whole(x)))
    found = layer(x)
    for got, wanted in zip(found if isinstance(found, list) else [found], tf.nest.flatten(expected), strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(got), wanted, rtol=1e-4, atol=1e-5)
        assert isinstance(got, RequestColumns) == (places == ALL)


def test_gates_take_them():
    gates, x = Gates(2, 2, name="gates"), columns()
    experts = [tf.ones([ROWS, 3]), tf.zeros([ROWS, 3])]
    np.testing.assert_allclose(gates(tf.constant(whole(x)), experts), gates(x, experts), rtol=1e-5)


@pytest.mark.parametrize("output", ["logit", "joined"])
@pytest.mark.parametrize("places", [(0, 2), (0, 1, 2, 3)])
def test_an_fm_takes_them(output, places):
    embeddings, linear = columns(places, 4, inner=(3,)), columns((0,), 2, seed=4)
    fm = Fm(output, name="fm")
    expected = fm((tf.constant(whole(embeddings)), tf.constant(whole(linear))))
    np.testing.assert_allclose(fm((embeddings, linear)), expected, rtol=1e-4, atol=1e-5)


def test_they_are_cast_to_a_layers_precision_as_tensors_are():
    half, whole_precision = keras.layers.Dense(2, dtype="mixed_bfloat16"), keras.layers.Dense(2)
    assert in_precision_of(half, columns()).dtype == tf.bfloat16
    assert in_precision_of(whole_precision, columns()).dtype == tf.float32
    assert in_precision_of(Fm(dtype="mixed_bfloat16"), columns()).dtype == tf.float32  # casts by itself
    plain = tf.ones([2, 2])
    assert in_precision_of(half, plain) is plain

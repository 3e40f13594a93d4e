"""The checks every layer stands up to, as the fixture `check_layer`."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.legacy_keras import keras

SEED = (7, 1)


@pytest.fixture
def seed() -> tf.Tensor:
    return tf.constant(SEED)


@pytest.fixture
def check_layer() -> Callable[..., None]:
    return _check_layer


@pytest.fixture
def set_weights() -> Callable[..., None]:
    """Return a function that takes a layer and a list for each of its weights."""
    return lambda layer, *weights: layer.set_weights([np.array(weight, np.float32) for weight in weights])


def _check_layer(make: Callable[[], keras.layers.Layer], *inputs: Any, has_weights: bool = True) -> None:
    """Check `make()` on `inputs` (numpy arrays with the batch first, or tuples of them), two rows or more."""
    keras.utils.set_random_seed(3)
    layer = make()
    outputs = layer(*_tensors(inputs))
    assert bool(layer.weights) == has_weights
    _check_batch_of_one(layer, inputs, outputs)
    _check_unknown_batch(layer, inputs, outputs)
    _check_gradients(layer, inputs)
    _check_config(make, layer, inputs, outputs)
    _check_half_precision(layer, inputs, outputs)


def _check_batch_of_one(layer, inputs, outputs) -> None:
    first = layer(*_tensors(tf.nest.map_structure(lambda x: x[:1], inputs)))
    _assert_close(first, tf.nest.map_structure(lambda x: x[:1], outputs))


def _check_unknown_batch(layer, inputs, outputs) -> None:
    spec = tf.nest.map_structure(lambda x: tf.TensorSpec([None, *x.shape[1:]], x.dtype), _tensors(inputs))
    traced = tf.function(lambda *args: layer(*args), input_signature=spec).get_concrete_function()
    # Dicts come back from a graph sorted by key, as tf.nest flattens them.
    for got, shape in zip(tf.nest.flatten(outputs), tf.nest.flatten(traced.output_shapes), strict=True):
        assert shape.as_list() == [None, *got.shape[1:]]
    _assert_close(traced(*tf.nest.flatten(_tensors(inputs))), outputs)


def _check_gradients(layer, inputs) -> None:
    weights = layer.trainable_weights
    with tf.GradientTape() as tape:
        outputs = tf.nest.flatten(layer(*_tensors(inputs), training=True, seed=tf.constant(SEED)))
        # Uneven pulls: what is the same for all outputs (a softmax, a batch norm) would cancel under a plain sum.
        pull = tf.add_n(
            [tf.reduce_sum(y * tf.cast(tf.random.stateless_normal(y.shape, SEED), y.dtype)) for y in outputs]
        )
    for weight, gradient in zip(weights, tape.gradient(pull, weights), strict=True):
        assert gradient is not None, f"no gradient reaches {weight.name}"
        assert np.isfinite(gradient).all(), weight.name
        assert np.abs(gradient).max() > 0, f"the gradient of {weight.name} is zero"


def _check_config(make, layer, inputs, outputs) -> None:
    config = layer.get_config()
    clone = type(layer).from_config(json.loads(json.dumps(config)))
    assert clone.get_config() == config
    clone(*_tensors(inputs))
    assert [w.name for w in clone.weights] == [w.name for w in layer.weights]  # no counter shared by all layers
    clone.set_weights(layer.get_weights())
    expected = layer(*_tensors(inputs))  # batch norm has moved since `outputs`
    _assert_close(clone(*_tensors(inputs)), expected)
    keras.utils.set_random_seed(3)
    again = make()
    _assert_close(again(*_tensors(inputs)), outputs)


def _check_half_precision(layer, inputs, outputs) -> None:
    half = type(layer).from_config({**layer.get_config(), "dtype": "mixed_bfloat16"})
    half(*_tensors(inputs))
    half.set_weights(layer.get_weights())
    for got, want in zip(
        tf.nest.flatten(half(*_tensors(inputs))), tf.nest.flatten(layer(*_tensors(inputs))), strict=True
    ):
        np.testing.assert_allclose(tf.cast(got, tf.float32), want, rtol=0.06, atol=0.06)


def _tensors(inputs):
    return tf.nest.map_structure(tf.convert_to_tensor, tuple(inputs))


def _assert_close(got, want) -> None:
    for a, b in zip(tf.nest.flatten(got), tf.nest.flatten(want), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)

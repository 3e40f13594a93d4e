"""A body of one's own: what it is given, and what is said of what it returns."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.errors import PluginError
from apps_rec.features import Embedder, HashIds, IdFeature, Preprocessor
from apps_rec.layers import StatelessDropout
from apps_rec.layers.request import RequestColumns
from apps_rec.legacy_keras import keras
from apps_rec.losses import loss_of
from apps_rec.models import FmSpec, IndependentHead, RankModel
from apps_rec.models.bodies import Custom, logits_of_body
from apps_rec.models.specs import DnnSpec, Group, Task, TaskLoss
from apps_rec.plugins import CustomBody, CustomLoss
from apps_rec.plugins.tables import put

GROUPS = (Group("user", ("user",)), Group("item", ("app", "word")))
# Keras makes tensors of them.
INPUTS = [np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), np.array([[0.5], [0.25]], np.float32)]


class Scaled(keras.layers.Layer):
    """The inputs joined, times a factor; it notes what it was called with."""

    def __init__(self, groups, num_tasks, l2, dtype, factor):
        super().__init__(name="scaled", dtype=dtype)
        self.given = (tuple(group.name for group in groups), num_tasks, l2, dtype)
        self.factor, self.num_tasks = factor, num_tasks

    def call(self, inputs, training=False, seed=None):
        self.called = (training, seed is not None)
        return [self.factor * tf.concat(inputs, axis=1)] * self.num_tasks


class Plain(keras.layers.Layer):
    """A layer that returns what a function makes of its inputs."""

    def __init__(self, function):
        super().__init__(name="plain")
        self.function = function

    def call(self, inputs):
        return self.function(inputs)


def custom(build, arguments=None, makes_logits=False, groups=GROUPS, num_tasks=2, **options):
    put("my_team", {"mine": CustomBody(build, makes_logits=makes_logits)}, {})
    return Custom(groups, num_tasks, "mine", arguments or {}, **options)


def returning(function, **options):
    """A body that returns what a function makes of its inputs."""
    return custom(lambda groups, num_tasks, l2, dtype: Plain(function), **options)


@pytest.fixture(autouse=True)
def _alone(own_plugins):
    """Take away what a test hands over."""


def test_it_is_built_and_called_by_name():
    body = custom(Scaled, {"factor": 2.0}, l2=0.5)
    first, second = body(INPUTS, training=True, seed=tf.constant([1, 2]))
    np.testing.assert_array_equal(first, [[2.0, 4.0, 1.0], [6.0, 8.0, 0.5]])
    np.testing.assert_array_equal(second, first)
    assert body._layer.given == (("user", "item"), 2, 0.5, None)
    assert body._layer.called == (True, True)


def test_a_layer_that_takes_inputs_alone_gets_no_more():
    body = returning(lambda inputs: [inputs[0], inputs[1]])
    assert [x.shape[1] for x in body(INPUTS, training=True, seed=tf.constant([1, 2]))] == [2, 1]


def test_a_group_goes_through_its_own_network_first():
    groups = (Group("user", ("user",), DnnSpec((3,))), GROUPS[1])
    body = custom(Scaled, {"factor": 1.0}, groups=groups, l2=0.1)
    (first, _) = body(INPUTS)
    kernel, bias = (weight.numpy() for weight in body.trainable_weights)
    assert kernel.shape == (2, 3)
    np.testing.assert_allclose(first[:, :3], np.maximum(INPUTS[0] @ kernel + bias, 0), rtol=1e-6)
    np.testing.assert_array_equal(first[:, 3:], INPUTS[1])
    np.testing.assert_allclose(tf.add_n(body.losses), 0.1 / 2 * np.sum(np.square(kernel)), rtol=1e-6)


def test_shared_columns_of_a_request_give_what_the_tensor_gives():
    class OwnModel(keras.Model):
        def __init__(self, groups, num_tasks, l2, dtype):
            super().__init__(name="own_model")
            self.hidden, self.logits = keras.layers.Dense(4, "relu"), keras.layers.Dense(num_tasks)

        def call(self, inputs):
            x = tf.concat(inputs, axis=1)
            return tf.split(self.logits(self.hidden(x)) + tf.reduce_sum(x * x, 1, keepdims=True), 2, axis=1)

    body = custom(OwnModel, makes_logits=True)
    shared, rows = tf.constant([[1.0, 2.0]]), tf.constant([[0.5], [0.25]])
    request = [RequestColumns(shared, tf.zeros([2, 0]), (0, 1)), rows]
    expected = body([tf.repeat(shared, 2, axis=0), rows])
    for got, wanted in zip(body(request), expected, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(got), wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda inputs: inputs[0], "returns the shape (2, 2); expected a list with one (batch, units) for each of 2"),
        (lambda inputs: None, "returns NoneType; expected a list"),
        (lambda inputs: [inputs[0]], "returns 1 parts; expected a list"),
        (lambda inputs: [inputs[0], 1.0], "returns float for a task"),
        (lambda inputs: [inputs[0], inputs[0][:, 0]], "returns the shape (2,) for a task"),
        (lambda inputs: [inputs[0], tf.reduce_sum(inputs[0], 0, keepdims=True)], "returns the shape (1, 2) for a task"),
    ],
)
def test_what_it_returns_is_looked_at(function, expected):
    with pytest.raises(PluginError) as error:
        returning(function)(INPUTS)
    # No word of Keras around it.
    assert str(error.value).startswith('the body "mine" ')
    assert expected in str(error.value)


def test_a_sum_over_the_rows_of_a_graph_is_found():
    body = returning(lambda inputs: [tf.reduce_sum(inputs[0], 0, keepdims=True)] * 2)
    graph = tf.function(lambda x, y: body([x, y]), autograph=False)
    with pytest.raises(PluginError, match=r"returns the shape \(1, 2\) for a task"):
        graph.get_concrete_function(tf.TensorSpec([None, 2]), tf.TensorSpec([None, 1]))


def test_no_layer_is_refused():
    with pytest.raises(PluginError, match='the body "mine" makes int; expected a Keras layer'):
        custom(lambda groups, num_tasks, l2, dtype: 3)


def test_random_numbers_that_no_checkpoint_holds_are_refused():
    class Dropping(Plain):
        def __init__(self, dropout):
            super().__init__(lambda inputs: [dropout(inputs[0])] * 2)
            self.dropout = dropout

    for dropout in (keras.layers.Dropout(0.5), keras.layers.GaussianNoise(0.5)):
        with pytest.raises(
            PluginError, match=r"whose random numbers no checkpoint keeps; expected apps_rec.layers.Sta"
        ):
            custom(lambda groups, num_tasks, l2, dtype, dropout=dropout: Dropping(dropout))(INPUTS)
    custom(lambda groups, num_tasks, l2, dtype: Dropping(StatelessDropout(0.5, name="own")))(INPUTS)


def test_logits_are_as_many_as_the_task_has():
    one, classes = Task("ctr", "click"), Task("kind", "kind", kind="classes", num_class=3)
    np.testing.assert_array_equal(logits_of_body(tf.constant([[1.0], [2.0]]), one), [1.0, 2.0])
    assert logits_of_body(tf.zeros([2, 3]), classes).shape == (2, 3)
    with pytest.raises(PluginError, match="returns 2 for a row of the task ctr; expected 1"):
        logits_of_body(tf.zeros([2, 2]), one)


def test_a_task_may_have_a_loss_of_a_plugin():
    with pytest.raises(ValueError, match="no loss is called mine; expected one of CLASSIFICATION"):
        TaskLoss("mine")
    put("my_team", {}, {"mine": CustomLoss(lambda labels, logits: logits, is_squared=True)})
    assert TaskLoss("mine").loss == "mine"
    assert loss_of("mine").is_squared


def test_logits_of_a_body_are_added_to_the_fm_and_there_is_no_tower():
    features = [IdFeature("a", "a", HashIds(10), table="a", dim=2)]
    body = returning(
        lambda inputs: [3.0 * tf.reduce_sum(inputs[0], axis=1, keepdims=True)],
        makes_logits=True,
        groups=(Group("all", ("a",)),),
        num_tasks=1,
    )
    embedder = Embedder(features, first_order=["a"])
    model = RankModel(embedder, IndependentHead([Task("ctr", "click")]), body=body, fm=FmSpec((), ("a",)))
    ids = Preprocessor(features)({"a": tf.constant(["x", "y"])})
    model(ids)
    (table,) = embedder.embeddings()
    table.assign(tf.reshape(tf.range(33.0), [11, 3]))
    rows = table.numpy()[ids["ids"].numpy()[:, 0]]
    np.testing.assert_allclose(model(ids)["logits_ctr"], 3 * (rows[:, 0] + rows[:, 1]) + rows[:, 2], rtol=1e-6)
    assert (model.towers, model.biases) == ({}, {})
    assert len(model.trainable_variables) == 1

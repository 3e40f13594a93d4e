"""Kinds of tasks: the outputs of each, here and in the config."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.config.tasks.kinds import KINDS as OF_CONFIG
from apps_rec.losses import log_expected_value
from apps_rec.models import DnnSpec, IndependentHead, Task, shared_bottom
from apps_rec.models.kinds import KINDS
from apps_rec.protos.network_pb2 import TaskTower

LOGITS = np.random.default_rng(0).normal(scale=2, size=(7, 3)).astype(np.float32)


def of(name):
    logits = KINDS[name].logits or 3
    return tf.constant(LOGITS[:, 0] if logits == 1 else LOGITS[:, :logits])


@pytest.mark.parametrize("name", KINDS)
def test_outputs_are_those_that_the_config_says(name):
    tower = TaskTower(tower_name="t", num_class=3)
    outputs, row = KINDS[name].outputs("t", of(name), {}), OF_CONFIG[name]
    assert {n: (7, w) if w else (7,) for n, w in row.widths(tower).items()} == {
        n: tuple(value.shape) for n, value in outputs.items()
    }
    assert all(value.dtype == tf.float32 for value in outputs.values())
    assert (row.logits, row.score.format("t")) == (KINDS[name].logits, "t".join(KINDS[name].score))
    assert len(outputs[row.score.format("t")].shape) == 1


def test_the_tables_have_the_same_rows():
    assert list(KINDS) == list(OF_CONFIG)


def test_classes_by_a_loop():
    outputs = {name: value.numpy() for name, value in KINDS["classes"].outputs("t", tf.constant(LOGITS), {}).items()}
    for row, logits in enumerate(LOGITS):
        probs = np.exp(logits) / np.exp(logits).sum()
        np.testing.assert_allclose(outputs["probs_t"][row], probs, rtol=1e-5)
        assert outputs["probs_t_1"][row] == pytest.approx(probs[1], rel=1e-5)
        assert outputs["probs_t_y"][row] == pytest.approx(max(probs), rel=1e-5)
        assert outputs["y_t"][row] == list(probs).index(max(probs))


def test_two_logits_are_a_softmax():
    logits = tf.constant(LOGITS[:, :2])
    outputs = KINDS["two_logits"].outputs("t", logits, {})
    np.testing.assert_allclose(outputs["probs_t"], tf.nn.softmax(logits)[:, 1], rtol=1e-5)
    np.testing.assert_array_equal(outputs["pos_logits_t"], logits[:, 1])


def test_an_amount_may_be_its_logarithm():
    options = [{"max_log_clip_value": 1.0, "return_log_pred_value": is_log} for is_log in (False, True)]
    plain, log = (KINDS["amount"].outputs("t", tf.constant(LOGITS), one)["y_t"] for one in options)
    np.testing.assert_array_equal(log, log_expected_value(tf.constant(LOGITS), 5.0, 1.0))
    np.testing.assert_allclose(plain, np.exp(log), rtol=1e-6)
    assert log.numpy().max() == 1


@pytest.mark.parametrize("name", KINDS)
def test_a_model_gives_the_outputs_and_ranks_by_one(name, make_embedder, make_batch, prepare):
    task = Task("t", "click", DnnSpec((4,)), kind=name, num_class=3)
    model = prepare(shared_bottom(make_embedder(), IndependentHead([task]), ("user", "app")))
    outputs = model(make_batch(5)[0])
    assert set(outputs) == {*OF_CONFIG[name].widths(TaskTower(tower_name="t", num_class=3)), "score"}
    np.testing.assert_array_equal(outputs["score"], outputs[OF_CONFIG[name].score.format("t")])

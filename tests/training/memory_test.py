"""Weights that find no room in memory are refused before they are made; those of a run that is over take none."""

import gc
import resource
from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow.python.framework.func_graph import FuncGraph

import apps_rec
from apps_rec.errors import RunError
from apps_rec.models import RankModel
from apps_rec.training import memory
from apps_rec.training.memory import in_units, memory_left, weights_fit

GB = 10**9


def test_a_weight_that_does_not_fit_is_named_with_its_size():
    with weights_fit(left=lambda: 1000, slots=2):
        tf.Variable(tf.zeros([10]), shape=[10], dtype=tf.float32)  # 120 bytes with its slots
        with pytest.raises(RunError) as caught:
            tf.compat.v1.Variable(
                lambda: tf.zeros([40, 5]), shape=[40, 5], dtype=tf.float32, name="table", use_resource=True
            )
    assert "table of 40 x 5 numbers takes 0.8 kB, 2.4 kB with the optimizer's slots" in str(caught.value)
    assert "2.5 kB are wanted, and 1.0 kB are left" in str(caught.value)


def test_slots_count_only_beside_what_is_trained():
    with weights_fit(left=lambda: 1000, slots=2):
        tf.Variable(tf.zeros([200]), shape=[200], dtype=tf.float32, trainable=False)


def test_nothing_is_refused_where_the_memory_is_not_known():
    with weights_fit(left=lambda: None):
        tf.Variable(tf.zeros([200]), shape=[200], dtype=tf.float32)


def test_what_is_left_is_at_most_what_the_process_may_take():
    before = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    try:
        resource.setrlimit(resource.RLIMIT_AS, (taken + GB, before[1]))
        assert memory_left() <= GB
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize(
    "override",
    [
        "feature_config.features[feature_name=user].hash_bucket_size=2000000000",
        "model_config.esmm.expert_dnn={ hidden_units: [1000000, 100000] }",
    ],
)
def test_a_model_larger_than_memory_is_one_message(tiny, override, monkeypatch):
    monkeypatch.setattr(memory, "memory_left", lambda: 8 * GB)
    with pytest.raises(RunError, match=r"^out of memory: .* takes .* GB.* and 8\.0 GB are left here") as caught:
        apps_rec.train(tiny.load(override))
    assert caught.value.exit_code == 2
    assert len(str(caught.value)) < 600


def live_graphs():
    """Graphs of functions, and models, that the process keeps."""
    gc.collect()
    return sum(type(thing) in (FuncGraph, RankModel) for thing in gc.get_objects())


def test_nothing_of_a_run_stays_and_evaluate_refuses_too(small, monkeypatch):
    before = live_graphs()
    apps_rec.train(small.load("train_config.num_steps=2"))
    assert live_graphs() == before
    monkeypatch.setattr(memory, "memory_left", lambda: 1000)
    with pytest.raises(RunError, match=r"^out of memory: .* and 1\.0 kB are left here"):
        apps_rec.evaluate(small.load())


def test_units():
    assert (in_units(96e9), in_units(2.5e12), in_units(800)) == ("96.0 GB", "2.5 TB", "0.8 kB")

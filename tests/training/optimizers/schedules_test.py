import math

import pytest
import tensorflow as tf

from apps_rec.protos import train_pb2
from apps_rec.training.optimizers.schedules import Constant, CosineDecay, ExponentialDecay, build_schedule


def _rates(schedule, steps):
    return [float(schedule(tf.constant(step, tf.int64))) for step in steps]


def test_constant():
    assert _rates(Constant(0.25), [0, 10**9]) == [0.25, 0.25]


def test_exponential_decay_in_stairs_and_without():
    stairs = ExponentialDecay(0.8, decay_steps=10, decay_factor=0.5)
    assert _rates(stairs, [0, 9, 10, 19, 20]) == pytest.approx([0.8, 0.8, 0.4, 0.4, 0.2])
    smooth = ExponentialDecay(0.8, decay_steps=10, decay_factor=0.5, staircase=False)
    assert _rates(smooth, [0, 5, 10]) == pytest.approx([0.8, 0.8 * math.sqrt(0.5), 0.4])


def test_exponential_decay_stops_at_its_floor():
    floored = ExponentialDecay(0.8, decay_steps=1, decay_factor=0.5, min_rate=0.15)
    assert _rates(floored, [1, 2, 3, 100]) == pytest.approx([0.4, 0.2, 0.15, 0.15])


def test_burn_in_comes_first_and_does_not_shift_the_decay():
    schedule = ExponentialDecay(0.8, 2, 0.5, min_rate=0.3, burnin_rate=0.01, burnin_steps=3)
    assert _rates(schedule, [0, 2, 3, 4]) == pytest.approx([0.01, 0.01, 0.4, 0.3])


def test_cosine_with_warmup_and_hold():
    schedule = CosineDecay(1.0, total_steps=110, warmup_rate=0.2, warmup_steps=4, hold_steps=6)
    # Warm-up from .2 to 1 in four steps, held until 10, then half a cosine over 100 steps.
    expected = [0.2, 0.6, 1.0, 1.0, 1.0, 0.5 * (1 + math.cos(math.pi / 4)), 0.5, 0.0, 0.0]
    assert _rates(schedule, [0, 2, 4, 9, 10, 35, 60, 110, 500]) == pytest.approx(expected, abs=1e-7)


def test_cosine_without_warmup_starts_at_the_base():
    assert _rates(CosineDecay(0.5, total_steps=10), [0, 5, 10]) == pytest.approx([0.5, 0.25, 0.0], abs=1e-7)


def test_cosine_without_a_step_to_fall_is_refused():
    with pytest.raises(ValueError, match=r"total_steps must exceed warmup_steps \+ hold_steps, 4. Got 4"):
        CosineDecay(0.5, total_steps=4, warmup_steps=3, hold_steps=1)


def test_late_steps_are_counted_one_by_one():
    # 2^24 + 1 is no float32.
    schedule = ExponentialDecay(1.0, decay_steps=2**24 + 1, decay_factor=0.5)
    assert _rates(schedule, [2**24, 2**24 + 1]) == [1.0, 0.5]


@pytest.mark.parametrize(
    "schedule", [Constant(0.1), ExponentialDecay(0.8, 10, 0.5, min_rate=0.1), CosineDecay(0.5, 100, warmup_steps=10)]
)
def test_config_round_trip(schedule):
    again = type(schedule).from_config(schedule.get_config())
    assert _rates(again, [0, 3, 50]) == _rates(schedule, [0, 3, 50])


def test_messages_become_schedules():
    constant = build_schedule(train_pb2.LearningRate())
    assert _rates(constant, [0]) == pytest.approx([0.002])
    message = train_pb2.LearningRate()
    message.exponential_decay_learning_rate.initial_learning_rate = 0.8
    message.exponential_decay_learning_rate.decay_steps = 10
    message.exponential_decay_learning_rate.decay_factor = 0.5
    message.exponential_decay_learning_rate.staircase = False
    message.exponential_decay_learning_rate.min_learning_rate = 0.3
    message.exponential_decay_learning_rate.burnin_learning_rate = 0.05
    message.exponential_decay_learning_rate.burnin_steps = 2
    assert _rates(build_schedule(message), [1, 10, 20]) == pytest.approx([0.05, 0.4, 0.3])
    message = train_pb2.LearningRate()
    message.cosine_decay_learning_rate.learning_rate_base = 1.0
    message.cosine_decay_learning_rate.total_steps = 20
    message.cosine_decay_learning_rate.warmup_learning_rate = 0.5
    message.cosine_decay_learning_rate.warmup_steps = 5
    message.cosine_decay_learning_rate.hold_base_rate_steps = 5
    assert _rates(build_schedule(message), [0, 5, 10, 15, 20]) == pytest.approx([0.5, 1.0, 1.0, 0.5, 0.0], abs=1e-7)

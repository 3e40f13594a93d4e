import math

import pytest
import tensorflow as tf

from apps_rec.protos import train_pb2
from apps_rec.training.optimizers.schedules import (
    Constant,
    CosineDecay,
    ExponentialDecay,
    ManualSteps,
    PolynomialDecay,
    TransformerDecay,
    build_schedule,
)


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


def test_burn_in_rises_in_a_line_and_the_decay_begins_behind_it():
    schedule = ExponentialDecay(0.8, 2, 0.5, min_rate=0.3, burnin_rate=0.4, burnin_steps=4)
    # .4 and a quarter of .4 more each step; then .8 for two steps, .4, and the floor.
    assert _rates(schedule, [0, 1, 3, 4, 5, 6, 8, 9]) == pytest.approx([0.4, 0.5, 0.7, 0.8, 0.8, 0.4, 0.3, 0.3])


def test_the_floor_holds_in_the_burn_in_and_without_a_rate_it_is_the_initial_one():
    low = ExponentialDecay(0.8, 2, 0.5, min_rate=0.3, burnin_rate=0.1, burnin_steps=7)
    assert _rates(low, [0, 1, 2, 3]) == pytest.approx([0.3, 0.3, 0.3, 0.4])
    held = ExponentialDecay(0.8, 2, 0.5, burnin_steps=3)
    assert _rates(held, [0, 2, 3, 4, 5]) == pytest.approx([0.8, 0.8, 0.8, 0.8, 0.4])


def test_manual_steps():
    schedule = ManualSteps(0.1, [5, 10], [0.01, 0.001])
    assert _rates(schedule, [0, 4, 5, 9, 10, 1000]) == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


def test_manual_steps_with_warmup():
    schedule = ManualSteps(0.1, [4, 10], [0.5, 0.001], warmup=True)
    assert _rates(schedule, [0, 1, 3, 4, 9, 10]) == pytest.approx([0.1, 0.2, 0.4, 0.5, 0.5, 0.001])


@pytest.mark.parametrize(("steps", "rates"), [([], []), ([0], [1.0]), ([5, 5], [1.0, 2.0]), ([5], [1.0, 2.0])])
def test_manual_steps_that_do_not_ascend_are_refused(steps, rates):
    with pytest.raises(ValueError, match="a rate for each of ascending steps above 0"):
        ManualSteps(0.1, steps, rates)


def test_polynomial_decay():
    square = PolynomialDecay(1.1, total_steps=10, power=2.0, end=0.1)
    assert _rates(square, [0, 5, 9, 10, 99]) == pytest.approx([1.1, 0.35, 0.11, 0.1, 0.1])
    assert _rates(PolynomialDecay(1.0, 4, 0.5), [0, 3, 4]) == pytest.approx([1.0, 0.5, 0.0])


def test_transformer_rises_in_a_line_and_falls_with_the_root():
    schedule = TransformerDecay(2.0, hidden_size=4, warmup_steps=16)
    # 2 / sqrt(4) = 1; warm-up: (s + 1) / 64.
    assert _rates(schedule, [0, 7, 15, 24, 99]) == pytest.approx([1 / 64, 1 / 8, 1 / 4, 1 / 5, 1 / 10])
    scaled = TransformerDecay(2.0, hidden_size=4, warmup_steps=32, step_scaling=0.5)
    assert _rates(scaled, [0, 14, 48]) == pytest.approx([1 / 64, 1 / 8, 1 / 5])


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
    "schedule",
    [
        Constant(0.1),
        ExponentialDecay(0.8, 10, 0.5, min_rate=0.1),
        CosineDecay(0.5, 100, warmup_steps=10),
        ManualSteps(0.1, [4, 10], [0.5, 0.001], warmup=True),
        PolynomialDecay(1.0, 4, 0.5, 0.1),
        TransformerDecay(2.0, 4, 16),
    ],
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
    assert _rates(build_schedule(message), [1, 12, 22]) == pytest.approx([0.425, 0.4, 0.3])
    message = train_pb2.LearningRate()
    message.cosine_decay_learning_rate.learning_rate_base = 1.0
    message.cosine_decay_learning_rate.total_steps = 20
    message.cosine_decay_learning_rate.warmup_learning_rate = 0.5
    message.cosine_decay_learning_rate.warmup_steps = 5
    message.cosine_decay_learning_rate.hold_base_rate_steps = 5
    assert _rates(build_schedule(message), [0, 5, 10, 15, 20]) == pytest.approx([0.5, 1.0, 1.0, 0.5, 0.0], abs=1e-7)
    message = train_pb2.LearningRate()
    manual = message.manual_step_learning_rate
    manual.initial_learning_rate, manual.warmup = 0.1, True
    manual.schedule.add(step=4, learning_rate=0.5)
    manual.schedule.add(step=10)
    assert _rates(build_schedule(message), [1, 4, 10]) == pytest.approx([0.2, 0.5, 0.002])
    message = train_pb2.LearningRate()
    poly = message.poly_decay_learning_rate
    poly.learning_rate_base, poly.total_steps, poly.power, poly.end_learning_rate = 1.1, 10, 2.0, 0.1
    assert _rates(build_schedule(message), [5]) == pytest.approx([0.35])
    message = train_pb2.LearningRate()
    transformer = message.transformer_learning_rate
    transformer.learning_rate_base, transformer.hidden_size, transformer.warmup_steps = 2.0, 4, 32
    transformer.step_scaling_rate = 0.5
    assert _rates(build_schedule(message), [14]) == pytest.approx([0.125])

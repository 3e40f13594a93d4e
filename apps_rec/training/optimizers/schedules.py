"""Schedules: learning rates as functions of the step."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import tensorflow as tf

from apps_rec.legacy_keras import keras
from apps_rec.protos.train_pb2 import LearningRate

log = logging.getLogger("apps_rec")
Schedule: TypeAlias = keras.optimizers.schedules.LearningRateSchedule


class Constant(Schedule):
    """The same rate at every step.

    It is a schedule rather than a number, because Keras keeps a number in the checkpoint and would restore it over a
    changed config.
    """

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Returns the rate."""
        return tf.constant(self.learning_rate, tf.float32)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor arguments."""
        return {"learning_rate": self.learning_rate}


class ExponentialDecay(Schedule):
    """max(min_rate, initial * decay_factor ^ ((step - burnin_steps) / decay_steps)).

    In the first `burnin_steps` the rate rises from `burnin_rate` to `initial` in a straight line; it is `initial` there
    where `burnin_rate` is 0.
    """

    def __init__(
        self,
        initial: float,
        decay_steps: int,
        decay_factor: float,
        staircase: bool = True,
        min_rate: float = 0.0,
        burnin_rate: float = 0.0,
        burnin_steps: int = 0,
    ) -> None:
        self.initial, self.decay_steps, self.decay_factor, self.staircase = (
            initial,
            decay_steps,
            decay_factor,
            staircase,
        )
        self.min_rate, self.burnin_rate, self.burnin_steps = min_rate, burnin_rate, burnin_steps

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Returns the rate at a step."""
        # float64: a large step is not a float32.
        times = tf.cast(step - self.burnin_steps, tf.float64) / self.decay_steps
        times = tf.floor(times) if self.staircase else times
        rate = self.initial * tf.pow(tf.constant(self.decay_factor, tf.float64), times)
        if self.burnin_steps:
            start = self.burnin_rate or self.initial
            slope = (self.initial - start) / self.burnin_steps
            rate = tf.where(step < self.burnin_steps, start + slope * tf.cast(step, tf.float64), rate)
        return tf.maximum(tf.cast(rate, tf.float32), self.min_rate)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor arguments."""
        return dict(vars(self))


class ManualSteps(Schedule):
    """`initial` up to the first of `steps`, and from each of `steps` on the rate of the same place in `rates`.

    With `warmup`, the rate rises in a straight line from `initial` at step 0 to the first of `rates` at its step.
    """

    def __init__(self, initial: float, steps: Sequence[int], rates: Sequence[float], warmup: bool = False) -> None:
        if len(steps) != len(rates) or not steps or any(b <= a for a, b in itertools.pairwise((0, *steps))):
            raise ValueError(f"ManualSteps: expected a rate for each of ascending steps above 0. Got {steps}, {rates}")
        self.initial, self.steps, self.rates, self.warmup = initial, tuple(steps), tuple(rates), warmup

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Returns the rate at a step."""
        passed = tf.reduce_sum(tf.cast(tf.cast(step, tf.int64) >= tf.constant(self.steps, tf.int64), tf.int32))
        rate = tf.gather(tf.constant((self.initial, *self.rates), tf.float32), passed)
        if not self.warmup:
            return rate
        slope = (self.rates[0] - self.initial) / self.steps[0]
        warmed = tf.cast(self.initial + slope * tf.cast(step, tf.float64), tf.float32)
        return tf.where(passed == 0, warmed, rate)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor arguments."""
        return dict(vars(self))


class PolynomialDecay(Schedule):
    """end + (base - end) * (1 - step / total_steps) ^ power, and `end` from `total_steps` on."""

    def __init__(self, base: float, total_steps: int, power: float, end: float = 0.0) -> None:
        self.base, self.total_steps, self.power, self.end = base, total_steps, power, end

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Returns the rate at a step."""
        left = 1.0 - tf.minimum(tf.cast(step, tf.float64) / self.total_steps, 1.0)
        return tf.cast(self.end + (self.base - self.end) * tf.pow(left, self.power), tf.float32)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor arguments."""
        return dict(vars(self))


class TransformerDecay(Schedule):
    """base * hidden_size ^ -0.5 * min((s + 1) * w ^ -1.5, (s + 1) ^ -0.5), with s = scale * step, w = scale * warm-up.

    It rises in a straight line during `warmup_steps` and falls with the root of the step from there on.

    References: Vaswani et al. 2017, Attention Is All You Need, equation 3.
    """

    def __init__(self, base: float, hidden_size: int, warmup_steps: int, step_scaling: float = 1.0) -> None:
        self.base, self.hidden_size = base, hidden_size
        self.warmup_steps, self.step_scaling = warmup_steps, step_scaling

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Returns the rate at a step."""
        place = tf.cast(step, tf.float64) * self.step_scaling + 1.0
        rising = place * (self.warmup_steps * self.step_scaling) ** -1.5
        return tf.cast(self.base * self.hidden_size**-0.5 * tf.minimum(rising, tf.math.rsqrt(place)), tf.float32)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor arguments."""
        return dict(vars(self))


class CosineDecay(Schedule):
    """Linear warm-up to `base` in `warmup_steps`, held for `hold_steps`, then half a cosine to 0 at `total_steps`.

    Raises:
        ValueError: no step is left between the hold and `total_steps`.

    References: Loshchilov, Hutter 2017, SGDR, equation 5 without restarts.
    """

    def __init__(
        self, base: float, total_steps: int, warmup_rate: float = 0.0, warmup_steps: int = 0, hold_steps: int = 0
    ) -> None:
        if total_steps <= warmup_steps + hold_steps:
            raise ValueError(
                f"CosineDecay: total_steps must exceed warmup_steps + hold_steps, {warmup_steps + hold_steps}. "
                f"Got {total_steps}"
            )
        self.base, self.total_steps = base, total_steps
        self.warmup_rate, self.warmup_steps, self.hold_steps = warmup_rate, warmup_steps, hold_steps

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Returns the rate at a step."""
        place = tf.cast(step, tf.float64)
        start = self.warmup_steps + self.hold_steps
        share = tf.clip_by_value((place - start) / (self.total_steps - start), 0.0, 1.0)
        rate = self.base * 0.5 * (1.0 + tf.cos(math.pi * share))
        warmed = place / max(self.warmup_steps, 1)
        warmup = self.warmup_rate + (self.base - self.warmup_rate) * warmed
        return tf.cast(tf.where(place < self.warmup_steps, warmup, rate), tf.float32)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor arguments."""
        return dict(vars(self))


# By the name of the message in the config: the class, and its arguments from the message.
SCHEDULES: dict[str, tuple[type[Schedule], Callable[[Any], dict[str, Any]]]] = {
    "constant_learning_rate": (Constant, lambda message: {"learning_rate": message.learning_rate}),
    "exponential_decay_learning_rate": (
        ExponentialDecay,
        lambda message: {
            "initial": message.initial_learning_rate,
            "decay_steps": message.decay_steps,
            "decay_factor": message.decay_factor,
            "staircase": message.staircase,
            "min_rate": message.min_learning_rate,
            "burnin_rate": message.burnin_learning_rate,
            "burnin_steps": message.burnin_steps,
        },
    ),
    "manual_step_learning_rate": (
        ManualSteps,
        lambda message: {
            "initial": message.initial_learning_rate,
            "steps": [each.step for each in message.schedule],
            "rates": [each.learning_rate for each in message.schedule],
            "warmup": message.warmup,
        },
    ),
    "poly_decay_learning_rate": (
        PolynomialDecay,
        lambda message: {
            "base": message.learning_rate_base,
            "total_steps": message.total_steps,
            "power": message.power,
            "end": message.end_learning_rate,
        },
    ),
    "transformer_learning_rate": (
        TransformerDecay,
        lambda message: {
            "base": message.learning_rate_base,
            "hidden_size": message.hidden_size,
            "warmup_steps": message.warmup_steps,
            "step_scaling": message.step_scaling_rate,
        },
    ),
    "cosine_decay_learning_rate": (
        CosineDecay,
        lambda message: {
            "base": message.learning_rate_base,
            "total_steps": message.total_steps,
            "warmup_rate": message.warmup_learning_rate,
            "warmup_steps": message.warmup_steps,
            "hold_steps": message.hold_base_rate_steps,
        },
    ),
}


def build_schedule(message: LearningRate) -> Schedule:
    """Returns the schedule that learning_rate names; a constant one if none is given."""
    kind = message.WhichOneof("learning_rate") or "constant_learning_rate"
    schedule, arguments = SCHEDULES[kind]
    return schedule(**arguments(getattr(message, kind)))


def schedule_from_config(config: Mapping[str, Any]) -> Schedule:
    """Returns the schedule of a class name and constructor arguments, as Keras writes them.

    It does not use Keras' own lookup, which takes our Constant for its initializer of that name.
    """
    by_class = {schedule.__name__: schedule for schedule, _ in SCHEDULES.values()}
    return by_class[config["class_name"]].from_config(config["config"])


def say_of_length(schedule: Schedule, steps: int) -> None:
    """Logs that a learning rate was set for a training of another length, if so.

    Args:
        schedule: schedule of the training.
        steps: number of steps of the training.
    """
    if isinstance(schedule, CosineDecay):
        _say("cosine_decay_learning_rate", schedule.total_steps, schedule.warmup_steps, steps, 0.0)
    elif isinstance(schedule, PolynomialDecay):
        _say("poly_decay_learning_rate", schedule.total_steps, 0, steps, schedule.end)


# A training so little shorter or longer than its schedule is as good: at 98 % a cosine has come to .001 of its base.
# How many rows a holdout by users leaves is not known to the row.
_AS_GOOD = 0.02


def _say(name: str, total: int, warmup: int, steps: int, end: float) -> None:
    if abs(steps - total) <= _AS_GOOD * total:
        return
    if steps > total and not end:
        log.warning(
            "%s: total_steps is %d, so the rate was 0 in the last %d of %d steps, which changed no weight",
            name,
            total,
            steps - total,
            steps,
        )
    elif 0 < steps <= warmup:
        log.warning(
            "%s: warmup_steps is %d, so all %d steps were warm-up and the rate never came to learning_rate_base",
            name,
            warmup,
            steps,
        )
    elif steps < total:
        log.warning(
            "%s: total_steps is %d, so %d steps left the schedule at %.0f %% and the rate did not come to %g",
            name,
            total,
            steps,
            100 * steps / total,
            end,
        )

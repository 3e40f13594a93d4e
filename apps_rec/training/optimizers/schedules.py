"""Schedules: learning rates as functions of the step."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
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
    """max(min_rate, initial * decay_factor ^ (step / decay_steps)); before `burnin_steps`: `burnin_rate`."""

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
        times = tf.cast(step, tf.float64) / self.decay_steps
        times = tf.floor(times) if self.staircase else times
        rate = tf.cast(self.initial * tf.pow(tf.constant(self.decay_factor, tf.float64), times), tf.float32)
        rate = tf.maximum(rate, self.min_rate)
        return tf.where(step < self.burnin_steps, self.burnin_rate, rate)

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


def say_of_length(schedule: Mapping[str, Any], steps: int) -> None:
    """Logs that a learning rate was set for a training of another length, if so.

    Args:
        schedule: constructor arguments of a schedule.
        steps: number of steps of the training.
    """
    total, warmup = schedule.get("total_steps"), schedule.get("warmup_steps", 0)
    if total is None:
        return
    if steps > total:
        log.warning(
            "cosine_decay_learning_rate: total_steps is %d, so the rate was 0 in the last %d of %d steps, which "
            "changed no weight",
            total,
            steps - total,
            steps,
        )
    elif steps <= warmup:
        log.warning(
            "cosine_decay_learning_rate: warmup_steps is %d, so all %d steps were warm-up and the rate never came "
            "to learning_rate_base",
            warmup,
            steps,
        )
    elif steps < total:
        log.warning(
            "cosine_decay_learning_rate: total_steps is %d, so %d steps left the schedule at %.0f %% and the rate did "
            "not come to 0",
            total,
            steps,
            100 * steps / total,
        )

"""Checks of train_config: length, checkpoints, optimizer, schedule."""

from __future__ import annotations

import math
from typing import Any

from apps_rec.config.checks.context import Context
from apps_rec.config.uris import WILDCARDS
from apps_rec.protos import train_pb2
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.train_pb2 import LearningRate

_PATH = "train_config"
_ONE_REPLICA = (train_pb2.NoStrategy, train_pb2.OneDeviceStrategy)


def check_train(context: Context) -> None:
    """Reports a training that would never end, and numbers that no optimizer can use."""
    train, report = context.config.train_config, context.report
    endless = not train.num_steps and not context.config.data_config.num_epochs
    if endless and not report.is_broken("data_config.num_epochs"):
        text = "training would not end: expected train_config.num_steps or data_config.num_epochs above 0."
        report.error(f"{_PATH}.num_steps", text)
    context.above_zero(train, _PATH, "save_checkpoints_steps", "keep_checkpoint_max", "log_step_count_steps")
    context.within(train, _PATH, "gradient_clipping_by_norm", 0)
    _strategy(context)
    kind = train.optimizer_config.WhichOneof("optimizer")
    if kind is not None:
        path, given = f"{_PATH}.optimizer_config.{kind}", getattr(train.optimizer_config, kind)
        context.in_ranges(given, path)
        _learning_rate(context, given.learning_rate, f"{path}.learning_rate")


def _strategy(context: Context) -> None:
    train, data, report = context.config.train_config, context.config.data_config, context.report
    name = train_pb2.DistributionStrategy.Name(train.train_distribute)
    if train.train_distribute == train_pb2.TPUStrategy:
        _tpu(context)
    elif train.jit_compile and train.train_distribute not in _ONE_REPLICA:
        text = (
            f"XLA cannot compile the sums over replicas of {name}; set it to false, or train_distribute to NoStrategy."
        )
        report.error(f"{_PATH}.jit_compile", text)
    if data.worker_split != DataConfig.AUTO and train.train_distribute != train_pb2.MultiWorkerMirroredStrategy:
        split = DataConfig.WorkerSplit.Name(data.worker_split)
        text = f"{split} is for MultiWorkerMirroredStrategy; leave it out, train_distribute is {name}."
        report.error("data_config.worker_split", text)
    if train.train_distribute == train_pb2.ParameterServerStrategy:
        _parameter_servers(context, name)


def _parameter_servers(context: Context, name: str) -> None:
    data, report = context.config.data_config, context.report
    if data.input_type not in (DataConfig.CSVInput, DataConfig.TFRecordInput):
        kind = DataConfig.InputType.Name(data.input_type).removesuffix("Input")
        text = f"{name} reads with TensorFlow's operations, which cannot read {kind}. Use `apps-rec convert` first."
        report.error("data_config.input_type", text)
    for field in ("holdout_fraction", "holdout_from"):
        if getattr(data, field):
            report.error(f"data_config.{field}", f"{name} cannot leave out rows; use eval_input_path.")
    if any(char in context.config.model_dir for char in WILDCARDS):
        text = f"{name} reads checkpoints on the servers, by TensorFlow itself, which takes"
        report.error("model_dir", f"{text} {' '.join(WILDCARDS)} for wildcards; choose a path without them.")


def _tpu(context: Context) -> None:
    """Reports options that a TPU cannot do, and those that it does anyway."""
    train, data, report = context.config.train_config, context.config.data_config, context.report
    if not data.drop_remainder:
        text = "a TPU takes batches of one size: expected true with TPUStrategy, to leave out the last, smaller one."
        report.error("data_config.drop_remainder", text)
    if train.jit_compile:
        text = "TPUStrategy compiles the whole step by itself; set it to false."
        report.error(f"{_PATH}.jit_compile", text)


def _learning_rate(context: Context, rate: LearningRate, path: str) -> None:
    kind = rate.WhichOneof("learning_rate")
    if kind is None:
        return
    here, schedule = f"{path}.{kind}", getattr(rate, kind)
    context.in_ranges(schedule, here)
    if kind in _SCHEDULES:
        _SCHEDULES[kind](context, schedule, here)


def _exponential(context: Context, schedule: Any, path: str) -> None:
    report = context.report
    if schedule.min_learning_rate > schedule.initial_learning_rate > 0:
        text = f"expected at most initial_learning_rate, {schedule.initial_learning_rate:g}, got"
        report.error(f"{path}.min_learning_rate", f"{text} {schedule.min_learning_rate:g}.")
    if schedule.burnin_steps and not schedule.burnin_learning_rate:
        report.error(f"{path}.burnin_steps", "needs burnin_learning_rate above 0, the rate of these steps.")
    elif schedule.burnin_learning_rate > 0 and not schedule.burnin_steps:
        report.error(f"{path}.burnin_learning_rate", "needs burnin_steps above 0, the steps of this rate.")
    steps = context.config.train_config.num_steps
    if 0 < steps <= schedule.burnin_steps:
        text = f"num_steps is {steps}, so the rate never comes to initial_learning_rate."
        report.warn(f"{path}.burnin_steps", text)
    elif schedule.staircase and 0 < steps <= schedule.decay_steps and schedule.decay_factor < 1:
        text = f"num_steps is {steps}, so the rate never comes down from initial_learning_rate; got"
        report.warn(f"{path}.decay_steps", f"{text} {schedule.decay_steps}.")


def _cosine(context: Context, schedule: Any, path: str) -> None:
    report = context.report
    before = schedule.warmup_steps + schedule.hold_base_rate_steps
    if 0 < schedule.total_steps <= before:
        text = f"expected more than warmup_steps + hold_base_rate_steps, {before}, got {schedule.total_steps}."
        report.error(f"{path}.total_steps", text)
    _length(context, schedule, path)
    if schedule.HasField("warmup_learning_rate") and not schedule.warmup_steps:
        report.error(f"{path}.warmup_learning_rate", "warmup_steps is 0, so no step has this rate.")
    elif schedule.warmup_steps and schedule.warmup_learning_rate > schedule.learning_rate_base > 0:
        text = f"expected at most learning_rate_base, {schedule.learning_rate_base:g}, got"
        report.error(f"{path}.warmup_learning_rate", f"{text} {schedule.warmup_learning_rate:g}.")


def _length(context: Context, schedule: Any, path: str) -> None:
    """Warns of a schedule whose length differs from the training's, where the config gives that length."""
    steps = context.config.train_config.num_steps
    if 0 < schedule.total_steps < steps:
        text = f"the rate is 0 from step {schedule.total_steps} on, and num_steps is {steps}."
        context.report.warn(f"{path}.total_steps", text)
    if 0 < steps <= schedule.warmup_steps:
        text = f"num_steps is {steps}, so the rate never comes to learning_rate_base."
        context.report.warn(f"{path}.warmup_steps", text)
    elif 0 < steps < schedule.total_steps:
        end = _cosine_rate(schedule, steps)
        text = f"num_steps is {steps}, so the schedule is left at {steps / schedule.total_steps:.0%}: the rate ends at "
        text += f"{end:.3g} of learning_rate_base {schedule.learning_rate_base:.3g}, not at 0. Expected {steps}, got"
        context.report.warn(f"{path}.total_steps", f"{text} {schedule.total_steps}.")


def _cosine_rate(schedule: Any, step: int) -> float:
    """Returns the rate after warm-up, by the formula of CosineDecay."""
    start = schedule.warmup_steps + schedule.hold_base_rate_steps
    share = min(1.0, max(0.0, (step - start) / max(1, schedule.total_steps - start)))
    return schedule.learning_rate_base * 0.5 * (1.0 + math.cos(math.pi * share))


# Checks of the fields of a schedule together; the range of each alone is its option in train.proto.
_SCHEDULES = {"exponential_decay_learning_rate": _exponential, "cosine_decay_learning_rate": _cosine}

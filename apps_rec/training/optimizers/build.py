"""train_config -> optimizer, with its schedule and clipping."""

from __future__ import annotations

from apps_rec.legacy_keras import keras
from apps_rec.protos import train_pb2
from apps_rec.training.optimizers import row_sparse as optimizers
from apps_rec.training.optimizers import schedules


def build_optimizer(train_config: train_pb2.TrainConfig) -> optimizers.RowSparseOptimizer:
    """The optimizer that optimizer_config names, with its schedule and clipping."""
    optimizer = _build_optimizer(train_config)
    optimizer.static_shapes = train_config.train_distribute == train_pb2.TPUStrategy
    return optimizer


def _build_optimizer(train_config: train_pb2.TrainConfig) -> optimizers.RowSparseOptimizer:
    kind = train_config.optimizer_config.WhichOneof("optimizer")
    message = getattr(train_config.optimizer_config, kind)
    rate = build_schedule(message.learning_rate)
    clip = train_config.gradient_clipping_by_norm or None
    if kind == "sgd_optimizer":
        return optimizers.Sgd(rate, global_clipnorm=clip)
    if kind == "adagrad_optimizer":
        return optimizers.Adagrad(rate, message.initial_accumulator_value, global_clipnorm=clip)
    if kind == "ftrl_optimizer":
        return optimizers.Ftrl(
            rate,
            message.learning_rate_power,
            message.initial_accumulator_value,
            l1=message.l1_reg,
            l2=message.l2_reg,
            global_clipnorm=clip,
        )
    return optimizers.Adam(rate, message.beta1, message.beta2, global_clipnorm=clip)


def build_schedule(message: train_pb2.LearningRate) -> keras.optimizers.schedules.LearningRateSchedule:
    """The schedule that learning_rate names; constant where none is given."""
    kind = message.WhichOneof("learning_rate")
    if kind == "exponential_decay_learning_rate":
        decay = message.exponential_decay_learning_rate
        return schedules.ExponentialDecay(
            decay.initial_learning_rate,
            decay.decay_steps,
            decay.decay_factor,
            staircase=decay.staircase,
            min_rate=decay.min_learning_rate,
            burnin_rate=decay.burnin_learning_rate,
            burnin_steps=decay.burnin_steps,
        )
    if kind == "cosine_decay_learning_rate":
        cosine = message.cosine_decay_learning_rate
        return schedules.CosineDecay(
            cosine.learning_rate_base,
            cosine.total_steps,
            warmup_rate=cosine.warmup_learning_rate,
            warmup_steps=cosine.warmup_steps,
            hold_steps=cosine.hold_base_rate_steps,
        )
    return schedules.Constant(message.constant_learning_rate.learning_rate)

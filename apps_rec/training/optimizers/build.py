"""Builds the optimizer of a train_config, with its schedule and clipping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps_rec.protos import train_pb2
from apps_rec.training.optimizers import row_sparse as optimizers
from apps_rec.training.optimizers.schedules import build_schedule

# By the name of the message in the config: the class, and its arguments from the message.
OPTIMIZERS: dict[str, tuple[type[optimizers.RowSparseOptimizer], Callable[[Any], dict[str, Any]]]] = {
    "adam_optimizer": (optimizers.Adam, lambda message: {"beta_1": message.beta1, "beta_2": message.beta2}),
    "adagrad_optimizer": (
        optimizers.Adagrad,
        lambda message: {"initial_accumulator_value": message.initial_accumulator_value},
    ),
    "ftrl_optimizer": (
        optimizers.Ftrl,
        lambda message: {
            "learning_rate_power": message.learning_rate_power,
            "initial_accumulator_value": message.initial_accumulator_value,
            "l1": message.l1_reg,
            "l2": message.l2_reg,
        },
    ),
    "sgd_optimizer": (optimizers.Sgd, lambda message: {}),
}


def build_optimizer(train_config: train_pb2.TrainConfig) -> optimizers.RowSparseOptimizer:
    """Returns the optimizer that optimizer_config names, with its schedule and clipping."""
    kind = train_config.optimizer_config.WhichOneof("optimizer")
    message = getattr(train_config.optimizer_config, kind)
    make: Callable[..., optimizers.RowSparseOptimizer]
    make, arguments = OPTIMIZERS[kind]
    clip = train_config.gradient_clipping_by_norm or None
    optimizer = make(build_schedule(message.learning_rate), global_clipnorm=clip, **arguments(message))
    optimizer.static_shapes = train_config.train_distribute == train_pb2.TPUStrategy
    return optimizer


def slots_of(train_config: train_pb2.TrainConfig) -> int:
    """Returns the number of tensors that the optimizer keeps beside each weight."""
    optimizer, _ = OPTIMIZERS[train_config.optimizer_config.WhichOneof("optimizer")]
    return len(optimizer.slot_names)

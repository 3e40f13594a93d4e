"""Builds the optimizer of a train_config, with its schedules and clipping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from apps_rec.protos import train_pb2
from apps_rec.training.optimizers import rules
from apps_rec.training.optimizers.row_sparse import Part, RowSparseOptimizer
from apps_rec.training.optimizers.schedules import build_schedule


def _adam(message: Any) -> dict[str, Any]:
    return {"beta_1": message.beta1, "beta_2": message.beta2}


def _adamw(message: Any) -> dict[str, Any]:
    return {**_adam(message), "weight_decay": message.weight_decay}


def _momentum(message: Any) -> dict[str, Any]:
    return {"momentum": message.momentum_optimizer_value}


# By the name of the message in the config: the rule, and its arguments from the message. Adam here is EasyRec's lazy
# one, and counts the steps of all workers, as EasyRec's asynchronous one does.
OPTIMIZERS: dict[str, tuple[type[rules.Rule], Callable[[Any], dict[str, Any]]]] = {
    "adam_optimizer": (rules.Adam, _adam),
    "lazy_adam_optimizer": (rules.Adam, _adam),
    "adam_async_optimizer": (rules.Adam, _adam),
    "adamw_optimizer": (rules.AdamW, _adamw),
    "adam_asyncw_optimizer": (rules.AdamW, _adamw),
    "adagrad_optimizer": (
        rules.Adagrad,
        lambda message: {"initial_accumulator_value": message.initial_accumulator_value},
    ),
    "momentum_optimizer": (rules.Momentum, _momentum),
    "momentumw_optimizer": (
        rules.MomentumW,
        lambda message: {**_momentum(message), "weight_decay": message.weight_decay},
    ),
    "rms_prop_optimizer": (
        rules.RmsProp,
        lambda message: {**_momentum(message), "decay": message.decay, "epsilon": message.epsilon},
    ),
    "ftrl_optimizer": (
        rules.Ftrl,
        lambda message: {
            "learning_rate_power": message.learning_rate_power,
            "initial_accumulator_value": message.initial_accumulator_value,
            "l1": message.l1_reg,
            "l2": message.l2_reg,
            "l2_shrinkage": message.l2_shrinkage_reg,
        },
    ),
    "sgd_optimizer": (rules.Sgd, lambda message: {}),
}


def build_optimizer(train_config: train_pb2.TrainConfig) -> RowSparseOptimizer:
    """Returns the optimizer that optimizer_config names, with its schedules and clipping.

    One message is for all weights; of two, the first is for embeddings. A factor on the rate of embeddings makes two of
    one. Beside these there may be one of first-order weights.
    """
    of_first_order = [one for one in train_config.optimizer_config if one.of_first_order_weights]
    first, *others = (one for one in train_config.optimizer_config if not one.of_first_order_weights)
    part, factor = _part(others[0] if others else first), first.embedding_learning_rate_multiplier
    own = None
    if others:
        own = replace(_part(first), multiplier=factor)
    elif factor != 1:
        own = replace(part, multiplier=factor)
    clip = train_config.gradient_clipping_by_norm or None
    wide = None
    for one in of_first_order:
        wide = replace(_part(one), multiplier=one.embedding_learning_rate_multiplier)
    optimizer = RowSparseOptimizer(part.rule, part.learning_rate, clip, own, of_first_order=wide)
    optimizer.static_shapes = train_config.train_distribute == train_pb2.TPUStrategy
    return optimizer


def _part(config: train_pb2.Optimizer) -> Part:
    kind = config.WhichOneof("optimizer")
    message = getattr(config, kind)
    rule, arguments = OPTIMIZERS[kind]
    return Part(rule(**arguments(message)), build_schedule(message.learning_rate))


def slots_of(train_config: train_pb2.TrainConfig) -> int:
    """Returns the largest number of tensors that an optimizer of the config keeps beside a weight."""
    kinds = [each.WhichOneof("optimizer") for each in train_config.optimizer_config]
    return max(len(OPTIMIZERS[kind][0].slot_names) for kind in kinds)

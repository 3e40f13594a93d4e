"""The table of losses, read off the options in protos/loss.proto: what each needs, and which tasks it trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from apps_rec import plugins
from apps_rec.config.custom import loss_arguments
from apps_rec.protos import loss_pb2
from apps_rec.protos.loss_pb2 import Loss, LossType
from apps_rec.protos.model_pb2 import ModelConfig, RankModel
from apps_rec.protos.network_pb2 import TaskTower

SESSION = "session_name"


@dataclass(frozen=True)
class LossRow:
    """A row of the table.

    Attributes:
        params: field of Loss that holds its options; "": it has none.
        kinds: what the tasks that it trains may be, rows of `apps_rec.config.tasks.kinds`.
        needs_session: whether it must name the column of sessions.
        compares: whether it is of pairs or lists of rows, whose number differs from batch to batch.
    """

    params: str
    kinds: tuple[str, ...]
    needs_session: bool
    compares: bool


def _row(value: Any) -> LossRow:
    """Reads a loss off the descriptor of its value in LossType."""
    options = value.GetOptions().Extensions
    return LossRow(
        options[loss_pb2.options],
        tuple(options[loss_pb2.kinds]),
        options[loss_pb2.needs_session],
        options[loss_pb2.compares],
    )


# By their names in protos/loss.proto; apps_rec/losses/table.py computes them, by the same names.
LOSSES = {value.name: _row(value) for value in LossType.DESCRIPTOR.values}


def row_of(loss: Loss) -> LossRow:
    """Returns the row of a loss; of one of one's own the kind is what the config says."""
    row = LOSSES[LossType.Name(loss.loss_type)]
    if loss.loss_type != loss_pb2.CUSTOM:
        return row
    given, kind = plugins.losses().get(loss.custom_loss.name), loss.custom_loss.kind
    # A kind that there is not is reported by itself.
    kinds = (kind,) if kind in row.kinds else row.kinds
    return replace(row, kinds=kinds, compares=given is not None and given.compares)


@dataclass(frozen=True)
class AskedLoss:
    """A loss that a tower asks for.

    Attributes:
        name: key of the table, or name of a plugin's loss.
        weight: weight in the tower's sum.
        is_learned: whether its uncertainty is learned.
        session: column of sessions; "": none.
        towers: towers whose probabilities it reads.
        options: its other options by name; those that are absent and have no default are left out.
    """

    name: str
    weight: float
    is_learned: bool
    session: str
    towers: tuple[str, ...]
    options: Mapping[str, Any]


def losses_of(tower: TaskTower) -> Sequence[Loss]:
    """Returns the losses of a tower: those that it lists, else the one of its loss_type."""
    return list(tower.losses) or [Loss(loss_type=tower.loss_type)]


def loss_names(tower: TaskTower) -> list[str]:
    """Returns the keys of a tower's losses."""
    return [LossType.Name(loss.loss_type) for loss in losses_of(tower)]


def is_learned(model: ModelConfig) -> Callable[[Loss], bool]:
    """Returns what tells whether the weight of a loss is learned: of those that say so, or of all if none does."""
    if model.loss_weight_strategy != ModelConfig.Uncertainty:
        return lambda loss: False
    chosen = any(loss.learn_loss_weight for tower in model.rank_model.task_towers for loss in tower.losses)
    return lambda loss: loss.learn_loss_weight or not chosen


def asked_losses(tower: TaskTower, learned: Callable[[Loss], bool] = lambda loss: False) -> list[AskedLoss]:
    """Returns the losses of a tower with their options; `learned` is that of `is_learned`."""
    return [_asked(tower, loss, learned(loss)) for loss in losses_of(tower)]


def _asked(tower: TaskTower, loss: Loss, is_learned: bool) -> AskedLoss:
    if loss.loss_type == loss_pb2.CUSTOM:
        custom = loss.custom_loss
        return AskedLoss(custom.name, loss.weight, is_learned, custom.session_name, (), loss_arguments(custom))
    name = LossType.Name(loss.loss_type)
    row = LOSSES[name]
    # Without a message the function's own defaults hold, which are the same.
    options = options_of(getattr(loss, row.params)) if row.params and loss.HasField(row.params) else {}
    options.pop("tower_names", None)
    session, towers = options.pop(SESSION, ""), tuple(towers_above(tower, loss))
    return AskedLoss(name, loss.weight, is_learned, session, towers, options)


def towers_above(tower: TaskTower, loss: Loss) -> Sequence[str]:
    """Returns the towers that a loss holds a tower's probability against: none, but for order calibration."""
    if loss.loss_type != loss_pb2.ORDER_CALIBRATE_LOSS:
        return ()
    return list(loss.order_calibrate_loss.tower_names) or list(tower.relation_tower_names)


def options_of(message: Any) -> dict[str, Any]:
    """Returns the fields of an option message by name, without those that are absent and have no default."""
    return {
        field.name: getattr(message, field.name)
        for field in message.DESCRIPTOR.fields
        if field.name in _with_default(message.DESCRIPTOR) or message.HasField(field.name)
    }


@cache
def _with_default(descriptor: Any) -> frozenset[str]:
    return frozenset(field.name for field in descriptor.fields if field.has_default_value or field.is_repeated)


def session_columns(rank: RankModel) -> tuple[str, ...]:
    """Returns the columns of sessions that the losses of a model name, each once."""
    names = [asked.session for tower in rank.task_towers for asked in asked_losses(tower)]
    return tuple(dict.fromkeys(name for name in names if name))

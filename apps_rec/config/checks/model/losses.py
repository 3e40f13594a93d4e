"""Checks of the losses of towers: which stand beside each other, and their options."""

from __future__ import annotations

from apps_rec.config.checks.context import Context
from apps_rec.config.checks.rows.words import parses
from apps_rec.config.custom import check_loss
from apps_rec.config.report import quoted
from apps_rec.config.rewrite import RANK
from apps_rec.config.tasks.kinds import CLASSES, KINDS, PROBABILITY, kind_name, losses_with
from apps_rec.config.tasks.losses import LOSSES, SESSION, loss_names, losses_of, row_of, towers_above
from apps_rec.protos import loss_pb2, train_pb2
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.loss_pb2 import Loss, LossType
from apps_rec.protos.model_pb2 import ModelConfig
from apps_rec.protos.network_pb2 import TaskTower


def check_losses(context: Context) -> None:
    """Reports losses that do not fit each other, num_class or the model, and their wrong options."""
    towers = context.rank.task_towers
    for at, tower in enumerate(towers):
        path = f"{RANK}.task_towers[{at}]"
        if tower.losses and tower.HasField("loss_type"):
            context.report.error(f"{path}.loss_type", "losses are given too; expected one of them.")
        elif tower.loss_type == loss_pb2.CUSTOM:
            text = 'CUSTOM needs a name; expected losses { loss_type: CUSTOM custom_loss { name: "my_loss" } }.'
            context.report.error(f"{path}.loss_type", text)
        for place, loss in enumerate(tower.losses):
            _loss(context, f"{path}.losses[{place}]", tower, loss)
        _together(context, path, tower)
        if kind_name(tower) == CLASSES:
            _class_not_observed(context, tower)
    _strategy(context)
    _added_logits(context)
    compared = sorted({LossType.Name(one.loss_type) for t in towers for one in losses_of(t) if row_of(one).compares})
    train = context.config.train_config
    text = f"XLA cannot compile {quoted(compared)}, whose pairs are more or fewer in each batch"
    if compared and train.jit_compile:
        context.report.error("train_config.jit_compile", f"{text}; set it to false.")
    elif compared and train.train_distribute == train_pb2.TPUStrategy:
        context.report.error("train_config.train_distribute", f"{text}, and TPUStrategy compiles all of a step.")


def _loss(context: Context, path: str, tower: TaskTower, loss: Loss) -> None:
    report = context.report
    if not loss.HasField("loss_type"):
        report.missing(path, "loss_type", "the name of a loss")
        return
    context.in_ranges(loss, path)
    name = LossType.Name(loss.loss_type)
    row, given = LOSSES[name], loss.WhichOneof("loss_param")
    if given is not None and given != row.params:
        wanted = f"expected {row.params}" if row.params else "it has no options"
        report.error(f"{path}.{given}", f"is not for {name}; {wanted}.")
        return
    if given is not None:
        context.in_ranges(getattr(loss, given), f"{path}.{given}")
    if name == "CUSTOM":
        check_loss(context, loss.custom_loss, f"{path}.{row.params}")
    options = getattr(loss, row.params) if row.params else None
    if options is not None and SESSION in options.DESCRIPTOR.fields_by_name:
        _session(context, f"{path}.{row.params}", options.session_name, needed=row.needs_session)
    if name == "ORDER_CALIBRATE_LOSS":
        _order(context, path, tower, loss)


def _session(context: Context, path: str, name: str, needed: bool) -> None:
    report = context.report
    if not name:
        if needed:
            report.missing(path, SESSION, "the column whose equal values make a session")
        return
    column = context.column(f"{path}.{SESSION}", name)
    if column is None:
        return
    if column.input_type in (DataConfig.FLOAT, DataConfig.DOUBLE):
        kind = DataConfig.FieldType.Name(column.input_type)
        text = f'rows are grouped by ids or words: expected STRING, INT32, INT64 or BOOL; "{name}" is {kind}.'
        report.error(f"{path}.{SESSION}", text)
    elif name in context.labels or name in _weights(context):
        report.error(f"{path}.{SESSION}", f'"{name}" is a label or a sample weight; expected the column of a session.')


def _weights(context: Context) -> set[str]:
    own = {tower.sample_weight for tower in context.rank.task_towers}
    return own | {context.config.data_config.sample_weight}


def _order(context: Context, path: str, tower: TaskTower, loss: Loss) -> None:
    """Reports an order of towers that is not given, or that names no probability."""
    others = {other.tower_name: other for other in context.rank.task_towers if other.tower_name != tower.tower_name}
    known = [name for name, other in others.items() if kind_name(other) == PROBABILITY]
    names, here = towers_above(tower, loss), f"{path}.order_calibrate_loss"
    list_path = f"{here}.tower_names"
    if not loss.order_calibrate_loss.tower_names:
        list_path = f"{path.rpartition('.')[0]}.relation_tower_names"
    if not names:
        report_names = f"the towers whose probability is never below that of this one: among {quoted(known)}"
        context.report.missing(here, "tower_names", report_names)
    for at, name in enumerate(names):
        if name not in known:
            text = f'no other tower with a probability is called "{name}"; there are {quoted(known)}.'
            context.report.error(f"{list_path}[{at}]", text, got=name, among=known)
    context.without_twins(loss.order_calibrate_loss.tower_names, f"{here}.tower_names")


def _together(context: Context, path: str, tower: TaskTower) -> None:
    """Reports losses that ask for different logits, and a num_class that is not theirs."""
    report, names, kind = context.report, loss_names(tower), kind_name(tower)
    where = f"{path}.{'losses' if tower.losses else 'loss_type'}"
    row = KINDS[kind]
    fits = [kind in row_of(loss).kinds for loss in losses_of(tower)]
    strange = [name for name, is_fit in zip(names, fits, strict=True) if not is_fit]
    if strange and kind == CLASSES:
        text = f"{quoted(strange)} is not for several classes; expected CLASSIFICATION, or num_class: 1."
        report.error(where, text)
    elif strange:
        first = names[fits.index(True)]
        fitting = quoted(losses_with(kind))
        report.error(where, f"{quoted(strange)} does not go with {first}, whose logits are others; {fitting} do.")
    if not tower.num_class:
        report.error(f"{path}.num_class", "expected 1 or more, got 0.")
    elif kind == CLASSES and tower.num_class == 1:
        report.error(f"{path}.num_class", "expected 2 or more for a loss of the kind classes, got 1.")
    elif tower.num_class not in (1, row.logits) and kind != CLASSES:
        wanted = "1" if row.logits == 1 else f"{row.logits}, the number of its logits"
        report.error(f"{path}.num_class", f"expected {wanted} for {quoted(names)}, got {tower.num_class}.")
    if set(names) == {"ORDER_CALIBRATE_LOSS"}:
        report.error(where, "ORDER_CALIBRATE_LOSS alone reads no label; expected another loss beside it.")
    elif tower.losses and not any(loss.weight for loss in tower.losses):
        report.error(f"{where}[0].weight", "every loss of the tower has weight 0, so nothing would be trained.")


def _class_not_observed(context: Context, tower: TaskTower) -> None:
    """Reports a class that stands for what was not observed."""
    column = context.columns.get(tower.label_name)
    for at, text in enumerate(column.not_observed if column is not None else ()):
        if text and parses(text, DataConfig.DOUBLE) and 0 <= float(text) < tower.num_class:
            path = f"{context.column_paths[tower.label_name]}.not_observed[{at}]"
            wanted = f'a number outside the classes of tower "{tower.tower_name}", 0 to {tower.num_class - 1}'
            context.report.error(path, f'expected "" or {wanted}, got "{text}".')


def _strategy(context: Context) -> None:
    model, report = context.config.model_config, context.report
    if model.loss_weight_strategy == model.Uncertainty:
        return
    if model.loss_weight_strategy == model.Random and sum(len(losses_of(t)) for t in context.rank.task_towers) == 1:
        report.warn("model_config.loss_weight_strategy", "has no effect: there is one loss, which weighs 1.")
    for at, tower in enumerate(context.rank.task_towers):
        for place, loss in enumerate(tower.losses):
            if loss.learn_loss_weight:
                name = ModelConfig.LossWeightStrategy.Name(model.loss_weight_strategy)
                text = f"has no effect: loss_weight_strategy is {name}."
                report.warn(f"{RANK}.task_towers[{at}].losses[{place}].learn_loss_weight", text)


def _added_logits(context: Context) -> None:
    """Reports parts of the model that add one number to each logit, where a tower has several."""
    rank, report = context.rank, context.report
    several = [tower.tower_name for tower in rank.task_towers if KINDS[kind_name(tower)].logits != 1]
    if not several or rank.head.HasField("funnel"):  # whose towers have one
        return
    text = f'adds one number to every logit, and tower "{several[0]}" has several, whose differences count'
    if rank.HasField("position_tower"):
        report.error(f"{RANK}.position_tower", f"{text}; remove it.")

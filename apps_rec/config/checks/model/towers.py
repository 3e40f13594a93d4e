"""Checks of task towers: names, labels, weights."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from apps_rec.config.checks.context import Context
from apps_rec.config.checks.rows.data import check_weight
from apps_rec.config.checks.rows.names import MOST_CHARACTERS
from apps_rec.config.checks.rows.words import parses
from apps_rec.config.heads import counts_inside_alone, head_of
from apps_rec.config.outputs import metric_names
from apps_rec.config.report import quoted
from apps_rec.config.rewrite import RANK
from apps_rec.config.tasks.corrections import MOST_KNOTS, given_corrections
from apps_rec.config.tasks.kinds import PROBABILITY, kind_name, kind_row
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.loss_pb2 import Kd
from apps_rec.protos.network_pb2 import TaskTower

# Outputs, metrics and losses are named after a tower.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
# Losses that are named like a tower's, but are not one.
_OTHER_LOSSES = ("l2", "embedding_l2")


def check_towers(context: Context) -> None:
    """Reports the mistakes of each tower, and of their names together."""
    report, towers = context.report, context.rank.task_towers
    if not towers:
        report.missing(RANK, "task_towers", "at least one tower")
        return
    paths = [f"{RANK}.task_towers[{at}]" for at in range(len(towers))]
    context.unique(((t.tower_name, f"{p}.tower_name") for p, t in zip(paths, towers, strict=True)), "tower")
    for path, tower in zip(paths, towers, strict=True):
        _tower(context, path, tower)
    if not any(tower.weight for tower in towers):
        report.error(f"{paths[0]}.weight", "every tower has weight 0, so nothing would be trained.")
    _same_metrics(context, paths)
    _same_outputs(context, paths)
    _relations(context, paths)
    head_of(context.rank).check(context)
    weight = context.config.data_config.sample_weight
    if weight and all(tower.sample_weight or not tower.use_sample_weight for tower in towers):
        report.warn("data_config.sample_weight", "has no effect: every tower has weights of its own or uses none.")


def _same_metrics(context: Context, paths: list[str]) -> None:
    """Reports a tower with the name of another tower's metrics inside its task space, `<tower>_masked`."""
    towers = context.rank.task_towers
    names = {tower.tower_name for tower in towers if counts_inside_alone(tower)}
    counts = Counter(metric_names(context.config))
    for path, tower in zip(paths, towers, strict=True):
        other = tower.tower_name.removesuffix("_masked")
        if (
            other != tower.tower_name
            and other in names
            and any(count > 1 and name.endswith(f"_{tower.tower_name}") for name, count in counts.items())
        ):
            text = f'metrics of "{other}" inside its task space have this name; expected another.'
            context.report.error(f"{path}.tower_name", text)


def _same_outputs(context: Context, paths: list[str]) -> None:
    """Reports a tower of which an output is another's too, such as probs_rating_1 of a tower "rating" with classes."""
    owner: dict[str, str] = {}
    for path, tower in zip(paths, context.rank.task_towers, strict=True):
        for name in kind_row(tower).widths(tower):
            other = owner.setdefault(name, tower.tower_name)
            if other != tower.tower_name:
                text = f'the output {name} is one of tower "{other}" too; expected another name.'
                context.report.error(f"{path}.tower_name", text)


def _relations(context: Context, paths: list[str]) -> None:
    """Reports towers that read a tower which does not stand before them."""
    names = [tower.tower_name for tower in context.rank.task_towers]
    for at, (path, tower) in enumerate(zip(paths, context.rank.task_towers, strict=True)):
        context.without_twins(tower.relation_tower_names, f"{path}.relation_tower_names")
        for number, name in enumerate(tower.relation_tower_names):
            if name in names[:at]:
                continue
            if name in names:
                text = f'"{name}" does not stand before "{tower.tower_name}", which is to read it; order them so.'
            else:
                text = f'no tower is called "{name}". Towers are {quoted(filter(None, names))}.'
            context.report.error(f"{path}.relation_tower_names[{number}]", text, got=name, among=names[:at])


def _tower(context: Context, path: str, tower: TaskTower) -> None:
    report = context.report
    if not tower.tower_name:
        report.missing(path, "tower_name", 'a name for its outputs, such as "ctr"')
    elif not _NAME.match(tower.tower_name):
        text = f'expected a letter, then letters, digits and "_", got "{tower.tower_name}".'
        report.error(f"{path}.tower_name", text)
    elif len(tower.tower_name) > MOST_CHARACTERS:
        report.error(f"{path}.tower_name", f"expected at most {MOST_CHARACTERS:,} characters.")
    elif tower.tower_name in _OTHER_LOSSES:
        text = f'"loss_{tower.tower_name}" is the name of another loss; expected another name.'
        report.error(f"{path}.tower_name", text)
    if tower.label_name:
        context.label(f"{path}.label_name", tower.label_name)
    elif context.labels:
        report.missing(path, "label_name", "one of label_fields")
    context.in_ranges(tower, path)
    _task_space(context, path, tower)
    _corrections(context, path, tower)
    if tower.HasField("sample_weight"):
        check_weight(context, f"{path}.sample_weight", tower.sample_weight)
        if not tower.use_sample_weight:
            text = f'sample_weight "{tower.sample_weight}" is given, but use_sample_weight is false; expected one.'
            report.error(f"{path}.use_sample_weight", text)


def _task_space(context: Context, path: str, tower: TaskTower) -> None:
    report = context.report
    given = [name for name in ("task_space_indicator_label", "task_space_indicator_name") if tower.HasField(name)]
    if len(given) == 2:
        report.error(f"{path}.{given[1]}", f"{given[0]} is given too; expected one of them.")
    elif given:
        if given[0] == "task_space_indicator_label":
            context.label(f"{path}.{given[0]}", tower.task_space_indicator_label)
        else:
            check_space_value(context, path, tower)
        if tower.in_task_space_weight == tower.out_task_space_weight == 0:
            report.error(f"{path}.in_task_space_weight", "is 0 and out_task_space_weight too, so no row would count.")
        elif tower.in_task_space_weight == tower.out_task_space_weight == 1:
            report.warn(f"{path}.{given[0]}", "has no effect: rows inside and outside weigh the same.")
    if tower.HasField("task_space_indicator_value") and "task_space_indicator_name" not in given:
        report.error(
            f"{path}.task_space_indicator_value", "needs task_space_indicator_name, the column with this value."
        )
    if given:
        return
    for name in ("in_task_space_weight", "out_task_space_weight"):
        if tower.HasField(name) and not report.is_broken(f"{path}.task_space_indicator_label"):
            report.error(
                f"{path}.{name}", "needs task_space_indicator_label, the label that says which rows it is for."
            )


def _corrections(context: Context, path: str, tower: TaskTower) -> None:
    """Reports a correction of a logit that the tower's probability is not made of."""
    report, kind, given = context.report, kind_name(tower), given_corrections(tower)
    for name in given:
        if kind != PROBABILITY and not report.is_broken(f"{path}.{name}"):
            report.error(f"{path}.{name}", f"is for a tower of one probability; this one is of the kind {kind}.")
    if "logit_knots" in given or "logit_values" in given:
        _line(context, path, tower)


def _line(context: Context, path: str, tower: TaskTower) -> None:
    """Reports a line of logits whose points are not whole or do not rise, or that stands beside a scale or a shift."""
    report, names = context.report, ("logit_knots", "logit_values")
    if any(report.is_broken(f"{path}.{name}") for name in names):
        return
    here = f"{path}.{'logit_knots' if tower.logit_knots else 'logit_values'}"
    counts = [len(getattr(tower, name)) for name in names]
    if counts[0] != counts[1]:
        text = f"expected as many numbers in logit_values as in logit_knots, got {counts[1]} and {counts[0]}."
        report.error(here, text)
    elif not 2 <= counts[0] <= MOST_KNOTS:
        report.error(here, f"expected 2 to {MOST_KNOTS} numbers, got {counts[0]}.")
    for scaling in [name for name in ("logit_scale", "logit_shift") if name in given_corrections(tower)]:
        report.error(f"{path}.{scaling}", "logit_knots and logit_values are given too; expected either these or it.")
    for name in names:
        for at, (low, high) in enumerate(pairwise(getattr(tower, name)), 1):
            if not low < high:
                report.error(f"{path}.{name}[{at}]", f"{name} must rise; {high:.9g} comes after {low:.9g}.")
                break


def check_space_value(context: Context, path: str, tower: TaskTower | Kd) -> None:
    """Reports a task space by a column that is not there, is a label, or cannot have the value."""
    report, name = context.report, tower.task_space_indicator_name
    column = context.column(f"{path}.task_space_indicator_name", name)
    if column is None:
        return
    if name in context.labels:
        text = f'"{name}" is a label; name it by task_space_indicator_label, whose rows inside are those with 1.'
        report.error(f"{path}.task_space_indicator_name", text)
    elif not tower.HasField("task_space_indicator_value"):
        report.missing(path, "task_space_indicator_value", f'the value of "{name}" in the rows inside')
    elif not parses(tower.task_space_indicator_value, column.input_type):
        kind = DataConfig.FieldType.Name(column.input_type)
        text = f'expected a value of type {kind}, got "{tower.task_space_indicator_value}".'
        report.error(f"{path}.task_space_indicator_value", text)

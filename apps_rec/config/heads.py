"""The table of heads: the outputs of each, their labels, and what each tower's loss trains and reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps_rec.config.report import quoted
from apps_rec.config.rewrite import RANK
from apps_rec.config.tasks.kinds import PROBABILITY, kind_name, kind_row, losses_with
from apps_rec.config.tasks.losses import loss_names
from apps_rec.names import probability_name, product_name
from apps_rec.protos.eval_pb2 import EvalMetrics
from apps_rec.protos.loss_pb2 import Kd
from apps_rec.protos.model_pb2 import RankModel
from apps_rec.protos.network_pb2 import CounterfactualRisk, FmTerm, TaskTower

if TYPE_CHECKING:
    from apps_rec.config.checks.context import Context


@dataclass(frozen=True)
class Target:
    """An output to measure, with its labels.

    Attributes:
        suffix: end of the metrics' names.
        output: name of the model's output.
        labels: columns whose product is the label.
        mask: a label column; only rows where it is 1 count. "": all rows count.
        kind: what the label is: EvalMetrics.BINARY, with a probability as output; NUMBER, with a number as output;
            CLASSES, with a probability of each class as output, `(rows, classes)`.
    """

    suffix: str
    output: str
    labels: tuple[str, ...]
    mask: str = ""
    kind: EvalMetrics.TaskKind = EvalMetrics.BINARY


class Independent:
    """A head where each tower's logits make outputs of its own, trained on the tower's own label."""

    def resolve(self, rank: RankModel) -> None:
        """Fills in fields of the head's message that a config leaves out."""

    def outputs(self, rank: RankModel) -> list[str]:
        """Returns the names of the model's outputs, without the score."""
        return [name for tower in rank.task_towers for name in kind_row(tower).widths(tower)]

    def widths(self, rank: RankModel) -> dict[str, int]:
        """Returns how many numbers a row those outputs hold that hold more than one."""
        found = {name: width for tower in rank.task_towers for name, width in kind_row(tower).widths(tower).items()}
        return {name: width for name, width in found.items() if width}

    def scores(self, rank: RankModel) -> list[str]:
        """Returns the names of the outputs that rows can be ranked by: one number a row, and no logit."""
        found = {name: width for tower in rank.task_towers for name, width in kind_row(tower).widths(tower).items()}
        return [name for name, width in found.items() if not width and not name.startswith(("logits_", "pos_logits_"))]

    def products(self, rank: RankModel) -> list[str]:
        """Returns what stands for a tower's name for each product of towers' probabilities."""
        return []

    def trained(self, rank: RankModel) -> list[str]:
        """Returns the output that each tower's loss trains; an empty list where the towers do not fit the head."""
        return [scored(tower) for tower in rank.task_towers]

    def targets(self, rank: RankModel, at: int) -> list[Target]:
        """Returns the outputs, with labels, by which the tower at a place is measured."""
        return [own_target(rank.task_towers[at])]

    def loss_labels(self, rank: RankModel, at: int) -> list[str]:
        """Returns the labels that the loss of the tower at a place reads."""
        return [rank.task_towers[at].label_name]

    def label_steps(self, rank: RankModel) -> tuple[str, ...]:
        """Returns labels in an order where each implies the one before it; () where there is no such order."""
        return ()

    def check(self, context: Context) -> None:
        """Reports the mistakes of the towers under this head."""


class Funnel(Independent):
    """ESMM's head: each tower is conditional on those before it, and their product is trained on all their labels."""

    def resolve(self, rank: RankModel) -> None:
        """Fills in tower_names."""
        if not rank.head.funnel.tower_names:
            rank.head.funnel.tower_names.extend(tower.tower_name for tower in rank.task_towers)

    def outputs(self, rank: RankModel) -> list[str]:
        """Adds the products."""
        return [*super().outputs(rank), *map(probability_name, products(rank))]

    def scores(self, rank: RankModel) -> list[str]:
        """Adds the products."""
        return [*super().scores(rank), *map(probability_name, products(rank))]

    def products(self, rank: RankModel) -> list[str]:
        """Returns them for the first two steps, and on."""
        return products(rank)

    def trained(self, rank: RankModel) -> list[str]:
        """Returns the first step's probability and the products."""
        if len(rank.task_towers) < 2:
            return []
        return [probability(rank.task_towers[0]), *map(probability_name, products(rank))]

    def targets(self, rank: RankModel, at: int) -> list[Target]:
        """Measures a later tower on the rows with the step before it, and as the product on all rows."""
        if not at:
            return super().targets(rank, at)
        tower, product = rank.task_towers[at], products(rank)[at - 1]
        *before, label = self.loss_labels(rank, at)
        return [
            Target(masked(tower), probability(tower), (label,), before[-1]),
            Target(product, probability_name(product), (*before, label)),
        ]

    def loss_labels(self, rank: RankModel, at: int) -> list[str]:
        """Adds the labels of the steps before, since the loss is that of the product with them."""
        return [tower.label_name for tower in rank.task_towers[: at + 1]]

    def label_steps(self, rank: RankModel) -> tuple[str, ...]:
        """Returns the label of each step: a conversion implies a click."""
        labels = {tower.tower_name: tower.label_name for tower in rank.task_towers}
        return tuple(labels[name] for name in rank.head.funnel.tower_names or labels)

    def check(self, context: Context) -> None:
        """Reports a single step, steps with one label or out of order, and names that are taken."""
        rank, report = context.rank, context.report
        towers = [tower.tower_name for tower in rank.task_towers]
        self._check_names(context, towers)
        if len(towers) < 2:
            text = f"a funnel has two towers or more, such as click and conversion, got {len(towers)}."
            report.error(f"{RANK}.head.funnel", text)
            return
        self._check_order(context, towers)
        self._check_losses(context)
        if rank.head.funnel.HasField("counterfactual"):
            self._check_counterfactual(context, towers)
        labels = [tower.label_name for tower in rank.task_towers]
        for at, tower in enumerate(rank.task_towers[1:], 1):
            for name in ("task_space_indicator_label", "task_space_indicator_name"):
                if tower.HasField(name):
                    text = "a later step of a funnel is trained over all impressions, as the product; remove it."
                    report.error(f"{RANK}.task_towers[{at}].{name}", text)
            if labels[at] and labels[at] in labels[:at]:
                text = f'a step of the funnel before it has the label "{labels[at]}"; expected a label for each.'
                report.error(f"{RANK}.task_towers[{at}].label_name", text)
            elif (column := context.columns.get(labels[at])) and "" in column.not_observed:
                self._warn_of_empty(context, labels[at - 1], labels[at], products(rank)[at - 1])

    def _check_losses(self, context: Context) -> None:
        """Reports steps that are no probability: there is no product of others."""
        possible = quoted(name for name in losses_with(PROBABILITY) if name != "ORDER_CALIBRATE_LOSS")
        for at, tower in enumerate(context.rank.task_towers):
            names = loss_names(tower)
            path = f"{RANK}.task_towers[{at}].{'losses' if tower.losses else 'loss_type'}"
            if kind_name(tower) != PROBABILITY:
                what = f"num_class {tower.num_class}" if set(names) == {"CLASSIFICATION"} else " and ".join(names)
                text = f"a step of a funnel is a probability, and {what} gives none; expected {possible}, of one class."
                context.report.error(path, text)
            elif at and "ORDER_CALIBRATE_LOSS" in names:
                product = products(context.rank)[at - 1]
                text = f"ORDER_CALIBRATE_LOSS does nothing in a funnel: {product} never exceeds a step; remove it."
                context.report.error(path, text)

    def _check_counterfactual(self, context: Context, towers: Sequence[str]) -> None:
        """Reports options of an estimator that is not asked for, a tower without input, and names of losses."""
        given, path, report = (
            context.rank.head.funnel.counterfactual,
            f"{RANK}.head.funnel.counterfactual",
            context.report,
        )
        context.in_ranges(given, path)
        is_dr = given.estimator == CounterfactualRisk.DR
        for name in ("imputation_dnn", "imputation_weight"):
            if given.HasField(name) and not is_dr:
                report.error(f"{path}.{name}", "is of estimator: DR; delete one of them.")
        if is_dr and not reads_something(context.rank) and not report.any_broken(RANK, "body", "fm"):
            text = "its tower has no input without a body; expected a body, fm { output: TOWER_INPUT }, or IPS."
            report.error(f"{path}.estimator", text)
        for at, name in enumerate(towers):
            if any(name in (f"ips_{tower}", f"dr_{tower}", f"imputation_{tower}") for tower in towers[1:]):
                text = f'"loss_{name}" is the name of a loss of counterfactual; expected another name.'
                report.error(f"{RANK}.task_towers[{at}].tower_name", text)

    def _warn_of_empty(self, context: Context, click: str, conversion: str, product: str) -> None:
        """Warns where an empty label says "not observed": it is empty in rows without a click too, in many logs."""
        at = list(context.columns[conversion].not_observed).index("")
        text = (
            f'a row whose "{conversion}" is empty does not count for {product}. If it is empty wherever there is '
            f'no "{click}", {product} is learned from rows with a "{click}" alone: write 0 there, and -1 with '
            'not_observed: "-1" for what is not known yet.'
        )
        context.report.warn(f"{context.column_paths[conversion]}.not_observed[{at}]", text)

    def _check_names(self, context: Context, towers: Sequence[str]) -> None:
        taken = {masked(tower): tower.tower_name for tower in context.rank.task_towers[1:]}
        for at, name in enumerate(towers):
            path = f"{RANK}.task_towers[{at}].tower_name"
            if name in products(context.rank):
                text = f'"{name}" names the product of the funnel\'s towers; expected another name, such as "cvr".'
                context.report.error(path, text)
            elif (not at and name in taken) or (at and f"{name}_masked" in products(context.rank)):
                text = f'metrics of "{taken.get(name, name)}" on the rows of the step before it have this name too'
                text = f"{text}; expected another."
                context.report.error(path, text)

    def _check_order(self, context: Context, towers: Sequence[str]) -> None:
        path, names = f"{RANK}.head.funnel.tower_names", list(context.rank.head.funnel.tower_names)
        for at, name in enumerate(names):
            if name not in towers:
                text = f'no tower is called "{name}". Towers are {quoted(towers)}.'
                context.report.error(f"{path}[{at}]", text, got=name, among=towers)
        if set(names) <= set(towers) and names != towers:
            text = f"expected the towers in the order of task_towers, {quoted(towers)}, got {quoted(names)}."
            context.report.error(path, text)


def products(rank: RankModel) -> list[str]:
    """Returns what stands for a tower's name for each product of the first towers of a funnel, of two and on."""
    towers = [tower.tower_name for tower in rank.task_towers]
    return [product_name(towers, at) for at in range(1, len(towers))]


def reads_something(rank: RankModel) -> bool:
    """Tells whether towers have an input: a body, or an FM that goes into it."""
    return rank.HasField("body") or (rank.HasField("fm") and rank.fm.output == FmTerm.TOWER_INPUT)


def probability(tower: TaskTower) -> str:
    """Returns the output that holds a tower's probability."""
    return probability_name(tower.tower_name)


def scored(tower: TaskTower) -> str:
    """Returns the output of a tower that rows are ranked by."""
    return kind_row(tower).score.format(tower.tower_name)


def measured_output(tower: TaskTower) -> str:
    """Returns the output of a tower that is held against its label."""
    return kind_row(tower).measured.format(tower.tower_name)


def space_of(tower: TaskTower | Kd) -> str:
    """Returns the label that says which rows are inside a tower's task space, or that of a loss; "": there is none.

    A space by the value of a column has a label of its own, which is made of the column when rows are read.
    """
    if tower.task_space_indicator_name:
        # No column has such a name: a control character.
        return f"{tower.task_space_indicator_name}\x1f{tower.task_space_indicator_value}"
    return "" if isinstance(tower, Kd) else tower.task_space_indicator_label


def masked(tower: TaskTower) -> str:
    """Returns the suffix of metrics that count only a part of the rows."""
    return f"{tower.tower_name}_masked"


def own_target(tower: TaskTower) -> Target:
    """Returns a tower's output and label: on all rows, or only inside its task space if its loss counts only those."""
    labels, output, kind = (tower.label_name,), measured_output(tower), kind_row(tower).learns
    if kind == EvalMetrics.CLASSES and tower.num_class == 2:
        # Of two classes the probability of the second says all, and what measures a label of 0 and 1 measures it.
        output, kind = scored(tower), EvalMetrics.BINARY
    if counts_inside_alone(tower):
        return Target(masked(tower), output, labels, space_of(tower), kind)
    return Target(tower.tower_name, output, labels, kind=kind)


def counts_inside_alone(tower: TaskTower) -> bool:
    """Tells whether a tower's loss leaves out the rows outside its task space."""
    return bool(space_of(tower)) and tower.out_task_space_weight == 0


# By the name of the message in the config; apps_rec/models/heads.py computes them, by the same names.
HEADS: dict[str, Independent] = {"independent": Independent(), "funnel": Funnel()}


def head_of(rank: RankModel) -> Independent:
    """Returns the row of a model's head; a model that names none is independent."""
    return HEADS[rank.head.WhichOneof("head") or "independent"]


def kind_of(rank: RankModel, at: int) -> EvalMetrics.TaskKind:
    """Returns what the tower at a place learns."""
    return head_of(rank).targets(rank, at)[0].kind

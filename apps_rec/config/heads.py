"""The heads: which outputs each has, what they are measured against, what each tower's loss trains and reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps_rec.config.report import quoted
from apps_rec.config.rewrite import RANK
from apps_rec.protos.model_pb2 import RankModel, TaskTower

if TYPE_CHECKING:
    from apps_rec.config.checks.context import Context


@dataclass(frozen=True)
class Target:
    """What an output is held against when it is measured.

    Attributes:
        suffix: end of the metrics' names.
        output: of the model.
        labels: columns whose product is the label.
        mask: a label; only rows where it is 1 count. "": all rows.
    """

    suffix: str
    output: str
    labels: tuple[str, ...]
    mask: str = ""


class Independent:
    """Every tower's sigmoid is a probability, trained on the tower's own label."""

    def resolve(self, rank: RankModel) -> None:
        """Fills in what a config leaves out of the head's own message."""

    def outputs(self, rank: RankModel) -> list[str]:
        """Returns the model's outputs, the score left out."""
        return [name for tower in rank.task_towers for name in (probability(tower), f"logits_{tower.tower_name}")]

    def scores(self, rank: RankModel) -> list[str]:
        """Returns those outputs that rows can be ranked by."""
        return [probability(tower) for tower in rank.task_towers]

    def trained(self, rank: RankModel) -> list[str]:
        """Returns the output that each tower's loss trains; none where the towers do not fit the head."""
        return [probability(tower) for tower in rank.task_towers]

    def targets(self, rank: RankModel, at: int) -> list[Target]:
        """Returns what the tower at a place is measured against."""
        return [own_target(rank.task_towers[at])]

    def loss_labels(self, rank: RankModel, at: int) -> list[str]:
        """Returns the labels that the loss of the tower at a place reads."""
        return [rank.task_towers[at].label_name]

    def label_steps(self, rank: RankModel) -> tuple[str, ...]:
        """Returns labels of which a later one implies the one before it, in this order."""
        return ()

    def check(self, context: Context) -> None:
        """Reports what is wrong with the towers under this head."""


class Funnel(Independent):
    """ESMM's: the second tower is conditional on the first, and their product is trained on both labels."""

    PRODUCT = "ctcvr"

    def resolve(self, rank: RankModel) -> None:
        """Fills in tower_names."""
        if not rank.head.funnel.tower_names:
            rank.head.funnel.tower_names.extend(tower.tower_name for tower in rank.task_towers)

    def outputs(self, rank: RankModel) -> list[str]:
        """Adds the product."""
        return [*super().outputs(rank), f"probs_{self.PRODUCT}"]

    def scores(self, rank: RankModel) -> list[str]:
        """Adds the product."""
        return [*super().scores(rank), f"probs_{self.PRODUCT}"]

    def trained(self, rank: RankModel) -> list[str]:
        """Returns the click's probability and the product."""
        if len(rank.task_towers) != 2:
            return []
        return [probability(rank.task_towers[0]), f"probs_{self.PRODUCT}"]

    def targets(self, rank: RankModel, at: int) -> list[Target]:
        """Measures a later tower on the rows with the step before it, and as the product on all rows."""
        if not at:
            return super().targets(rank, at)
        before, tower = rank.task_towers[0], rank.task_towers[at]
        labels = (before.label_name, tower.label_name)
        return [
            Target(masked(tower), probability(tower), labels[1:], before.label_name),
            Target(self.PRODUCT, f"probs_{self.PRODUCT}", labels),
        ]

    def loss_labels(self, rank: RankModel, at: int) -> list[str]:
        """Adds the labels of the steps before: the loss is of the product with them."""
        return [tower.label_name for tower in rank.task_towers[: at + 1]]

    def label_steps(self, rank: RankModel) -> tuple[str, ...]:
        """Returns the label of each step: there is no conversion without a click."""
        labels = {tower.tower_name: tower.label_name for tower in rank.task_towers}
        return tuple(labels[name] for name in rank.head.funnel.tower_names or labels)

    def check(self, context: Context) -> None:
        """Reports steps that are not two, share a label or are out of order, and names that are taken."""
        rank, report = context.rank, context.report
        towers = [tower.tower_name for tower in rank.task_towers]
        self._check_names(context, towers)
        if len(towers) != 2:
            text = f"a funnel has two towers, click and conversion, got {len(towers)}; longer funnels come later."
            report.error(f"{RANK}.head.funnel", text)
            return
        self._check_order(context, towers)
        if rank.task_towers[1].HasField("task_space_indicator_label"):
            report.error(
                f"{RANK}.task_towers[1].task_space_indicator_label",
                "the second step of a funnel is trained over all impressions, as the product; remove it.",
            )
        labels = [tower.label_name for tower in rank.task_towers]
        if labels[0] and labels[0] == labels[1]:
            text = f'both steps of the funnel have the label "{labels[0]}"; expected two labels.'
            report.error(f"{RANK}.task_towers[1].label_name", text)

    def _check_names(self, context: Context, towers: Sequence[str]) -> None:
        for at, name in enumerate(towers):
            if name == self.PRODUCT:
                text = f'"{name}" names the product of the funnel\'s towers; expected another name, such as "cvr".'
                context.report.error(f"{RANK}.task_towers[{at}].tower_name", text)
        if len(towers) == 2 and towers[0] == masked(context.rank.task_towers[1]):
            text = f'metrics of "{towers[1]}" on clicked rows have this name; expected another.'
            context.report.error(f"{RANK}.task_towers[0].tower_name", text)

    def _check_order(self, context: Context, towers: Sequence[str]) -> None:
        path, names = f"{RANK}.head.funnel.tower_names", list(context.rank.head.funnel.tower_names)
        for at, name in enumerate(names):
            if name not in towers:
                text = f'no tower is called "{name}". Towers are {quoted(towers)}.'
                context.report.error(f"{path}[{at}]", text, got=name, among=towers)
        if set(names) <= set(towers) and names != towers:
            text = f"expected the towers in the order of task_towers, {quoted(towers)}, got {quoted(names)}."
            context.report.error(path, text)


def probability(tower: TaskTower) -> str:
    """Returns the output that holds a tower's probability."""
    return f"probs_{tower.tower_name}"


def masked(tower: TaskTower) -> str:
    """Returns the suffix of metrics that count a part of the rows alone."""
    return f"{tower.tower_name}_masked"


def own_target(tower: TaskTower) -> Target:
    """Measures a tower on its label: on all rows, or inside its task space where its loss leaves out the others."""
    labels = (tower.label_name,)
    if counts_inside_alone(tower):
        return Target(masked(tower), probability(tower), labels, tower.task_space_indicator_label)
    return Target(tower.tower_name, probability(tower), labels)


def counts_inside_alone(tower: TaskTower) -> bool:
    """Tells whether a tower's loss leaves out the rows outside its task space."""
    return bool(tower.task_space_indicator_label) and tower.out_task_space_weight == 0


# By the name of the message in the config; apps_rec/models/heads.py has what computes, by the same names.
HEADS: dict[str, Independent] = {"independent": Independent(), "funnel": Funnel()}


def head_of(rank: RankModel) -> Independent:
    """Returns the row of a model's head; what says nothing is independent."""
    return HEADS[rank.head.WhichOneof("head") or "independent"]

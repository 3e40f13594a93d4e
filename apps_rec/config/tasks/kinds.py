"""The table of kinds of tasks: what a tower's losses make of it, its outputs, and what its label may be."""

from __future__ import annotations

from dataclasses import dataclass

from apps_rec.config.tasks.losses import LOSSES, losses_of, row_of
from apps_rec.protos.eval_pb2 import EvalMetrics
from apps_rec.protos.network_pb2 import TaskTower

# What a label may be.
BINARY, CLASS, SHARE_OF_ONE, AMOUNT_OF, NUMBER = "0 or 1", "class", "number in [0, 1]", "number of 0 or more", "number"
_PROBABILITY = ("probs_{}", "logits_{}")


@dataclass(frozen=True)
class Kind:
    """A row of the table.

    Attributes:
        logits: number of logits; 0: num_class.
        outputs: the outputs with one number a row, each a pattern for the tower's name.
        wide: those outputs that hold one number for each logit.
        score: the output that rows are ranked by.
        measured: the output that is held against the label.
        labels: what the label may be.
        learns: what its metrics must measure.
    """

    logits: int = 1
    outputs: tuple[str, ...] = _PROBABILITY
    wide: tuple[str, ...] = ()
    score: str = "probs_{}"
    measured: str = "probs_{}"
    labels: str = BINARY
    learns: EvalMetrics.TaskKind = EvalMetrics.BINARY

    def widths(self, tower: TaskTower) -> dict[str, int]:
        """Returns the outputs of a tower: how many numbers a row each holds, 0 for a single one."""
        return {
            name.format(tower.tower_name): (self.logits or tower.num_class) if name in self.wide else 0
            for name in self.outputs
        }


PROBABILITY, CLASSES, TWO_LOGITS = "probability", "classes", "two_logits"
VALUE, SHARE, AMOUNT = "value", "share", "amount"

# By their names; apps_rec/models/kinds.py computes them, by the same names. protos/loss.proto says which losses go with
# each.
KINDS = {
    PROBABILITY: Kind(),
    CLASSES: Kind(
        0,
        ("probs_{}", "logits_{}", "probs_{}_1", "probs_{}_y", "y_{}"),
        ("probs_{}", "logits_{}"),
        score="probs_{}_1",
        labels=CLASS,
        learns=EvalMetrics.CLASSES,
    ),
    TWO_LOGITS: Kind(2, (*_PROBABILITY, "pos_logits_{}"), ("logits_{}",)),
    VALUE: Kind(1, ("y_{}",), score="y_{}", measured="y_{}", labels=NUMBER, learns=EvalMetrics.NUMBER),
    SHARE: Kind(1, ("y_{}",), score="y_{}", measured="y_{}", labels=SHARE_OF_ONE, learns=EvalMetrics.NUMBER),
    AMOUNT: Kind(
        3,
        ("probs_{}", "y_{}", "logits_{}"),
        ("logits_{}",),
        score="y_{}",
        measured="y_{}",
        labels=AMOUNT_OF,
        learns=EvalMetrics.NUMBER,
    ),
}


def kind_name(tower: TaskTower) -> str:
    """Returns the kind of a tower's task.

    It is that of a loss that goes with no other, or of a probability. A softmax is trained where num_class says so.
    """
    rows = [row_of(loss) for loss in losses_of(tower)]
    alone = [row.kinds[0] for row in rows if len(row.kinds) == 1]
    others = [kind for kind in alone if kind != PROBABILITY]
    if others:
        return others[0]
    return CLASSES if tower.num_class > 1 else PROBABILITY


def kind_row(tower: TaskTower) -> Kind:
    """Returns the row of a tower's kind."""
    return KINDS[kind_name(tower)]


def logits_of(tower: TaskTower) -> int:
    """Returns the number of a tower's logits."""
    return kind_row(tower).logits or tower.num_class


def losses_with(kind: str) -> list[str]:
    """Returns the losses that go with a kind."""
    return [name for name, row in LOSSES.items() if kind in row.kinds]

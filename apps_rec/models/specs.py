"""Plain values that describe a model: `build.py` makes them from the config, a notebook writes them by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps_rec.data.schema import NOT_OBSERVED_NUMBER
from apps_rec.losses import CLASSIFICATION, loss_of
from apps_rec.models.corrections import check_line
from apps_rec.models.kinds import KINDS, PROBABILITY, Kind


@dataclass(frozen=True)
class DnnSpec:
    """A stack of dense layers: dense -> batch norm -> activation -> dropout."""

    hidden_units: tuple[int, ...]
    activation: str = "relu"
    use_bn: bool = False
    dropout: tuple[float, ...] = ()

    def arguments(self) -> dict[str, Any]:
        """Returns the spec as arguments of `Dnn`, and of `Experts` and `Tower`, which have the same."""
        return {
            "hidden_units": self.hidden_units,
            "activation": self.activation,
            "use_bn": self.use_bn,
            "dropout": self.dropout or 0.0,
        }


@dataclass(frozen=True)
class TaskLoss:
    """One of the losses of a task.

    Attributes:
        loss: a key of `apps_rec.losses.LOSSES`, or the name of a plugin's loss.
        weight: weight in the task's sum.
        is_learned: whether its uncertainty is learned: it counts as exp(-s) L + s / 2.
        is_drawn: whether its weight is multiplied by a number drawn in each step.
        options: arguments of the loss's function, by name.
        session: column of sessions, or None.
        others: names of other tasks whose probabilities it reads.
    """

    loss: str = CLASSIFICATION
    weight: float = 1.0
    is_learned: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    session: str | None = None
    others: tuple[str, ...] = ()
    is_drawn: bool = False

    def __post_init__(self) -> None:
        loss_of(self.loss)


@dataclass(frozen=True)
class Task:
    """One task: the name of its tower, the label it learns, its losses and their weights.

    Attributes:
        name: name of the tower; outputs are `probs_<name>` and `logits_<name>`, or those of its kind.
        label: column of the label.
        dnn: DNN of the tower; None: one linear layer.
        relations: names of tasks before this one whose relation features the tower reads beside its DNN's output.
        relation_dnn: DNN over all these, whose output are the tower's own relation features; None: they are its input.
        weight: weight of its losses in the sum over tasks.
        sample_weight: column of row weights, or None.
        space_label: label column; rows where it is 1 weigh `in_space_weight`, other rows `out_space_weight`.
        negatives_kept: share of the label's negatives that the training rows keep, above 0, for which outputs are
            corrected; 1 but where the kind is a probability.
        logit_scale: factor of the logit behind outputs, above 0; 1 but where the kind is a probability.
        logit_shift: term of the same; 0 but where the kind is a probability.
        logit_knots: logits at the corners of a rising line, in place of both, on which the logit behind outputs is read
            off; or ().
        logit_values: what each of them becomes.
        observed: labels that may be -1, not observed. A row where one of them is -1 does not count.
        losses: one or several, which are added up.
        kind: a key of `apps_rec.models.kinds.KINDS`.
        num_class: number of classes, where the kind is classes.
        unobserved: value of the task's label where it was not observed: -1, or the least number where labels may be
            any number.
        options: arguments of the outputs of its kind, by name.
    """

    name: str
    label: str
    dnn: DnnSpec | None = None
    weight: float = 1.0
    relations: tuple[str, ...] = ()
    relation_dnn: DnnSpec | None = None
    sample_weight: str | None = None
    space_label: str | None = None
    in_space_weight: float = 1.0
    out_space_weight: float = 1.0
    negatives_kept: float = 1.0
    logit_scale: float = 1.0
    logit_shift: float = 0.0
    logit_knots: tuple[float, ...] = ()
    logit_values: tuple[float, ...] = ()
    observed: tuple[str, ...] = ()
    losses: tuple[TaskLoss, ...] = (TaskLoss(),)
    kind: str = PROBABILITY
    num_class: int = 1
    unobserved: float = -1.0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.losses:
            raise ValueError(f"task {self.name}: expected one loss or several, got none")
        if self.kind not in KINDS:
            raise ValueError(f"task {self.name}: no kind is called {self.kind}; expected one of {', '.join(KINDS)}")
        if not 0 < self.negatives_kept <= 1 or not 0 < self.logit_scale < math.inf:
            raise ValueError(
                f"task {self.name}: negatives_kept is above 0 and at most 1, and logit_scale above 0; "
                f"got {self.negatives_kept:g} and {self.logit_scale:g}"
            )
        is_scaled = (self.logit_scale, self.logit_shift) != (1, 0)
        has_line = bool(self.logit_knots or self.logit_values)
        if self.kind != PROBABILITY and (self.negatives_kept != 1 or is_scaled or has_line):
            raise ValueError(f"task {self.name}: only the logit of a {PROBABILITY} is corrected, not of a {self.kind}")
        if has_line:
            if is_scaled:
                raise ValueError(f"task {self.name}: expected logit_knots or logit_scale and logit_shift, got both")
            check_line(self.logit_knots, self.logit_values)

    @property
    def row(self) -> Kind:
        """Returns the row of its kind."""
        return KINDS[self.kind]

    @property
    def num_logits(self) -> int:
        """Returns the number of logits of a row."""
        return self.row.logits or self.num_class

    @property
    def score_output(self) -> str:
        """Returns the output that rows are ranked by."""
        return self.name.join(self.row.score)


@dataclass(frozen=True)
class CounterfactualSpec:
    """A loss of each later step of a funnel alone, weighted by the inverse of its propensity.

    Attributes:
        is_doubly_robust: whether a tower imputes the loss where the steps before did not happen.
        weight: weight in the model's sum, above 0.
        min_propensity: least probability of the steps before, in (0, 1].
        imputation: DNN of the imputation tower; None: one linear layer.
        imputation_weight: weight of the imputation's error beside the loss, above 0.
    """

    is_doubly_robust: bool = False
    weight: float = 0.1
    min_propensity: float = 0.001
    imputation: DnnSpec | None = None
    imputation_weight: float = 1.0


@dataclass(frozen=True)
class DistillationSpec:
    """A loss between an output and soft labels.

    Attributes:
        name: what the loss is called in logs, behind `loss_`.
        output: name of the output, such as `logits_ctr` or `probs_ctcvr`.
        labels: columns of the soft labels: one, which may hold a number for each class, or one for each class.
        loss: a key of `apps_rec.models.distillation.FORMS`.
        is_logits: whether the soft labels are logits; else they are probabilities.
        weight: weight in the model's sum.
        temperature: what logits of both are divided by first, above 0.
        space_label: label; rows where it is 1 weigh `in_space_weight`, other rows `out_space_weight`. None: 1 each.
        in_space_weight: see there.
        out_space_weight: see there.
        unobserved: value of a soft label that is not known. Such a row does not count.
    """

    name: str
    output: str
    labels: tuple[str, ...]
    loss: str
    is_logits: bool = True
    weight: float = 1.0
    temperature: float = 1.0
    space_label: str | None = None
    in_space_weight: float = 1.0
    out_space_weight: float = 1.0
    unobserved: float = NOT_OBSERVED_NUMBER


@dataclass(frozen=True)
class ExtractionSpec:
    """A layer of progressive extraction: how many experts of each task and of all, and the network of either.

    Attributes:
        name: a name of its own in the body.
        num_task_experts: experts of each task.
        num_shared_experts: experts that all tasks share.
        task_expert: DNN of an expert of one task.
        shared_expert: DNN of a shared expert; its last layer is as wide as that of the other.
    """

    name: str
    num_task_experts: int
    num_shared_experts: int
    task_expert: DnnSpec
    shared_expert: DnnSpec


@dataclass(frozen=True)
class FmSpec:
    """The factorization machine: features of its pairwise and first-order parts, and whether towers read its output.

    Without pairwise features it is the wide part of Wide & Deep.
    """

    pairwise: tuple[str, ...]
    first_order: tuple[str, ...]
    into_tower_input: bool = False


@dataclass(frozen=True)
class PositionSpec:
    """The shallow tower of position features, added to the first task's logit."""

    features: tuple[str, ...]
    dnn: DnnSpec | None = None


@dataclass(frozen=True)
class ScoreTerm:
    """A term of the ranking score: `weight` times the output."""

    output: str
    weight: float = 1.0


@dataclass(frozen=True)
class Group:
    """Features, and outputs of sequences, that a body reads together, through a DNN of their own if `dnn` is given.

    `is_of_sequences` says that there are outputs of sequences alone.
    """

    name: str
    features: tuple[str, ...]
    dnn: DnnSpec | None = field(default=None)
    is_of_sequences: bool = False

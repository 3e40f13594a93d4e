"""Plain values that describe a model: `build.py` makes them from the config, a notebook writes them by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps_rec.losses import CROSS_ENTROPY, LOSSES


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
class Task:
    """One task: the name of its tower, the label it learns, and the weights of its loss.

    Attributes:
        name: name of the tower; outputs are `probs_<name>` and `logits_<name>`.
        label: column of the label.
        dnn: DNN of the tower; None: one linear layer.
        weight: weight of the loss in the sum.
        sample_weight: column of row weights, or None.
        space_label: label column; rows where it is 1 weigh `in_space_weight`, other rows `out_space_weight`.
        observed: labels that may be -1, not observed. A row where one of them is -1 does not count.
        loss: a key of `apps_rec.losses.LOSSES`.
    """

    name: str
    label: str
    dnn: DnnSpec | None = None
    weight: float = 1.0
    sample_weight: str | None = None
    space_label: str | None = None
    in_space_weight: float = 1.0
    out_space_weight: float = 1.0
    observed: tuple[str, ...] = ()
    loss: str = CROSS_ENTROPY

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise ValueError(f"task {self.name}: no loss is called {self.loss}; expected one of {', '.join(LOSSES)}")


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
    """The factorization machine: features of its pairwise and first-order parts, and whether towers read its output."""

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
    """Features that a body reads together, through a DNN of their own if `dnn` is given."""

    name: str
    features: tuple[str, ...]
    dnn: DnnSpec | None = field(default=None)

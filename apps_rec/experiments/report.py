"""The report on an experiment: its arms, its comparisons, and what speaks against them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Arm:
    """One arm.

    Attributes:
        name: name of the arm.
        users: number of users, without those in several arms.
        rows: number of rows, also of users in several arms.
    """

    name: str
    users: int
    rows: int


@dataclass(frozen=True)
class Comparison:
    """One metric of a treatment, beside the control's.

    Attributes:
        metric: name of the metric.
        arm: name of the treatment.
        control: value of the control.
        treatment: value of the treatment.
        difference: treatment / control - 1; None where `why_none` says why.
        interval: limits of the difference, by the delta method on the logarithm of the quotient.
        p: p of Welch's test that both arms are alike, two-sided.
        adjusted_p: p by Holm's step-down over all treatments of the metric; the same as `p` with one treatment.
        is_significant: whether the adjusted p is below alpha.
        detectable: least difference, as a fraction of the control's value, that so many users show with the power.
        dispersion: the control's variance over users, by the delta method, divided by its value: what plan-ab takes.
        variance_left: variance with the covariate as a fraction of that without; None without a covariate.
        why_none: why there is no difference.
    """

    metric: str
    arm: str
    control: float | None
    treatment: float | None
    difference: float | None = None
    interval: tuple[float, float] | None = None
    p: float | None = None
    adjusted_p: float | None = None
    is_significant: bool | None = None
    detectable: float | None = None
    dispersion: float | None = None
    variance_left: float | None = None
    why_none: str | None = None


@dataclass(frozen=True)
class Settings:
    """Choices by which arms are compared.

    Attributes:
        alpha: share of tests that may call alike arms different, in (0, 1); intervals are of 1 - alpha.
        power: share of tests that shall find the least detectable difference, in (0, 1).
        shares: expected share of users by arm, in any unit; empty: equal ones.
    """

    alpha: float = 0.05
    power: float = 0.8
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ExperimentReport:
    """The comparisons of an experiment.

    Attributes:
        log: name of the log.
        control: name of the arm that the others are compared with.
        settings: alpha, power and expected shares.
        arms: the arms, the control first.
        comparisons: a metric after another, each for all treatments.
        alarms: what makes the comparisons doubtful, a line each.
        notes: what else is to be known, a line each.
    """

    log: str
    control: str
    settings: Settings
    arms: tuple[Arm, ...]
    comparisons: tuple[Comparison, ...]
    alarms: tuple[str, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Returns plain values."""
        return asdict(self)

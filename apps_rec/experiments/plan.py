"""Plans an experiment by tea-tasting's power: how many users an arm needs, or what so many users show."""

from __future__ import annotations

import math
from dataclasses import dataclass

from apps_rec.errors import ArgumentError

_MOST_STEPS = 50


@dataclass(frozen=True)
class Plan:
    """An experiment that is planned.

    Attributes:
        baseline: expected value of the metric in the control.
        lift: difference, as a fraction of the baseline.
        users: number of users an arm.
        power: probability that a difference of this lift is found.
        alpha: probability that alike arms are called different, in any of the comparisons with the control.
        arms: number of arms, with the control.
        dispersion: variance of the metric over users, divided by its mean.
    """

    baseline: float
    lift: float
    users: int
    power: float
    alpha: float
    arms: int
    dispersion: float

    @property
    def alpha_of_one(self) -> float:
        """Returns the alpha of one comparison: Bonferroni's, with which Holm's method begins."""
        return self.alpha / (self.arms - 1)


def plan(
    baseline: float,
    dispersion: float,
    lift: float | None = None,
    users: int | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
    arms: int = 2,
) -> Plan:
    """Returns the users an arm that show a lift, or the lift that so many users show.

    In either arm the variance over users is the dispersion times the arm's mean. With z the quantiles of the standard
    normal distribution, a = alpha / (arms - 1) and the lift L,

        users an arm = (z(1 - a/2) + z(power))^2 * dispersion * (2 + L) / (baseline * L^2)

    Args:
        baseline: expected value of the metric in the control, above 0.
        dispersion: variance of the metric over users divided by its mean, above 0; 1 for Poisson's distribution.
        lift: difference to find, as a fraction of the baseline, above 0; None: it is what `users` show.
        users: number of users an arm; None: it is what `lift` needs.
        power: probability with which the lift shall be found, in (0, 1).
        alpha: probability that alike arms are called different, in (0, 1).
        arms: number of arms, with the control.

    Raises:
        ArgumentError: an argument is out of its range, or both or none of lift and users are given.

    Example:
        >>> plan(0.0155, 2.5, lift=0.05).users
        1038076
    """
    _check(baseline, dispersion, lift, users, power, alpha, arms)
    one = alpha / (arms - 1)
    if users is None:
        assert lift is not None
        total = _solve("n_obs", baseline, dispersion * (1 + lift / 2), one, power, lift=lift)
        return Plan(baseline, lift, math.ceil(total / 2), power, alpha, arms, dispersion)
    # The variance of the treatment grows with the lift, by little: a few steps find both.
    found = 0.0
    for _ in range(_MOST_STEPS):
        before, found = (
            found,
            _solve("rel_effect_size", baseline, dispersion * (1 + found / 2), one, power, users=users),
        )
        if abs(found - before) <= 1e-12 * found:
            break
    return Plan(baseline, found, users, power, alpha, arms, dispersion)


def _solve(
    wanted: str,
    baseline: float,
    dispersion: float,
    alpha: float,
    power: float,
    lift: float | None = None,
    users: int | None = None,
) -> float:
    """Returns the number of users of two arms, or the relative difference that they show."""
    import tea_tasting as tt
    from tea_tasting.aggr import Aggregates

    # The normal distribution, which Student's is for as many users as an experiment has.
    options = {"use_t": False, "alpha": alpha, "power": power}
    of_lift = {} if lift is None else {"rel_effect_size": lift}
    of_users = {} if users is None else {"n_obs": 2 * users}
    metric = tt.Mean("value", **options, **of_lift, **of_users)
    sums = Aggregates(2, {"value": baseline}, {"value": dispersion * baseline})
    (result,) = metric.solve_power_from_aggregates(sums, wanted)
    return float(getattr(result, wanted))


def _check(
    baseline: float,
    dispersion: float,
    lift: float | None,
    users: int | None,
    power: float,
    alpha: float,
    arms: int,
) -> None:
    if (lift is None) == (users is None):
        raise ArgumentError("expected one of {lift} and {users}, got both or none", "lift", "users")
    least = {"baseline": baseline, "dispersion": dispersion, "lift": lift}
    for name, value in least.items():
        if value is not None and not 0 < value < math.inf:
            raise ArgumentError(f"{{{name}}}: expected a number above 0, got {{got}}", name, got=value)
    for name, value in {"power": power, "alpha": alpha}.items():
        if not 0 < value < 1:
            raise ArgumentError(f"{{{name}}}: expected a share above 0 and below 1, got {{got}}", name, got=value)
    if power <= alpha:
        raise ArgumentError(
            "{power}: expected more than alpha, {alpha_is}, got {got}", "power", alpha_is=alpha, got=power
        )
    if users is not None and users < 2:
        raise ArgumentError("{users}: expected 2 or more an arm, got {got}", "users", got=users)
    if arms < 2:
        raise ArgumentError("{arms}: expected 2 or more, with the control, got {got}", "arms", got=arms)

"""Plans an A/B test: the users that a lift needs, or the lift that users show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps_rec.tools.commands.common import command
from apps_rec.tools.commands.experiments.needed import require_tea_tasting

if TYPE_CHECKING:
    from apps_rec.experiments.plan import Plan


@command
def plan_ab(
    baseline: float,
    dispersion: float,
    *,
    lift: float | None = None,
    users: int | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
    arms: int = 2,
) -> Plan:
    """Returns the users an arm that show a lift, or the lift that so many users show; see docs/ab.md.

    Args:
        baseline: expected value of the metric in the control, above 0.
        dispersion: variance of the metric over users divided by its mean, above 0; `ab` measures it.
        lift: difference to find, as a fraction of the baseline, above 0; None: it is what `users` show.
        users: number of users an arm; None: it is what `lift` needs.
        power: probability with which the lift shall be found, in (0, 1).
        alpha: probability that alike arms are called different, in (0, 1).
        arms: number of arms, with the control; alpha is divided by the comparisons with it.

    Raises:
        RunError: an argument is out of its range, or tea-tasting is not installed.

    Example:
        >>> apps_rec.plan_ab(0.0155, 2.5, lift=0.05).users  # doctest: +SKIP
    """
    require_tea_tasting()
    from apps_rec.experiments.plan import plan

    return plan(baseline, dispersion, lift, users, power, alpha, arms)

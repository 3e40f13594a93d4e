"""Compares arms by tea-tasting: the delta method over users, CUPED, power, the ratio of users, Holm's correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from apps_rec.experiments.columns import Columns
from apps_rec.experiments.metric import Metric
from apps_rec.experiments.report import Comparison, Settings

if TYPE_CHECKING:
    import tea_tasting as tt
    from tea_tasting.aggr import Aggregates

# Least p of a check that is no alarm: a false one in a thousand experiments.
_ALARM = 0.001


def pairs_to_sum(metrics: Sequence[Metric], columns: Columns) -> list[tuple[str, str]]:
    """Returns the pairs of keys whose covariance the metrics need; a key with itself is its variance."""
    pairs: dict[tuple[str, str], None] = {}
    for metric in metrics:
        needed = _ratio(metric, columns).aggr_cols
        pairs |= dict.fromkeys([*((key, key) for key in needed.var_cols), *needed.cov_cols])
    return list(pairs)


def compare(
    of_arms: Mapping[str, Aggregates], metrics: Sequence[Metric], columns: Columns, control: str, settings: Settings
) -> list[Comparison]:
    """Compares each treatment with the control.

    Args:
        of_arms: sums over the users of each arm.
        metrics: metrics, in the order of the result.
        columns: names of the sums.
        control: arm that the others are compared with.
        settings: alpha.

    Returns:
        A metric after another, each for all treatments; `detectable` is left to `with_least_effect`.
    """
    treatments = [arm for arm in of_arms if arm != control]
    found: list[Comparison] = []
    for metric in metrics:
        rows = [_compared(metric, columns, of_arms[control], of_arms[arm], arm, settings) for arm in treatments]
        found += _adjusted(rows, settings.alpha)
    return found


def with_least_effect(
    row: Comparison, metric: Metric, columns: Columns, control: Aggregates, treatment_users: int, settings: Settings
) -> Comparison:
    """Returns a comparison with the least difference that its users show, by the variance of the control.

    Args:
        row: comparison.
        metric: its metric.
        columns: names of the sums.
        control: sums over the users of the control.
        treatment_users: number of users of the treatment.
        settings: alpha and power.
    """
    if row.difference is None:
        return row
    test = _ratio(
        metric,
        columns,
        # So many users that Student's t is the normal distribution, which scipy computes for any number of them.
        use_t=False,
        alpha=settings.alpha,
        power=settings.power,
        ratio=treatment_users / control.count(),
        n_obs=control.count() + treatment_users,
    )
    (least,) = test.solve_power_from_aggregates(control)
    return replace(row, detectable=least.rel_effect_size)


def mismatch(of_arms: Mapping[str, Aggregates], control: str, shares: Mapping[str, float]) -> list[str]:
    """Returns an alarm for each arm whose number of users does not fit the control's.

    Args:
        of_arms: sums over the users of each arm.
        control: arm that the others are compared with.
        shares: expected share of users by arm, in any unit; empty: equal ones.
    """
    alarms = []
    users = {arm: int(of_arms[arm].count()) for arm in of_arms}
    treatments = [arm for arm in of_arms if arm != control]
    for arm in treatments:
        # Bonferroni: the alarm of one arm in a thousand experiments, however many arms there are.
        p = min(1.0, p_of_ratio(of_arms, control, arm, shares) * len(treatments))
        if p < _ALARM:
            expected = (users[control] + users[arm]) / (1 + shares.get(control, 1.0) / shares.get(arm, 1.0))
            alarms.append(
                f"sample-ratio mismatch: {arm} has {users[arm]:,} users where {expected:,.0f} were expected "
                f"beside {users[control]:,} of {control} (p = {p:.1e}). Users were lost, or dealt out unevenly: "
                "do not read the differences before you know why"
            )
    return alarms


def p_of_ratio(of_arms: Mapping[str, Aggregates], control: str, arm: str, shares: Mapping[str, float]) -> float:
    """Returns the p of two arms' numbers of users under their expected shares; see `mismatch` for the arguments.

    It is the exact binomial test's below 1,000 users, above it that of the normal distribution with a correction for
    continuity.
    """
    import tea_tasting as tt

    test = tt.SampleRatio({name: shares.get(name, 1.0) for name in of_arms})
    return float(test.analyze(dict(of_arms), control, arm).pvalue)


def uneven_covariates(
    of_arms: Mapping[str, Aggregates], metrics: Sequence[Metric], columns: Columns, control: str
) -> list[str]:
    """Returns an alarm for each covariate that differs between arms, as nothing before an experiment does."""
    alarms = []
    for covariate in dict.fromkeys(metric.covariate for metric in metrics if metric.covariate is not None):
        for arm in (arm for arm in of_arms if arm != control):
            numerator, denominator = (
                columns.covariate_key(name) for name in (covariate.numerator, covariate.denominator)
            )
            p = _tea(numerator, denominator).analyze_aggregates(of_arms[control], of_arms[arm]).pvalue
            if p * (len(of_arms) - 1) < _ALARM:
                alarms.append(
                    f"the covariate {covariate} differs between {control} and {arm} (p = {p:.1e}). It must be of the "
                    "time before the experiment, and the arms were alike then: find out which of the two is not so"
                )
    return alarms


def _compared(
    metric: Metric, columns: Columns, control: Aggregates, treatment: Aggregates, arm: str, settings: Settings
) -> Comparison:
    if why := _why_none(metric, columns, control, treatment):
        values = [_value(metric, columns, of) for of in (control, treatment)]
        return Comparison(metric.name, arm, values[0], values[1], why_none=why)
    result = _ratio(metric, columns, confidence_level=1 - settings.alpha).analyze_aggregates(control, treatment)
    value = columns.sum_key(metric.value.numerator), columns.sum_key(metric.value.denominator)
    return Comparison(
        metric.name,
        arm,
        control=result.control,
        treatment=result.treatment,
        difference=result.rel_effect_size,
        interval=(result.rel_effect_size_ci_lower, result.rel_effect_size_ci_upper),
        p=result.pvalue,
        dispersion=control.ratio_var(*value) * control.mean(value[1]) / control.mean(value[0]),
        variance_left=_variance_left(metric, columns, control, treatment),
    )


def _why_none(metric: Metric, columns: Columns, control: Aggregates, treatment: Aggregates) -> str | None:
    """Returns why a metric cannot be compared; None where it can."""
    above, below = columns.sum_key(metric.value.numerator), columns.sum_key(metric.value.denominator)
    for name, of in (("control", control), ("treatment", treatment)):
        if of.mean(below) == 0:
            return f'the sum of "{metric.value.denominator}" is 0 in the {name}'
        if of.mean(above) <= 0:
            return f'the sum of "{metric.value.numerator}" is {of.mean(above) * of.count():g} in the {name}'
    spread = [of.ratio_var(above, below) * of.mean(below) ** 2 / of.mean(above) ** 2 for of in (control, treatment)]
    # What rounding leaves of a variance that is 0.
    if max(spread) < 1e-12:
        return "every user has the same value: nothing varies"
    return None


def _variance_left(metric: Metric, columns: Columns, control: Aggregates, treatment: Aggregates) -> float | None:
    """Returns what CUPED leaves of the squared width of the interval; None without a covariate."""
    if metric.covariate is None:
        return None
    widths = []
    for one in (metric, replace(metric, covariate=None)):
        result = _ratio(one, columns).analyze_aggregates(control, treatment)
        widths.append(result.effect_size_ci_upper - result.effect_size_ci_lower)
    return (widths[0] / widths[1]) ** 2


def _adjusted(rows: list[Comparison], alpha: float) -> list[Comparison]:
    """Returns the comparisons of a metric with Holm's p, and whether it is below alpha."""
    import tea_tasting as tt
    from tea_tasting.experiment import ExperimentResult, ExperimentResults

    known = [row for row in rows if row.p is not None]
    if not known:
        return rows
    results = ExperimentResults({("", row.arm): ExperimentResult({"": {"pvalue": row.p}}) for row in known})
    # Holm's procedure: Bonferroni's thresholds, step by step, for tests that may depend on each other in any way.
    adjusted = tt.adjust_fwer(results, alpha=alpha, arbitrary_dependence=True, method="bonferroni")
    of_arm = {pair[1]: result[""]["pvalue_adj"] for pair, result in adjusted.items()}
    return [
        row
        if row.p is None
        else replace(row, adjusted_p=float(of_arm[row.arm]), is_significant=bool(of_arm[row.arm] < alpha))
        for row in rows
    ]


def _ratio(metric: Metric, columns: Columns, **options: float) -> tt.RatioOfMeans:
    value, before = metric.value, metric.covariate
    return _tea(
        columns.sum_key(value.numerator),
        columns.sum_key(value.denominator),
        None if before is None else columns.covariate_key(before.numerator),
        None if before is None else columns.covariate_key(before.denominator),
        **options,
    )


def _tea(
    numerator: str | None, denominator: str | None, above: str | None = None, below: str | None = None, **options: float
) -> tt.RatioOfMeans:
    import tea_tasting as tt

    # tea-tasting takes the means of None for 1, which is what a sum a user is divided by.
    return tt.RatioOfMeans(numerator, denominator, above, below, **options)


def _value(metric: Metric, columns: Columns, of: Aggregates) -> float | None:
    above, below = columns.sum_key(metric.value.numerator), columns.sum_key(metric.value.denominator)
    return float(of.mean(above) / of.mean(below)) if of.mean(below) else None

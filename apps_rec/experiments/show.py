"""Text for a terminal on an experiment."""

from __future__ import annotations

from apps_rec.experiments.report import Comparison, ExperimentReport
from apps_rec.terminal.table import aligned

_LEAST_P = 0.0001


def shown_experiment(report: ExperimentReport) -> str:
    """Returns the arms, the table of comparisons, notes, and alarms at the end."""
    settings = report.settings
    arms = "; ".join(f"{arm.name} {arm.users:,} users, {arm.rows:,} rows" for arm in report.arms)
    has_several = len(report.arms) > 2
    rows = [_cells(one, report, has_several) for one in report.comparisons]
    lines = [f"{report.log}: {arms}", "", aligned([_head(report, has_several), *rows]), ""]
    lines.append(
        f"Intervals and tests: alpha {settings.alpha:g}, two-sided, by the delta method over users. "
        f"The least effect is found with a power of {_percent(settings.power)}."
    )
    if has_several:
        treatments = len(report.arms) - 1
        lines.append(
            f"p is adjusted by Holm's method over the {treatments} treatments of a metric; each interval stands alone."
        )
    lines += [
        f"{one.metric}{f' of {one.arm}' * has_several}: nothing to compare: {one.why_none}"
        for one in report.comparisons
        if one.why_none is not None
    ]
    lines += [
        f"{one.metric}{f' of {one.arm}' * has_several}: the covariate leaves {_percent(one.variance_left)} of variance"
        for one in report.comparisons
        if one.variance_left is not None
    ]
    lines += [f"note: {note}" for note in report.notes]
    lines += [f"ALARM: {alarm}" for alarm in report.alarms]
    return "\n".join(lines)


def _head(report: ExperimentReport, has_several: bool) -> list[str]:
    treatment = "treatment" if has_several else f"treatment ({report.arms[1].name})"
    interval = f"{_percent(1 - report.settings.alpha)} interval"
    head = ["metric", f"control ({report.control})", treatment, "difference", interval, "significant"]
    return [*head[:1], *["arm"] * has_several, *head[1:], "users", "least effect"]


def _cells(one: Comparison, report: ExperimentReport, has_several: bool) -> list[str]:
    users = {arm.name: arm.users for arm in report.arms}
    start = [one.metric, *[one.arm] * has_several, _value(one.control), _value(one.treatment)]
    counts = f"{users[report.control]:,} + {users[one.arm]:,}"
    if one.difference is None or one.interval is None or one.detectable is None:
        return [*start, "-", "-", "-", counts, "-"]
    low, high = one.interval
    return [
        *start,
        _signed(one.difference),
        f"[{_signed(low)}, {_signed(high)}]",
        f"{'yes' if one.is_significant else 'no'}, {_p(one.adjusted_p)}",
        counts,
        f"{100 * one.detectable:.2f} %",
    ]


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _signed(share: float) -> str:
    return f"{100 * share:+.2f} %"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.3g} %"


def _p(p: float | None) -> str:
    return "p = -" if p is None else f"p < {_LEAST_P}" if p < _LEAST_P else f"p = {p:.4f}"

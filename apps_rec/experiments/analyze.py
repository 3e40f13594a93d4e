"""Reads the log of an experiment and reports on it: what `apps-rec ab` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from apps_rec.errors import ArgumentError, DataError, shown
from apps_rec.experiments.columns import Columns, columns_of
from apps_rec.experiments.compare import compare, mismatch, pairs_to_sum, uneven_covariates, with_least_effect
from apps_rec.experiments.log import open_log
from apps_rec.experiments.metric import Metric
from apps_rec.experiments.report import Arm, Comparison, ExperimentReport, Settings
from apps_rec.experiments.users import RowCounts, UserSums, count_rows, sum_users
from apps_rec.nearest import did_you_mean, nearest

if TYPE_CHECKING:
    from tea_tasting.aggr import Aggregates

_CONTROL = "control"


def analyze(
    logs: str,
    metrics: Sequence[Metric],
    user: str,
    arm: str,
    control: str | None = None,
    left_out: str | None = None,
    settings: Settings | None = None,
) -> ExperimentReport:
    """Compares the arms of a log.

    Args:
        logs: log, as `open_log` takes it.
        metrics: what is compared.
        user: column of users.
        arm: column of arms.
        control: arm that the others are compared with; None: the one called control, else the first by name.
        left_out: column that is not 0 in rows to leave out; None: none are.
        settings: alpha, power and expected shares; None: 0.05, 0.8, equal ones.

    Raises:
        DataError: the log cannot be read or compared.
        ArgumentError: an arm is named that the log does not have.
    """
    settings = settings or Settings()
    columns = columns_of(metrics, user, arm, left_out)
    with open_log(logs, columns) as log:
        counts = count_rows(log, columns)
        control = _control(logs, list(counts.of_arms), control)
        _check_shares(list(counts.of_arms), settings.shares)
        order = [control, *(name for name in counts.of_arms if name != control)]
        sums = sum_users(log, columns, order, counts.most_users, pairs_to_sum(metrics, columns))
    of_arms = sums.of_arms
    few = [name for name in order if name not in of_arms or of_arms[name].count() < 2]
    if few:
        crossing = (
            f"; {_users(sums.in_several_arms, 'has', 'have')} rows in several arms" if sums.in_several_arms else ""
        )
        raise DataError(
            f"{logs}: expected two users or more in each arm, got fewer in {', '.join(few)}{crossing}. "
            f'Are "{user}" and "{arm}" the right columns?'
        )
    comparisons = compared(of_arms, metrics, columns, control, settings)
    alarms = [
        *mismatch(of_arms, control, settings.shares),
        *_alarms_of_rows(counts, sums, columns),
        *uneven_covariates(of_arms, metrics, columns, control),
    ]
    return ExperimentReport(
        log=shown(logs),
        control=control,
        settings=settings,
        arms=tuple(Arm(name, of_arms[name].count(), counts.of_arms[name]) for name in order),
        comparisons=tuple(comparisons),
        alarms=tuple(alarms),
        notes=tuple(_notes(counts, sums, columns)),
    )


def compared(
    of_arms: Mapping[str, Aggregates], metrics: Sequence[Metric], columns: Columns, control: str, settings: Settings
) -> list[Comparison]:
    """Compares each treatment with the control, and finds the least difference that its users show."""
    named = {metric.name: metric for metric in metrics}
    return [
        with_least_effect(row, named[row.metric], columns, of_arms[control], of_arms[row.arm].count(), settings)
        for row in compare(of_arms, metrics, columns, control, settings)
    ]


def _control(logs: str, arms: Sequence[str], control: str | None) -> str:
    if len(arms) == 1:
        raise DataError(f"{logs}: there is one arm alone, {arms[0]}; expected two or more to compare")
    if control is None:
        return _CONTROL if _CONTROL in arms else arms[0]
    if control not in arms:
        names, guess = ", ".join(arms), did_you_mean(nearest(control, arms))
        text = "{control}: there is no arm {got}; arms are {names}.{guess}"
        raise ArgumentError(text, "control", got=control, names=names, guess=guess)
    return control


def _check_shares(arms: Sequence[str], shares: Mapping[str, float]) -> None:
    if shares and set(shares) != set(arms):
        text = "{shares}: expected a share for each arm, {names}, got {got}"
        raise ArgumentError(text, "shares", names=", ".join(arms), got=", ".join(shares))


def _alarms_of_rows(counts: RowCounts, sums: UserSums, columns: Columns) -> list[str]:
    alarms = []
    if crossing := sums.in_several_arms:
        alarms.append(
            f"{_users(crossing, 'has', 'have')} rows in several arms and {_are(crossing)} left out: what they saw "
            "was a mixture, and who moves between arms is no random user"
        )
    for name, count, why in (
        (columns.arm, counts.without_arm, "of which arm are they?"),
        (columns.user, counts.without_user, "they are of no user"),
    ):
        if count:
            alarms.append(f'{_rows(count)} without a value of "{name}" {_are(count)} left out: {why}')
    return alarms


def _notes(counts: RowCounts, sums: UserSums, columns: Columns) -> list[str]:
    notes = []
    if out := counts.left_out:
        notes.append(f'{_rows(out)} {_are(out)} left out, since "{columns.left_out}" is not 0')
    for name, count in counts.without_value.items():
        notes.append(f'"{name}": {_rows(count)} without a value {"counts" if count == 1 else "count"} as 0')
    for name, count in sums.without_covariate.items():
        notes.append(f'"{name}": {_users(count, "", "")}without a value {"counts" if count == 1 else "count"} as 0')
    return notes


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def _users(count: int, has: str, have: str) -> str:
    return f"{count:,} user {has}" if count == 1 else f"{count:,} users {have}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"

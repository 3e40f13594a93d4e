"""Reads an A/B test: each metric of each arm beside the control's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apps_rec.errors import ArgumentError
from apps_rec.tools.commands.common import command
from apps_rec.tools.commands.experiments.needed import require_tea_tasting

if TYPE_CHECKING:
    from apps_rec.experiments.report import ExperimentReport


@command
def ab(
    logs: str | Path,
    user: str = "user_id",
    arm: str = "arm",
    *,
    metric: Sequence[str] = (),
    covariate: Sequence[str] = (),
    control: str | None = None,
    click: str = "click",
    download: str = "download",
    impression: str = "rows",
    leave_out: str | None = None,
    shares: Mapping[str, float] | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
) -> ExperimentReport:
    """Compares the arms of an experiment, by the delta method over users.

    The log has a row for each impression, or one for each user with sums. What the figures mean is in docs/ab.md.

    Args:
        logs: Parquet or CSV files (path, glob, folder, several with commas), `x.duckdb::table`, or
            `<address as Ibis takes it>::table`.
        user: column of users.
        arm: column of arms.
        metric: words (distribution, ctr, cvr, ctcvr), or `name=column/column`, `name=column/users`,
            `name=column/rows`; none: the four words.
        covariate: `column` or `column/column` of the time before the experiment, `name=...` for one metric: CUPED.
        control: arm that the others are compared with; None: the one called control, else the first by name.
        click: column of clicks.
        download: column of downloads.
        impression: column of impressions; rows: each row is one.
        leave_out: column that is not 0 in rows to leave out, such as those served from a cache.
        shares: expected share of the users of each arm, in any unit; None: equal ones.
        alpha: share of tests that may call alike arms different, in (0, 1).
        power: share of tests that shall find the least effect, in (0, 1).

    Returns:
        The arms, the comparisons, and alarms: a ratio of users that is not the expected one, users in several arms,
        rows of no arm or user, covariates that differ between arms.

    Raises:
        DataError: the log cannot be read or compared.
        RunError: an argument is wrong, or tea-tasting is not installed.

    Example:
        >>> report = apps_rec.ab("log.parquet", user="user_id", arm="arm")  # doctest: +SKIP
        >>> [(one.metric, one.difference, one.adjusted_p) for one in report.comparisons]  # doctest: +SKIP
    """
    for name, value in {"alpha": alpha, "power": power}.items():
        if not 0 < value < 1:
            raise ArgumentError(f"{{{name}}}: expected a share above 0 and below 1, got {{got}}", name, got=value)
    for name, share in (shares or {}).items():
        if not 0 < share < float("inf"):
            raise ArgumentError(
                "{shares}: expected a number above 0 for {arm}, got {got}", "shares", arm=name, got=share
            )
    from apps_rec.experiments.metric import metrics_of
    from apps_rec.experiments.report import Settings

    metrics = metrics_of(metric, covariate, click, download, impression)
    require_tea_tasting()
    from apps_rec.experiments.analyze import analyze

    return analyze(str(logs), metrics, user, arm, control, leave_out, Settings(alpha, power, dict(shares or {})))

"""Sums the rows of a log over users, and users over arms, where the log is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps_rec.errors import DataError
from apps_rec.experiments.columns import ARM, LEFT_OUT, NUM_ROWS, USER, Columns
from apps_rec.experiments.log import Log

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from tea_tasting.aggr import Aggregates

_MOST_ARMS = 20
_IN_SEVERAL_ARMS = -1


@dataclass(frozen=True)
class RowCounts:
    """Rows of a log.

    Attributes:
        of_arms: number of rows of each arm, in the order of their names.
        left_out: number of rows that were marked to be left out; the others do not count them.
        without_arm: number of rows without an arm.
        without_user: number of rows of an arm without a user.
        without_value: number of rows without a value, by column.
        most_users: number of users, estimated: no fewer than there are, but for a few in a hundred.
    """

    of_arms: dict[str, int]
    left_out: int
    without_arm: int
    without_user: int
    without_value: dict[str, int]
    most_users: int


@dataclass(frozen=True)
class UserSums:
    """Sums of the users of each arm.

    Attributes:
        of_arms: numbers, means, variances and covariances of the users of each arm, by `Columns`' keys.
        in_several_arms: number of users with rows in more than one arm, who are in none of the sums.
        without_covariate: number of users without a value, by covariate; they count as 0.
    """

    of_arms: dict[str, Aggregates]
    in_several_arms: int
    without_covariate: dict[str, int]


def count_rows(log: Log, columns: Columns) -> RowCounts:
    """Counts the rows of a log by arm, in one pass.

    Raises:
        DataError: there are no rows, or the column of arms has too many values to be one.
    """
    import ibis

    table = log.table
    is_out = _is_left_out(table)
    counted = {name: table[alias].isnull().sum() for alias, name in columns.numbers.items() if alias[0] == "s"}
    query = (
        table.mutate(is_out=is_out)
        .group_by([ARM, "is_out"])
        .aggregate(
            rows=ibis._.count(),
            users=table[USER].approx_nunique(),
            no_user=table[USER].isnull().sum(),
            **{f"without_{at}": null for at, null in enumerate(counted.values())},
        )
    )
    found = log.rows(query.order_by(ibis.desc("rows")).limit(2 * _MOST_ARMS + 3))
    kept = [row for row in found if not row["is_out"]]
    arms = sorted((row for row in kept if row[ARM] is not None), key=lambda row: _order(row[ARM]))
    if len(arms) > _MOST_ARMS:
        some = ", ".join(row[ARM] for row in arms[:3])
        raise DataError(
            f'{log.what}: column "{columns.arm}" has more than {_MOST_ARMS} values ({some}, ...); '
            "expected a column with a name for each arm of the experiment"
        )
    left_out = sum(row["rows"] for row in found if row["is_out"])
    if not arms:
        why = f', and in {left_out:,} of them "{columns.left_out}" is not 0' if left_out else ""
        rows = sum(row["rows"] for row in found)
        raise DataError(f'{log.what}: no row has an arm in column "{columns.arm}"; there are {rows:,} rows{why}')
    return RowCounts(
        of_arms={row[ARM]: row["rows"] for row in arms},
        left_out=left_out,
        without_arm=sum(row["rows"] for row in kept if row[ARM] is None),
        without_user=sum(int(row["no_user"]) for row in arms),
        without_value={
            name: count for at, name in enumerate(counted) if (count := sum(int(row[f"without_{at}"]) for row in arms))
        },
        most_users=sum(row["users"] for row in arms),
    )


def sum_users(
    log: Log, columns: Columns, arms: Sequence[str], most_users: int, pairs: Sequence[tuple[str, str]]
) -> UserSums:
    """Sums rows over users, and users over arms, in one pass that keeps nothing but the users, or several.

    Args:
        log: log.
        columns: its columns.
        arms: names of the arms.
        most_users: number of users, or more, by which the log says how many of them fit in memory at a time.
        pairs: pairs of keys whose covariance is wanted; a key with itself is its variance.

    Raises:
        DataError: a covariate has several values for a user, or a column holds what is no number.
    """
    covariates = {f"c{at}": name for at, name in enumerate(columns.covariates)}
    sums = [NUM_ROWS, *(f"s{at}" for at in range(len(columns.summed)))]
    marks = [f"{mark}_{key}" for key in covariates for mark in ("without", "several")]
    keys = [*sums, *covariates, *marks]
    found: dict[int, Aggregates] = {}
    parts = log.parts(most_users, len(keys))
    for part in range(parts):
        # A hash may be below zero, and so may what it leaves.
        rows = log.table if parts == 1 else log.table.filter((log.table[USER].hash() % parts).abs() == part)
        for arm, one in log.aggregates(
            _users(rows, columns, arms, list(covariates)), "arm_number", keys, pairs
        ).items():
            found[arm] = found[arm] + one if arm in found else one
    names = columns.numbers
    for aggregates in found.values():
        for key, mean in aggregates.mean_.items():
            if key in names and not abs(mean) < float("inf"):
                raise DataError(
                    f'{log.what}: column "{names[key]}" holds NaN or numbers without an end; expected numbers'
                )

    def marked(mark: str) -> dict[str, int]:
        totals = {
            name: sum(round(a.mean_[f"{mark}_{key}"] * a.count()) for a in found.values())
            for key, name in covariates.items()
        }
        return {name: total for name, total in totals.items() if total}

    for name, count in marked("several").items():
        raise DataError(
            f'{log.what}: covariate "{name}" has several values for {count:,} of the users; '
            "expected one value a user, of the time before the experiment"
        )
    crossing = found.pop(_IN_SEVERAL_ARMS, None)
    return UserSums(
        of_arms={arm: found[at] for at, arm in enumerate(arms) if at in found},
        in_several_arms=crossing.count() if crossing is not None else 0,
        without_covariate=marked("without"),
    )


def _users(table: ir.Table, columns: Columns, arms: Sequence[str], covariates: Sequence[str]) -> ir.Table:
    """Returns a query with a row a user: the number of the arm, the number of rows, sums and covariates."""
    rows = table.filter(~_is_left_out(table), table[USER].notnull(), table[ARM].notnull())
    # Numbers, so that what is kept of a user is of a fixed size.
    rows = rows.mutate(arm_number=rows[ARM].cases(*((arm, at) for at, arm in enumerate(arms))))
    sums = {f"s{at}": rows[f"s{at}"].sum().coalesce(0.0) for at in range(len(columns.summed))}
    values = {key: rows[key].max() for key in covariates} | {f"low_{key}": rows[key].min() for key in covariates}
    users = rows.group_by(USER).aggregate(
        low=rows.arm_number.min(),
        high=rows.arm_number.max(),
        **{NUM_ROWS: rows.count().cast("float64")},
        **sums,
        **values,
    )
    return users.select(
        arm_number=(users.low == users.high).ifelse(users.low, _IN_SEVERAL_ARMS),
        **{key: users[key] for key in (NUM_ROWS, *sums)},
        **{key: users[key].coalesce(0.0) for key in covariates},
        **{f"without_{key}": users[key].isnull().ifelse(1.0, 0.0) for key in covariates},
        **{f"several_{key}": (users[key] > users[f"low_{key}"]).ifelse(1.0, 0.0).coalesce(0.0) for key in covariates},
    )


def _is_left_out(table: ir.Table) -> ir.BooleanValue:
    import ibis

    return (table[LEFT_OUT] != 0).coalesce(False) if LEFT_OUT in table.columns else ibis.literal(False)


def _order(name: str) -> tuple[float, str]:
    """Returns by what an arm stands before others: as a number where it is one, else behind them by its letters."""
    return (int(name), "") if name.isdecimal() else (float("inf"), name)

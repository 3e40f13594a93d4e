"""`apps-rec ab`."""

from __future__ import annotations

import argparse
import json

import apps_rec
from apps_rec.cli.options import write
from apps_rec.errors import ArgumentError, CheckFailedError

HELP = "read an A/B test: each metric beside the control's, with interval, p and least effect"
EXAMPLE = "log.parquet --arm arm --user user_id --control fm"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the log, its columns, the metrics, and how arms are compared."""
    parser.add_argument(
        "logs",
        help="Parquet or CSV (path, glob, folder, several with commas), x.duckdb::table, or an address of Ibis::table",
    )
    parser.add_argument("--user", default="user_id", metavar="COLUMN", help="column of users; default: user_id")
    parser.add_argument("--arm", default="arm", metavar="COLUMN", help="column of arms; default: arm")
    parser.add_argument(
        "--control", metavar="NAME", help="arm to compare with; default: control, else the first by name"
    )
    parser.add_argument(
        "--metric",
        action="append",
        default=[],
        metavar="METRIC",
        help="distribution, ctr, cvr, ctcvr, or NAME=COLUMN/COLUMN, NAME=COLUMN/users, NAME=COLUMN/rows; "
        "default: the four words",
    )
    parser.add_argument("--click", default="click", metavar="COLUMN", help="column of clicks; default: click")
    parser.add_argument("--download", default="download", metavar="COLUMN", help="of downloads; default: download")
    parser.add_argument(
        "--impression", default="rows", metavar="COLUMN", help="of impressions; default: rows, each row is one"
    )
    parser.add_argument(
        "--covariate",
        action="append",
        default=[],
        metavar="COLUMN",
        help="CUPED by COLUMN or COLUMN/COLUMN of the time before, one value a user; METRIC=COLUMN for one metric",
    )
    parser.add_argument("--leave-out", metavar="COLUMN", help="leave out rows where it is not 0: is_cached")
    parser.add_argument(
        "--shares", metavar="ARM=SHARE,...", help="expected shares of users: control=9,new=1; default: equal ones"
    )
    parser.add_argument("--alpha", type=float, default=0.05, help="default: 0.05, with intervals of 95 %%")
    parser.add_argument("--power", type=float, default=0.8, help="of the least effect; default: 0.8")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")


def run(options: argparse.Namespace) -> None:
    """Compares, prints the table, and fails where an alarm says that it cannot be trusted."""
    report = apps_rec.ab(
        options.logs,
        options.user,
        options.arm,
        metric=options.metric,
        covariate=options.covariate,
        control=options.control,
        click=options.click,
        download=options.download,
        impression=options.impression,
        leave_out=options.leave_out,
        shares=_shares(options.shares),
        alpha=options.alpha,
        power=options.power,
    )
    # tea-tasting is loaded by now.
    from apps_rec.experiments.show import shown_experiment

    if options.json:
        print(json.dumps(report.as_json()))
    else:
        write(shown_experiment(report))
    if report.alarms:
        alarms = f"{len(report.alarms)} alarms" if len(report.alarms) > 1 else "an alarm"
        raise CheckFailedError(f"{options.logs}: {alarms}: do not trust the differences as they are")


def _shares(written: str | None) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in (written or "").split(",") if written is not None else []:
        name, equals, share = part.rpartition("=")
        try:
            found[name.strip()] = float(share)
        except ValueError:
            equals = ""
        if not equals or not name.strip():
            text = "{shares}: expected ARM=SHARE, several with commas, got {got}"
            raise ArgumentError(text, "shares", got=written)
    return found

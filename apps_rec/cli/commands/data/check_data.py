"""`apps-rec check-data`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import add_config, add_date, read_config, write
from apps_rec.errors import CheckFailedError

HELP = "read all rows of a config before training: bad rows, labels, ids, leaks, drift"
EXAMPLE = "my.config --html out/data.html --quarantine out/bad_rows.parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config, the files to write, and how strict to be."""
    add_config(parser)
    add_date(parser)
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON")
    parser.add_argument("--html", metavar="FILE", help="write the report as one page")
    parser.add_argument(
        "--quarantine", metavar="FILE", help="write bad rows as Parquet: file, row, column, reason, text, pass"
    )
    parser.add_argument("--strict", action="store_true", help="fail on warnings too, and not on errors alone")


def run(options: argparse.Namespace) -> None:
    """Checks, prints the report, and fails where a run would fail or be wrong."""
    report = apps_rec.check_data(
        read_config(options), quarantine=options.quarantine, json_output=options.json, html_output=options.html
    )
    # DuckDB and pyarrow are loaded by now.
    from apps_rec.profile.findings.show import shown_report

    write(shown_report(report))
    for path in filter(None, (options.json, options.html)):
        write(f"{path}: written")
    if report.quarantined is not None:
        write(f"{options.quarantine}: {report.quarantined:,} bad rows")
    failing = [level for level in ("error", "warning")[: 2 if options.strict else 1] if report.of_level(level)]
    if failing:
        raise CheckFailedError(f"{options.config}: the data has findings of level {' and '.join(failing)}")

"""`apps-rec simulate ab`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import TRUST, write
from apps_rec.errors import CheckFailedError

HELP = "an A/B test: exports rank for the simulated store's users; prints the table of ab"
EXAMPLE = "random esmm=out/esmm/export/1796015882 -o out/ab"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the exports, the folder, and the size and the truth of the store."""
    parser.add_argument(
        "exports", nargs="+", help="folder of one version, or NAME=FOLDER; random: a random order; the control first"
    )
    parser.add_argument("-o", "--output", required=True, help="folder to write log.parquet into")
    parser.add_argument("--users", type=int, default=20000, help="users of all arms; default: 20000")
    parser.add_argument("--seed", type=int, default=7, help="of the store, as of simulate store; default: 7")
    parser.add_argument("--draw", type=int, default=0, help="seed of the test's users and behaviour; default: 0")
    parser.add_argument("--ctr", type=float, default=0.1, help="click rate of the store; default: 0.1")
    parser.add_argument("--cvr", type=float, default=0.43, help="share of clicks that download; default: 0.43")
    parser.add_argument("--correlation", type=float, default=0.5, help="of click and download taste; default: 0.5")
    parser.add_argument("--impressions-per-user", type=float, default=45.0, help="mean, from 8; default: 45")
    parser.add_argument("--candidates", type=int, default=20, help="apps proposed for a page; default: 20")
    parser.add_argument("--trust", action="store_true", help=TRUST)


def run(options: argparse.Namespace) -> None:
    """Simulates, prints the table of the log, and what was to be expected."""
    names = ("users", "seed", "draw", "ctr", "cvr", "correlation", "impressions_per_user", "candidates", "trust")
    test = apps_rec.simulate_ab(options.exports, options.output, **{name: getattr(options, name) for name in names})
    # tea-tasting is loaded by now.
    from apps_rec.experiments.show import shown_experiment

    write(shown_experiment(test.report))
    for arm in list(test.made.arms)[1:]:
        difference = 100 * test.made.expected_difference(arm)
        write(f"By the true probabilities of what was shown, {arm} has {difference:+.2f} % downloads a user.")
    if test.report.alarms:
        raise CheckFailedError(f"{test.made.log}: the log of the test has alarms")

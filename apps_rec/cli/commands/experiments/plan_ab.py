"""`apps-rec plan-ab`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

import apps_rec
from apps_rec.cli.options import write

HELP = "users that an A/B test needs for a lift, or the lift that so many users show"
EXAMPLE = "--baseline 0.0155 --lift 0.05 --dispersion 2.5"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what is expected, and what is wanted."""
    parser.add_argument("--baseline", type=float, required=True, help="the control's value: downloads a user, say")
    parser.add_argument(
        "--dispersion", type=float, required=True, help="variance over users divided by the mean, as ab --json has it"
    )
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--lift", type=_lift, help="difference to find: 0.05 or 5%% is 5 %% of the baseline")
    wanted.add_argument("--users", type=int, help="users an arm, for the lift that they show")
    parser.add_argument("--power", type=float, default=0.8, help="probability to find it; default: 0.8")
    parser.add_argument("--alpha", type=float, default=0.05, help="default: 0.05, two-sided")
    parser.add_argument("--arms", type=int, default=2, help="arms with the control; default: 2")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> None:
    """Plans, and prints users and lift."""
    made = apps_rec.plan_ab(
        options.baseline,
        options.dispersion,
        lift=options.lift,
        users=options.users,
        power=options.power,
        alpha=options.alpha,
        arms=options.arms,
    )
    if options.json:
        print(json.dumps(asdict(made)))
        return
    write(f"{made.users:,} users an arm, {made.arms * made.users:,} in {made.arms} arms")
    write(f"show a lift of {100 * made.lift:.2f} %: {made.baseline:.4g} -> {made.baseline * (1 + made.lift):.4g}")
    write(
        f"with a power of {made.power:g}, alpha {made.alpha:g} two-sided{_divided(made.arms, made.alpha_of_one)}, "
        f"variance {made.dispersion:g} times the mean"
    )


def _lift(text: str) -> float:
    """Reads a share, or with a percent sign a hundred times it."""
    number, percent, rest = text.partition("%")
    try:
        value = float(number)
    except ValueError:
        value = float("nan")
    if value != value or rest.strip():
        raise argparse.ArgumentTypeError(f"expected a share as 0.05, or 5%, got {text!r}")
    if not percent and value > 1:
        right = f"write {value:g}% or {value / 100:g} for {value:g} %"
        raise argparse.ArgumentTypeError(f"{text} would be {100 * value:g} %; {right}")
    return value / 100 if percent else value


def _divided(arms: int, alpha: float) -> str:
    return "" if arms == 2 else f" ({alpha:.4g} for each comparison)"

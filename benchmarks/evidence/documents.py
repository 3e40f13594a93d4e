"""Outcomes as tables, and their places in docs/results.md."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from apps_rec.evaluation.intervals import Interval
from benchmarks.evidence.datasets import Dataset
from benchmarks.evidence.paired import gains, is_noise
from benchmarks.evidence.plan import RANDOM, Size, online_tests
from benchmarks.evidence.train import Training
from benchmarks.evidence.variants import DEEPFM, ESMM, FM, LINE, MMOE, ablations_of, line_of
from benchmarks.report import table, write_block

# What the store reported of a model over the one before it: downloads a user, and clicks an exposure, in percent.
REPORTED: dict[str, tuple[float, tuple[float, float] | None, float | None]] = {
    FM.name: (14.8, None, None),
    DEEPFM.name: (4.66, None, None),
    MMOE.name: (13.14, (7.20, 19.08), 10.85),
    ESMM.name: (6.45, (4.53, 8.37), 5.22),
}
TITLES = {variant.name: variant.title for variant in LINE} | {RANDOM: "random order"}
DOWNLOADS, CLICKS = "distribution per user", "CTR"
Results = Mapping[str, Any]


def write_into(document: Path, results: Results, size: Size, folder: Path) -> None:
    """Puts every table in its place in a document.

    Args:
        document: Markdown file with a place for each.
        results: outcomes, as `do_all` returns them.
        size: what was asked for.
        folder: folder of scores.
    """
    for name, text in tables(results, size, folder).items():
        write_block(document, name, text)


def tables(results: Results, size: Size, folder: Path) -> dict[str, str]:
    """Returns every table by the name of its place."""
    made = {"cost": cost(results)}
    for dataset in size.datasets:
        made[f"line {dataset.name}"] = line(dataset, results, size)
        made[f"ablations {dataset.name}"] = ablations(dataset, results["trainings"], size, folder)
    if results["online"]:
        made["online"] = online(results["online"], size)
    if results["study"]:
        made["study"] = results["study"]["table"]
    return made


def cost(results: Results) -> str:
    """Returns what all of it took."""
    parts = [*results["trainings"].values(), *results["online"].values(), *filter(None, [results["study"]])]
    minutes = sum(part["seconds"] for part in parts) / 60
    cpu = sum(part["cpu_seconds"] for part in results["trainings"].values()) / 60
    machine = results["machine"]
    return (
        f"{len(results['trainings'])} trainings, {len(results['online'])} simulated tests and the study: "
        f"{minutes / 2:.0f} minutes, two jobs at a time on two cores ({cpu:.0f} CPU-minutes for the trainings); "
        f"{machine['date']}, {machine['processor']}, {machine['threads']} threads, {machine['system']}."
    )


def line(dataset: Dataset, results: Results, size: Size) -> str:
    """Returns the models of the line, with the gain of AUC over the one before."""
    names = [task.name for task in dataset.tasks]
    shown = [task.title for task in dataset.tasks]
    head = ["", *(f"AUC {name}" for name in shown), *(f"gain of AUC {name}" for name in shown)]
    head += [f"calibration {name}" for name in shown]
    rows = []
    gained: Mapping[str, Interval]
    for variant, gained in zip(line_of(dataset), [{}, *results["gains"][dataset.name]], strict=True):
        of_seeds = [results["trainings"][Training(dataset, variant, seed).name] for seed in size.seeds]
        cells = [_auc(of_seeds, f"auc_{name}") for name in names]
        cells += [shown_gain(gained[name]) if gained else "" for name in names]
        cells += [f"{_mean(of_seeds, f'calibration_{name}'):.3f}" for name in names]
        rows.append([variant.title, *cells])
    return table([head, *rows])


def ablations(dataset: Dataset, outcomes: Results, size: Size, folder: Path) -> str:
    """Returns MMOE of the first seed, and the difference of each variant from it."""
    names, seed = [task.name for task in dataset.tasks], size.seeds[0]
    of_seeds = [outcomes[Training(dataset, MMOE, each).name] for each in size.seeds]
    aucs = {name: [outcome["metrics"][f"auc_{name}"] for outcome in of_seeds] for name in names}
    of_training = {name: statistics.variance(values) if len(values) > 1 else 0.0 for name, values in aucs.items()}
    shown = [task.title for task in dataset.tasks]
    head = ["", *(part for name in shown for part in (f"AUC {name}", "difference"))]
    base = [part for name in names for part in (number(aucs[name][0]), "")]
    rows = [[f"MMOE: {dataset.experts} experts, FM, weights {_weights(dataset)}", *base]]
    for variant in ablations_of(dataset):
        outcome = outcomes[Training(dataset, variant, seed).name]
        gained = gains(dataset, MMOE, variant, [seed], folder, of_training)
        cells = [
            part for name in names for part in (number(outcome["metrics"][f"auc_{name}"]), shown_gain(gained[name]))
        ]
        rows.append([variant.title, *cells])
    return table([head, *rows])


def online(outcomes: Results, size: Size) -> str:
    """Returns the simulated tests in the form of the store's table, and what the store reported beside each."""
    head = ["test", "seed", "control", "treatment", "downloads a user", "95 % interval", "significant"]
    head += ["users", "least effect", "expected by the truth", "click rate"]
    rows = []
    for test in online_tests(size):
        outcome = outcomes[test.name]
        found = {one["metric"]: one for one in outcome["report"]["comparisons"]}
        downloads, clicks = found[DOWNLOADS], found[CLICKS]
        users = [arm["users"] for arm in outcome["report"]["arms"]]
        rows.append(
            [
                f"{TITLES[test.treatment]} over {TITLES[test.control]}",
                str(test.seed),
                f"{downloads['control']:.4f}",
                f"{downloads['treatment']:.4f}",
                percent(downloads["difference"]),
                f"[{percent(downloads['interval'][0])}, {percent(downloads['interval'][1])}]",
                f"{'yes' if downloads['is_significant'] else 'no'}, p {_p(downloads['p'])}",
                f"{users[0]:,} + {users[1]:,}",
                f"{100 * downloads['detectable']:.2f} %",
                percent(outcome["expected_difference"]),
                percent(clicks["difference"]),
            ]
        )
        if test.seed == size.seeds[-1]:
            rows.append(_reported(test.treatment))
    return table([head, *rows])


def _reported(treatment: str) -> list[str]:
    difference, interval, clicks = REPORTED[treatment]
    limits = "" if interval is None else f"[{interval[0]:+.2f} %, {interval[1]:+.2f} %]"
    rate = "" if clicks is None else f"{clicks:+.2f} %"
    name = f"_{TITLES[treatment]}, reported by the store_"
    return [name, "", "", "", f"{difference:+.2f} %", limits, "", "", "", "", rate]


def shown_gain(gain: Interval) -> str:
    """Returns a difference with its interval, and whether it is within noise."""
    text = f"{signed(gain.value)} ± {number(gain.half_width)}"
    return f"{text}, within noise" if is_noise(gain) else text


def number(value: float) -> str:
    """Returns a number below 1 with four digits: .7595."""
    return f"{value:.4f}".replace("0.", ".", 1)


def signed(value: float) -> str:
    """Returns a number below 1 with four digits and, where these are not all 0, its sign: +.0012."""
    return f"{value:+.4f}".replace("0.", ".", 1) if abs(value) >= 0.00005 else ".0000"


def percent(share: float) -> str:
    """Returns a share in percent with its sign."""
    return f"{100 * share:+.2f} %"


def _auc(outcomes: Sequence[Results], name: str) -> str:
    values = [outcome["metrics"][name] for outcome in outcomes]
    half = statistics.mean(outcome["intervals"][name] for outcome in outcomes)
    spread = f" [{number(min(values))}, {number(max(values))}]" if len(values) > 1 else ""
    return f"{number(statistics.mean(values))} ± {number(half)}{spread}"


def _mean(outcomes: Sequence[Results], name: str) -> float:
    return statistics.mean(outcome["metrics"][name] for outcome in outcomes)


def _weights(dataset: Dataset) -> str:
    return ", ".join(f"{weight:g}".removeprefix("0") for weight in dataset.weights)


def _p(p: float) -> str:
    return "< .0001" if p < 0.0001 else number(p)

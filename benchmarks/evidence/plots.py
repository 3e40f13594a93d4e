"""Figures of docs/results.md."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.evidence.documents import DOWNLOADS, REPORTED, TITLES
from benchmarks.evidence.plan import Size, online_tests
from benchmarks.evidence.variants import LINE, line_of

OFFLINE, ONLINE = "results_offline.svg", "results_online.svg"


def draw_all(folder: Path, results: Mapping[str, Any], size: Size) -> None:
    """Draws the figures.

    Args:
        folder: where they are written.
        results: outcomes, as `do_all` returns them.
        size: what was asked for.
    """
    draw_offline(folder / OFFLINE, results["gains"], size)
    if results["online"]:
        draw_online(folder / ONLINE, results["online"], size)


def draw_offline(path: Path, gained: Mapping[str, Any], size: Size) -> None:
    """Draws the gain of AUC of each model over the one before it, a panel for each dataset."""
    with _style(path):
        figure = _figure(9, 2.6)
        panels = figure.subplots(1, len(size.datasets), squeeze=False)[0]
        for axes, dataset in zip(panels, size.datasets, strict=True):
            models = line_of(dataset)
            pairs = list(pairwise(models))
            found = gained[dataset.name]
            for number, task in enumerate(dataset.tasks):
                places = [place + 0.2 * (number - 0.5) for place in range(len(pairs))]
                means = [each[task.name].value for each in found]
                halves = [each[task.name].half_width for each in found]
                axes.errorbar(means, places, xerr=halves, fmt="o", markersize=4, label=task.name.replace("_", " "))
            axes.axvline(0, color="gray", linewidth=0.8)
            axes.set_yticks(range(len(pairs)), [f"{after.title} over {before.title}" for before, after in pairs])
            axes.invert_yaxis()
            axes.set_title(dataset.title)
            axes.set_xlabel("gain of AUC")
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(frameon=False, fontsize=7)
        _save(figure, path)


def draw_online(path: Path, outcomes: Mapping[str, Any], size: Size) -> None:
    """Draws downloads a user of each model over the one before it: each simulated test, and what the store reported."""
    with _style(path):
        figure = _figure(7, 3)
        axes = figure.subplots()
        names = [variant.name for variant in LINE]
        step = 0.8 / (len(size.seeds) + 1)
        for number, seed in enumerate(size.seeds):
            tests = [test for test in online_tests(size) if test.seed == seed]
            rows = [_downloads(outcomes[test.name]) for test in tests]
            differences = [100 * row["difference"] for row in rows]
            sides = [[100 * abs(row["interval"][side] - row["difference"]) for row in rows] for side in (0, 1)]
            places = [names.index(test.treatment) + step * number for test in tests]
            label = "simulated, a mark a seed" if not number else None
            axes.errorbar(differences, places, xerr=sides, fmt="o", markersize=4, color="C0", label=label)
        for place, name in enumerate(names):
            difference, interval, _ = REPORTED[name]
            limits = [[difference - interval[0]], [interval[1] - difference]] if interval else None
            label = "reported by the store" if not place else None
            at = place + step * len(size.seeds)
            axes.errorbar([difference], [at], xerr=limits, fmt="s", markersize=4, color="C1", label=label)
        axes.axvline(0, color="gray", linewidth=0.8)
        before = [test.control for test in online_tests(size) if test.seed == size.seeds[0]]
        labels = [f"{TITLES[name]} over {TITLES[control]}" for name, control in zip(names, before, strict=True)]
        labels[0] += " (simulated)"
        axes.set_yticks([place + step * len(size.seeds) / 2 for place in range(len(names))], labels)
        axes.invert_yaxis()
        axes.set_xlabel("downloads a user, difference in % with 95 % interval")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        _save(figure, path)


def _downloads(outcome: Mapping[str, Any]) -> Mapping[str, Any]:
    comparisons: list[Mapping[str, Any]] = outcome["report"]["comparisons"]
    return next(one for one in comparisons if one["metric"] == DOWNLOADS)


def _style(path: Path) -> Any:
    import matplotlib

    return matplotlib.rc_context({"svg.hashsalt": path.name, "svg.fonttype": "none", "font.size": 8})


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})

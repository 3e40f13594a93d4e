"""Results of `make bench-serving` as tables."""

from __future__ import annotations

import statistics

import numpy as np

from benchmarks.report import machine, median_of_ratios, table
from benchmarks.serving.plan import DEEPCTR, GOALS, ONE_THREAD, SIZES


def blocks(results: dict) -> dict[str, str]:
    """Returns every table by the name of its place in the document."""
    made = {
        "serving machine": machine(results["machine"]),
        "serving goals": goals(results["settings"][ONE_THREAD.name]),
    }
    return made | {f"serving {name}": requests(found) for name, found in results["settings"].items()}


def ratio(found: dict, entry: str, rows: int) -> float:
    """Returns CPU time of an entry's request beside DeepCTR's, median of the rounds' ratios."""
    ours, other = (found[name][str(rows)]["cpu_ms"] for name in (entry, DEEPCTR))
    return median_of_ratios(ours, other)


def goals(found: dict) -> str:
    """Says what was to be reached, and what was."""
    rows = [["request", "rows", "CPU beside DeepCTR's", "at most", "aim"]]
    for goal in GOALS:
        measured = ratio(found, goal.entry, goal.rows)
        rows.append(
            [goal.entry, str(goal.rows), f"{measured:.2f}", f"{goal.most:g}", f"{goal.aim:g}" if goal.aim else ""]
        )
    return table(rows)


def requests(found: dict) -> str:
    """Shows milliseconds of every request."""
    rows = [["request", "rows", "median, ms", "p99, ms", "CPU, ms", "CPU beside DeepCTR's"]]
    for size in SIZES:
        for name, by_rows in found.items():
            wall = by_rows[str(size)]["wall_ms"]
            p50, p99 = np.percentile(wall, [50, 99])
            cpu = statistics.median(by_rows[str(size)]["cpu_ms"])
            figures = [f"{value:.2f}" for value in (p50, p99, cpu, ratio(found, name, size))]
            rows.append([name, f"{size:,}", *figures])
    return table(rows)


def shortened(results: dict) -> dict:
    """Returns the results with percentiles of the requests' times in place of every one."""
    settings = {}
    for name, found in results["settings"].items():
        settings[name] = {
            entry: {
                rows: {
                    "cpu_ms": [round(value, 4) for value in figures["cpu_ms"]],
                    "wall_ms": {f"p{q}": round(float(np.percentile(figures["wall_ms"], q)), 4) for q in (50, 90, 99)},
                    "requests": len(figures["wall_ms"]),
                }
                for rows, figures in by_rows.items()
            }
            for entry, by_rows in found.items()
        }
    return {**results, "settings": settings}

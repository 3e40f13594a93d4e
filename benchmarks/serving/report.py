"""Results of `make bench-serving` as tables."""

from __future__ import annotations

import statistics

import numpy as np

from benchmarks.report import machine, median_of_ratios, table
from benchmarks.serving.plan import COMPARISONS, DEEPCTR, GOALS, ONE_THREAD, Comparison


def blocks(name: str, results: dict) -> dict[str, str]:
    """Returns every table of a comparison by the name of its place in the document."""
    compared, place = COMPARISONS[name], f"serving {name}"
    made = {f"{place} machine": machine(results["machine"])}
    if name == "requests":
        made[f"{place} goals"] = goals(results["settings"][ONE_THREAD.name])
    return made | {f"{place} {setting}": requests(compared, found) for setting, found in results["settings"].items()}


def ratio(found: dict, entry: str, beside: str, rows: int) -> float:
    """Returns CPU time of an entry's request beside another's, median of the rounds' ratios."""
    ours, other = (found[name][str(rows)]["cpu_ms"] for name in (entry, beside))
    return median_of_ratios(ours, other)


def goals(found: dict) -> str:
    """Says what was to be reached, and what was."""
    rows = [["request", "rows", "CPU beside DeepCTR's", "at most", "aim"]]
    for goal in GOALS:
        measured = ratio(found, goal.entry, DEEPCTR, goal.rows)
        rows.append(
            [goal.entry, str(goal.rows), f"{measured:.2f}", f"{goal.most:g}", f"{goal.aim:g}" if goal.aim else ""]
        )
    return table(rows)


def requests(compared: Comparison, found: dict) -> str:
    """Shows milliseconds of every request, and its CPU time beside the first entry's or that of one that is named."""
    first = compared.entries[0].name
    rows = [["request", "rows", "median, ms", "p99, ms", "CPU, ms", f"CPU beside {first.split(',')[0]}"]]
    for size in compared.sizes:
        for entry in compared.entries:
            figures = found[entry.name][str(size)]
            p50, p99 = np.percentile(figures["wall_ms"], [50, 99])
            cpu, beside = statistics.median(figures["cpu_ms"]), ratio(found, entry.name, entry.beside, size)
            told = f"{beside:.2f}" + (f" of {entry.beside}" if entry.beside != first else "")
            rows.append([entry.name, f"{size:,}", *(f"{value:.2f}" for value in (p50, p99, cpu)), told])
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

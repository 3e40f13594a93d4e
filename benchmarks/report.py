"""Results of `make bench` as tables, and their place in docs/performance.md."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.plan import (
    FILE_ROWS,
    FIRST_STEP_AIM,
    FIRST_STEP_SECONDS,
    GOALS,
    INPUT_RATIOS,
    LARGEST_VOCABULARY_RATIO,
    TABLE_ROWS,
)

# Between such a pair of lines stands what a run has written; the rest of the document is written by hand.
_BLOCK = "<!-- bench: {name} -->"
_END = "<!-- bench end -->"


def blocks(results: dict) -> dict[str, str]:
    """Returns every table by the name of its place in the document; only those whose measurements are there."""
    made = {"machine": machine(results["machine"]), "entries": entries(results["rounds"])}
    if "vocabulary" not in results:
        return made
    return made | {
        "goals": goals(results),
        "vocabulary": vocabulary(results["vocabulary"]),
        "memory": memory(results),
        "profile": profile(results["profile"]),
    }


def tables(results: dict) -> str:
    """Returns all tables one after the other."""
    return "\n\n".join(blocks(results).values())


def write_into(document: Path, results: dict) -> None:
    """Puts every table in its place in a document."""
    for name, table in blocks(results).items():
        write_block(document, name, table)


def write_block(document: Path, name: str, table: str) -> None:
    """Puts a table in its place in a document.

    Raises:
        ValueError: the document has no place for it.
    """
    text = document.read_text(encoding="utf-8")
    begin = _BLOCK.format(name=name)
    place = re.compile(re.escape(begin) + r"\n.*?" + re.escape(_END), re.DOTALL)
    if not place.search(text):
        raise ValueError(f"{document}: there is no place for the table {name!r}: expected a line {begin} and {_END}")
    document.write_text(place.sub(lambda _: f"{begin}\n{table}\n{_END}", text), encoding="utf-8")


def median(rounds: list[dict], figure: str) -> float:
    """Returns the median of a figure over rounds."""
    return statistics.median(result[figure] for result in rounds)


def ratio(rounds: dict[str, list[dict]], ours: str, other: str) -> float:
    """Returns the ratio of two entries' median rows per CPU-second."""
    return median(rounds[ours], "rows_per_cpu_second") / median(rounds[other], "rows_per_cpu_second")


def ratio_in_pairs(rounds: dict[str, list[dict]], ours: str, other: str) -> float:
    """Returns the median over rounds of the ratio of two entries' rows per CPU-second; a slow round falls out."""
    figures = ([result["rows_per_cpu_second"] for result in rounds[name]] for name in (ours, other))
    return median_of_ratios(*figures)


def median_of_ratios(ours: Sequence[float], others: Sequence[float]) -> float:
    """Returns the median over rounds of one side's figure beside the other's."""
    return statistics.median(a / b for a, b in zip(ours, others, strict=True))


def machine(found: dict) -> str:
    """Says on what it was measured."""
    versions = {side: ", ".join(f"{name} {v}" for name, v in found[side].items()) for side in ("ours", "peers")}
    units = ", ".join(found["vector_units"])
    return (
        f"{found['date']}: {found['processor']} ({units}), {found['threads']} threads, {found['memory_gib']} GiB, "
        f"{found['system']}.\nOurs: {versions['ours']}.\nPeers: {versions['peers']}."
    )


def entries(rounds: dict[str, list[dict]]) -> str:
    """Writes one line an entry, medians of its rounds."""
    head = ["entry", "rows/s", "rows/CPU-s", "whole process rows/CPU-s", "first step, s", "peak MiB", "parameters"]
    rows = [[*head, "AUC CTR", "AUC CTCVR"]]
    for name, results in rounds.items():
        auc = [f"{results[0][key]:.4f}" if key in results[0] else "" for key in ("auc_ctr", "auc_ctcvr")]
        figures = [
            f"{median(results, key):,.0f}"
            for key in ("rows_per_second", "rows_per_cpu_second", "whole_rows_per_cpu_second")
        ]
        first, peak = median(results, "first_step_seconds"), median(results, "peak_mb")
        rows.append([name, *figures, f"{first:.1f}", f"{peak:,.0f}", f"{results[0]['parameters']:,}", *auc])
    return table(rows)


def goals(results: dict) -> str:
    """Says what was to be reached, and what was."""
    rounds, rows = results["rounds"], [["what", "of medians", "in pairs", "at least", "aim"]]
    for goal in GOALS:
        found = [f"{which(rounds, goal.ours, goal.other):.2f}" for which in (ratio, ratio_in_pairs)]
        rows.append([goal.name, *found, f"{goal.least:g}", f"{goal.aim:g}" if goal.aim else ""])
    step = median(rounds["mmoe/ours"], "rows_per_cpu_second")
    for kind, least in INPUT_RATIOS.items():
        times = median(results["input"][kind], "rows_per_cpu_second") / step
        rows.append([f"input of {kind} alone beside the MMOE training", f"{times:.1f}", "", f"{least:g}", ""])
    first = median(rounds["mmoe/ours"], "first_step_seconds")
    rows.append(
        [
            "first step after the command, s",
            f"{first:.1f}",
            "",
            f"at most {FIRST_STEP_SECONDS:g}",
            f"{FIRST_STEP_AIM:g}",
        ]
    )
    for optimizer, by_rows in results["vocabulary"].items():
        small, large = (statistics.median(by_rows[str(rows)]) for rows in (TABLE_ROWS[0], TABLE_ROWS[-1]))
        name = f"{optimizer}: a step over {TABLE_ROWS[-1]:,} rows beside {TABLE_ROWS[0]:,}"
        rows.append([name, f"{large / small:.2f}", "", f"at most {LARGEST_VOCABULARY_RATIO:g}", ""])
    for kind, by_rows in results["memory_by_rows"].items():
        small, large = (statistics.median(by_rows[str(rows)]) for rows in FILE_ROWS)
        name = f"{kind}: peak memory of {FILE_ROWS[1]:,} rows beside {FILE_ROWS[0]:,}, MiB"
        rows.append([name, f"{large - small:+.0f}", "", f"at most {0.05 * small + 50:+.0f}", ""])
    return table(rows)


def vocabulary(found: dict[str, dict[str, list[float]]]) -> str:
    """Shows CPU time of a step against rows of the table."""
    rows = [["optimizer", *(f"{int(number):,} rows, ms" for number in TABLE_ROWS)]]
    for optimizer, by_rows in found.items():
        rows.append([optimizer, *(f"{statistics.median(by_rows[str(number)]):.1f}" for number in TABLE_ROWS)])
    return table(rows)


def memory(results: dict) -> str:
    """Shows peak memory against rows of the file, and against rows of the table."""
    rows = [["what grows", "rows", "peak MiB", "of it weights and slots, MiB"]]
    for kind, by_rows in results["memory_by_rows"].items():
        for number, peaks in by_rows.items():
            rows.append([f"{kind} file", f"{int(number):,}", f"{statistics.median(peaks):,.0f}", ""])
    for number, found in results["memory_by_table"].items():
        share = f"{found['weights_and_slots_mb']:,.0f}"
        rows.append(["table, Adam", f"{int(number):,}", f"{found['peak_mb']:,.0f}", share])
    return table(rows)


def profile(found: dict[str, list[float]]) -> str:
    """Shows CPU time of the parts of a step."""
    return table([["part", "CPU ms"], *([name, f"{statistics.median(times):.1f}"] for name, times in found.items())])


def table(rows: list[list[str]]) -> str:
    """Lays out a table of Markdown; the first row is its head."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, f"|{' --- |' * len(rows[0])}", *body])

"""The measurements of `make bench`, one after the other, each in processes of its own."""

from __future__ import annotations

import sys
from dataclasses import replace

from benchmarks.configs import DIM, Job
from benchmarks.plan import (
    FILE_ROWS,
    GOALS,
    INPUT_ROWS,
    PARAMETERS_DIFFER_BY,
    STEPS,
    TABLE_ROWS,
    VOCABULARY_OPTIMIZERS,
    entries,
)
from benchmarks.workspace import Workspace

MEMORY_RUNS = 3


def measure(workspace: Workspace, rounds: int, only: str | None = None) -> dict:
    """Measures all results; `only`: the alternating rounds of entries whose name begins so, and nothing else."""
    results: dict = {"steps": STEPS, "rounds": alternate(workspace, rounds, only or "")}
    if only:
        return results
    results["input"] = input_rates(workspace, rounds)
    results["vocabulary"] = vocabulary(workspace, rounds)
    results["memory_by_rows"] = memory_by_rows(workspace)
    results["memory_by_table"] = memory_by_table(workspace)
    results["profile"] = profile(workspace, rounds)
    return results


def alternate(workspace: Workspace, rounds: int, prefix: str) -> dict[str, list[dict]]:
    """Runs every entry once a round, a process each, so that a slow minute of the machine falls on all of them."""
    chosen = [entry for entry in entries() if entry.name.startswith(prefix)]
    found: dict[str, list[dict]] = {entry.name: [] for entry in chosen}
    for number in range(rounds):
        for entry in chosen:
            result = workspace.run_entry(entry, with_auc=number == 0)
            found[entry.name].append(result)
            _say(f"round {number + 1}/{rounds}  {entry.name}  {result['rows_per_cpu_second']:,.0f} rows per CPU-second")
        check_parameters(found)
    return found


def check_parameters(rounds: dict[str, list[dict]]) -> None:
    """Holds models that are compared to one size.

    Raises:
        ValueError: they have different numbers of parameters.
    """
    for goal in GOALS:
        if goal.ours in rounds and goal.other in rounds and "_fm" not in goal.ours:
            ours, other = (rounds[name][0]["parameters"] for name in (goal.ours, goal.other))
            if abs(ours - other) > PARAMETERS_DIFFER_BY * other:
                raise ValueError(f"{goal.name}: {ours} parameters are compared with {other}; mend the configs")


def input_rates(workspace: Workspace, rounds: int) -> dict[str, list[dict]]:
    """Measures the MMOE benchmark's rows through the input alone, from Parquet and from CSV."""
    data = workspace.data(Job().vocabulary, INPUT_ROWS)
    found: dict[str, list[dict]] = {"parquet": [], "csv": []}
    for _ in range(rounds):
        for kind, train in (("parquet", data / "train.parquet"), ("csv", workspace.csv(data))):
            config = workspace.config(f"input/{kind}", Job(), train)
            found[kind].append(workspace.run_ours("benchmarks.input_rate", str(config)))
            _say(f"input  {kind}  {found[kind][-1]['rows_per_cpu_second']:,.0f} rows per CPU-second")
    return found


def vocabulary(workspace: Workspace, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Measures milliseconds of CPU time a step by optimizer and rows of the one table that all features share."""
    found: dict[str, dict[str, list[float]]] = {}
    for optimizer in VOCABULARY_OPTIMIZERS:
        configs = {
            str(rows): str(
                workspace.config(
                    f"vocabulary/{optimizer}_{rows}",
                    Job(shared_rows=rows, optimizer=optimizer),
                    workspace.data(rows) / "train.parquet",
                )
            )
            for rows in TABLE_ROWS
        }
        times = workspace.run_ours("benchmarks.vocabulary", str(rounds), *configs.values())
        found[optimizer] = {rows: times[path] for rows, path in configs.items()}
        _say(f"vocabulary  {optimizer}  {found[optimizer]}")
    return found


def memory_by_rows(workspace: Workspace) -> dict[str, dict[str, list[float]]]:
    """Measures the peak memory of a training in MiB, by format and rows of the file."""
    found: dict[str, dict[str, list[float]]] = {}
    for kind in ("parquet", "csv"):
        found[kind] = {}
        for rows in FILE_ROWS:
            data = workspace.data(Job().vocabulary, rows)
            train = workspace.csv(data) if kind == "csv" else data / "train.parquet"
            config = workspace.config(f"memory/{kind}_{rows}", Job(), train)
            runs = [workspace.run_ours("benchmarks.ours", str(config), "--warm-up", "10") for _ in range(MEMORY_RUNS)]
            found[kind][str(rows)] = [run["peak_mb"] for run in runs]
            _say(f"memory  {kind} of {rows} rows  {found[kind][str(rows)]} MiB")
    return found


def memory_by_table(workspace: Workspace) -> dict[str, dict[str, float]]:
    """Measures the peak memory of a training with Adam in MiB by rows of its table, and that of weights and slots."""
    found = {}
    for rows in TABLE_ROWS:
        data = workspace.data(rows)
        job = replace(Job(), shared_rows=rows, options="num_steps: 30")
        config = workspace.config(f"memory/table_{rows}", job, data / "train.parquet")
        peak = workspace.run_ours("benchmarks.ours", str(config), "--warm-up", "10")["peak_mb"]
        found[str(rows)] = {"peak_mb": peak, "weights_and_slots_mb": rows * DIM * 3 * 4 / 2**20}
        _say(f"memory  table of {rows} rows  {found[str(rows)]}")
    return found


def profile(workspace: Workspace, rounds: int) -> dict[str, list[float]]:
    """Measures milliseconds of CPU time of the parts of a step of the MMOE benchmark."""
    config = workspace.config("profile", Job(), workspace.data(Job().vocabulary) / "train.parquet")
    return workspace.run_ours("benchmarks.profile_step", str(rounds), str(config))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

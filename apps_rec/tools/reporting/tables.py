"""The tables of the report: heads and cells as text."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps_rec.evaluation.intervals import Comparison, Interval
from apps_rec.evaluation.report import METRIC_COLUMNS, shown_metric
from apps_rec.evaluation.slices import Slices, shown_value
from apps_rec.tools.inspection.gates import LayerFacts
from apps_rec.tools.reporting.drawings import letter
from apps_rec.tools.reporting.run_report import RunReport

_MOST_ROWS = 200
_SUFFIX = "rows_"


@dataclass(frozen=True)
class Table:
    """A table of a page.

    Attributes:
        head: names of the columns.
        rows: cells of each row.
        title: line above it; "": none.
        notes: lines below it.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    notes: tuple[str, ...] = ()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", notes: Sequence[str] = ()) -> Table:
    more = [f"and {len(rows) - _MOST_ROWS:,} rows more"] if len(rows) > _MOST_ROWS else []
    return Table(tuple(head), tuple(map(tuple, rows[:_MOST_ROWS])), title, (*notes, *more))


def facts(runs: Sequence[RunReport]) -> Table:
    """Returns what was trained on what, a column a run."""
    names = list(dict.fromkeys(name for run in runs for name, _ in run.facts))
    of_runs = [dict(run.facts) for run in runs]
    rows = [["model_dir", *(run.name for run in runs)]]
    rows += [[name, *(found.get(name, "-") for found in of_runs)] for name in names]
    return _table(["", *_letters(runs)], rows)


def metrics(runs: Sequence[RunReport]) -> list[Table]:
    """Returns the metrics of all runs, and of those with a position tower as exported too."""
    logged = [(run.measurement.metrics, _bounds(run), run.measurement.missing) for run in runs]
    exported = [(run.measurement.as_exported or {}, _bounds(run, True), run.measurement.missing) for run in runs]
    notes = list(dict.fromkeys(str(run.measurement.intervals) for run in runs if run.measurement.intervals))
    told = [run.measurement for run in runs if run.measurement.left_out]
    notes += list(dict.fromkeys(f"{found.metrics['rows']:,} rows{found.left_out}" for found in told))
    if not any(found for found, _, _ in exported):
        return [_metrics(runs, logged, "", notes)]
    filled = {f"{name} {value}" for run in runs for name, value in run.measurement.filled.items()}
    return [
        _metrics(runs, logged, "With the position as it was logged", notes),
        _metrics(runs, exported, f"As exported: {', '.join(sorted(filled))} in every row", []),
    ]


_OfRun = tuple[Mapping[str, float | int | None], Mapping[str, Interval | None] | None, Mapping[str, str]]


def _metrics(runs: Sequence[RunReport], found: Sequence[_OfRun], title: str, notes: Sequence[str]) -> Table:
    names = list(dict.fromkeys(name for of_run, _, _ in found for name in of_run if name != "rows"))
    rows = []
    for name in names:
        cells = []
        for of_run, bounds, missing in found:
            value = of_run.get(name)
            reason = next((why for suffix, why in missing.items() if name.endswith(f"_{suffix}")), "")
            if name not in of_run:
                cells.append("-")
            elif value is None:
                cells.append(f"n/a ({reason})" if reason else "n/a")
            else:
                cells.append(shown_metric(name, value, bounds))
        rows.append([name, *cells])
    counts = [of_run.get("rows") for of_run, _, _ in found]
    if any(counts):
        rows.append(["rows", *("-" if count is None else f"{count:,}" for count in counts)])
    return _table(["metric", *_letters(runs)], rows, title, notes)


def _bounds(run: RunReport, exported: bool = False) -> Mapping[str, Interval | None] | None:
    intervals = run.measurement.intervals
    if intervals is None:
        return None
    return (intervals.as_exported or {}) if exported else intervals.metrics


def comparison(found: Comparison, at: int) -> Table:
    """Returns the differences between the first run and another."""
    rows = [item.cells() for item in found.differences]
    head = ["task", "metric", "A", letter(at), f"{letter(at)} - A", "95 % interval", "p", "at p < 0.05"]
    # A comparison calls its two sides A and B.
    rows = [[*cells[:-1], cells[-1].replace("B better", f"{letter(at)} better")] for cells in rows]
    notes = [f"{found.rows:,} rows, the same of both; {found.resampling.resamples} resamples"]
    if found.left_out:
        notes.append(f"of one of the two alone, and left out: {', '.join(found.left_out)}")
    return _table(head, rows, f"{letter(at)} against A", notes)


def calibration(run: RunReport) -> list[Table]:
    """Returns the bins of each task."""
    tables = []
    for each in run.measurement.reliability:
        rows = []
        for place, item in enumerate(each.bins):
            half = "" if item.interval is None else f" \xb1{item.interval.half_width:.3f}"
            ratio = "-" if item.ratio is None else f"{item.ratio:.3f}{half}"
            positives = "-" if item.positives is None else f"{item.positives:,}"
            span = f"{item.lowest:.5f} to {item.highest:.5f}"
            small = "*" if item.is_small else ""
            rows.append(
                [
                    str(place + 1),
                    span,
                    f"{item.rows:,}",
                    f"{positives}{small}",
                    f"{item.predicted:.5f}",
                    f"{item.observed:.5f}",
                    ratio,
                ]
            )
        notes = []
        if each.error is not None and each.chance is not None:
            notes = [
                f"expected calibration error {each.error:.5f}; if all probabilities were right, about {each.chance:.5f}"
            ]
        head = ["tenth", "predictions", "rows", "positives", "predicted", "observed", "predicted / observed"]
        tables.append(_table(head, rows, each.suffix, notes))
    return tables


def slices(run: RunReport) -> list[Table]:
    """Returns a table for each task and column that the rows were divided by."""
    return [
        _slices(found, name.removeprefix(_SUFFIX))
        for found in run.measurement.slices
        if found.shown
        for name in found.shown[0].metrics
        if name.startswith(_SUFFIX)
    ]


def _slices(found: Slices, suffix: str) -> Table:
    first = found.shown[0].metrics
    columns = [name for name in METRIC_COLUMNS if f"{name}_{suffix}" in first]
    has_positives = f"positives_{suffix}" in first
    rows = []
    for item in found.shown:
        counts = [f"{item.metrics[f'rows_{suffix}']:,}"]
        counts += [f"{item.metrics[f'positives_{suffix}']:,}"] if has_positives else []
        counts[-1] += "*" if suffix in item.small else ""
        cells = [shown_metric(f"{name}_{suffix}", item.metrics[f"{name}_{suffix}"], item.intervals) for name in columns]
        rows.append([shown_value(item.value), *counts, *cells])
    notes = ["* fewer than 100 positives or negatives: differences are mostly chance"]
    if found.other_count:
        notes.append(f"and {found.other_count:,} more values with {found.other_rows:,} rows")
    head = [found.column, "rows", *(["positives"] if has_positives else []), *columns]
    return _table(head, rows, f"{suffix} by {found.column}", notes)


def gates(layer: LayerFacts) -> list[Table]:
    """Returns the gates of a layer, their shares by the values of columns, and the correlations of experts."""
    rows = [
        [
            gate.gate,
            f"{gate.entropy:.3f}",
            *(_share(gate.shares.get(name), gate.spread.get(name)) for name in layer.experts),
        ]
        for gate in layer.gates
    ]
    tables = [_table(["gate", "entropy", *layer.experts], rows, f"{layer.layer}: mean share \xb1 standard deviation")]
    for gate in layer.gates:
        for column, found in gate.by.items():
            by = [
                [shown_value(one.value), f"{one.rows:,}", *(_share(one.shares.get(name)) for name in layer.experts)]
                for one in found
            ]
            tables.append(
                _table([column, "rows", *layer.experts], by, f"{layer.layer}: gate of {gate.gate} by {column}")
            )
    alike = [
        [name, *("-" if value != value else f"{value:.3f}" for value in row)]
        for name, row in zip(layer.experts, layer.correlation.tolist(), strict=True)
    ]
    tables.append(_table(["expert", *layer.experts], alike, f"{layer.layer}: correlation of outputs"))
    return tables


def _share(mean: float | None, spread: float | None = None) -> str:
    if mean is None:
        return "-"
    return f"{mean:.3f}" if spread is None else f"{mean:.3f} \xb1{spread:.3f}"


def importance(run: RunReport) -> Table:
    """Returns what each task loses without each feature."""
    found = run.inspection.importances
    tasks = list(dict.fromkeys((one.suffix, one.metric) for one in found))
    by_place = {(one.feature, one.suffix): one for one in found}
    rows = []
    for feature in dict.fromkeys(one.feature for one in found):
        cells = []
        for suffix, _ in tasks:
            one = by_place[feature, suffix]
            cells.append("n/a" if one.loss is None else shown_metric("", one.loss, {"": one.interval}))
        rows.append([feature, *cells])
    return _table(["feature", *(f"{suffix}: {metric}" for suffix, metric in tasks)], rows)


def gradients(run: RunReport) -> list[Table]:
    """Returns a table for each two losses, of the layers that both reach."""
    found = run.gradients
    if found is None:
        return []
    notes = [f"{found.batches:,} batches of the training, {found.rows:,} rows"]
    return [
        _table(pair.head, [one.cells() for one in pair.layers], f"{pair.first} and {pair.second}", notes)
        for pair in found.pairs
    ]


def files(run: RunReport) -> Table:
    """Returns the files that were measured."""
    rows = [[file["path"], f"{file['bytes']:,}", file["changed"]] for file in run.measured_on["files"]]
    filters = "; ".join(run.measured_on["row_filter"]) or "none"
    return _table(["file", "bytes", "changed"], rows, "", [f"filters: {filters}"])


def config_difference(runs: Sequence[RunReport], at: int) -> list[str]:
    """Returns the lines that differ between the configs of the first run and of another."""
    first, other = (run.config.splitlines() for run in (runs[0], runs[at]))
    return list(difflib.unified_diff(first, other, "A", letter(at), lineterm="", n=1))


def _letters(runs: Sequence[RunReport]) -> list[str]:
    if len(runs) == 1:
        return [""]
    return [letter(at) for at in range(len(runs))]

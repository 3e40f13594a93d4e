"""The drawings of the report: curves, calibration, gates and importance, of one run or several."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes

from apps_rec.evaluation.intervals import Interval
from apps_rec.evaluation.report import METRIC_COLUMNS
from apps_rec.tools.inspection.gates import LayerFacts
from apps_rec.tools.reporting.drawing import color, drawn, legend, short, thinned
from apps_rec.tools.reporting.run_report import RunReport

MOST_CURVES = 24
MOST_FEATURES = 20
_DAY, _NUMBER = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"-?\d{1,18}")
_FEWEST_VALUES = 3
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Drawing:
    """A drawing with its title."""

    title: str
    svg: Markup


def letter(at: int) -> str:
    """Returns the name of the run with a number, in tables and drawings."""
    return _LETTERS[at] if at < len(_LETTERS) else str(at + 1)


def curves(runs: Sequence[RunReport]) -> list[Drawing]:
    """Returns a drawing for each number that changes over the steps, with all runs in it."""
    names = list(dict.fromkeys(curve.name for run in runs for curve in run.curves.curves))
    return [_curve(at, name, runs) for at, name in enumerate(names[:MOST_CURVES])]


def _curve(number: int, name: str, runs: Sequence[RunReport]) -> Drawing:
    def draw(axes: Axes) -> None:
        for at, run in enumerate(runs):
            for curve in run.curves.curves:
                if curve.name == name:
                    points = thinned(list(zip(curve.steps, curve.values, strict=True)))
                    known = [(step, value) for step, value in points if math.isfinite(value)] or [(0, math.nan)]
                    marker = "o" if len(known) < 30 else None
                    axes.plot(*zip(*known, strict=True), color=color(at), label=letter(at), marker=marker, markersize=3)
        axes.set_xlabel("step")
        legend(axes, len(runs))

    return Drawing(name, drawn(f"curve{number}", f"{name} by step", 2.2, draw))


def calibration(runs: Sequence[RunReport]) -> list[Drawing]:
    """Returns a drawing for each task: predicted / observed by prediction, from the lowest tenth to the highest."""
    suffixes = list(dict.fromkeys(each.suffix for run in runs for each in run.measurement.reliability))
    return [_calibration(at, suffix, runs) for at, suffix in enumerate(suffixes)]


def _calibration(number: int, suffix: str, runs: Sequence[RunReport]) -> Drawing:
    def draw(axes: Axes) -> None:
        axes.axhline(1, color="#888888", linewidth=1)
        for at, run in enumerate(runs):
            for each in run.measurement.reliability:
                if each.suffix == suffix:
                    known = [
                        (place + 1 + 0.15 * at, bin_.ratio, _half(bin_.interval))
                        for place, bin_ in enumerate(each.bins)
                        if bin_.ratio is not None
                    ]
                    if known:
                        x, y, half = zip(*known, strict=True)
                        axes.errorbar(x, y, half, color=color(at), label=letter(at), fmt="o", markersize=4, capsize=2)
        axes.set_xlabel("tenth of the rows, by prediction")
        axes.set_ylabel("predicted / observed")
        legend(axes, len(runs))

    alt = f"predicted over observed of {suffix}, by tenth of the rows"
    return Drawing(suffix, drawn(f"calibration{number}", alt, 2.4, draw))


def slices(runs: Sequence[RunReport]) -> list[Drawing]:
    """Returns a drawing for each task and each column whose values have an order, as days and hours have."""
    wanted: dict[tuple[str, str], None] = {}
    for run in runs:
        for found in run.measurement.slices:
            values = [_place(item.value) for item in found.shown]
            if len(values) < _FEWEST_VALUES or None in values:
                continue
            for name in found.shown[0].metrics:
                if name.startswith("rows_"):
                    wanted[found.column, name.removeprefix("rows_")] = None
    return [_slices(at, column, suffix, runs) for at, (column, suffix) in enumerate(wanted)]


def _slices(number: int, column: str, suffix: str, runs: Sequence[RunReport]) -> Drawing:
    found = [(run, each) for run in runs for each in run.measurement.slices if each.column == column]
    name = next(name for name in METRIC_COLUMNS if f"{name}_{suffix}" in found[0][1].shown[0].metrics)
    full = f"{name}_{suffix}"
    order = sorted({item.value for _, each in found for item in each.shown}, key=lambda value: _place(value) or 0)

    def draw(axes: Axes) -> None:
        for at, (_, each) in enumerate(found):
            known = [
                (order.index(item.value) + 0.15 * at, value, _half((item.intervals or {}).get(full)))
                for item in each.shown
                if (value := item.metrics.get(full)) is not None
            ]
            if not known:
                continue
            x, y, half = zip(*known, strict=True)
            axes.errorbar(x, y, half, color=color(at), label=letter(at), fmt="o", markersize=4, capsize=2)
        step = -(-len(order) // 8)
        axes.set_xticks(range(0, len(order), step), [short(str(value)) for value in order[::step]])
        axes.tick_params(axis="x", rotation=30 if any(len(str(value)) > 4 for value in order) else 0)
        axes.set_xlabel(short(column))
        axes.set_ylabel(name)
        legend(axes, len(runs))

    return Drawing(f"{suffix} by {column}", drawn(f"slices{number}", f"{full} by {column}", 2.4, draw))


def _place(value: str | int | bool) -> int | None:
    """Returns a number in the order of numbers and days; None for other values."""
    text = str(value).replace("-", "") if _DAY.fullmatch(str(value)) else str(value)
    return int(text) if _NUMBER.fullmatch(text) else None


def gates(number: int, layer: LayerFacts) -> Drawing:
    """Returns the mean share of each expert in each gate of a layer."""

    def draw(axes: Axes) -> None:
        for at, expert in enumerate(layer.experts):
            left = [sum(gate.shares.get(name, 0.0) for name in layer.experts[:at]) for gate in layer.gates]
            width = [gate.shares.get(expert, 0.0) for gate in layer.gates]
            axes.barh(
                [short(gate.gate) for gate in layer.gates], width, left=left, color=color(at), label=short(expert)
            )
        axes.set_xlim(0, 1)
        axes.set_xlabel("mean share")
        axes.invert_yaxis()
        axes.figure.legend(loc="outside lower center", ncols=2)

    alt = f"mean share of each expert in the gates of {layer.layer}"
    height = 0.9 + 0.4 * len(layer.gates) + 0.1 * len(layer.experts)
    return Drawing(layer.layer, drawn(f"gates{number}", alt, height, draw))


def importance(runs: Sequence[RunReport]) -> list[Drawing]:
    """Returns a drawing for each task, with the features that matter most to it."""
    found = {(one.suffix, one.metric): None for run in runs for one in run.inspection.importances}
    return [_importance(at, suffix, metric, runs) for at, (suffix, metric) in enumerate(found)]


def _importance(number: int, suffix: str, metric: str, runs: Sequence[RunReport]) -> Drawing:
    of_runs = [
        {one.feature: one for one in run.inspection.importances if (one.suffix, one.metric) == (suffix, metric)}
        for run in runs
    ]
    names = {name for found in of_runs for name in found}
    most = {
        name: max((one.loss or 0.0 for found in of_runs if (one := found.get(name))), default=0.0) for name in names
    }
    first = sorted(names, key=lambda name: (-most[name], name))[:MOST_FEATURES]

    def draw(axes: Axes) -> None:
        height = 0.8 / len(runs)
        for at, found in enumerate(of_runs):
            there = [
                (place, one) for place, name in enumerate(first) if (one := found.get(name)) and one.loss is not None
            ]
            y = [place + at * height for place, _ in there]
            half = [_half(one.interval) for _, one in there]
            values = [one.loss or 0.0 for _, one in there]
            axes.barh(y, values, height, xerr=half, color=color(at), label=letter(at), ecolor="#888888")
        axes.set_yticks([place + 0.4 - height / 2 for place in range(len(first))], [short(name) for name in first])
        axes.invert_yaxis()
        axes.set_xlabel(f"loss of {metric}")
        legend(axes, len(runs))

    title = f"{suffix}: loss of {metric}"
    size = 0.8 + 0.17 * len(first) * (1 + 0.4 * (len(runs) - 1))
    return Drawing(title, drawn(f"importance{number}", f"{title} by feature", size, draw))


def _half(interval: Interval | None) -> float:
    return 0.0 if interval is None else interval.half_width

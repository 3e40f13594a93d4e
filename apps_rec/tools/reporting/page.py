"""Writes the report as one page, which needs no other file, no network and no JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jinja2
from markupsafe import Markup, escape

from apps_rec.errors import shown
from apps_rec.evaluation.intervals import Comparison
from apps_rec.pages import head
from apps_rec.profile.findings.show import LEGENDS, tables_of
from apps_rec.tools.inspection.alarms import RULES
from apps_rec.tools.reporting import drawings, tables
from apps_rec.tools.reporting.run_report import RunReport


def page_of(runs: Sequence[RunReport], comparisons: Sequence[Comparison | str]) -> str:
    """Returns the page of one run or several.

    Args:
        runs: runs; the first is the one that others are held against.
        comparisons: differences of each other run and the first, or why there are none.
    """
    several = len(runs) > 1
    curves = drawings.curves(runs)
    names = {curve.name for run in runs for curve in run.curves.curves}
    title = " and ".join(run.name for run in runs)
    context = {
        "head": Markup(head(str(escape(shown(title))))),
        "title": title,
        "several": several,
        "runs": [_of_run(at, runs) for at in range(len(runs))],
        "facts": tables.facts(runs),
        "metrics": tables.metrics(runs),
        "comparisons": [_compared(at + 1, found) for at, found in enumerate(comparisons)],
        "curves": curves,
        "more_curves": len(names) - len(curves),
        "calibration": drawings.calibration(runs),
        "slices": drawings.slices(runs),
        "importance": drawings.importance(runs),
        "rules": RULES,
        "gradients": any(run.gradients for run in runs),
    }
    return _environment().get_template("report.html.jinja").render(context)


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("apps_rec.tools.reporting"),
        # Everything, whatever the template is called.
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_text,
    )


def _text(value: Any) -> Any:
    """Takes credentials and characters that do not print out of all that a template shows."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else shown(value)


def _of_run(at: int, runs: Sequence[RunReport]) -> dict[str, Any]:
    run = runs[at]
    inspection = run.inspection
    return {
        "letter": drawings.letter(at),
        "name": run.name,
        "alarms": inspection.alarms,
        "rows": f"{inspection.rows:,}",
        "of_rows": f"{inspection.of_rows:,}",
        "calibration": tables.calibration(run),
        "slices": tables.slices(run),
        "gates": [
            (drawings.gates(100 * at + number, layer), tables.gates(layer))
            for number, layer in enumerate(inspection.layers)
            if layer.gates
        ],
        "importance": tables.importance(run),
        "gradients": tables.gradients(run),
        "files": tables.files(run),
        "data": None if run.data is None else _data(run),
        "difference": tables.config_difference(runs, at) if at else None,
        "config": run.config,
    }


def _data(run: RunReport) -> dict[str, Any]:
    assert run.data is not None
    made = [
        tables.Table(names, tuple(rows), title, tuple(LEGENDS.get(title, ())))
        for title, (names, rows) in tables_of(run.data).items()
        if rows
    ]
    findings = [(one.level, one.check, one.where, one.text) for one in run.data.findings]
    return {"tables": [tables.Table(("level", "check", "where", "what"), tuple(findings), "findings"), *made]}


def _compared(at: int, found: Comparison | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"letter": drawings.letter(at), "table": None, "reason": found}
    return {"letter": drawings.letter(at), "table": tables.comparison(found, at), "reason": ""}

"""Corrections of a tower's logit that make its probabilities fit rows: fitted, measured, and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps_rec.evaluation.columns import RowsOfTask
from apps_rec.evaluation.isotonic import fit_line, line_at
from apps_rec.evaluation.metrics import expected_calibration_error, log_loss
from apps_rec.evaluation.platt import fit_logit
from apps_rec.evaluation.slices import FEW
from apps_rec.evaluation.tasks import TaskMetrics
from apps_rec.terminal.table import aligned

PLATT, ISOTONIC = METHODS = ("platt", "isotonic")
_SMALLEST = 1e-7


@dataclass(frozen=True)
class Fitted:
    """The correction of a tower, and what it changes on the rows that it was fitted to.

    Attributes:
        tower: name of the tower.
        rows: number of rows.
        positives: number of positive rows.
        correction: two fields of the tower, logit_scale and logit_shift or logit_knots and logit_values, in place of
            what the config has of these four. None each: too few rows, or the order of rows would not stay.
        why_not: reason that there is none; "": there is one.
        log_loss: log loss before and after.
        error: expected calibration error before and after.
    """

    tower: str
    rows: int
    positives: int
    correction: Mapping[str, float | list[float] | None]
    why_not: str = ""
    log_loss: tuple[float, float] | None = None
    error: tuple[float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of the tower."""
        return {
            "rows": self.rows,
            "positives": self.positives,
            **self.correction,
            "log_loss": self.log_loss,
            "expected_calibration_error": self.error,
            "why_not": self.why_not,
        }

    def as_text(self) -> str:
        """Writes the correction for the config."""
        return " ".join(f"{name}: {_as_text(value)}" for name, value in self.correction.items())


def fitted(tower: str, task: TaskMetrics, rows: RowsOfTask, given: Mapping[str, Any], method: str, most: int) -> Fitted:
    """Fits a tower on rows, and measures what that changes on them.

    Args:
        tower: name of the tower.
        task: the task of its probability alone.
        rows: its labels and probabilities.
        given: corrections of the tower that these probabilities have already, by field.
        method: one of METHODS.
        most: largest number of knots.
    """
    names, fit = _FITS[method]
    labels, positives = rows.labels.astype(np.float64), int(rows.labels.sum(dtype=np.int64))
    before = np.clip(rows.scores.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
    logits = _without(given, np.log(before) - np.log1p(-before))
    found, corrected, why_not = (None, None), logits, ""
    if rows.fewest(task) < FEW:
        why_not = f"fewer than {FEW} positives or negatives"
    elif logits.std() < 1e-9:
        why_not = "all predictions are the same"
    else:
        found, corrected, why_not = fit(labels, logits, most)
    if why_not:
        return Fitted(tower, len(before), positives, dict.fromkeys(names), why_not)
    after = np.exp(-np.logaddexp(0, -corrected))
    pairs = [
        (float(metric(rows.labels, before) or 0.0), float(metric(rows.labels, after) or 0.0))
        for metric in (log_loss, expected_calibration_error)
    ]
    return Fitted(tower, len(before), positives, dict(zip(names, found, strict=True)), "", *pairs)


def fitted_table(towers: list[Fitted]) -> str:
    """Lays corrections out as a table, with the lines for the config below."""
    lines = [["tower", "rows", "positives", "log loss", "then", "calibration error", "then"]]
    notes = []
    for each in towers:
        pairs = [f"{value:.5f}" for pair in (each.log_loss, each.error) if pair for value in pair] or ["n/a"] * 4
        lines.append([each.tower, f"{each.rows:,}", f"{each.positives:,}", *pairs])
        notes.append(f"{each.tower}: " + (f"left as it is: {each.why_not}" if each.why_not else each.as_text()))
    return "\n".join([aligned(lines, right_from=1), "", *notes])


def _fit_platt(labels: np.ndarray, logits: np.ndarray, most: int) -> tuple[tuple[Any, Any], np.ndarray, str]:
    scale, shift = fit_logit(labels, logits)
    why_not = "" if scale > 0 else "higher predictions have fewer positives"
    return (scale, shift), scale * logits + shift, why_not


def _fit_isotonic(labels: np.ndarray, logits: np.ndarray, most: int) -> tuple[tuple[Any, Any], np.ndarray, str]:
    knots, values = fit_line(labels, logits, FEW, most)
    if len(knots) < 2:
        what = f"no two ranges of predictions with {FEW} positives and negatives each, of which the higher one has more"
        return (None, None), logits, what
    return (knots, values), line_at(logits, knots, values), ""


# The fields that a method finds, and the function that finds them: labels, logits and the largest number of knots ->
# both fields, the logits corrected by them, and the reason that they cannot be taken, or "".
_FITS = {
    PLATT: (("logit_scale", "logit_shift"), _fit_platt),
    ISOTONIC: (("logit_knots", "logit_values"), _fit_isotonic),
}


def _without(given: Mapping[str, Any], logits: np.ndarray) -> np.ndarray:
    """Returns logits as they were before a scale and a shift, or a line, changed them."""
    if knots := given["logit_knots"]:
        return line_at(logits, given["logit_values"], knots)
    return (logits - given["logit_shift"]) / given["logit_scale"]


def _as_text(value: float | list[float] | None) -> str:
    if isinstance(value, list):
        return f"[{', '.join(f'{number:.9g}' for number in value)}]"
    return f"{value:.6g}"

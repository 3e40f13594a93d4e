"""A logit's scale and shift that make its probabilities fit labels best: Platt scaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from apps_rec.evaluation.columns import RowsOfTask
from apps_rec.evaluation.metrics import expected_calibration_error, log_loss
from apps_rec.evaluation.slices import FEW
from apps_rec.evaluation.tasks import TaskMetrics
from apps_rec.terminal.table import aligned

_MOST_STEPS = 50
_SMALLEST = 1e-7


@dataclass(frozen=True)
class Scaling:
    """The scale and shift of a tower, and what they change on the rows that they were fitted to.

    Attributes:
        tower: name of the tower.
        rows: number of rows.
        positives: number of positive rows.
        scale: factor of the logit; None: too few rows, or the fit would turn the order of rows around.
        shift: term of the logit; None as `scale`.
        why_not: reason that there is neither; "": there are.
        log_loss: log loss before and after.
        error: expected calibration error before and after.
    """

    tower: str
    rows: int
    positives: int
    scale: float | None = None
    shift: float | None = None
    why_not: str = ""
    log_loss: tuple[float, float] | None = None
    error: tuple[float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of the tower."""
        return {
            "rows": self.rows,
            "positives": self.positives,
            "logit_scale": self.scale,
            "logit_shift": self.shift,
            "log_loss": self.log_loss,
            "expected_calibration_error": self.error,
            "why_not": self.why_not,
        }


def fit_logit(labels: np.ndarray, logits: np.ndarray) -> tuple[float, float]:
    """Returns the scale a and the shift b that minimise the log loss of sigmoid(a x logit + b), by Newton's method.

    Args:
        labels: 0 or 1 for each row, `(rows,)`; both must occur.
        logits: logit of each row, `(rows,)`; not all the same.

    References: Platt 1999, Probabilistic Outputs for Support Vector Machines; Lin, Lin and Weng 2007, A Note on Platt's
        Probabilistic Outputs for Support Vector Machines, algorithm 1 (its line search).
    """
    # Of centred logits the two are nearly independent, and the steps are safe.
    centre, spread = logits.mean(), logits.std()
    columns = np.stack([(logits - centre) / spread, np.ones(len(logits))], axis=1)
    weights = np.array([spread, centre])
    for _ in range(_MOST_STEPS):
        probs = np.exp(-np.logaddexp(0, -columns @ weights))
        gradient = columns.T @ (probs - labels)
        hessian = (columns * (probs * (1 - probs))[:, None]).T @ columns
        step = np.linalg.solve(hessian + 1e-9 * np.eye(2), gradient)
        size, before = 1.0, _loss(columns, labels, weights)
        while size > 1e-6 and _loss(columns, labels, weights - size * step) > before:
            size /= 2
        weights = weights - size * step
        if np.abs(step).max() < 1e-9:
            break
    return float(weights[0] / spread), float(weights[1] - weights[0] * centre / spread)


def scaling_of(tower: str, task: TaskMetrics, rows: RowsOfTask, scale: float, shift: float) -> Scaling:
    """Fits a tower on rows, and measures what that changes on them.

    Args:
        tower: name of the tower.
        task: the task of its probability alone.
        rows: its labels and probabilities.
        scale: scale that these probabilities have already.
        shift: shift that they have already.
    """
    positives = int(rows.labels.sum(dtype=np.int64))
    fewest = rows.fewest(task)
    if fewest < FEW:
        return Scaling(tower, len(rows.labels), positives, why_not=f"fewer than {FEW} positives or negatives")
    probs = np.clip(rows.scores.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
    logits = np.log(probs) - np.log1p(-probs)
    if logits.std() < 1e-9:
        return Scaling(tower, len(rows.labels), positives, why_not="all predictions are the same")
    factor, term = fit_logit(rows.labels.astype(np.float64), logits)
    if factor <= 0:
        return Scaling(tower, len(rows.labels), positives, why_not="higher predictions have fewer positives")
    after = 1 / (1 + np.exp(-(factor * logits + term)))
    pairs = [
        (float(metric(rows.labels, probs) or 0.0), float(metric(rows.labels, after) or 0.0))
        for metric in (log_loss, expected_calibration_error)
    ]
    return Scaling(tower, len(probs), positives, factor * scale, factor * shift + term, "", *pairs)


def scalings_table(scalings: list[Scaling]) -> str:
    """Lays scalings out as a table, with the lines for the config below."""
    lines = [["tower", "rows", "positives", "log loss", "then", "calibration error", "then"]]
    notes = []
    for each in scalings:
        pairs = [f"{value:.5f}" for pair in (each.log_loss, each.error) if pair for value in pair] or ["n/a"] * 4
        lines.append([each.tower, f"{each.rows:,}", f"{each.positives:,}", *pairs])
        if each.why_not:
            notes.append(f"{each.tower}: left as it is: {each.why_not}")
        else:
            notes.append(f"{each.tower}: logit_scale: {each.scale:.6g} logit_shift: {each.shift:.6g}")
    return "\n".join([aligned(lines, right_from=1), "", *notes])


def _loss(columns: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    logits = columns @ weights
    return float((np.logaddexp(0, logits) - labels * logits).sum())

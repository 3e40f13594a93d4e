"""Exact metrics of one task from its labels and scores, in numpy; None where a metric has no value."""

from apps_rec.evaluation.metrics.decisions import accuracy, max_f1, precision, recall, recall_at_topk
from apps_rec.evaluation.metrics.distances import mean_absolute_error, mean_squared_error, root_mean_squared_error
from apps_rec.evaluation.metrics.probabilities import calibration, log_loss, normalized_entropy
from apps_rec.evaluation.metrics.ranking import GAUC_REDUCTIONS, auc, gauc, session_auc
from apps_rec.evaluation.metrics.reliability import expected_calibration_error
from apps_rec.evaluation.metrics.row import Metric
from apps_rec.evaluation.metrics.table import METRICS, needs_users

__all__ = [
    "GAUC_REDUCTIONS",
    "METRICS",
    "Metric",
    "accuracy",
    "auc",
    "calibration",
    "expected_calibration_error",
    "gauc",
    "log_loss",
    "max_f1",
    "mean_absolute_error",
    "mean_squared_error",
    "needs_users",
    "normalized_entropy",
    "precision",
    "recall",
    "recall_at_topk",
    "root_mean_squared_error",
    "session_auc",
]

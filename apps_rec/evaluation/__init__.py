"""Exact metrics of a ranking model: AUC, log loss, calibration and GAUC, and the tables and files that show them."""

from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.columns import TaskRows, UserCodes
from apps_rec.evaluation.metrics import GAUC_REDUCTIONS, METRICS, auc, calibration, gauc, log_loss
from apps_rec.evaluation.report import to_json, to_table, write_metrics
from apps_rec.evaluation.tasks import MetricSpec, TaskMetrics

__all__ = [
    "GAUC_REDUCTIONS",
    "METRICS",
    "MetricCollector",
    "MetricSpec",
    "TaskMetrics",
    "TaskRows",
    "UserCodes",
    "auc",
    "calibration",
    "gauc",
    "log_loss",
    "to_json",
    "to_table",
    "write_metrics",
]

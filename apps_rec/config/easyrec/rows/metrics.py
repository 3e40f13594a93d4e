"""Verdicts on metrics."""

from apps_rec.config.easyrec.verdict import Verdict, later, noted, used

_OTHER = later("metrics here are auc, gauc, log_loss and calibration")

METRICS: dict[str, dict[str, Verdict]] = {
    "EvalMetrics": {
        "auc": used("exact, where EasyRec cuts at num_thresholds"),
        "recall_at_topk": _OTHER,
        "mean_absolute_error": _OTHER,
        "mean_squared_error": _OTHER,
        "accuracy": _OTHER,
        "max_f1": _OTHER,
        "root_mean_squared_error": _OTHER,
        "gauc": used(),
        "session_auc": later("write gauc, with the column of sessions in uid_field"),
        "recall": _OTHER,
        "precision": _OTHER,
        "precision_at_topk": _OTHER,
    },
    "AUC": {"num_thresholds": noted("AUC is exact, by no thresholds")},
    "RecallAtTopK": {"topk": _OTHER},
    "GAUC": {"uid_field": used(), "reduction": used()},
    "SessionAUC": {
        "session_id_field": later("write gauc, with the column of sessions in uid_field"),
        "reduction": later("write gauc, with the column of sessions in uid_field"),
    },
    "AvgPrecisionAtTopK": {"topk": _OTHER},
}

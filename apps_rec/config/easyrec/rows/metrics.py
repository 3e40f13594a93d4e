"""Verdicts on metrics."""

from apps_rec.config.easyrec.verdict import Verdict, noted, refused, used

_NEIGHBOURS = (
    "it measures the nearest rows of a metric-learning model, which is not built here; write recall_at_topk for several"
    " classes"
)
_THRESHOLD = "on probabilities above threshold, .5 where none is given; EasyRec passes over it without a word"

METRICS: dict[str, dict[str, Verdict]] = {
    "EvalMetrics": {
        "auc": used("exact, where EasyRec cuts at num_thresholds"),
        "recall_at_topk": used(),
        "mean_absolute_error": used(),
        "mean_squared_error": used(),
        "accuracy": used("of several classes as in EasyRec; of labels of 0 and 1 by a threshold of .5"),
        "max_f1": used("exact, of every threshold; EasyRec holds logits against thresholds between 0 and 1"),
        "root_mean_squared_error": used(),
        "gauc": used("of clicked rows by their own users, where EasyRec takes those of the first rows"),
        "session_auc": used("of clicked rows by their own sessions, where EasyRec takes those of the first rows"),
        "recall": used(_THRESHOLD),
        "precision": used(_THRESHOLD),
        "precision_at_topk": refused(_NEIGHBOURS),
    },
    "AUC": {"num_thresholds": noted("AUC is exact, by no thresholds")},
    "RecallAtTopK": {"topk": used("of classes with equal scores the first")},
    "GAUC": {"uid_field": used(), "reduction": used()},
    "SessionAUC": {"session_id_field": used(), "reduction": used()},
    "AvgPrecisionAtTopK": {"topk": refused(_NEIGHBOURS)},
}

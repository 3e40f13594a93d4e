"""Simulated data with known truth: an app store's log with what predictions of it are scored against, related tasks."""

from apps_rec.simulation.related_tasks import RelatedTasks
from apps_rec.simulation.store import simulate_store
from apps_rec.simulation.summary import SplitSummary, StoreSummary
from apps_rec.simulation.truth import ProbabilityError, Truth, best_auc, load_truth, pcvr_errors, probability_error

__all__ = [
    "ProbabilityError",
    "RelatedTasks",
    "SplitSummary",
    "StoreSummary",
    "Truth",
    "best_auc",
    "load_truth",
    "pcvr_errors",
    "probability_error",
    "simulate_store",
]

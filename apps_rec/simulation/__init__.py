"""The simulated app store: a log with known truth, and predictions scored against it."""

from apps_rec.simulation.store import simulate_store
from apps_rec.simulation.summary import SplitSummary, StoreSummary
from apps_rec.simulation.truth import ProbabilityError, Truth, best_auc, load_truth, pcvr_errors, probability_error

__all__ = [
    "ProbabilityError",
    "SplitSummary",
    "StoreSummary",
    "Truth",
    "best_auc",
    "load_truth",
    "pcvr_errors",
    "probability_error",
    "simulate_store",
]

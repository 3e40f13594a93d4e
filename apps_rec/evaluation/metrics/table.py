"""The table of metrics: the rows of all files."""

import inspect

from apps_rec.evaluation.metrics import decisions, distances, probabilities, ranking, reliability

# By the names in protos/eval.proto, in its order.
METRICS = {**ranking.METRICS, **probabilities.METRICS, **reliability.METRICS, **decisions.METRICS, **distances.METRICS}


def needs_users(name: str) -> bool:
    """Tells whether a metric groups rows by user."""
    return "users" in inspect.signature(METRICS[name].compute).parameters

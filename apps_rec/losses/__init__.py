"""Losses of a task: plain functions of logits, or of log-probabilities, and labels; one a file, one row each."""

from apps_rec.losses.cross_entropy import log_prob_cross_entropy, sigmoid_cross_entropy
from apps_rec.losses.table import CROSS_ENTROPY, LOSSES, Loss

__all__ = ["CROSS_ENTROPY", "LOSSES", "Loss", "log_prob_cross_entropy", "sigmoid_cross_entropy"]

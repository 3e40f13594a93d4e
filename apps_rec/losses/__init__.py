"""Losses of a task: plain functions of labels and of logits or log-probabilities; one file, one row each."""

from apps_rec.losses.cross_entropy import log_prob_cross_entropy, sigmoid_cross_entropy
from apps_rec.losses.table import CROSS_ENTROPY, LOSSES, Loss

__all__ = ["CROSS_ENTROPY", "LOSSES", "Loss", "log_prob_cross_entropy", "sigmoid_cross_entropy"]

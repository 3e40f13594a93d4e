"""Losses of a task: plain functions of labels and of logits or log-probabilities; one file, one row each."""

from apps_rec.losses.counterfactual import doubly_robust_losses, inverse_propensity_loss
from apps_rec.losses.cross_entropy import (
    entropy,
    log_prob_cross_entropy,
    sigmoid_cross_entropy,
    soft_cross_entropy,
    softened,
    softmax_cross_entropy,
)
from apps_rec.losses.rows import Rows, Terms
from apps_rec.losses.table import CLASSIFICATION, LOSSES, Loss, loss_of
from apps_rec.losses.ziln import log_expected_value

__all__ = [
    "CLASSIFICATION",
    "LOSSES",
    "Loss",
    "Rows",
    "Terms",
    "doubly_robust_losses",
    "entropy",
    "inverse_propensity_loss",
    "log_expected_value",
    "log_prob_cross_entropy",
    "loss_of",
    "sigmoid_cross_entropy",
    "soft_cross_entropy",
    "softened",
    "softmax_cross_entropy",
]

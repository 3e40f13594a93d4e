"""Experts and gates of a layer at work on a batch, for people to look at."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class Mixture(NamedTuple):
    """The experts and gates of a layer on one batch.

    Attributes:
        experts: output of each expert, `(batch, units)`, by name.
        gates: share of each expert that a gate reads, `(batch,)`, by the names of gate and expert; the shares of a row
            sum to 1.
    """

    experts: dict[str, tf.Tensor]
    gates: dict[str, dict[str, tf.Tensor]]


def shares_by_name(names: list[str], shares: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns the columns of `(batch, experts)` by the experts' names."""
    return dict(zip(names, tf.unstack(tf.cast(shares, tf.float32), axis=1, num=len(names)), strict=True))

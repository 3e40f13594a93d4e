"""Rows of a plugin's tables, as the rows of our own: what makes a body, what computes a loss, and their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Value = bool | int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[str, ...]


@dataclass(frozen=True)
class CustomBody:
    """A row of BODIES: a body of one's own.

    Attributes:
        build: class or function that makes a Keras layer (tf_keras), called with `groups` (each with its `name` and the
            names of its `features`), `num_tasks`, `l2`, `dtype` and `params` by name. The layer takes a list of the
            groups' embeddings, `(batch, length)` each, and returns a list with one `(batch, units)` for each task. Its
            `call` gets `training`, and `seed` for stateless random numbers, where it has arguments of these names.
        params: arguments that a config may give, each with its default: a bool, int, float, str or a tuple of one type.
            A type in place of a default: the config must give it.
        makes_logits: true if it returns the logits themselves, `(batch, 1)`, or `(batch, logits)` where a task has
            several. Then there are no towers.
    """

    build: Callable[..., Any]
    params: Mapping[str, Value | type] = field(default_factory=dict)
    makes_logits: bool = False


@dataclass(frozen=True)
class CustomLoss:
    """A row of LOSSES: a loss of one's own. One of its functions is given; each takes `params` by name too.

    Attributes:
        of_logit: function of labels `(batch,)` and logits to one value a row, `(batch,)`. It reduces nothing: the model
            takes the mean, by the rows' weights and over all replicas.
        of_log_prob: function of labels, log p and log(1 - p), for a probability that is a product in a funnel, beside
            `of_logit`; None: `of_logit` gets log p - log(1 - p).
        of_rows: function of labels, logits and `apps_rec.losses.Rows` that returns `apps_rec.losses.Terms`, or several
            whose means are added; for losses that compare rows.
        kinds: what the tasks that it trains may be: probability, classes, two_logits, value, share, amount.
        params: see `CustomBody`.
        compares: true if it is of pairs or lists of rows, whose number differs from batch to batch.
        is_squared: true if it is a squared error, which a learned uncertainty weighs by half.
    """

    of_logit: Callable[..., Any] | None = None
    of_log_prob: Callable[..., Any] | None = None
    of_rows: Callable[..., Any] | None = None
    kinds: tuple[str, ...] = ("probability",)
    params: Mapping[str, Value | type] = field(default_factory=dict)
    compares: bool = False
    is_squared: bool = False

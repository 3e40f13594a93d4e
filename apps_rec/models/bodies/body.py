"""The interface of a body, and the DNN that bodies are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import tensorflow as tf

from apps_rec.layers import Dnn
from apps_rec.models.specs import DnnSpec, Group


class Body(Protocol):
    """A Keras layer from the flat embeddings of its groups, `(batch, length)` each, to one vector a task.

    Attributes:
        groups: feature groups that the body reads.
    """

    groups: tuple[Group, ...]

    def __call__(
        self, inputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> Sequence[tf.Tensor]:
        """Returns `(batch, units)` for each task."""


def build_dnn(spec: DnnSpec, l2: float, dtype: str | None, name: str) -> Dnn:
    """Builds the layer that a spec describes."""
    return Dnn(**spec.arguments(), l2=l2, name=name, dtype=dtype)

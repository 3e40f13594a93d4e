"""Deep & cross: a network and cross layers over the same features."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from apps_rec.layers import Cross
from apps_rec.layers.request import in_precision_of
from apps_rec.legacy_keras import keras
from apps_rec.models.bodies.body import build_dnn
from apps_rec.models.bodies.shared_bottom import SharedBottom
from apps_rec.models.specs import DnnSpec, Group


class DeepAndCross(keras.layers.Layer):
    """One vector for all tasks: a DNN and cross layers over the joined groups, side by side.

    Args:
        groups: feature groups that it reads; those with a DNN go through it first.
        num_tasks: number of tasks.
        num_crosses: number of cross layers, 1 or more.
        dnn: DNN beside the cross layers, or None.
        l2: weight of half the squared kernels of DNNs, 0 or more.
        dtype: Keras policy of the DNNs, e.g. "mixed_bfloat16"; None: Keras' own, float32. Crosses do not take it.

    Input shape: a list with the flat embeddings of each group, `(batch, length)`.
    Output shape: a list with one `(batch, units + length)` for each task, all the same tensor.
    References: Wang, Fu, Fu, Wang 2017, Deep & Cross Network for Ad Click Predictions (arXiv 1708.05123), figure 1.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        num_tasks: int,
        num_crosses: int,
        dnn: DnnSpec | None = None,
        l2: float = 0.0,
        dtype: str | None = None,
        name: str = "deep_and_cross",
    ) -> None:
        super().__init__(name=name, autocast=False)
        self.groups, self.num_tasks = tuple(groups), num_tasks
        self._bottom = SharedBottom(groups, 1, l2=l2, dtype=dtype, name=f"{name}_bottom")
        self._dnn = build_dnn(dnn, l2, dtype, f"{name}/dnn") if dnn else None
        # Sums of products of many features: in half precision little would be left of them.
        self._cross = Cross(num_crosses, name=f"{name}/cross")

    def call(
        self, inputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> list[tf.Tensor]:
        """Returns one vector for each task."""
        (x,) = self._bottom(inputs, training=training, seed=seed)
        joined = self._cross(x)
        if self._dnn is not None:
            deep = tf.cast(self._dnn(in_precision_of(self._dnn, x), training=training, seed=seed), joined.dtype)
            joined = tf.concat([deep, joined], axis=1)
        return [joined] * self.num_tasks

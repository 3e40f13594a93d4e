"""Adaptive information transfer: each task takes over what it can use of the task before it."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from apps_rec.layers import AdaptiveTransfer
from apps_rec.legacy_keras import keras
from apps_rec.models.bodies.body import build_dnn
from apps_rec.models.bodies.shared_bottom import SharedBottom
from apps_rec.models.specs import DnnSpec, Group


class InformationTransfer(keras.layers.Layer):
    """One vector for each task, in the order of the tasks, such as click, download and activation.

    The first task's is a DNN's over the joined groups. Each later one's is mixed from its own DNN's and from what a
    transfer DNN makes of the vector of the task before it.

    Args:
        groups: feature groups that it reads; those with a DNN go through it first.
        num_tasks: number of tasks.
        task_dnn: DNN of each task over the joined groups.
        transfer_dnn: DNN over the vector of the task before, as wide at its end as task_dnn.
        l2: weight of half the squared kernels, 0 or more.
        dtype: Keras policy of the DNNs, e.g. "mixed_bfloat16"; None: Keras' own, float32. Mixtures are float32.

    Input shape: a list with the flat embeddings of each group, `(batch, length)`.
    Output shape: a list with one `(batch, units)` for each task.
    References: Xi, Chen, Yan, Zhang, Zhu, Zhuang, Chen 2021, Modeling the Sequential Dependence among Audience
        Multi-step Conversions with Multi-task Learning in Targeted Display Advertising, equations 1 to 6.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        num_tasks: int,
        task_dnn: DnnSpec,
        transfer_dnn: DnnSpec,
        l2: float = 0.0,
        dtype: str | None = None,
        name: str = "aitm",
    ) -> None:
        super().__init__(name=name, autocast=False)
        self.groups, self.num_tasks = tuple(groups), num_tasks
        self._bottom = SharedBottom(groups, 1, l2=l2, dtype=dtype, name=f"{name}_bottom")
        self._own = [build_dnn(task_dnn, l2, dtype, f"{name}/task_{at}") for at in range(num_tasks)]
        self._handed_on = [build_dnn(transfer_dnn, l2, dtype, f"{name}/transfer_{at}") for at in range(num_tasks - 1)]
        self._mixtures = [AdaptiveTransfer(l2=l2, name=f"mixture_{at}") for at in range(1, num_tasks)]

    def call(
        self, inputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> list[tf.Tensor]:
        """Returns one vector for each task."""
        (x,) = self._bottom(inputs, training=training, seed=seed)
        own = [dnn(x, training=training, seed=seed) for dnn in self._own]
        vectors = [tf.cast(own[0], tf.float32)]
        for transfer, mixture, vector in zip(self._handed_on, self._mixtures, own[1:], strict=True):
            handed_on = transfer(vectors[-1], training=training, seed=seed)
            vectors.append(mixture([handed_on, vector], training=training, seed=seed))
        return vectors

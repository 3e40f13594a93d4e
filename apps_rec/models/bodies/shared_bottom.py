"""The plainest body: one vector for all tasks."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from apps_rec.layers import Dnn
from apps_rec.layers.batch_norm import GlobalBatchNorm
from apps_rec.legacy_keras import keras
from apps_rec.models.bodies.body import build_dnn
from apps_rec.models.specs import DnnSpec, Group
from apps_rec.names import scope_name


class SharedBottom(keras.layers.Layer):
    """One vector for all tasks: a DNN for each group, joined, then a DNN over all. Each DNN may be absent.

    Without any DNN it passes the embeddings on, as in ESMM (Ma et al. 2018, figure 2).

    Args:
        groups: feature groups that it reads.
        num_tasks: number of tasks.
        dnn: DNN over the joined groups, or None.
        normalize_groups: whether the embeddings of each group pass a batch norm first, as in EasyRec's MultiTower; not
            of a group of sequences alone.
        l2: weight of half the squared kernels, 0 or more.
        dtype: Keras policy of the DNNs, e.g. "mixed_bfloat16"; None: Keras' own, float32.

    Input shape: a list with the flat embeddings of each group, `(batch, length)`.
    Output shape: a list with one `(batch, units)` for each task, all the same tensor, in the precision of the input.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        num_tasks: int,
        dnn: DnnSpec | None = None,
        normalize_groups: bool = False,
        l2: float = 0.0,
        dtype: str | None = None,
        name: str = "shared_bottom",
    ) -> None:
        # The policy is not this layer's: Keras would round the embeddings of groups that have no DNN.
        super().__init__(name=name)
        self.groups, self.num_tasks = tuple(groups), num_tasks
        self._group_dnns = [
            build_dnn(group.dnn, l2, dtype, f"{name}/group_{scope_name(group.name)}") if group.dnn else None
            for group in self.groups
        ]
        self._norms = [
            # Embeddings begin small. A variance that began at 1, as Keras has it, would take 500 steps to come down to
            # theirs, and until then the model that is measured is not the one that was trained.
            GlobalBatchNorm(moving_variance_initializer="zeros", name=f"{name}/norm_{scope_name(group.name)}")
            if normalize_groups and not group.is_of_sequences
            else None
            for group in self.groups
        ]
        self._dnn = build_dnn(dnn, l2, dtype, f"{name}/dnn") if dnn else None

    def call(
        self, inputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> list[tf.Tensor]:
        """Returns one vector for each task."""
        inputs = [norm(x, training=training) if norm else x for norm, x in zip(self._norms, inputs, strict=True)]
        parts = [
            self._through(dnn, x, training, seed) if dnn else x for dnn, x in zip(self._group_dnns, inputs, strict=True)
        ]
        joined = parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)
        if self._dnn is not None:
            joined = self._through(self._dnn, joined, training, seed)
        return [joined] * self.num_tasks

    @staticmethod
    def _through(dnn: Dnn, x: tf.Tensor, training: bool, seed: tf.Tensor | None) -> tf.Tensor:
        # Outputs in half precision stand beside plain embeddings: to float32 and back loses nothing.
        return tf.cast(dnn(x, training=training, seed=seed), x.dtype)

"""Bodies: what turns the embeddings of feature groups into one vector a task."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import tensorflow as tf

from apps_rec.layers import Dnn, Experts, Gates
from apps_rec.layers.split import Input, join, multiply_shared, once
from apps_rec.legacy_keras import keras
from apps_rec.models.specs import DnnSpec, Group
from apps_rec.names import scope_name


def build_dnn(spec: DnnSpec, l2: float, dtype: str | None, name: str) -> Dnn:
    """The layer that a spec describes."""
    return Dnn(
        spec.hidden_units,
        activation=spec.activation,
        use_bn=spec.use_bn,
        dropout=spec.dropout or 0.0,
        l2=l2,
        name=name,
        dtype=dtype,
    )


class SharedBottom(keras.layers.Layer):
    """One vector for all tasks: a DNN a group, joined, then a DNN over all; each DNN may be absent.

    Without any DNN it hands the embeddings on as they are, as in ESMM (Ma et al. 2018, figure 2).

    Args:
        groups: feature groups it reads.
        dnn: over the joined groups.
        l2: weight of half the squared kernels.
        dtype: Keras policy of the DNNs, e.g. "mixed_bfloat16"; default: Keras' own, float32.

    Input shape: a list with the flat embeddings of each group, `(batch, length)`.
    Output shape: a list with one `(batch, units)` for each task, all the same tensor, in the precision of the input.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        num_tasks: int,
        dnn: DnnSpec | None = None,
        l2: float = 0.0,
        dtype: str | None = None,
        name: str = "shared_bottom",
    ) -> None:
        # Not of this layer itself: Keras would round the embeddings of groups that have no DNN.
        super().__init__(name=name)
        self.groups, self.num_tasks = tuple(groups), num_tasks
        self._group_dnns = [
            build_dnn(group.dnn, l2, dtype, f"{name}/group_{scope_name(group.name)}") if group.dnn else None
            for group in self.groups
        ]
        self._dnn = build_dnn(dnn, l2, dtype, f"{name}/dnn") if dnn else None

    def call(self, inputs: Sequence[Input], training: bool = False, seed: tf.Tensor | None = None) -> list[Input]:
        """One vector for each task."""
        parts = [
            once(functools.partial(self._through, dnn, training=training, seed=seed), x) if dnn else x
            for dnn, x in zip(self._group_dnns, inputs, strict=True)
        ]
        joined = join(parts)
        if self._dnn is not None:
            joined = self._through(self._dnn, joined, training=training, seed=seed)
        return [joined] * self.num_tasks

    @staticmethod
    def _through(dnn: Dnn, x: Input, training: bool, seed: tf.Tensor | None) -> tf.Tensor:
        # What a DNN gives in half precision stands beside plain embeddings: to float32 and back loses nothing.
        return tf.cast(dnn(x, training=training, seed=seed), x.dtype)


class MixtureOfExperts(keras.layers.Layer):
    """A vector of its own for each task: experts shared by all, one softmax gate a task.

    Args:
        groups: feature groups it reads; those with a DNN go through it first.
        num_tasks: gates.
        num_experts: experts.
        expert: DNN of every expert.
        l2: weight of half the squared kernels.
        dtype: Keras policy of the DNNs, e.g. "mixed_bfloat16"; default: Keras' own, float32. Gates do not take it.

    Input shape: a list with the flat embeddings of each group, `(batch, length)`.
    Output shape: a list with one `(batch, units)` for each task.
    References: Ma, Zhao, Yi, Chen, Hong, Chi 2018, Modeling Task Relationships in Multi-task Learning with
        Multi-gate Mixture-of-Experts, equations 6 and 7.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        num_tasks: int,
        num_experts: int,
        expert: DnnSpec,
        l2: float = 0.0,
        dtype: str | None = None,
        name: str = "mmoe",
    ) -> None:
        super().__init__(name=name)
        self.groups, self.num_tasks = tuple(groups), num_tasks
        self._bottom = SharedBottom(groups, 1, l2=l2, dtype=dtype, name=f"{name}_bottom")
        self.experts = Experts(
            num_experts,
            expert.hidden_units,
            activation=expert.activation,
            use_bn=expert.use_bn,
            dropout=expert.dropout or 0.0,
            l2=l2,
            name=f"{name}_experts",
            dtype=dtype,
        )
        # In float32: they would else read rounded embeddings.
        self.gates = Gates(num_tasks, num_experts, l2=l2, name=f"{name}_gates")

    def call(self, inputs: Sequence[Input], training: bool = False, seed: tf.Tensor | None = None) -> list[tf.Tensor]:
        """One vector for each task."""
        (x,) = self._bottom(inputs, training=training, seed=seed)
        x = multiply_shared([*self.experts.first_layers, self.gates.first_layer], x)
        experts = self.experts(x, training=training, seed=seed)  # a list of [B, H]
        return self.gates(x, experts)


Body = SharedBottom | MixtureOfExperts

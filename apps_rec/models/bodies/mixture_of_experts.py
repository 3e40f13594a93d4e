"""Multi-gate mixture of experts: one vector for each task, mixed from experts that all tasks share."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from apps_rec.layers import Experts, Gates
from apps_rec.layers.tasks.mixture import Mixture, shares_by_name
from apps_rec.legacy_keras import keras
from apps_rec.models.bodies.shared_bottom import SharedBottom
from apps_rec.models.specs import DnnSpec, Group


class MixtureOfExperts(keras.layers.Layer):
    """One vector for each task, mixed by the task's softmax gate from experts that all tasks share.

    Args:
        groups: feature groups that it reads; those with a DNN go through it first.
        num_tasks: number of tasks and gates.
        num_experts: number of experts.
        expert: DNN of every expert.
        l2: weight of half the squared kernels, 0 or more.
        gate: DNN of every gate, in front of its softmax; None: there is none.
        dtype: Keras policy of the DNNs, e.g. "mixed_bfloat16"; None: Keras' own, float32. Gates do not take it.

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
        gate: DnnSpec | None = None,
    ) -> None:
        super().__init__(name=name)
        self.groups, self.num_tasks = tuple(groups), num_tasks
        self._bottom = SharedBottom(groups, 1, l2=l2, dtype=dtype, name=f"{name}_bottom")
        self.experts = Experts(num_experts, **expert.arguments(), l2=l2, name=f"{name}_experts", dtype=dtype)
        # In float32: else they would read rounded embeddings.
        dnn = None if gate is None else gate.arguments()
        self.gates = Gates(num_tasks, num_experts, l2, dnn, name=f"{name}_gates")

    def call(
        self, inputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> list[tf.Tensor]:
        """Returns one vector for each task."""
        (x,) = self._bottom(inputs, training=training, seed=seed)
        experts = self.experts(x, training=training, seed=seed)  # a list of [B, H]
        return self.gates(x, experts, training=training, seed=seed)

    def mixtures(self, inputs: Sequence[tf.Tensor], tasks: Sequence[str]) -> dict[str, Mixture]:
        """Returns the outputs of the experts and the shares of each task's gate; see `apps_rec.models.mixtures`."""
        (x,) = self._bottom(inputs)
        outputs = self.experts(x)
        names = [f"expert {at}" for at in range(len(outputs))]
        shares = self.gates.probabilities(x)
        gates = {task: shares_by_name(names, of_task) for task, of_task in zip(tasks, shares, strict=True)}
        return {self.name: Mixture(dict(zip(names, outputs, strict=True)), gates)}

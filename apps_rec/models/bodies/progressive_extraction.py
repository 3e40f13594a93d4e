"""Progressive layered extraction: layers of experts of each task and experts of all."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from apps_rec.layers import CustomizedGateControl
from apps_rec.layers.tasks.mixture import Mixture
from apps_rec.legacy_keras import keras
from apps_rec.models.bodies.shared_bottom import SharedBottom
from apps_rec.models.specs import ExtractionSpec, Group
from apps_rec.names import scope_name


class ProgressiveExtraction(keras.layers.Layer):
    """One vector for each task, from layers in which a task has experts of its own beside those that all share.

    In the first layer all tasks and the shared experts read the joined groups.

    Args:
        groups: feature groups that it reads; those with a DNN go through it first.
        num_tasks: number of tasks.
        networks: the layers, one or more, from the features to the towers.
        l2: weight of half the squared kernels, 0 or more.
        dtype: Keras policy of the DNNs, e.g. "mixed_bfloat16"; None: Keras' own, float32. Gates do not take it.

    Input shape: a list with the flat embeddings of each group, `(batch, length)`.
    Output shape: a list with one `(batch, units)` for each task.
    References: Tang, Liu, Zhao, Gong 2020, Progressive Layered Extraction (PLE): A Novel Multi-Task Learning Model for
        Personalized Recommendations, equations 1 to 6 and figure 5.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        num_tasks: int,
        networks: Sequence[ExtractionSpec],
        l2: float = 0.0,
        dtype: str | None = None,
        name: str = "ple",
    ) -> None:
        super().__init__(name=name, autocast=False)
        if not networks:
            raise ValueError(f"{name}: expected at least one layer of experts and gates, got none.")
        self.groups, self.num_tasks = tuple(groups), num_tasks
        self._bottom = SharedBottom(groups, 1, l2=l2, dtype=dtype, name=f"{name}_bottom")
        self._names = [network.name for network in networks]
        self._networks = [
            CustomizedGateControl(
                num_tasks,
                network.num_task_experts,
                network.num_shared_experts,
                network.task_expert.arguments(),
                network.shared_expert.arguments(),
                is_last=at == len(networks) - 1,
                l2=l2,
                name=f"{name}/{scope_name(network.name)}",
                dtype=dtype,
            )
            for at, network in enumerate(networks)
        ]

    def call(
        self, inputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> list[tf.Tensor]:
        """Returns one vector for each task."""
        (x,) = self._bottom(inputs, training=training, seed=seed)
        vectors = [x] * (self.num_tasks + 1)
        for network in self._networks:
            vectors = network(vectors, training=training, seed=seed)
        return vectors

    def mixtures(self, inputs: Sequence[tf.Tensor], tasks: Sequence[str]) -> dict[str, Mixture]:
        """Returns the experts and gates of each layer, by its name; see `apps_rec.models.mixtures`."""
        (x,) = self._bottom(inputs)
        vectors, found = [x] * (self.num_tasks + 1), {}
        for name, network in zip(self._names, self._networks, strict=True):
            found[name] = network.mixture(vectors, tasks)
            vectors = network(vectors)
        return found

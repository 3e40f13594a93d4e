"""DNNs that all tasks share."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.layers.dnn import Dnn
from apps_rec.legacy_keras import keras


class Experts(keras.layers.Layer):
    """Runs `num_experts` DNNs of one shape on the same input.

    Every expert draws initial weights of its own. Experts that start equal would have equal gradients under equal
    gates, and stay equal.

    Args:
        num_experts: number of DNNs, 1 or more.
        hidden_units: width of each layer of an expert.
        activation: see `Dnn`.
        use_bn: see `Dnn`.
        dropout: see `Dnn`; every expert draws its own masks.
        l2: see `Dnn`.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: `(batch, input_dim)`.
    Output shape: a list of `num_experts` tensors `(batch, hidden_units[-1])`.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> [y.shape for y in Experts(num_experts=2, hidden_units=[8, 4], name="experts")(tf.ones([5, 3]))]
        [TensorShape([5, 4]), TensorShape([5, 4])]

    References: Ma et al. 2018, Modeling Task Relationships in Multi-task Learning with Multi-gate
    Mixture-of-Experts, section 4.2.
    """

    def __init__(
        self,
        num_experts: int,
        hidden_units: Sequence[int],
        activation: str = "relu",
        use_bn: bool = False,
        dropout: float | Sequence[float] = 0.0,
        l2: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_experts = arguments.positive_int(self.name, "num_experts", num_experts)
        self._experts = [
            Dnn(
                hidden_units,
                activation,
                use_bn,
                dropout,
                l2,
                # The whole path, since it seeds the dropout masks.
                name=f"{self.name}/expert_{i}",
                dtype=self.dtype_policy,
            )
            for i in range(self.num_experts)
        ]

    def call(self, inputs: tf.Tensor, training: bool = False, seed: tf.Tensor | None = None) -> list[tf.Tensor]:
        """Returns the output of every expert."""
        return [expert(inputs, training=training, seed=seed) for expert in self._experts]

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        dnn = self._experts[0].get_config()
        shape = {key: dnn[key] for key in ("hidden_units", "activation", "use_bn", "dropout", "l2")}
        return {**super().get_config(), "num_experts": self.num_experts, **shape}

"""One task's mixture of experts."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.layers.dnn import kernel_regularizer
from apps_rec.layers.split import Input, product
from apps_rec.legacy_keras import keras


class Gate(keras.layers.Layer):
    """Mix experts for one task: `sum_k softmax(W x + b)[k] * expert_k`.

    The softmax is taken in the precision of the weights, also where the rest runs in half precision.
    Departs from the paper by the bias b, which lets a gate prefer an expert whatever the input.

    Args:
        num_experts: 1 or more.
        l2: weight of half the sum of squares of W, 0 or more; added to the layer's losses.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: x `(batch, input_dim)` and a list of the experts' outputs, each `(batch, dim)`.
    Output shape: `(batch, dim)`.

    Raises:
        ValueError: an argument out of range, or another number of experts in the input.

    Example:
        >>> gate = Gate(num_experts=2, name="ctr_gate")
        >>> gate(tf.ones([5, 3]), [tf.ones([5, 4]), tf.zeros([5, 4])]).shape
        TensorShape([5, 4])
        >>> gate.probabilities(tf.ones([5, 3])).shape
        TensorShape([5, 2])

    References: Ma et al. 2018, Modeling Task Relationships in Multi-task Learning with Multi-gate
    Mixture-of-Experts, equations 5 to 8.
    """

    def __init__(self, num_experts: int, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_experts = arguments.positive_int(self.name, "num_experts", num_experts)
        self.l2 = arguments.non_negative(self.name, "l2", l2)
        self._logits = keras.layers.Dense(
            self.num_experts, kernel_regularizer=kernel_regularizer(self.l2), name="logits", dtype=self.variable_dtype
        )

    @property
    def first_layer(self) -> keras.layers.Dense:
        """The layer that meets x."""
        return self._logits

    def probabilities(self, x: Input) -> tf.Tensor:
        """Return the share of every expert, `(batch, num_experts)`; rows sum to 1."""
        return tf.nn.softmax(product(self._logits, x))

    def call(
        self, x: Input, expert_outputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Return the mixture. `training` and `seed` change nothing: a gate has no dropout."""
        if len(expert_outputs) != self.num_experts:
            raise ValueError(f"{self.name}: built for {self.num_experts} experts, got {len(expert_outputs)}.")
        shares = tf.cast(self.probabilities(x), self.compute_dtype)  # [B, E]
        # A product an expert: an einsum over all of them costs five times as much on a CPU.
        columns = tf.split(shares, self.num_experts, axis=1)
        return tf.add_n(
            [share * tf.cast(output, self.compute_dtype) for share, output in zip(columns, expert_outputs, strict=True)]
        )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "num_experts": self.num_experts, "l2": self.l2}

"""Tower of a task: it turns the task's vector into its logits."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.layers.activations import ACTIVATION_NAMES
from apps_rec.layers.dense import Dense
from apps_rec.layers.dnn import Dnn, kernel_regularizer
from apps_rec.legacy_keras import keras


class Tower(keras.layers.Layer):
    """Computes one task's logits: a DNN, if there is one, then `W x + b`.

    Logits are computed in the precision of the weights, also where the DNN runs in half precision.

    Args:
        hidden_units: width of each layer of the DNN; empty: no DNN, only a linear layer.
        activation: see `Dnn`.
        use_bn: see `Dnn`.
        dropout: see `Dnn`; nothing is dropped after the logits.
        l2: see `Dnn`; the logits' kernel counts too.
        num_logits: number of logits, 1 or more.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: `(batch, input_dim)`.
    Output shape: `(batch, num_logits)`.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> Tower([8, 4], dropout=0.1, name="ctr_tower")(tf.ones([5, 3])).shape
        TensorShape([5, 1])
    """

    def __init__(
        self,
        hidden_units: Sequence[int] = (),
        activation: str = "relu",
        use_bn: bool = False,
        dropout: float | Sequence[float] = 0.0,
        l2: float = 0.0,
        num_logits: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hidden_units = arguments.positive_ints(self.name, "hidden_units", hidden_units, allow_empty=True)
        self.activation = arguments.choice(self.name, "activation", activation, ACTIVATION_NAMES)
        self.use_bn = bool(use_bn)
        self.l2 = arguments.non_negative(self.name, "l2", l2)
        self.num_logits = arguments.positive_int(self.name, "num_logits", num_logits)
        # Without a DNN a dropout would do nothing: only 0 or no rates are accepted.
        self.dropout = arguments.rates(self.name, "dropout", dropout, len(self.hidden_units))
        if not self.hidden_units and (self.use_bn or dropout not in (0, (), [])):
            raise ValueError(f"{self.name}: use_bn and dropout need hidden_units, and hidden_units is empty.")

        self._dnn = None
        if self.hidden_units:
            self._dnn = Dnn(
                self.hidden_units,
                self.activation,
                self.use_bn,
                self.dropout,
                self.l2,
                name=f"{self.name}/dnn",
                dtype=self.dtype_policy,
            )
        self._logit = Dense(
            self.num_logits, kernel_regularizer=kernel_regularizer(self.l2), name="logit", dtype=self.variable_dtype
        )

    def call(self, inputs: tf.Tensor, training: bool = False, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the logits."""
        hidden = inputs if self._dnn is None else self._dnn(inputs, training=training, seed=seed)
        return self._logit(hidden, training=training)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "hidden_units": list(self.hidden_units),
            "activation": self.activation,
            "use_bn": self.use_bn,
            "dropout": list(self.dropout),
            "l2": self.l2,
            "num_logits": self.num_logits,
        }

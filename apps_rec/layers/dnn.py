"""Stack of dense layers."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.layers.activations import ACTIVATION_NAMES, ACTIVATIONS, TRAINED_ACTIVATIONS
from apps_rec.layers.batch_norm import GlobalBatchNorm
from apps_rec.layers.dense import Dense
from apps_rec.layers.dropout import StatelessDropout
from apps_rec.legacy_keras import keras


def kernel_regularizer(l2: float) -> keras.regularizers.Regularizer | None:
    """Returns `l2 / 2 * sum(kernel ** 2)` as a Keras regularizer: half of Keras', as in EasyRec and tf.nn.l2_loss."""
    return keras.regularizers.L2(l2 / 2) if l2 else None


class Dnn(keras.layers.Layer):
    """Computes `dropout(activation(batch_norm(W x)))` once for each entry of `hidden_units`.

    A layer followed by batch norm has no bias: batch norm subtracts the mean and adds an offset of its own. Batch
    norm takes its moments over all replicas.

    Args:
        hidden_units: width of each layer; at least one.
        activation: a key of `ACTIVATIONS` or `TRAINED_ACTIVATIONS`, for every layer. Each has weights of its own.
        use_bn: whether to apply batch norm between the product and the activation of every layer.
        dropout: share dropped after every layer, in [0, 1): one for all, or one for each layer.
        l2: weight of half the sum of squares of every kernel, 0 or more; added to the layer's losses.
        **kwargs: `name` and `dtype` of a Keras layer. The name seeds the dropout masks, so two Dnns of one model need
            different names.

    Input shape: `(batch, ..., input_dim)`.
    Output shape: `(batch, ..., hidden_units[-1])`.

    Raises:
        ValueError: an argument out of range, or an activation that is not known.

    Example:
        >>> bottom = Dnn([8, 4], dropout=0.1, name="bottom")
        >>> bottom(tf.ones([2, 3]), training=True, seed=tf.constant([7, 0])).shape
        TensorShape([2, 4])
    """

    first_layer: type[Dense] = Dense

    def __init__(
        self,
        hidden_units: Sequence[int],
        activation: str = "relu",
        use_bn: bool = False,
        dropout: float | Sequence[float] = 0.0,
        l2: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hidden_units = arguments.positive_ints(self.name, "hidden_units", hidden_units)
        self.activation = arguments.choice(self.name, "activation", activation, ACTIVATION_NAMES)
        self.use_bn = bool(use_bn)
        self.dropout = arguments.rates(self.name, "dropout", dropout, len(self.hidden_units))
        self.l2 = arguments.non_negative(self.name, "l2", l2)

        policy = self.dtype_policy
        self._dense = [
            (Dense if i else self.first_layer)(
                units,
                use_bias=not self.use_bn,
                kernel_regularizer=kernel_regularizer(self.l2),
                name=f"dense_{i}",
                dtype=policy,
            )
            for i, units in enumerate(self.hidden_units)
        ]
        self._batch_norm = [
            GlobalBatchNorm(name=f"batch_norm_{i}", dtype=policy)
            for i in range(len(self.hidden_units) if self.use_bn else 0)
        ]
        trained = [TRAINED_ACTIVATIONS[self.activation]] if self.activation in TRAINED_ACTIVATIONS else []
        self._activations = [
            make(name=f"{self.activation}_{i}", dtype=policy) for i in range(len(self.hidden_units)) for make in trained
        ]
        self._dropout = [
            StatelessDropout(rate, name=f"{self.name}/dropout_{i}", dtype=policy) for i, rate in enumerate(self.dropout)
        ]

    def call(
        self,
        inputs: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
        counted: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Runs the stack.

        Args:
            inputs: `(batch, ..., input_dim)`.
            training: whether to drop inputs and update batch norm.
            seed: an int tensor of shape [2]; needed to drop inputs.
            counted: bool, the shape of `inputs` without its last axis: what counts in moments, those of batch norm and
                dice, such as all but padding. None: everything counts.
        """
        outputs, outer = inputs, None
        for i, dense in enumerate(self._dense):
            outputs = dense(outputs, training=training)
            if outputs.shape.rank > 2:
                # TensorFlow fuses a product, its bias and relu where they have two axes, and nowhere else.
                outer = outputs
                outputs = tf.reshape(outputs, [-1, outputs.shape[-1]])
                counted = None if counted is None else tf.reshape(counted, [-1])
            if self.use_bn:
                outputs = self._batch_norm[i](outputs, training=training, mask=counted)
            if self._activations:
                outputs = self._activations[i](outputs, training=training, counted=counted)
            else:
                outputs = ACTIVATIONS[self.activation](outputs)
            outputs = self._dropout[i](outputs, training=training, seed=seed)
        return outputs if outer is None else _shaped_as(outer, outputs)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "hidden_units": list(self.hidden_units),
            "activation": self.activation,
            "use_bn": self.use_bn,
            "dropout": list(self.dropout),
            "l2": self.l2,
        }


def _shaped_as(outer: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Returns outputs `(rows, units)` with the axes of `outer` in place of the first."""
    units = outputs.shape[-1]
    shaped = tf.reshape(outputs, tf.concat([tf.shape(outer)[:-1], [units]], axis=0))
    return tf.ensure_shape(shaped, [*outer.shape[:-1], units])

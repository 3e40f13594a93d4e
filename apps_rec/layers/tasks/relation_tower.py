"""Tower of a task that reads the towers of other tasks."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.layers.dense import Dense
from apps_rec.layers.dnn import Dnn, kernel_regularizer
from apps_rec.legacy_keras import keras


class RelationTower(keras.layers.Layer):
    """Computes one task's logits, and its relation features, which towers of other tasks may read.

    `r = relation_dnn([dnn(x), r_a, r_b, ...])` with the relation features of other towers, and `logits = W r + b`.
    The logits are computed in the precision of the weights, also where the DNNs run in half precision.

    Args:
        dnn: arguments of `Dnn` for the network over the task's vector: hidden_units, activation, use_bn, dropout.
            None: the vector as it is.
        relation_dnn: the same for the network behind it, which reads other towers too. None: what it would read, as
            it is.
        num_logits: number of logits, 1 or more.
        l2: weight of half the sum of squares of every kernel, 0 or more; added to the layer's losses.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: `(batch, input_dim)`, and a list of the relation features of other towers, `(batch, units)` each.
    Output shape: the logits `(batch, num_logits)`, and the relation features `(batch, units)`.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> tower = RelationTower({"hidden_units": [8]}, {"hidden_units": [4]}, name="cvr")
        >>> logits, features = tower(tf.ones([5, 3]), [tf.ones([5, 2])])
        >>> logits.shape, features.shape
        (TensorShape([5, 1]), TensorShape([5, 4]))

    References: Wang, Ji, Liu, Zhao 2019, Deep Bayesian Multi-Target Learning for Recommender Systems
    (arXiv 1902.09154).
    """

    def __init__(
        self,
        dnn: Mapping[str, Any] | None = None,
        relation_dnn: Mapping[str, Any] | None = None,
        num_logits: int = 1,
        l2: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_logits = arguments.positive_int(self.name, "num_logits", num_logits)
        self.l2 = arguments.non_negative(self.name, "l2", l2)
        self._dnn = self._network(dnn, "dnn")
        self._relation_dnn = self._network(relation_dnn, "relation_dnn")
        self._logits = Dense(
            self.num_logits, kernel_regularizer=kernel_regularizer(self.l2), name="logits", dtype=self.variable_dtype
        )

    def _network(self, given: Mapping[str, Any] | None, name: str) -> Dnn | None:
        # The whole path, since it seeds the dropout masks.
        return None if given is None else Dnn(**given, l2=self.l2, name=f"{self.name}/{name}", dtype=self.dtype_policy)

    def call(
        self,
        inputs: tf.Tensor,
        relations: Sequence[tf.Tensor] = (),
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the logits and the relation features."""
        features = inputs if self._dnn is None else self._dnn(inputs, training=training, seed=seed)
        if relations:
            # A tower without DNNs hands on its input in float32, whatever the others multiply in.
            parts = [tf.cast(part, self.compute_dtype) for part in (features, *relations)]
            features = tf.concat(parts, axis=1)
        if self._relation_dnn is not None:
            features = self._relation_dnn(features, training=training, seed=seed)
        return self._logits(features, training=training), features

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        networks = {"dnn": self._dnn, "relation_dnn": self._relation_dnn}
        return {
            **super().get_config(),
            **{name: network and _arguments(network) for name, network in networks.items()},
            "num_logits": self.num_logits,
            "l2": self.l2,
        }


def _arguments(network: Dnn) -> dict[str, Any]:
    config = network.get_config()
    return {name: config[name] for name in ("hidden_units", "activation", "use_bn", "dropout")}

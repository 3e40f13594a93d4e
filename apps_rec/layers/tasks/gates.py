"""Every task's mixture of experts."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.layers.dense import Dense
from apps_rec.layers.dnn import Dnn, kernel_regularizer
from apps_rec.legacy_keras import keras


class Gates(keras.layers.Layer):
    """Mixes experts, differently for each task: `sum_k softmax(W_t x + b_t)[k] * expert_k`.

    With `dnn` it is `dnn_t(x)` in place of x. Without, the kernels stand side by side in one variable: they are narrow,
    and one product of all costs little more than a product of one. The softmax is computed in the precision of the
    weights, also where the rest runs in half precision. Departs from the paper by the bias b_t, which lets a gate
    prefer an expert whatever the input.

    Args:
        num_gates: number of gates, one for each task; 1 or more.
        num_experts: number of experts, 1 or more.
        l2: weight of half the sum of squares of every kernel, 0 or more; added to the layer's losses.
        dnn: arguments of `Dnn` for a network of each gate in front of its softmax: hidden_units, activation, use_bn,
            dropout. None: there is none.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: x `(batch, input_dim)` and a list of the experts' outputs, each `(batch, dim)`.
    Output shape: a list of `num_gates` tensors `(batch, dim)`.

    Raises:
        ValueError: an argument out of range, or another number of experts in the input.

    Example:
        >>> gates = Gates(num_gates=2, num_experts=3, name="gates")
        >>> [y.shape for y in gates(tf.ones([5, 3]), [tf.ones([5, 4])] * 3)]
        [TensorShape([5, 4]), TensorShape([5, 4])]
        >>> [shares.shape for shares in gates.probabilities(tf.ones([5, 3]))]
        [TensorShape([5, 3]), TensorShape([5, 3])]

    References: Ma et al. 2018, Modeling Task Relationships in Multi-task Learning with Multi-gate
    Mixture-of-Experts, equations 5 to 8.
    """

    def __init__(
        self, num_gates: int, num_experts: int, l2: float = 0.0, dnn: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.num_gates = arguments.positive_int(self.name, "num_gates", num_gates)
        self.num_experts = arguments.positive_int(self.name, "num_experts", num_experts)
        self.l2 = arguments.non_negative(self.name, "l2", l2)
        if dnn is None:
            self._dnns = []
            self._logits = self._dense(self.num_gates, "logits")
            return
        self._dnns = [
            # The whole path, since it seeds the dropout masks.
            Dnn(**dnn, l2=self.l2, name=f"{self.name}/gate_{t}", dtype=self.variable_dtype)
            for t in range(self.num_gates)
        ]
        self._own_logits = [self._dense(1, f"gate_{t}_logits") for t in range(self.num_gates)]

    def _dense(self, count: int, name: str) -> Dense:
        return Dense(
            count * self.num_experts,
            kernel_initializer=_SideBySide(count),
            kernel_regularizer=kernel_regularizer(self.l2),
            name=name,
            dtype=self.variable_dtype,
        )

    def probabilities(self, x: tf.Tensor, training: bool = False, seed: tf.Tensor | None = None) -> list[tf.Tensor]:
        """Returns the share of every expert for each gate, `(batch, num_experts)`; rows sum to 1."""
        if not self._dnns:
            logits = tf.split(self._logits(x, training=training), self.num_gates, axis=1)
        else:
            logits = [
                dense(dnn(x, training=training, seed=seed), training=training)
                for dnn, dense in zip(self._dnns, self._own_logits, strict=True)
            ]
        return [tf.nn.softmax(of_gate) for of_gate in logits]

    def call(
        self, x: tf.Tensor, expert_outputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> list[tf.Tensor]:
        """Returns the mixtures. `training` and `seed` are for the networks of the gates, see `Dnn`."""
        if len(expert_outputs) != self.num_experts:
            raise ValueError(f"{self.name}: built for {self.num_experts} experts, got {len(expert_outputs)}.")
        experts = [tf.cast(output, self.compute_dtype) for output in expert_outputs]
        every = self.probabilities(x, training, seed)
        return [_mixture(tf.cast(shares, self.compute_dtype), experts) for shares in every]

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        shape = {"num_gates": self.num_gates, "num_experts": self.num_experts}
        dnn = None
        if self._dnns:
            config = self._dnns[0].get_config()
            dnn = {name: config[name] for name in ("hidden_units", "activation", "use_bn", "dropout")}
        return {**super().get_config(), **shape, "l2": self.l2, "dnn": dnn}


def _mixture(shares: tf.Tensor, experts: Sequence[tf.Tensor]) -> tf.Tensor:
    """Sums experts, `(batch, dim)` each, weighted by shares `(batch, experts)`."""
    # One product for each expert: an einsum over all of them costs five times as much on a CPU.
    columns = tf.split(shares, len(experts), axis=1)
    return tf.add_n([share * expert for share, expert in zip(columns, experts, strict=True)])


class _SideBySide(keras.initializers.Initializer):
    """Kernels of one shape in one variable, each drawn by GlorotUniform as if it stood alone."""

    def __init__(self, count: int) -> None:
        self.count = count
        # One for each kernel: an initializer gives the same values at every call.
        self._draws = [keras.initializers.GlorotUniform() for _ in range(count)]

    def __call__(self, shape: Sequence[int], dtype: tf.DType | None = None, **kwargs: Any) -> tf.Tensor:
        rows, columns = shape
        return tf.concat([draw((rows, columns // self.count), dtype) for draw in self._draws], axis=1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"count": self.count}

"""Optimizers that touch, in a table, only the rows of the batch.

Each optimizer's formula is written once, for dense weights and the touched rows of a table alike. Gradients are summed
over replicas, then over duplicate ids, then clipped, then applied: docs/decisions/0003-optimizer-base-class.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from apps_rec.legacy_keras import keras
from apps_rec.training.optimizers import deduplicate as duplicates
from apps_rec.training.optimizers.schedules import schedule_from_config

Rows = list[tf.Tensor]
Update = tuple[tf.Tensor, Rows]


class RowSparseOptimizer(keras.optimizers.Optimizer):
    """The base of the optimizers: slots, aggregation, and the distinction of dense weights and rows of a table.

    Args:
        learning_rate: schedule of the step.
        initial_slots: value of every element of each slot before the first step, in the order of `slot_names`.
        global_clipnorm: largest norm of the whole gradient; None: no clipping.

    Attributes:
        static_shapes: true if every shape of a step must be known before it runs, as a TPU demands. Set it before the
            first step. Rows of one id are then summed by sorting, which costs a CPU or GPU more.
    """

    static_shapes = False
    # Constructor arguments that a subclass keeps under their names, besides the rate and the clipping.
    arguments: tuple[str, ...] = ()
    # Tensors that it keeps beside each weight.
    slot_names: tuple[str, ...] = ()

    def __init__(
        self,
        learning_rate: keras.optimizers.schedules.LearningRateSchedule,
        initial_slots: Sequence[float],
        global_clipnorm: float | None = None,
        name: str = "optimizer",
    ) -> None:
        # weight_decay=0, the default, would be a dense pass over every table.
        super().__init__(name=name, weight_decay=None, global_clipnorm=global_clipnorm, jit_compile=False)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self._slot_values = dict(zip(self.slot_names, initial_slots, strict=True))
        self._slot_variables: list[list[tf.Variable]] = []
        self._is_finite: tf.Tensor | None = None

    def build(self, var_list: Sequence[tf.Variable]) -> None:
        """Makes the slots of all variables, in their order, on which checkpoints depend."""
        super().build(var_list)
        if getattr(self, "_built", False):
            return
        for variable in var_list:
            self._slot_variables.append(
                [
                    self.add_variable_from_reference(
                        variable, name, initial_value=tf.fill(variable.shape, tf.constant(value, variable.dtype))
                    )
                    for name, value in self._slot_values.items()
                ]
            )
        self._built = True

    def aggregate_gradients(self, grads_and_vars: Any) -> list[tuple[Any, tf.Variable]]:
        """Sums gradients over replicas, then over duplicate ids, as clipping needs the norm of the sum."""
        if self.static_shapes:
            return self._aggregate_with_static_shapes(list(grads_and_vars))
        # TensorFlow keeps the graph of an all_reduce until the process ends, even one on a single device.
        if tf.distribute.get_strategy().num_replicas_in_sync > 1:
            grads_and_vars = super().aggregate_gradients(grads_and_vars)
        return [(_sum_duplicates(gradient, variable), variable) for gradient, variable in grads_and_vars]

    def _aggregate_with_static_shapes(self, grads_and_vars: list[tuple[Any, tf.Variable]]) -> list:
        """Does the same as `aggregate_gradients` if all replicas have gradients of the same number of rows."""
        is_sparse = [isinstance(gradient, tf.IndexedSlices) for gradient, _ in grads_and_vars]
        dense = iter(
            super().aggregate_gradients(
                [pair for pair, sparse in zip(grads_and_vars, is_sparse, strict=True) if not sparse]
            )
        )
        return [
            (duplicates.sum_by_sort(duplicates.gather_over_replicas(pair[0])), pair[1]) if sparse else next(dense)
            for pair, sparse in zip(grads_and_vars, is_sparse, strict=True)
        ]

    def _deduplicate_sparse_grad(self, grads: Sequence[Any]) -> Sequence[Any]:
        return grads  # done in aggregate_gradients, before clipping

    def apply_if(self, is_finite: tf.Tensor, grads_and_vars: Any) -> None:
        """Applies gradients as `apply_gradients` does, but changes no weight or slot unless `is_finite`, a scalar.

        The step counts in `iterations` in any case. The condition stands in the update of every variable, since
        `apply_gradients` leaves its replica, which tf.cond does not allow.
        """
        self._is_finite = is_finite
        try:
            self.apply_gradients(grads_and_vars)
        finally:
            self._is_finite = None

    def update_step(self, gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable) -> None:
        """Updates a variable: all of it for a dense gradient, the rows of the gradient for a sparse one."""
        slots = self._slot_variables[self._index_dict[self._var_key(variable)]]
        rate = tf.cast(self.learning_rate, variable.dtype)
        if not isinstance(gradient, tf.IndexedSlices):
            change, new_slots = self.compute_update(gradient, list(slots), rate, lambda: variable)
            for slot, value in zip(slots, new_slots, strict=True):
                slot.assign(self._if_finite(value, slot))
            variable.assign_add(self._if_finite(change, tf.zeros([], variable.dtype)))
            return
        gradient = self._rows_if_finite(gradient)
        rows = gradient.indices
        touched = [tf.gather(slot, rows) for slot in slots]
        weights = tf.gather(variable, rows)
        change, new_slots = self.compute_update(gradient.values, touched, rate, lambda: weights)
        written = [*new_slots, weights + change]
        if self.static_shapes:
            written = [self._if_finite(new, old) for new, old in zip(written, [*touched, weights], strict=True)]
            written = duplicates.copy_first_of_run(rows, written)
        # Rows stand here once each (or all their values are the same), and writing them is a copy: adding to them in
        # place costs ten times as much.
        for row_variable, value in zip([*slots, variable], written, strict=True):
            row_variable.scatter_update(tf.IndexedSlices(value, rows))

    def _if_finite(self, new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
        return new if self._is_finite is None else tf.where(self._is_finite, new, old)

    def _rows_if_finite(self, gradient: tf.IndexedSlices) -> tf.IndexedSlices:
        """Returns the gradient, without any row if the step is not finite. Cutting rows at the end copies nothing."""
        if self._is_finite is None or self.static_shapes:
            return gradient
        count = tf.where(self._is_finite, tf.shape(gradient.indices)[0], 0)
        return tf.IndexedSlices(gradient.values[:count], gradient.indices[:count], gradient.dense_shape)

    def compute_update(
        self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Callable[[], tf.Tensor]
    ) -> Update:
        """Returns the change of the weights, and the new slots. All tensors have the gradient's shape."""
        raise TypeError(f"{type(self).__name__} must say how it updates")

    def begin_at_weights(self, variables: Sequence[tf.Variable]) -> None:
        """Fits slots that determine the weights to weights from elsewhere. Most optimizers have no such slots."""

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor arguments."""
        arguments = {name: getattr(self, name) for name in (*self.arguments, "global_clipnorm")}
        return {"learning_rate": self._serialize_hyperparameter(self._learning_rate), **arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> RowSparseOptimizer:
        """Makes the optimizer that `get_config` described."""
        return cls(**{**config, "learning_rate": schedule_from_config(config["learning_rate"])})


class Sgd(RowSparseOptimizer):
    """w -= rate * g."""

    def __init__(self, learning_rate: Any, global_clipnorm: float | None = None) -> None:
        super().__init__(learning_rate, (), global_clipnorm, name="sgd")

    def compute_update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Any) -> Update:
        """Returns -rate * g."""
        return -rate * gradient, []


class Adagrad(RowSparseOptimizer):
    """a += g^2; w -= rate * g / sqrt(a) (Duchi, Hazan, Singer 2011, figure 1)."""

    arguments = ("initial_accumulator_value",)
    slot_names = ("accumulator",)

    def __init__(
        self, learning_rate: Any, initial_accumulator_value: float = 0.1, global_clipnorm: float | None = None
    ) -> None:
        super().__init__(learning_rate, (initial_accumulator_value,), global_clipnorm, name="adagrad")
        self.initial_accumulator_value = initial_accumulator_value

    def compute_update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Any) -> Update:
        """Returns -rate * g / sqrt(a); 0 where nothing was ever accumulated."""
        accumulator = slots[0] + tf.square(gradient)
        return -rate * tf.math.divide_no_nan(gradient, tf.sqrt(accumulator)), [accumulator]


class Adam(RowSparseOptimizer):
    """Adam (Kingma, Ba 2015, algorithm 1 in the order of section 2). On tables only rows of the batch move.

    Rows outside the batch keep their weights and moments. The bias correction counts steps, not visits.
    """

    arguments = ("beta_1", "beta_2", "epsilon")
    slot_names = ("m", "v")

    def __init__(
        self,
        learning_rate: Any,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, (0.0, 0.0), global_clipnorm, name="adam")
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def compute_update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Any) -> Update:
        """Returns -rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)."""
        step = tf.cast(self.iterations + 1, gradient.dtype)
        corrected = rate * tf.sqrt(1.0 - tf.pow(self.beta_2, step)) / (1.0 - tf.pow(self.beta_1, step))
        m = slots[0] + (gradient - slots[0]) * (1.0 - self.beta_1)
        v = slots[1] + (tf.square(gradient) - slots[1]) * (1.0 - self.beta_2)
        return -corrected * m / (tf.sqrt(v) + self.epsilon), [m, v]


class Ftrl(RowSparseOptimizer):
    """FTRL-Proximal (McMahan et al. 2013, Ad Click Prediction, algorithm 1), for any learning_rate_power <= 0."""

    arguments = ("learning_rate_power", "initial_accumulator_value", "l1", "l2")
    slot_names = ("accumulator", "linear")

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1: float = 0.0,
        l2: float = 0.0,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, (initial_accumulator_value, 0.0), global_clipnorm, name="ftrl")
        self.learning_rate_power, self.initial_accumulator_value = learning_rate_power, initial_accumulator_value
        self.l1, self.l2 = l1, l2

    def compute_update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Any) -> Update:
        """Returns the difference to the weight that minimises the linearised loss so far with its l1 and l2 terms."""
        old = tf.convert_to_tensor(weights())
        accumulator = slots[0] + tf.square(gradient)
        old_scale, scale = (tf.pow(sums, -self.learning_rate_power) for sums in (slots[0], accumulator))
        linear = slots[1] + gradient - (scale - old_scale) / rate * old
        quadratic = scale / rate + 2.0 * self.l2
        beyond = tf.sign(linear) * tf.nn.relu(tf.abs(linear) - self.l1)
        # Nothing is gathered yet where the accumulator starts at 0 and the gradient is 0: 0 / 0.
        return tf.math.divide_no_nan(-beyond, quadratic) - old, [accumulator, linear]

    def begin_at_weights(self, variables: Sequence[tf.Variable]) -> None:
        """Sets the linear slot so that its minimiser is the present weight.

        Else the first update of a row would draw any weight towards 0.
        """
        rate = tf.cast(self.learning_rate, tf.float32)
        for variable in variables:
            accumulator, linear = self._slot_variables[self._index_dict[self._var_key(variable)]]
            quadratic = tf.pow(accumulator, -self.learning_rate_power) / rate + 2.0 * self.l2
            linear.assign(-(variable * quadratic + tf.sign(variable) * self.l1))


def _sum_duplicates(gradient: Any, variable: tf.Variable) -> Any:
    if isinstance(gradient, tf.IndexedSlices):
        return duplicates.sum_rows(gradient, variable.shape[0])
    return gradient

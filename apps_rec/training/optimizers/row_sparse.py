"""The optimizer: it touches, in a table, only the rows of the batch.

Formulas are in `rules`. Gradients are summed over replicas, then over duplicate ids, then clipped, then applied:
docs/decisions/0003-optimizer-base-class.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import tensorflow as tf

from apps_rec.legacy_keras import keras
from apps_rec.training.optimizers import deduplicate as duplicates
from apps_rec.training.optimizers.roles import FrozenRows, Roles
from apps_rec.training.optimizers.rules import Rule, rule_from_config
from apps_rec.training.optimizers.schedules import Schedule, schedule_from_config


@dataclass(frozen=True)
class Part:
    """A part of the weights' optimizer: its rule, its schedule, and a factor on the rate."""

    rule: Rule
    learning_rate: Schedule
    multiplier: float = 1.0


@dataclass(frozen=True)
class _ByKey:
    """The roles of weights by the keys that Keras has for variables, the same for all copies of one."""

    embeddings: frozenset[Any] = frozenset()
    frozen: frozenset[Any] = frozenset()
    partly_frozen: Mapping[Any, FrozenRows] = field(default_factory=dict)
    first_order: Mapping[Any, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Share:
    """The columns of a weight that one part updates, and their slots; None: all columns."""

    part: Part
    columns: slice | None
    slots: Sequence[tf.Variable] = ()

    def of(self, values: Any) -> Any:
        """Returns these columns of a weight, of a gradient or of rows."""
        return values if self.columns is None else values[:, self.columns]


class RowSparseOptimizer(keras.optimizers.Optimizer):
    """An optimizer of a rule: slots, aggregation, and the distinction of dense weights and rows of a table.

    Args:
        rule: formula of the update.
        learning_rate: schedule of the step.
        global_clipnorm: largest norm of the whole gradient; None: no clipping.
        of_embeddings: rule and schedule of the weights that `tell_apart` names; None: those of all others.
        of_first_order: those of first-order weights, which are columns of these; None: those of the embeddings.

    Attributes:
        static_shapes: true if every shape of a step must be known before it runs, as a TPU demands. Set it before the
            first step. Rows of one id are then summed by sorting, which costs a CPU or GPU more.
    """

    static_shapes = False

    def __init__(
        self,
        rule: Rule,
        learning_rate: Schedule,
        global_clipnorm: float | None = None,
        of_embeddings: Part | None = None,
        name: str = "optimizer",
        of_first_order: Part | None = None,
    ) -> None:
        # weight_decay=0, the default, would be a dense pass over every table.
        super().__init__(name=name, weight_decay=None, global_clipnorm=global_clipnorm, jit_compile=False)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self._part = Part(rule, learning_rate)
        self._of_embeddings, self._of_first_order = of_embeddings, of_first_order
        self._by_key = _ByKey()
        self._slot_variables: list[list[tf.Variable]] = []
        self._is_finite: tf.Tensor | None = None
        self._step_rates: list[tf.Tensor] = []

    @property
    def parts(self) -> list[Part]:
        """Returns the rule and schedule of dense weights, then those of embeddings and of first-order weights.

        Those are left out that have none of their own.
        """
        return [self._part, *(part for part in (self._of_embeddings, self._of_first_order) if part is not None)]

    def rates(self) -> dict[str, tf.Tensor]:
        """Returns the rates of the last step: `learning_rate`, and those of weights that have another optimizer."""
        found = {"learning_rate": self.learning_rate}
        others = {"embedding": self._of_embeddings, "first_order": self._of_first_order}
        for name, part in others.items():
            if part is not None:
                found[f"learning_rate_{name}"] = self._rate(part, tf.float32, tf.maximum(self.iterations - 1, 0))
        return found

    def tell_apart(self, roles: Roles) -> None:
        """Takes in which weights are embeddings, and which are frozen. Call it before `build`.

        Frozen weights have no part in the norm that is clipped. They and their slots stay as they are to the bit.
        """
        self._by_key = _ByKey(
            frozenset(self._var_key(variable) for variable in roles.embeddings),
            frozenset(self._var_key(variable) for variable in roles.frozen),
            {self._var_key(variable): rows for variable, rows in roles.partly_frozen},
            {self._var_key(variable): column for variable, column in roles.first_order},
        )

    def _part_of(self, variable: tf.Variable) -> Part:
        own = self._of_embeddings
        return own if own is not None and self._var_key(variable) in self._by_key.embeddings else self._part

    def _shares(self, variable: tf.Variable) -> list[_Share]:
        """Returns the parts that update a weight, with the columns of each."""
        part, first = self._part_of(variable), self._by_key.first_order.get(self._var_key(variable))
        if self._of_first_order is None or first is None:
            return [_Share(part, None)]
        own = _Share(self._of_first_order, slice(first, None))
        return [_Share(part, slice(0, first)), own] if first else [own]

    def _shares_with_slots(self, variable: tf.Variable) -> list[_Share]:
        slots = iter(self._slot_variables[self._index_dict[self._var_key(variable)]])
        return [
            replace(share, slots=[next(slots) for _ in share.part.rule.slot_names]) for share in self._shares(variable)
        ]

    def _rate(self, part: Part, dtype: tf.DType, step: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the rate of a part: at this step, whose rate of dense weights Keras has worked out, or at another."""
        if step is None and part.learning_rate is self._part.learning_rate:
            rate = tf.cast(self.learning_rate, dtype)
        else:
            rate = tf.cast(part.learning_rate(self.iterations if step is None else step), dtype)
        return rate if part.multiplier == 1.0 else rate * part.multiplier

    def build(self, var_list: Sequence[tf.Variable]) -> None:
        """Makes the slots of all variables, in their order, on which checkpoints depend."""
        super().build(var_list)
        if getattr(self, "_built", False):
            return
        for variable in var_list:
            # A frozen weight keeps its place, for the order of the others.
            shares = [] if self._is_frozen(variable) else self._shares(variable)
            self._slot_variables.append([slot for share in shares for slot in self._new_slots(share, variable)])
        self._built = True

    def _new_slots(self, share: _Share, variable: tf.Variable) -> list[tf.Variable]:
        shape = variable.shape
        if share.columns is not None:
            shape = [shape[0], len(range(shape[1])[share.columns])]
        rule = share.part.rule
        return [
            self.add_variable_from_reference(
                variable, name, shape=shape, initial_value=tf.fill(shape, tf.constant(value, variable.dtype))
            )
            for name, value in zip(rule.slot_names, rule.initial_slots(), strict=True)
        ]

    def _is_frozen(self, variable: tf.Variable) -> bool:
        return self._var_key(variable) in self._by_key.frozen

    def aggregate_gradients(self, grads_and_vars: Any) -> list[tuple[Any, tf.Variable]]:
        """Sums gradients over replicas, then over duplicate ids, as clipping needs the norm of the sum.

        It leaves frozen weights out.
        """
        trained = [pair for pair in grads_and_vars if not self._is_frozen(pair[1])]
        if self.static_shapes:
            summed = self._aggregate_with_static_shapes(trained)
        else:
            # TensorFlow keeps the graph of an all_reduce until the process ends, even one on a single device.
            if tf.distribute.get_strategy().num_replicas_in_sync > 1:
                trained = super().aggregate_gradients(trained)
            summed = [(_sum_duplicates(gradient, variable), variable) for gradient, variable in trained]
        return [(self._without_frozen(gradient, variable), variable) for gradient, variable in summed]

    def _without_frozen(self, gradient: Any, variable: tf.Variable) -> Any:
        frozen = self._by_key.partly_frozen.get(self._var_key(variable))
        if frozen is None or gradient is None:
            return gradient
        values = frozen.keep(gradient.indices, gradient.values, tf.zeros([], gradient.values.dtype))
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)

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

    def _distributed_apply_gradients_fn(self, distribution: Any, grads_and_vars: Any, **kwargs: Any) -> Any:
        # Keras calls this once a step, and `update_step` once a weight.
        self._step_rates = [part.rule.step_rate(self._rate(part, tf.float32), self.iterations) for part in self.parts]
        return super()._distributed_apply_gradients_fn(distribution, grads_and_vars, **kwargs)

    def update_step(self, gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable) -> None:
        """Updates a variable: all of it for a dense gradient, the rows of the gradient for a sparse one."""
        shares = self._shares_with_slots(variable)
        if not isinstance(gradient, tf.IndexedSlices):
            decreases = []
            for share in shares:
                old_slots = [tf.convert_to_tensor(slot) for slot in share.slots]
                decrease, new_slots = self._update(share, gradient, old_slots, variable)
                for slot, new, old in zip(share.slots, new_slots, old_slots, strict=True):
                    slot.assign(self._if_finite(new, old), read_value=False)
                decreases.append(decrease)
            decrease = self._if_finite(_side_by_side(decreases), tf.zeros([], variable.dtype))
            variable.assign_sub(decrease, read_value=False)
            return
        gradient = self._rows_if_finite(gradient)
        rows = gradient.indices
        weights = tf.gather(variable, rows)
        frozen = self._by_key.partly_frozen.get(self._var_key(variable))
        before: list[tf.Tensor] = []
        written: list[tf.Tensor] = []
        decreases = []
        for share in shares:
            touched = [tf.gather(slot, rows) for slot in share.slots]
            decrease, new_slots = self._update(share, gradient.values, touched, weights)
            if frozen is not None:
                own = frozen if share.columns is None else frozen.part(share.columns)
                new_slots = [own.keep(rows, new, old) for new, old in zip(new_slots, touched, strict=True)]
            before, written = [*before, *touched], [*written, *new_slots]
            decreases.append(decrease)
        new_weights = weights - _side_by_side(decreases)
        written.append(new_weights if frozen is None else frozen.keep(rows, new_weights, weights))
        if self.static_shapes:
            written = [self._if_finite(new, old) for new, old in zip(written, [*before, weights], strict=True)]
            written = duplicates.copy_first_of_run(rows, written)
        # Rows stand here once each (or all their values are the same), and writing them is a copy: adding to them in
        # place costs ten times as much.
        slots = [slot for share in shares for slot in share.slots]
        for row_variable, value in zip([*slots, variable], written, strict=True):
            row_variable.scatter_update(tf.IndexedSlices(value, rows))

    def _update(
        self, share: _Share, gradient: tf.Tensor, slots: Sequence[tf.Tensor], weights: tf.Tensor
    ) -> tuple[tf.Tensor, Sequence[tf.Tensor]]:
        """Returns what a share takes off its columns, and its new slots; gradient and weights have all columns."""
        rate = tf.cast(self._step_rates[self.parts.index(share.part)], weights.dtype)
        return share.part.rule.update(share.of(gradient), list(slots), rate, lambda: share.of(weights))

    def _if_finite(self, new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
        return new if self._is_finite is None else tf.where(self._is_finite, new, old)

    def _rows_if_finite(self, gradient: tf.IndexedSlices) -> tf.IndexedSlices:
        """Returns the gradient, without any row if the step is not finite. Cutting rows at the end copies nothing."""
        if self._is_finite is None or self.static_shapes:
            return gradient
        count = tf.where(self._is_finite, tf.shape(gradient.indices)[0], 0)
        return tf.IndexedSlices(gradient.values[:count], gradient.indices[:count], gradient.dense_shape)

    def begin_at_weights(self, variables: Sequence[tf.Variable]) -> None:
        """Fits slots that determine the weights to weights from elsewhere. Most rules have no such slots."""
        for variable in (each for each in variables if not self._is_frozen(each)):
            for share in self._shares_with_slots(variable):
                rate = self._rate(share.part, variable.dtype)
                fitting = share.part.rule.slots_at(list(share.slots), rate, share.of(variable))
                for slot, value in zip(share.slots, fitting or (), strict=fitting is not None):
                    slot.assign(value)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor arguments."""
        config: dict[str, Any] = {**self._config_of(self._part), "global_clipnorm": self.global_clipnorm}
        for name, part in (("of_embeddings", self._of_embeddings), ("of_first_order", self._of_first_order)):
            config[name] = None if part is None else {**self._config_of(part), "multiplier": part.multiplier}
        return config

    def _config_of(self, part: Part) -> dict[str, Any]:
        return {
            "rule": part.rule.get_config(),
            "learning_rate": self._serialize_hyperparameter(part.learning_rate),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> RowSparseOptimizer:
        """Makes the optimizer that `get_config` described."""
        parts = {
            name: None if config[name] is None else Part(**_read_part(config[name]))
            for name in ("of_embeddings", "of_first_order")
        }
        return cls(**{**_read_part(config), **parts})


def _read_part(config: dict[str, Any]) -> dict[str, Any]:
    rule, rate = rule_from_config(config["rule"]), schedule_from_config(config["learning_rate"])
    return {**config, "rule": rule, "learning_rate": rate}


def _side_by_side(columns: Sequence[tf.Tensor]) -> tf.Tensor:
    return columns[0] if len(columns) == 1 else tf.concat(columns, axis=1)


def _sum_duplicates(gradient: Any, variable: tf.Variable) -> Any:
    if isinstance(gradient, tf.IndexedSlices):
        return duplicates.sum_rows(gradient, variable.shape[0])
    return gradient

"""Inputs of which a part is the same for every row: it is multiplied once, not once a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TypeAlias, Union

import tensorflow as tf

from apps_rec.legacy_keras import keras


class SplitKernels(tf.Module):
    """Rows of a kernel, gathered once and kept, so that a request finds them ready.

    The copies are variables of their own, in the precision that the layer multiplies in; a later change of the layer's
    kernel does not reach them.
    """

    def __init__(self) -> None:
        super().__init__(name="split_kernels")
        self.copies: list[tf.Variable] = []
        # By layer and places; in a namespace, as a module takes no dict with keys that are no strings.
        self._known = SimpleNamespace(copies={})

    def rows(self, layer: keras.layers.Dense, places: tuple[int, ...]) -> tf.Tensor:
        """Rows `places` of the kernel of a layer, `(len(places), units)`."""
        key = (id(layer), places)
        if key not in self._known.copies:
            # Out of the graph that is being traced: a variable has to outlive it.
            with tf.init_scope():
                value = tf.gather(tf.cast(layer.kernel, layer.compute_dtype), places)
                self._known.copies[key] = tf.Variable(value, trainable=False, name=f"kernel_{len(self.copies)}")
            self.copies.append(self._known.copies[key])
        return tf.convert_to_tensor(self._known.copies[key])


@dataclass(frozen=True)
class SplitInput:
    """`[shared, rows]` along axis 1, its columns in another order: column `shared_places[i]` is column i of `shared`.

    Attributes:
        shared: `(1, S, ...)`, the same for every row.
        rows: `(batch, R, ...)`; R may be 0.
        shared_places: places of the columns of `shared` among the S + R, ascending.
        kernels: keeps the parts of kernels; None: they are gathered anew at every call.
    """

    shared: tf.Tensor
    rows: tf.Tensor
    shared_places: tuple[int, ...]
    kernels: SplitKernels | None = None

    @property
    def dtype(self) -> tf.DType:
        """Type of the numbers."""
        return self.rows.dtype

    @property
    def shape(self) -> tf.TensorShape:
        """Of what it stands for."""
        width = self.shared.shape[1] + self.rows.shape[1]
        return tf.TensorShape([self.rows.shape[0], width, *self.rows.shape[2:]])

    @property
    def row_places(self) -> tuple[int, ...]:
        """Places of the columns of `rows`, ascending."""
        taken = set(self.shared_places)
        return tuple(place for place in range(self.shape[1]) if place not in taken)

    def broadcast(self) -> tf.Tensor:
        """What it stands for, `(batch, S + R, ...)`."""
        shape = tf.concat([tf.shape(self.rows)[:1], tf.shape(self.shared)[1:]], axis=0)
        joined = tf.concat([tf.broadcast_to(self.shared, shape), self.rows], axis=1)
        back = sorted(range(joined.shape[1]), key=(*self.shared_places, *self.row_places).__getitem__)
        return tf.gather(joined, back, axis=1)


Input: TypeAlias = Union[tf.Tensor, SplitInput]  # noqa: UP007  # for mypy, which knows nothing of tf.Tensor


def product(layer: keras.layers.Dense, inputs: Input) -> tf.Tensor:
    """A linear layer of an input: `x W + b`, of a split one `shared W[shared_places] + rows W[row_places] + b`.

    Input shape: `(batch, input_dim)`.
    Output shape: `(batch, units)`.
    """
    if not isinstance(inputs, SplitInput):
        return layer(inputs)
    dtype = layer.compute_dtype
    rows_of = inputs.kernels.rows if inputs.kernels is not None else _gathered
    total = tf.matmul(tf.cast(inputs.shared, dtype), rows_of(layer, inputs.shared_places))  # [1, H]
    if layer.use_bias:
        total += tf.cast(layer.bias, dtype)
    row_places = inputs.row_places
    if not row_places:
        return tf.repeat(total, tf.shape(inputs.rows)[0], axis=0)
    return tf.matmul(tf.cast(inputs.rows, dtype), rows_of(layer, row_places)) + total


def _gathered(layer: keras.layers.Dense, places: tuple[int, ...]) -> tf.Tensor:
    return tf.gather(tf.cast(layer.kernel, layer.compute_dtype), places)


def once(layer: Callable[[tf.Tensor], tf.Tensor], inputs: Input) -> Input:
    """`layer(inputs)`; an input that every row shares goes through the layer once and stays shared."""
    if not isinstance(inputs, SplitInput) or inputs.rows.shape[1]:
        return layer(inputs)
    output = tf.cast(layer(inputs.shared), inputs.dtype)
    return SplitInput(output, inputs.rows, tuple(range(output.shape[1])), inputs.kernels)


def narrowest(inputs: Input) -> tf.Tensor | SplitInput:
    """The shared row alone where there is nothing else: what is made of it may be broadcast afterwards."""
    return inputs.shared if isinstance(inputs, SplitInput) and not inputs.rows.shape[1] else inputs


def map_parts(function: Callable[[tf.Tensor], tf.Tensor], inputs: Input) -> Input:
    """A function that works on every number by itself, of both parts of a split input."""
    if not isinstance(inputs, SplitInput):
        return function(inputs)
    return replace(inputs, shared=function(inputs.shared), rows=function(inputs.rows))


def join(parts: Sequence[Input]) -> Input:
    """Parts side by side along axis 1, split if one of them is."""
    if len(parts) == 1:
        return parts[0]
    split = [part for part in parts if isinstance(part, SplitInput)]
    if not split:
        return tf.concat(parts, axis=1)
    shared, rows, places, start = [], [], [], 0
    for part in parts:
        if isinstance(part, SplitInput):
            shared.append(part.shared)
            places += [start + place for place in part.shared_places]
            start += part.shared.shape[1]
        rows.append(part.rows if isinstance(part, SplitInput) else part)
        start += rows[-1].shape[1]
    return SplitInput(
        shared[0] if len(shared) == 1 else tf.concat(shared, axis=1),
        rows[0] if len(rows) == 1 else tf.concat(rows, axis=1),
        tuple(places),
        split[0].kernels,
    )


def sum_columns(inputs: Input, keepdims: bool = False) -> tf.Tensor:
    """Sum over axis 1, `(batch, ...)`; what is shared is added up once."""
    if not isinstance(inputs, SplitInput):
        return tf.reduce_sum(inputs, axis=1, keepdims=keepdims)
    parts = (inputs.rows, inputs.shared)
    return tf.add(*(tf.reduce_sum(part, axis=1, keepdims=keepdims) for part in parts))

"""Split inputs: the columns that are the same for every row are multiplied once, not once a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TypeAlias, Union

import tensorflow as tf

from apps_rec.legacy_keras import keras


class SplitKernels(tf.Module):
    """Rows of kernels, gathered once and kept, so that a request finds them ready.

    The copies are variables of their own, in the precision that the layers multiply in. They do not follow a later
    change of a layer's weights.
    """

    def __init__(self) -> None:
        super().__init__(name="split_kernels")
        self.copies: list[tf.Variable] = []
        # In a namespace, since a module takes no dict whose keys are not strings.
        self._known = SimpleNamespace(copies={})

    def rows(self, layers: Sequence[keras.layers.Dense], places: tuple[int, ...]) -> tf.Tensor:
        """Returns rows `places` of the layers' kernels side by side, `(len(places), sum of units)`."""
        key = (*map(id, layers), *places)
        if key not in self._known.copies:
            # Outside the graph that is being traced: the variable has to outlive it.
            with tf.init_scope():
                rows = tf.concat([_rows(layer, places) for layer in layers], axis=1)
                self._known.copies[key] = tf.Variable(rows, trainable=False, name=f"copy_{len(self.copies)}")
            self.copies.append(self._known.copies[key])
        return tf.convert_to_tensor(self._known.copies[key])


@dataclass(frozen=True)
class SplitInput:
    """Columns of `shared` and `rows` side by side: column i of `shared` stands at place `shared_places[i]` of them.

    Attributes:
        shared: columns that are the same for every row, `(1, S, ...)`.
        rows: the other columns, `(batch, R, ...)`; R may be 0.
        shared_places: places of the columns of `shared` among the S + R, ascending.
        kernels: store of the kernels' rows; None: they are gathered anew at every call.
        ready: products of the shared part with layers, `(1, units)`, by the layer's id; see `multiply_shared`.
    """

    shared: tf.Tensor
    rows: tf.Tensor
    shared_places: tuple[int, ...]
    kernels: SplitKernels | None = None
    ready: Mapping[int, tf.Tensor] = field(default_factory=dict)

    @property
    def dtype(self) -> tf.DType:
        """Returns the type of the numbers."""
        return self.rows.dtype

    @property
    def shape(self) -> tf.TensorShape:
        """Returns the shape of the whole input, `(batch, S + R, ...)`."""
        width = self.shared.shape[1] + self.rows.shape[1]
        return tf.TensorShape([self.rows.shape[0], width, *self.rows.shape[2:]])

    @property
    def row_places(self) -> tuple[int, ...]:
        """Returns the places of the columns of `rows`, ascending."""
        taken = set(self.shared_places)
        return tuple(place for place in range(self.shape[1]) if place not in taken)

    def broadcast(self) -> tf.Tensor:
        """Returns the whole input as a tensor, `(batch, S + R, ...)`."""
        shape = tf.concat([tf.shape(self.rows)[:1], tf.shape(self.shared)[1:]], axis=0)
        joined = tf.concat([tf.broadcast_to(self.shared, shape), self.rows], axis=1)
        back = sorted(range(joined.shape[1]), key=(*self.shared_places, *self.row_places).__getitem__)
        return tf.gather(joined, back, axis=1)


Input: TypeAlias = Union[tf.Tensor, SplitInput]  # noqa: UP007  # for mypy, which knows nothing of tf.Tensor


def product(layer: keras.layers.Dense, inputs: Input, training: bool = False) -> tf.Tensor:
    """Applies a linear layer: `x W + b`, or `shared W[shared_places] + rows W[row_places] + b` of a split input.

    Input shape: `(batch, input_dim)`; `(batch, ..., input_dim)` where it is not split.
    Output shape: `(batch, units)`; `(batch, ..., units)`.
    """
    if not isinstance(inputs, SplitInput):
        # The first call makes the layer's weights.
        in_one = training or not layer.built or inputs.shape.rank > 2
        return layer(inputs) if in_one else _product_and_bias(layer, inputs)
    dtype = layer.compute_dtype

    def rows_of(places: tuple[int, ...]) -> tf.Tensor:
        return _rows(layer, places) if inputs.kernels is None else inputs.kernels.rows([layer], places)

    total = inputs.ready.get(id(layer))  # [1, H]
    if total is None:
        total = tf.matmul(tf.cast(inputs.shared, dtype), rows_of(inputs.shared_places)) + _bias(layer)
    row_places = inputs.row_places
    if not row_places:
        return tf.repeat(total, tf.shape(inputs.rows)[0], axis=0)
    return tf.matmul(tf.cast(inputs.rows, dtype), rows_of(row_places)) + total


def _product_and_bias(layer: keras.layers.Dense, inputs: tf.Tensor) -> tf.Tensor:
    """Applies the layer by two operations that TensorFlow does not fuse.

    TensorFlow fuses a product and a bias into one operation. On a CPU, for the few hundred rows of a request, the fused
    operation takes a fifth longer than the two. One more axis between them keeps them apart.
    """
    dtype = layer.compute_dtype
    products = tf.matmul(tf.cast(inputs, dtype), tf.cast(layer.kernel, dtype), name=layer.name)
    return tf.nn.bias_add(products[tf.newaxis], _bias(layer))[0] if layer.use_bias else products


def multiply_shared(layers: Sequence[keras.layers.Dense], inputs: Input) -> Input:
    """Returns the input with its shared part multiplied for several layers, by one product instead of one for each.

    For one row, most of the cost of a product is its start. An input that is not split, or keeps no kernels, stays as
    it is.
    """
    if not isinstance(inputs, SplitInput) or inputs.kernels is None:
        return inputs
    ready = dict(inputs.ready)
    for dtype in dict.fromkeys(layer.compute_dtype for layer in layers):
        alike = [layer for layer in layers if layer.compute_dtype == dtype]
        products = tf.matmul(tf.cast(inputs.shared, dtype), inputs.kernels.rows(alike, inputs.shared_places))
        parts = tf.split(products, [layer.units for layer in alike], axis=1)
        # Biases afterwards: TensorFlow would fuse the product and a bias, which for one row costs twice as much as
        # both.
        ready.update((id(layer), part + _bias(layer)) for layer, part in zip(alike, parts, strict=True))
    return replace(inputs, ready=ready)


def _rows(layer: keras.layers.Dense, places: tuple[int, ...]) -> tf.Tensor:
    return tf.gather(tf.cast(layer.kernel, layer.compute_dtype), places)


def _bias(layer: keras.layers.Dense) -> tf.Tensor:
    return tf.cast(layer.bias, layer.compute_dtype) if layer.use_bias else tf.zeros([layer.units], layer.compute_dtype)


def once(layer: Callable[[tf.Tensor], tf.Tensor], inputs: Input) -> Input:
    """Returns `layer(inputs)`; an input that all rows share goes through the layer once and stays shared."""
    if not isinstance(inputs, SplitInput) or inputs.rows.shape[1]:
        return layer(inputs)
    output = tf.cast(layer(inputs.shared), inputs.dtype)
    return SplitInput(output, inputs.rows, tuple(range(output.shape[1])), inputs.kernels)


def narrowest(inputs: Input) -> tf.Tensor | SplitInput:
    """Returns only the shared row if `inputs` has no other columns; its results may be broadcast afterwards."""
    return inputs.shared if isinstance(inputs, SplitInput) and not inputs.rows.shape[1] else inputs


def map_parts(function: Callable[[tf.Tensor], tf.Tensor], inputs: Input) -> Input:
    """Applies a function of single numbers to both parts of a split input, or to the input."""
    if not isinstance(inputs, SplitInput):
        return function(inputs)
    return replace(inputs, shared=function(inputs.shared), rows=function(inputs.rows), ready={})


def join(parts: Sequence[Input]) -> Input:
    """Joins parts side by side along axis 1; the result is split if one of them is."""
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
    """Returns the sum over axis 1, `(batch, ...)`; shared columns are added up once."""
    if not isinstance(inputs, SplitInput):
        return tf.reduce_sum(inputs, axis=1, keepdims=keepdims)
    parts = (inputs.rows, inputs.shared)
    return tf.add(*(tf.reduce_sum(part, axis=1, keepdims=keepdims) for part in parts))

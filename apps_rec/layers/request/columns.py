"""Columns of a request's rows: those that all rows share stand there once, and TensorFlow's operations keep it so."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, List, Tuple, TypeVar, Union  # noqa: UP035  # TensorFlow reads these

import tensorflow as tf

from apps_rec.layers.request.kernels import in_use, rows_of
from apps_rec.legacy_keras import keras

Type = TypeVar("Type")


def _as_a_tensor(cls: type[Type]) -> type[Type]:
    """Gives a class a tensor's operators, such as `x * y` and `x[:, 0]`. They make it one first."""

    def on_tensor(name: str) -> Callable[..., Any]:
        return lambda self, *args: getattr(tf.convert_to_tensor(self), name)(*args)

    for name in (*tf.Tensor.OVERLOADABLE_OPERATORS, "__iter__", "__len__", "__bool__", "get_shape", "numpy"):
        setattr(cls, name, on_tensor(name))
    return cls


@_as_a_tensor
class RequestColumns(tf.experimental.ExtensionType):
    """Columns of `shared` and `rows` side by side: column i of `shared` stands at place `places[i]` of them.

    To a layer it is a tensor `(batch, S + R, ...)`. The operations below compute the shared columns once. For every
    other operation it becomes that tensor, so all layers take it.

    Attributes:
        shared: columns that are the same for every row, `(1, S, ...)`.
        rows: the other columns, `(batch, R, ...)`; R may be 0.
        places: places of the columns of `shared` among the S + R, ascending.
    """

    shared: tf.Tensor
    rows: tf.Tensor
    places: Tuple[int, ...]  # noqa: UP006

    @property
    def dtype(self) -> tf.DType:
        """Returns the type of the numbers."""
        return self.rows.dtype

    @property
    def shape(self) -> tf.TensorShape:
        """Returns the shape of the whole, `(batch, S + R, ...)`."""
        width = self.shared.shape[1] + self.rows.shape[1]
        return tf.TensorShape([self.rows.shape[0], width, *self.rows.shape[2:]])

    @property
    def row_places(self) -> tuple[int, ...]:
        """Returns the places of the columns of `rows`, ascending."""
        taken = set(self.places)
        return tuple(place for place in range(self.shape[1]) if place not in taken)

    @property
    def is_one_row(self) -> bool:
        """Returns whether all columns are shared, so that all rows are alike."""
        return self.rows.shape[1] == 0

    def set_shape(self, shape: Any) -> None:
        """Checks a shape that a layer knows, as a tensor does."""
        self.shape.assert_is_compatible_with(shape)

    def __tf_tensor__(self, dtype: tf.DType | None = None, name: str | None = None) -> tf.Tensor:
        """Returns the whole as a tensor, for all operations that are not listed below."""
        shape = tf.concat([tf.shape(self.rows)[:1], tf.shape(self.shared)[1:]], axis=0)
        shared = tf.broadcast_to(self.shared, shape)
        if self.is_one_row:
            return shared
        joined = tf.concat([shared, self.rows], axis=1)
        back = sorted(range(joined.shape[1]), key=(*self.places, *self.row_places).__getitem__)
        return tf.gather(joined, back, axis=1)


@_as_a_tensor
class BroadcastSum(tf.experimental.ExtensionType):
    """A product of RequestColumns, `shared + rows`: a bias is added to the one row, before there are many.

    Attributes:
        shared: part that is the same for every row, `(1, units)`.
        rows: part of each row, `(batch, units)`.
    """

    shared: tf.Tensor
    rows: tf.Tensor

    @property
    def dtype(self) -> tf.DType:
        """Returns the type of the numbers."""
        return self.rows.dtype

    @property
    def shape(self) -> tf.TensorShape:
        """Returns the shape of the sum."""
        return self.rows.shape

    def __tf_tensor__(self, dtype: tf.DType | None = None, name: str | None = None) -> tf.Tensor:
        """Returns the sum."""
        return self.rows + self.shared


def in_precision_of(layer: keras.layers.Layer, x: Any) -> Any:
    """Casts columns of a request to the precision that a layer computes in, as Keras casts tensors."""
    return tf.cast(x, layer.compute_dtype) if isinstance(x, RequestColumns) and layer._autocast else x


def _number_by_number(operation: Callable[..., tf.Tensor], argument: str) -> None:
    @tf.experimental.dispatch_for_api(operation, {argument: RequestColumns})
    @functools.wraps(operation)
    def on_both(x: RequestColumns, *args: Any, **kwargs: Any) -> Any:
        if any(map(tf.is_tensor, (*args, *kwargs.values()))):
            return NotImplemented
        parts = (operation(part, *args, **kwargs) for part in (x.shared, x.rows))
        return RequestColumns(*parts, x.places)


for _operation in (tf.cast, tf.square, tf.tanh, tf.sigmoid):
    _number_by_number(_operation, "x")
for _operation in (tf.nn.relu, tf.nn.gelu, tf.nn.elu, tf.nn.selu, tf.nn.silu, tf.nn.leaky_relu, tf.nn.softplus):
    _number_by_number(_operation, "features")


# A tensor's `@` would ask for tensors first.
RequestColumns.__matmul__ = lambda self, other: tf.matmul(self, other)


def _one_row(shared: tf.Tensor, like: RequestColumns) -> RequestColumns:
    """Returns other columns of which all rows are alike."""
    rows = tf.zeros([tf.shape(like.rows)[0], 0, *shared.shape[2:]], shared.dtype)
    return RequestColumns(shared, rows, tuple(range(shared.shape[1])))


def each_row(function: Callable[[tf.Tensor], tf.Tensor], x: Any) -> Any:
    """Returns what a function makes of the whole; where all rows are alike it sees one of them.

    Args:
        function: function of `(batch, units)`, which treats each row by itself, to the same shape.
        x: columns of a request, or a tensor.
    """
    if isinstance(x, RequestColumns) and x.is_one_row:
        return _one_row(function(x.shared), x)
    return function(tf.convert_to_tensor(x))


@tf.experimental.dispatch_for_api(tf.matmul, {"a": RequestColumns})
def _matmul(
    a: RequestColumns,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: tf.DType | None = None,
    grad_a: bool = False,
    grad_b: bool = False,
    name: str | None = None,
) -> Any:
    options = (transpose_a, transpose_b, adjoint_a, adjoint_b, a_is_sparse, b_is_sparse, output_type, grad_a, grad_b)
    b = b if isinstance(b, tf.Variable) else tf.convert_to_tensor(b)
    if any(options) or a.shape.rank != 2 or b.shape.rank != 2 or a.dtype != b.dtype:
        return NotImplemented
    kept = in_use() if isinstance(b, tf.Variable) else None
    if kept is None:
        shared = tf.matmul(a.shared, rows_of(b, a.places, a.dtype))
    else:
        shared = kept.multiply(a.shared, b, a.places)
    if a.is_one_row:
        return _one_row(shared, a)
    kernel = rows_of(b, a.row_places, a.dtype) if kept is None else kept.rows([b], a.row_places, a.dtype)
    return BroadcastSum(shared, tf.matmul(a.rows, kernel))


@tf.experimental.dispatch_for_api(tf.nn.bias_add, {"value": BroadcastSum})
def _bias_of_sum(value: BroadcastSum, bias: Any, data_format: str | None = None, name: str | None = None) -> tf.Tensor:
    # Not by bias_add: TensorFlow would fuse it with the product, which for one row costs twice as much as both.
    return value.rows + (value.shared + bias)


@tf.experimental.dispatch_for_api(tf.nn.bias_add, {"value": RequestColumns})
def _bias_of_row(value: RequestColumns, bias: Any, data_format: str | None = None, name: str | None = None) -> Any:
    return _one_row(value.shared + bias, value) if value.is_one_row and value.shape.rank == 2 else NotImplemented


@tf.experimental.dispatch_for_api(tf.nn.batch_normalization, {"x": RequestColumns})
def _batch_normalization(
    x: RequestColumns, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: Any, name: str | None = None
) -> Any:
    if not x.is_one_row or x.shape.rank != 2 or any(t is not None and t.shape.rank > 1 for t in (mean, variance)):
        return NotImplemented
    return _one_row(tf.nn.batch_normalization(x.shared, mean, variance, offset, scale, variance_epsilon), x)


@tf.experimental.dispatch_for_api(
    tf.concat,
    {"values": List[Union[RequestColumns, BroadcastSum, tf.Tensor]]},  # noqa: UP006, UP007
)
def _concat(values: list[Any], axis: Any, name: str | None = None) -> Any:
    is_along_columns = axis == 1 or (axis == -1 and all(part.shape.rank == 2 for part in values))
    if not is_along_columns or not any(isinstance(part, RequestColumns) for part in values):
        return NotImplemented
    shared, rows, places, start = [], [], [], 0
    for part in values:
        if isinstance(part, RequestColumns):
            shared.append(part.shared)
            places += [start + place for place in part.places]
            start += part.shared.shape[1]
        rows.append(part.rows if isinstance(part, RequestColumns) else tf.convert_to_tensor(part))
        start += rows[-1].shape[1]
    # One that is not joined stays the same tensor.
    both = (tensors[0] if len(tensors) == 1 else tf.concat(tensors, axis=1) for tensors in (shared, rows))
    return RequestColumns(*both, tuple(places))


@tf.experimental.dispatch_for_api(tf.reduce_sum, {"input_tensor": RequestColumns})
def _reduce_sum(input_tensor: RequestColumns, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    if axis != 1 or isinstance(axis, bool):
        return NotImplemented
    return tf.add(*(tf.reduce_sum(part, 1, keepdims) for part in (input_tensor.rows, input_tensor.shared)))

"""Conversion of arrays to TensorProto messages, and back."""

from __future__ import annotations

import math

import numpy as np
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto

# By type of an array: its number in messages, and the field for values that are not packed into bytes.
_TYPES: dict[np.dtype, tuple[int, str]] = {
    np.dtype(np.float32): (types_pb2.DT_FLOAT, "float_val"),
    np.dtype(np.float64): (types_pb2.DT_DOUBLE, "double_val"),
    np.dtype(np.int32): (types_pb2.DT_INT32, "int_val"),
    np.dtype(np.int64): (types_pb2.DT_INT64, "int64_val"),
    np.dtype(np.bool_): (types_pb2.DT_BOOL, "bool_val"),
    np.dtype(np.object_): (types_pb2.DT_STRING, "string_val"),
}
_MOST_DIMENSIONS = 8
_ARRAYS = {number: (dtype, field) for dtype, (number, field) in _TYPES.items()}


def to_tensor(array: np.ndarray) -> TensorProto:
    """Converts an array to a message: numbers as their bytes; objects are texts as bytes."""
    tensor = TensorProto(dtype=_TYPES[array.dtype][0])
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    if array.dtype == np.object_:
        tensor.string_val.extend(array.ravel().tolist())
    else:
        # The order of bytes is the machine's; servers and clients are little-endian.
        tensor.tensor_content = array.tobytes()
    return tensor


def to_array(tensor: TensorProto) -> np.ndarray:
    """Returns the array of a message, whose values may have either of two forms.

    Raises:
        ValueError: the message holds no array, or not as many values as its shape says.
    """
    shape = shape_of(tensor)
    if tensor.dtype not in _ARRAYS:
        raise ValueError(f"the type {type_name(tensor.dtype)}")
    dtype, field = _ARRAYS[tensor.dtype]
    size, given = math.prod(shape), getattr(tensor, field)
    if tensor.tensor_content:
        if dtype == np.object_ or len(tensor.tensor_content) != size * dtype.itemsize:
            raise ValueError(f"{len(tensor.tensor_content)} bytes for the shape {shape} of {dtype}")
        return np.frombuffer(tensor.tensor_content, dtype).reshape(shape).copy()
    # Values equal to the last one may be left out at the end.
    if len(given) > size or (size and not given):
        raise ValueError(f"{len(given)} values for the shape {shape}")
    values = np.array(given, dtype)
    return (np.pad(values, (0, size - len(values)), mode="edge") if len(values) < size else values).reshape(shape)


def to_numbers(tensor: TensorProto, dtype: type[np.generic], rows: int, width: int | None = None) -> np.ndarray:
    """Returns a message's finite numbers, one or some for each row; makes no array of one that does not hold them.

    Args:
        tensor: tensor of an answer; anything in it may be wrong.
        dtype: type that it must have.
        rows: number of rows.
        width: number of numbers a row, `[rows, width]`; None: one, `[rows]`.

    Raises:
        ValueError: the message holds something else; the text says what.
    """
    wanted = np.dtype(dtype)
    if tensor.dtype != _TYPES[wanted][0]:
        raise ValueError(f"the type {type_name(tensor.dtype)}")
    if shape_of(tensor) != ([rows] if width is None else [rows, width]):
        raise ValueError(f"the shape {shape_of(tensor)}")
    numbers = to_array(tensor)
    if not np.isfinite(numbers).all():
        raise ValueError("numbers that are not finite")
    return numbers


def shape_of(tensor: TensorProto) -> list[int]:
    """Returns the shape of a message's array.

    Raises:
        ValueError: it has no shape, more dimensions than arrays have, or sizes below 0.
    """
    shape = [dim.size for dim in tensor.tensor_shape.dim[: _MOST_DIMENSIONS + 1]]
    if tensor.tensor_shape.unknown_rank or len(shape) > _MOST_DIMENSIONS or min(shape, default=0) < 0:
        raise ValueError("a shape that no array has")
    return shape


def type_name(number: int) -> str:
    """Returns the name of a type in messages."""
    names = types_pb2.DataType.values()
    return types_pb2.DataType.Name(number) if number in names else f"number {number}"

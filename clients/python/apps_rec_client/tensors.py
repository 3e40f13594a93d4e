"""Arrays -> TensorProto messages, and back."""

from __future__ import annotations

import math

import numpy as np
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto

# Type of an array -> its number in messages, and the field that holds values that are not packed into bytes.
_TYPES: dict[np.dtype, tuple[int, str]] = {
    np.dtype(np.float32): (types_pb2.DT_FLOAT, "float_val"),
    np.dtype(np.float64): (types_pb2.DT_DOUBLE, "double_val"),
    np.dtype(np.int32): (types_pb2.DT_INT32, "int_val"),
    np.dtype(np.int64): (types_pb2.DT_INT64, "int64_val"),
    np.dtype(np.bool_): (types_pb2.DT_BOOL, "bool_val"),
    np.dtype(np.object_): (types_pb2.DT_STRING, "string_val"),
}
_ARRAYS = {number: (dtype, field) for dtype, (number, field) in _TYPES.items()}


def to_tensor(array: np.ndarray) -> TensorProto:
    """A message of an array: numbers as their bytes; objects are texts as bytes."""
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
    """The array of a message, in whichever of its two forms the values are."""
    dtype, field = _ARRAYS[tensor.dtype]
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, dtype).reshape(shape).copy()
    values = np.array(getattr(tensor, field), dtype)
    # Values equal to the last one may be left out at the end.
    missing = math.prod(shape) - len(values)
    return (np.pad(values, (0, missing), mode="edge") if missing and len(values) else values).reshape(shape)

"""Messages are those that TensorFlow makes and reads."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec_client.tensors import to_array, to_tensor

ARRAYS = [
    np.array(["ü".encode(), b"", b"\xff\0"], object),
    np.array([[b"a"], [b"b"]], object),
    np.array([[1.5, -2.0], [np.nan, 0.0]], np.float64),
    np.array([0.1, 0.1, 0.1], np.float32),
    np.array([2**62, -1], np.int64),
    np.array([3, 3], np.int32),
    np.array([True, False]),
    np.zeros([0, 2], np.float32),
    np.zeros([0], object),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_a_message_goes_there_and_back(array):
    for back in (tf.make_ndarray(to_tensor(array)), to_array(to_tensor(array)), to_array(tf.make_tensor_proto(array))):
        assert (back.shape, back.dtype) == (array.shape, array.dtype)
        np.testing.assert_array_equal(back, array)


def test_values_that_a_message_leaves_out_are_those_of_the_last():
    tensor = tf.make_tensor_proto(np.float32([0.5, 0.25]))
    shape = tensor.tensor_shape
    tensor = type(tensor)(dtype=tensor.dtype, float_val=[0.5, 0.25])
    tensor.tensor_shape.CopyFrom(shape)
    tensor.tensor_shape.dim[0].size = 4
    assert to_array(tensor).tolist() == [0.5, 0.25, 0.25, 0.25]

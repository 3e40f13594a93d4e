"""Want of memory and of permissions, as a sentence."""

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from apps_rec.errors import DataError, RunError
from apps_rec.tools.told import told


def test_a_tensor_that_finds_no_memory():
    with (
        pytest.raises(
            RunError, match=r"^evaluate: out of memory: 16,000\.00 GB were wanted for 4,000,000,000 x 1,000 "
        ),
        told("evaluate"),
    ):
        raise tf.errors.ResourceExhaustedError(
            None,
            None,
            "OOM when allocating tensor with shape[4000000000,1000] and type float on /job:localhost/...",
        )


def test_an_array_that_finds_no_memory():
    with (
        pytest.raises(RunError, match=r"^predict: out of memory: \d+\.?\d* [TP]iB were wanted at once\. Lower"),
        told("predict"),
    ):
        np.zeros(2**50)
    with pytest.raises(RunError, match=r"^predict: out of memory"), told("predict"):
        raise pa.ArrowMemoryError("malloc of size 4096 failed")


def test_a_real_tensor_of_tensorflow():
    with pytest.raises(RunError, match=r"^train: out of memory: 4,000,000\.00 GB were wanted for "), told("train"):
        tf.zeros([10**9, 10**6])


def test_a_file_without_permission(tmp_path):
    with pytest.raises(RunError, match=r"^train: /a/b: permission denied\. Change its permissions"), told("train"):
        raise PermissionError(13, "Permission denied", "/a/b")


def test_all_else_stays_as_it_is():
    with pytest.raises(KeyError), told("train"):
        raise KeyError("x")
    with pytest.raises(DataError), told("train"):
        raise DataError("x")

import doctest

import numpy as np
import pytest

from apps_rec.evaluation import columns
from apps_rec.evaluation.columns import UserCodes


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.array([b"b", b"a", b"b", b"a\0"], object), np.array([b"c", b"a"], object)),
        (np.array([70, 50, 70, 2**62], np.int64), np.array([-1, 50], np.int64)),
        (np.array(["ü", "a", "ü", "b"]), np.array(["c", "a"])),
    ],
)
def test_user_codes_grow_in_order_of_first_sight(first, second):
    codes = UserCodes()
    encoded = codes.encode(first)
    assert encoded.dtype == np.int32
    assert encoded.tolist() == [0, 1, 0, 2]
    assert codes.encode(second).tolist() == [3, 1]
    assert codes.encode(first[:0]).tolist() == []
    assert len(codes) == 4


def test_docstring_examples_run():
    tried = doctest.testmod(columns)
    assert (tried.failed, tried.attempted) == (0, 2)

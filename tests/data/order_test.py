import subprocess
import sys

import numpy as np
import pytest

from apps_rec.data.order import combine, in_holdout, mix, random_order


def test_mix_gives_the_published_numbers():
    # First three outputs of splitmix64 seeded with 1234567, as listed in the reference implementation's tests.
    state = np.array([1234567], np.uint64)
    step = np.uint64(0x9E3779B97F4A7C15)
    got = mix(state + np.arange(3, dtype=np.uint64) * step).tolist()
    assert got == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize("size", [0, 1, 7, 1000])
def test_random_order_is_a_permutation(size):
    assert sorted(random_order(size, 42, 0)) == list(range(size))


def test_random_order_depends_on_every_part_of_the_key_and_their_order():
    keys = [(42, 0), (42, 1), (43, 0), (0, 42), (42,), (42, 0, 0)]
    assert len({tuple(random_order(50, *key)) for key in keys}) == len(keys)


def test_random_order_is_the_same_in_another_process():
    code = "from apps_rec.data.order import random_order; print(random_order(20, 42, 3).tolist())"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == str(random_order(20, 42, 3).tolist())


def test_random_order_mixes_evenly():
    # Over many keys each number comes first about equally often: 400 +- 5 standard deviations of 19.
    first = [random_order(10, 7, epoch)[0] for epoch in range(4000)]
    assert np.abs(np.bincount(first, minlength=10) - 400).max() < 100


def test_holdout_is_close_to_its_share_and_differs_by_file():
    rows = np.arange(1, 100_001)
    first, second = in_holdout(0, rows, 0.1), in_holdout(1, rows, 0.1)
    assert abs(first.mean() - 0.1) < 0.005
    assert abs((first & second).mean() - 0.01) < 0.002
    assert not in_holdout(0, rows, 0.0).any()
    assert in_holdout(0, rows, 1.0).all()


def test_holdout_does_not_depend_on_how_rows_are_cut():
    rows = np.arange(1, 1001)
    whole = in_holdout(3, rows, 0.3)
    pieces = np.concatenate([in_holdout(3, rows[:10], 0.3), in_holdout(3, rows[10:], 0.3)])
    assert (whole == pieces).all()


def test_combine_takes_negative_and_large_numbers():
    assert combine(-1)[0] != combine(1)[0]
    assert combine(2**64 - 1)[0] == combine(-1)[0]

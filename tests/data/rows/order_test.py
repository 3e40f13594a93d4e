import subprocess
import sys

import numpy as np
import pytest

from apps_rec.data.rows.order import combine, group_in_holdout, hash_texts, in_holdout, mix, random_order


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
    code = "from apps_rec.data.rows.order import random_order; print(random_order(20, 42, 3).tolist())"
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


def test_texts_are_hashed_by_their_bytes_alone():
    words = [b"", b"a", b"b", b"ab", b"ba", b"a\0", b"\0a", "ü".encode(), b"", b"x" * 5000, b"ab"]
    data, offsets = np.frombuffer(b"".join(words), np.uint8), np.cumsum([0, *map(len, words)])
    hashed = hash_texts(data, offsets)
    first, second = np.uint64(1), np.uint64(0)  # one text again by a plain loop: "ab"
    keys = mix(np.arange(2, dtype=np.uint64))
    with np.errstate(over="ignore"):
        second = (np.uint64(ord("a")) + first) * keys[0] + (np.uint64(ord("b")) + first) * keys[1]
    length = mix(np.array([2], np.uint64))
    assert hashed[3] == mix(second ^ length)[0]
    assert len(set(hashed.tolist())) == len(set(words))
    assert hashed[0] == hashed[8]
    assert hashed[3] == hashed[10]
    # Cut anywhere, they are the same.
    assert hash_texts(data, offsets[3:]).tolist() == hashed[3:].tolist()
    assert hash_texts(data[:0], np.zeros(1, np.int64)).size == 0


@pytest.mark.parametrize("kind", ["numbers", "texts"])
def test_the_share_of_groups_is_close_to_what_was_asked(kind):
    numbers = np.arange(-20_000, 20_000)
    words = [f"user{number}".encode() for number in numbers]
    data, offsets = np.frombuffer(b"".join(words), np.uint8), np.cumsum([0, *map(len, words)])
    groups = numbers if kind == "numbers" else hash_texts(data, offsets)
    held = group_in_holdout(groups, 0.1)
    # Of 40,000 draws with p = .1, four deviations are 240.
    assert abs(held.sum() - 4000) < 240
    neighbours = held[1:] & held[:-1]
    assert abs(neighbours.sum() - 400) < 80

"""Lookups in maps, against a plain loop over Python's dictionaries and lists."""

import re

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Preprocessor
from apps_rec.features.specs import CutIds, HashIds, LookupFeature, LookupNumberFeature, NumberIds, VocabularyIds
from tests.features.one_feature import FARMHASH, run


def lookup(ids=None, **options):
    options = {"max_length": 3, "separator": "|", "kv_separator": ":", **options}
    return LookupFeature("x", "key", "map", ids or NumberIds(100), "x", 4, **options)


def found(spec, key, cells):
    outputs = run(spec, key=key, map=cells)
    ids, weights = outputs["list_ids/x"], outputs["list_weights/x"]
    assert np.array_equal(weights, (ids >= 0).astype(np.float32))
    return [[int(i) for i in row if i >= 0] for row in ids]


def test_the_values_of_a_key():
    cells = ["a:1|b:2", "b:7", "", "a:3|b:4|a:5", "a:1|a:2|a:3|a:4", "||a:9||b:1|", "a:100|a:x"]
    assert found(lookup(), ["a", "a", "a", "a", "a", "a", "a"], cells) == [
        [1], [], [], [3, 5], [1, 2, 3], [9], [100, 100]
    ]  # fmt: skip
    # An empty key is in no map, and a key is one whole word.
    assert found(lookup(), ["", "A", "ab", "b ", " a", "b", "a"], cells) == [[], [], [], [], [], [1], [100, 100]]


def test_keys_and_values_of_any_text():
    cells = ["东京=>a;ü=>http://x=>y;1=>b"]
    spec = lookup(VocabularyIds(("a", "http://x=>y")), separator=";", kv_separator="=>")
    assert found(spec, ["东京"], cells) == [[0]]
    # Only the first separator parts key and value.
    assert found(spec, ["ü"], cells) == [[1]]
    assert found(spec, ["1"], cells) == [[2]]
    assert found(lookup(HashIds(1000)), ["k"], ["k:a|k:东京"]) == [[FARMHASH["a"], FARMHASH["东京"]]]


def test_keys_that_are_whole_numbers():
    assert found(lookup(), np.array([2**60 + 1, -3, 0]), [f"{2**60}:1|{2**60 + 1}:2", "-3:4|3:5", "00:1"]) == [
        [2],
        [4],
        [],
    ]
    assert found(lookup(), np.array([7], np.int32), ["7:8"]) == [[8]]
    assert found(lookup(), [True, False], ["true:1|false:2"] * 2) == [[1], [2]]


def test_values_are_cut():
    spec = lookup(CutIds((0.0, 0.5, 10.0)))
    assert found(spec, ["a"] * 5, ["a:-1|a:0", "a:.5", "a:1e1", "a: 9.99 ", "b:x"]) == [[0, 1], [2], [3], [2], []]
    with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape('Feature "x" expects numbers. Got: ')):
        found(spec, ["a"], ["a:x"])


@pytest.mark.parametrize("cell", ["a", "a:", ":1", ":", "a:1|b", "b:1|a:|a:2", "a=1", " "])
def test_a_part_that_is_no_pair_stops_the_run(cell):
    wanted = re.escape('Feature "x" expects pairs such as key:value in "map". Got: ')
    with pytest.raises(tf.errors.InvalidArgumentError, match=wanted):
        found(lookup(), ["z", "z"], ["a:1", cell])


def by_loop(key, cell):
    pairs = [part.split(":", 1) for part in cell.split("|") if part]
    return [int(value) for name, value in pairs if name == key][:3]


@pytest.mark.parametrize("seed", range(5))
def test_random_maps(seed):
    random = np.random.default_rng(seed)
    keys = random.choice(["a", "b", "cc", "é", ""], 50)
    cells = [
        "|".join(random.choice(["a:1", "b:22", "cc:3", "é:4", "", "a:5"], random.integers(0, 9))) for _ in range(50)
    ]
    assert found(lookup(), keys, cells) == [by_loop(key, cell) for key, cell in zip(keys, cells, strict=True)]
    # One map for all keys, as in a request to rank.
    signature = [{"key": tf.TensorSpec([None], tf.string), "map": tf.TensorSpec([1], tf.string)}]
    split = tf.function(Preprocessor([lookup()]), input_signature=signature, autograph=False)
    ids = split({"key": tf.constant(keys), "map": tf.constant(cells[:1])})["list_ids/x"].numpy()
    assert [[int(i) for i in row if i >= 0] for row in ids] == [by_loop(key, cells[0]) for key in keys]


def test_a_map_is_taken_apart_once_for_all_its_features():
    specs = [LookupFeature(str(n), f"key{n}", "map", NumberIds(9), "t", 4, 2, "|", ":") for n in range(4)]
    columns = {f"key{n}": tf.TensorSpec([None], tf.string) for n in range(4)} | {
        "map": tf.TensorSpec([None], tf.string)
    }
    graph = tf.function(Preprocessor(specs), autograph=False).get_concrete_function(columns).graph
    assert sum(operation.type == "StringSplitV2" for operation in graph.get_operations()) == 2


def numbers(keys, cells, **options):
    spec = LookupNumberFeature("x", "key", "map", "|", ":", **options)
    return run(spec, key=keys, map=cells)["values"][:, 0].tolist()


def test_numbers_of_a_key_are_added_up_or_averaged():
    cells = ["a:1.5|b:2", "b:7", "", "a:3|b:4|a:-5", "a: 2 "]
    assert numbers(["a"] * 5, cells) == [1.5, 0, 0, -2, 2]
    assert numbers(["a"] * 5, cells, combiner="mean") == [1.5, 0, 0, -1, 2]
    # (-2 - 1) / 4; sign(x) log(1 + |x|).
    assert numbers(["a"], cells[3:4], shift=1.0, scale=4.0) == [-0.75]
    assert numbers(["a"], cells[3:4], log1p=True) == pytest.approx([-np.log(3)])
    assert numbers(np.array([7, 8]), ["7:3", "7:3"]) == [3, 0]


def test_a_value_that_is_no_number_stops_the_run():
    with pytest.raises(tf.errors.InvalidArgumentError, match='Feature "x" expects numbers'):
        numbers(["a"], ["a:b"])
    assert numbers(["a"], ["c:b|a:1"]) == [1]

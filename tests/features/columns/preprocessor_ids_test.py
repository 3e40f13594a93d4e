"""Columns -> ids: hashes, numbers, words, cuts and crosses."""

from fractions import Fraction

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Preprocessor
from apps_rec.features.specs import (
    BucketFeature,
    CrossFeature,
    HashIds,
    IdFeature,
    NumberIds,
    VocabularyIds,
)
from tests.features.one_feature import FARMHASH, run


def _ids(spec, **columns) -> list[int]:
    return run(spec, **columns)["ids"][:, 0].tolist()


def _id(ids) -> IdFeature:
    return IdFeature("x", "x", ids, "x", 4)


def test_hash_of_text():
    words = [word for word in FARMHASH if word != "42"]
    assert _ids(_id(HashIds(1000)), x=words) == [FARMHASH[word] for word in words]


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64])
def test_hash_of_a_whole_number_is_that_of_its_text(dtype):
    assert _ids(_id(HashIds(1000)), x=np.array([42, -1], dtype.as_numpy_dtype)) == [FARMHASH["42"], FARMHASH["-1"]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_hash_of_a_number_with_a_point_is_that_of_its_text(dtype):
    specs = [
        IdFeature(name, name, HashIds(1000), name, 4, precision=digits)
        for name, digits in zip("ab", (2, 4), strict=True)
    ]
    numbers = np.array([1.5, -0.25, 1 / 3, 2e6, 0.999], dtype)
    found = Preprocessor(specs)({"a": tf.constant(numbers), "b": tf.constant(numbers)})["ids"].numpy()
    texts = [["1.50", "-0.25", "0.33", "2000000.00", "1.00"], ["1.5000", "-0.2500", "0.3333", "2000000.0000", "0.9990"]]
    for column, written in zip(found.T, texts, strict=True):
        assert column.tolist() == _ids(_id(HashIds(1000)), x=written)


@pytest.mark.parametrize("sizes", [(1000, 7, 2**40), (50, 50, 50)])
def test_hashes_of_several_columns_keep_their_places_and_sizes(sizes):
    texts = [list(FARMHASH), list(FARMHASH)[::-1], ["", "\0", "x" * 1000, *list(FARMHASH)[3:]]]
    specs = [IdFeature(name, name, HashIds(size), name, 4) for name, size in zip("abc", sizes, strict=True)]
    columns = {name: tf.constant(text) for name, text in zip("abc", texts, strict=True)}
    found = Preprocessor(specs)(columns)["ids"]
    alone = [tf.strings.to_hash_bucket_fast(text, size) for text, size in zip(texts, sizes, strict=True)]
    np.testing.assert_array_equal(found, np.stack(alone, axis=1))
    if sizes[0] == 1000:
        assert found[:, 0].numpy().tolist() == list(FARMHASH.values())
    numbers = {name: tf.constant([42, -1, 0], tf.int32) for name in "abc"}
    np.testing.assert_array_equal(
        Preprocessor(specs)(numbers)["ids"],
        Preprocessor(specs)({name: tf.strings.as_string(value) for name, value in numbers.items()})["ids"],
    )
    assert Preprocessor(specs)({name: value[:0] for name, value in columns.items()})["ids"].shape == (0, 3)


@pytest.mark.parametrize(("sizes", "operation"), [((9, 8, 7), "Fingerprint"), ((9, 9, 9), "StringToHashBucketFast")])
def test_texts_are_hashed_at_once(sizes, operation):
    preprocessor = Preprocessor(
        [IdFeature(name, name, HashIds(n), name, 4) for name, n in zip("abc", sizes, strict=True)]
    )
    columns = {name: tf.TensorSpec([None], tf.string) for name in "abc"}
    graph = tf.function(preprocessor).get_concrete_function(columns).graph
    kinds = [found.type for found in graph.get_operations()]
    assert kinds.count("Fingerprint") + kinds.count("StringToHashBucketFast") == kinds.count(operation) == 1


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_numbers_outside_have_an_id_of_their_own(dtype):
    assert _ids(_id(NumberIds(5)), x=np.array([0, 4, 5, -1, 1000], dtype)) == [0, 4, 5, 5, 5]


def test_numbers_outside_int32_are_outside():
    assert _ids(_id(NumberIds(5)), x=np.array([2**32 + 1, -(2**63), 2**63 - 1])) == [5, 5, 5]


def test_numbers_of_several_columns_keep_their_places_and_sizes():
    sizes = {"a": 3, "b": 1000, "text": 3, "c": 3, "d": 2**40, "narrow": 4, "e": 2}
    dtypes = {"text": object, "narrow": np.int32}
    random = np.random.default_rng(0)
    columns = {
        name: np.concatenate([[-1, 0, size - 1, size, size + 1, -size], random.integers(-5, 5, 50)])
        for name, size in sizes.items()
    }
    wanted = [
        [value if 0 <= value < sizes[name] else sizes[name] for value in column] for name, column in columns.items()
    ]
    tensors = {
        name: tf.constant(
            [b"%d" % value for value in column] if name == "text" else column.astype(dtypes.get(name, np.int64))
        )
        for name, column in columns.items()
    }
    specs = [IdFeature(name, name, NumberIds(size), name, 4) for name, size in sizes.items()]
    # A feature of another kind between them.
    specs.insert(2, BucketFeature("bucket", "a", (0.0,), "bucket", 4))
    wanted.insert(2, [int(value >= 0) for value in columns["a"]])
    assert Preprocessor(specs)(tensors)["ids"].numpy().T.tolist() == wanted


def test_numbers_of_one_type_are_compared_at_once():
    sizes = {"a": 3, "b": 1000, "c": 3}
    preprocessor = Preprocessor([IdFeature(name, name, NumberIds(size), name, 4) for name, size in sizes.items()])
    columns = {name: tf.TensorSpec([None], tf.int64) for name in sizes}
    graph = tf.function(preprocessor).get_concrete_function(columns).graph
    assert [operation.type for operation in graph.get_operations()].count("Minimum") == 1


def test_numbers_in_text():
    texts = ["3", "-3", "5", "", "three", "1.0", "9" * 30]
    # "1.0" is 1, as in a column of whole numbers.
    assert _ids(_id(NumberIds(5)), x=texts) == [3, 5, 5, 5, 5, 1, 5]


def test_vocabulary_with_a_bucket_for_the_unknown():
    vocabulary = VocabularyIds(("red", "Größe", "東京", "🙂"))
    assert _ids(_id(vocabulary), x=["東京", "red", "🙂", "Größe", "blue", "", "RED"]) == [2, 0, 3, 1, 4, 4, 4]
    assert vocabulary.num_ids == 5


def test_vocabulary_of_numbers():
    assert _ids(_id(VocabularyIds(("10", "-2"))), x=np.array([-2, 10, 3])) == [1, 0, 2]


def test_features_of_one_vocabulary_share_a_lookup_table():
    words = VocabularyIds(("a", "b"))
    preprocessor = Preprocessor([IdFeature("x", "x", words, "x", 4), IdFeature("y", "y", words, "y", 4)])
    assert len(preprocessor._vocabularies) == 1
    assert preprocessor.vocabularies() == {"x": ("a", "b"), "y": ("a", "b")}


def test_boundaries():
    spec = BucketFeature("x", "x", (0.0, 1.5, 10.0), "x", 4)
    # An id starts at its boundary.
    assert _ids(spec, x=[-1.0, 0.0, 1.4999, 1.5, 9.0, 10.0, 1e9]) == [0, 1, 1, 2, 2, 3, 3]
    assert _ids(spec, x=np.array([-1, 0, 1, 2, 10], np.int64)) == [0, 1, 1, 2, 3]


def test_boundaries_tell_large_integers_apart():
    big = 2**24
    spec = BucketFeature("x", "x", (big, big + 1.0, 2.0**52 + 1), "x", 4)
    assert _ids(spec, x=np.array([big - 1, big, big + 1, 2**52, 2**52 + 1])) == [0, 1, 2, 2, 3]


def test_a_stored_float_equals_the_cut_it_was_written_as():
    prices = [0.7, 0.99, 1.99, 2.3, 4.99, 9.9, 1e-30, 3.4e38]
    cuts = tuple(sorted(prices))
    for dtype in (np.float32, np.float64):
        stored = np.array(cuts, dtype)
        below = np.nextafter(stored, dtype(-1))
        assert _ids(BucketFeature("x", "x", cuts, "x", 4), x=stored) == list(range(1, 9))
        assert _ids(BucketFeature("x", "x", cuts, "x", 4), x=below) == list(range(8))


def test_whole_numbers_are_cut_exactly():
    cuts = (-1e300, -1.5, 0.5, 2.0, 2.0**53, 2.0**62, 1e19)
    numbers = [-(2**63), -2, -1, 0, 1, 2, 2**53 - 1, 2**53, 2**53 + 1, 2**62 - 1, 2**62, 2**63 - 1]
    expected = [sum(number >= cut for cut in map(Fraction, cuts)) for number in numbers]
    assert _ids(BucketFeature("x", "x", cuts, "x", 4), x=np.array(numbers)) == expected
    small = [number for number in numbers if abs(number) < 2**31]
    assert _ids(BucketFeature("x", "x", cuts, "x", 4), x=np.array(small, np.int32)) == [
        sum(number >= cut for cut in map(Fraction, cuts)) for number in small
    ]
    assert _ids(BucketFeature("x", "x", (0.5, 1.0), "x", 4), x=np.array([False, True])) == [0, 2]


def test_crosses():
    spec = CrossFeature("xy", ("x", "y"), "_X_", HashIds(1000), "xy", 4)
    assert _ids(spec, x=["x"], y=np.array([1])) == [FARMHASH["x_X_1"]]
    # The separator keeps apart what would be one text.
    assert _ids(spec, x=["a", "ab"], y=["bc", "c"])[0] != _ids(spec, x=["a", "ab"], y=["bc", "c"])[1]

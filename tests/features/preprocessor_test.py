import math
import re
from fractions import Fraction

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Preprocessor, build
from apps_rec.features.layout import Layout
from apps_rec.features.specs import (
    BucketFeature,
    CrossFeature,
    HashIds,
    IdFeature,
    ListFeature,
    NumberFeature,
    NumberIds,
    VocabularyIds,
)
from apps_rec.protos.feature_pb2 import FeatureConfig

# FarmHash64 modulo 1000, from a run of tf.strings.to_hash_bucket_fast: a change of hash would turn every table over.
FARMHASH = {"": 263, "a": 939, "app 7": 466, "Zürich": 643, "42": 736, "-1": 430, "东京": 583, "x_X_1": 146}


def _run(spec, **columns):
    tensors = {name: tf.constant(values) for name, values in columns.items()}
    return {name: value.numpy() for name, value in Preprocessor([spec])(tensors).items()}


def _ids(spec, **columns) -> list[int]:
    return _run(spec, **columns)["ids"][:, 0].tolist()


def _values(**options):
    return lambda values: _run(NumberFeature("x", "x", **options), x=values)["values"][:, 0].tolist()


def _id(ids) -> IdFeature:
    return IdFeature("x", "x", ids, "x", 4)


def _list(ids=None, **options) -> ListFeature:
    return ListFeature("x", "x", ids or NumberIds(100), "x", 4, **{"max_length": 3, **options})


def _listed(spec, **columns) -> tuple[list, list]:
    outputs = _run(spec, **columns)
    return outputs["list_ids/x"].tolist(), outputs["list_weights/x"].tolist()


def test_hash_of_text():
    words = [word for word in FARMHASH if word != "42"]
    assert _ids(_id(HashIds(1000)), x=words) == [FARMHASH[word] for word in words]


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64])
def test_hash_of_a_whole_number_is_that_of_its_text(dtype):
    assert _ids(_id(HashIds(1000)), x=np.array([42, -1], dtype.as_numpy_dtype)) == [FARMHASH["42"], FARMHASH["-1"]]


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


def test_numbers_of_several_columns_are_normalised_by_their_own_statistics():
    options = [{}, {"shift": 2.0, "scale": 4.0}, {"log1p": True}, {"log1p": True, "shift": 1.0, "scale": 0.5}, {}]
    specs = [NumberFeature(name, name, **given) for name, given in zip("abcde", options, strict=True)]
    specs.insert(2, NumberFeature("text", "text", size=2, shift=1.0))
    random = np.random.default_rng(0)
    values = {name: random.normal(size=6).astype(np.float32) * 1e3 for name in "abcde"}
    columns = {**{name: tf.constant(value) for name, value in values.items()}, "text": tf.constant(["1|2"] * 6)}
    found = Preprocessor(specs)(columns)["values"]
    alone = [Preprocessor([spec])(columns)["values"] for spec in specs]
    # Vector units take logarithms in another way than the numbers that are left over.
    np.testing.assert_allclose(found, np.concatenate(alone, axis=1), rtol=3e-7)
    np.testing.assert_allclose(found[:, 1], (values["b"] - 2) / 4, rtol=1e-6)


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


SECONDS = 1_790_000_000


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.float64])
def test_seconds_of_today_stay_apart(dtype):
    times = SECONDS + np.arange(100)
    day = 86_400.0
    for spec, exact in (
        ({"shift": SECONDS - day, "scale": 2 * day}, lambda t: (Fraction(t) - SECONDS + 86_400) / 172_800),
        ({"shift": SECONDS + 0.5, "scale": day}, lambda t: (Fraction(t) - Fraction(SECONDS + 0.5)) / 86_400),
    ):
        found = _values(**spec)(times.astype(dtype))
        assert len(set(found)) == 100
        # Within one rounding to float32 of the exact result, next to which float64's own error is nothing.
        np.testing.assert_allclose(found, [float(exact(int(t))) for t in times], rtol=6.1e-8)
    found = _values(log1p=True, shift=21.0, scale=1e-6)(times.astype(dtype))
    np.testing.assert_allclose(found, (np.log1p(times.astype(np.float64)) - 21.0) / 1e-6, rtol=1e-6)


def test_statistics_that_float32_does_not_hold_are_exact_on_float_columns():
    values = np.array([1e9, 1e9 + 64], np.float32)
    found = _values(shift=1e9 + 1, scale=64.0)(values)
    assert found == pytest.approx([-1 / 64, 63 / 64], rel=1e-7)


def test_numbers_in_texts_are_normalised_as_numbers_are():
    texts = [f"{SECONDS + i}|{i}.1" for i in range(100)]
    spec = NumberFeature("x", "x", size=2, shift=SECONDS, scale=7.0)
    found = _run(spec, x=texts)["values"]
    assert found[:, 0].tolist() == [float(np.float32(i / 7.0)) for i in range(100)]
    # As they are: by way of float64, as a FLOAT column is read.
    found = _run(NumberFeature("x", "x", size=2), x=texts)["values"]
    assert found[:, 1].tolist() == [float(np.float32(float(f"{i}.1"))) for i in range(100)]


def test_numbers_as_they_are():
    assert _values()([1.5, -2.0]) == [1.5, -2.0]
    assert _values()(np.array([3, -4], np.int64)) == [3.0, -4.0]
    assert _values()([True, False]) == [1.0, 0.0]


def test_log1p_keeps_the_sign():
    assert _values(log1p=True)([0.0, 9.0, -9.0]) == pytest.approx([0.0, math.log(10), -math.log(10)])


def test_shift_and_scale_come_after_the_logarithm():
    assert _values(shift=10.0, scale=4.0)([10.0, 14.0, 8.0]) == [0.0, 1.0, -0.5]
    assert _values(log1p=True, shift=1.0, scale=2.0)([math.e - 1]) == pytest.approx([0.0], abs=1e-6)


def test_vectors():
    outputs = _run(NumberFeature("x", "x", size=3, separator=",", scale=2.0), x=["1,2,3", " -4 ,.5,1e2"])
    np.testing.assert_allclose(outputs["values"], [[0.5, 1.0, 1.5], [-2.0, 0.25, 50.0]])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1|2", "1|x"], r'Feature "price" expects numbers'),
        (["1|2", "1|"], r'Feature "price" expects numbers'),
        (["1|2", "1|nan"], r'Feature "price" expects numbers'),
        (["1|2", "1"], r'Feature "price" expects 2 numbers in a cell'),
    ],
)
def test_wrong_numbers_name_the_feature(cells, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        Preprocessor([NumberFeature("price", "x", size=2)])({"x": tf.constant(cells)})


def test_numbers_are_kept_where_their_squares_are_finite():
    numbers = [3.4e38, -3.4e38, 1e15, 9e14, float("inf")]
    assert _values()(numbers) == pytest.approx([1e15, -1e15, 1e15, 9e14, 1e15])
    assert _values(scale=1e-30)([1e10, -1e10]) == pytest.approx([1e15, -1e15])
    spec = _list(kv_separator=":")
    assert _run(spec, x=["a:1e30|b:1e300|c:2"])["list_weights/x"][0, :3].tolist() == pytest.approx([1e15, 1e15, 2])


def test_crosses():
    spec = CrossFeature("xy", ("x", "y"), "_X_", HashIds(1000), "xy", 4)
    assert _ids(spec, x=["x"], y=np.array([1])) == [FARMHASH["x_X_1"]]
    # The separator keeps apart what would be one text.
    assert _ids(spec, x=["a", "ab"], y=["bc", "c"])[0] != _ids(spec, x=["a", "ab"], y=["bc", "c"])[1]


def test_lists_are_cut_and_padded():
    ids, weights = _listed(_list(), x=["5|6|7|8", "9", "", "|4||3|", "x|2"])
    assert ids == [[5, 6, 7], [9, -1, -1], [-1, -1, -1], [4, 3, -1], [100, 2, -1]]
    assert weights == [[1, 1, 1], [1, 0, 0], [0, 0, 0], [1, 1, 0], [1, 1, 0]]


def test_lists_of_words_and_of_hashes():
    ids, _ = _listed(_list(VocabularyIds(("é", "b")), separator=";"), x=["b;é;c", ""])
    assert ids == [[1, 0, 2], [-1, -1, -1]]
    ids, _ = _listed(_list(HashIds(1000)), x=["a|东京"])
    assert ids == [[FARMHASH["a"], FARMHASH["东京"], -1]]


def test_values_with_weights():
    words = VocabularyIds(("a", "http://b", "c:d"))
    ids, weights = _listed(_list(words, kv_separator=":"), x=["a:0.5|http://b:2|c:d:1e-1", "a||a", "", "a:1|:7|a:2"])
    assert ids == [[0, 1, 2], [0, 0, -1], [-1, -1, -1], [0, 0, -1]]
    np.testing.assert_allclose(weights, [[0.5, 2, 0.1], [1, 1, 0], [0, 0, 0], [1, 2, 0]], rtol=1e-6)


@pytest.mark.parametrize("separator", ["::", "=>", "^", "]", "\\", "."])
def test_separators_of_weights_are_taken_literally(separator):
    ids, weights = _listed(_list(kv_separator=separator), x=[f"7{separator}0.5|8{separator}3", "9"])
    if separator == ".":  # the last one separates: 7.0 | 5, and 7.0 is 7
        assert ids == [[7, 8, -1], [9, -1, -1]]
        return
    assert ids == [[7, 8, -1], [9, -1, -1]]
    assert weights == [[0.5, 3, 0], [1, 0, 0]]


LACKING = 'Feature "x" expects a weight for each value of a cell, or for none. Got none for: '
WEIGHTS = 'Feature "x" expects finite weights of 0 or more. Got: '
NO_NUMBER = 'Feature "x" expects numbers. Got: '
WRONG_WEIGHTS = [
    ("-0.5", WEIGHTS),
    ("-1", WEIGHTS),
    ("-1e-30", WEIGHTS),
    ("1e999", WEIGHTS),
    ("-1e999", WEIGHTS),
    ("nan", NO_NUMBER),
    ("inf", NO_NUMBER),
    ("-inf", NO_NUMBER),
    ("heavy", NO_NUMBER),
]


@pytest.mark.parametrize(("text", "message"), WRONG_WEIGHTS)
def test_a_wrong_weight_names_the_feature(text, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(message)):
        _listed(_list(kv_separator=":"), x=["3:1", f"2:1|1:{text}"])
    with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(message)):
        _listed(_list(weight_column="w"), x=["3", "2|1"], w=["1", f"1|{text}"])


def test_a_value_without_its_weight_among_weighted_ones_names_the_feature():
    for columns in ({"x": ["1", "2:1|1"]}, {"x": ["2|1:1"]}):
        with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(LACKING)):
            _listed(_list(kv_separator=":"), **columns)
    for columns in ({"x": ["3", "2|1"], "w": ["1", "1|"]}, {"x": ["1|2"], "w": ["|1"]}):
        with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(LACKING)):
            _listed(_list(weight_column="w"), **columns)


def test_weights_of_zero():
    _, weights = _listed(_list(kv_separator=":"), x=["1:0|2:-0.0|3:1e-400"])
    assert weights == [[0, 0, 0]]


def test_weights_in_a_second_column():
    spec = _list(weight_column="w")
    ids, weights = _listed(spec, x=["5|6|7|8", "", "9|3", "4||2"], w=["1|0.5|2|9", "", "8|4", "1||3"])
    assert ids == [[5, 6, 7], [-1, -1, -1], [9, 3, -1], [4, 2, -1]]
    assert weights == [[1, 0.5, 2], [0, 0, 0], [8, 4, 0], [1, 3, 0]]
    assert Preprocessor([spec]).columns == ("x", "w")


def test_without_any_weight_each_value_of_a_cell_weighs_one():
    ids, weights = _listed(_list(weight_column="w"), x=["5|6", "7", "8|9", "3|4|2"], w=["", "", "|", "2|3|4"])
    assert ids == [[5, 6, -1], [7, -1, -1], [8, 9, -1], [3, 4, 2]]
    assert weights == [[1, 1, 0], [1, 0, 0], [1, 1, 0], [2, 3, 4]]


def test_a_second_column_of_another_length_names_the_feature():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r'Feature "x" expects as many weights in "w"'):
        _listed(_list(weight_column="w"), x=["5|6"], w=["1"])


SPECS = [
    IdFeature("user", "user", HashIds(50), "user", 4),
    NumberFeature("price", "price", log1p=True),
    ListFeature("tags", "tags", VocabularyIds(("é", "b")), "tags", 4, max_length=2, kv_separator=":"),
    IdFeature("app", "app", NumberIds(9), "app", 4),
    NumberFeature("point", "point", size=2, separator=","),
    BucketFeature("age", "age", (18.0, 30.0), "age", 4),
    CrossFeature("user_app", ("user", "app"), "_X_", HashIds(30), "user_app", 4),
    ListFeature("history", "history", NumberIds(9), "app", 4, max_length=3),
]
# Numpy here, since a tensor would fix TensorFlow's devices while tests are collected.
COLUMNS = {
    "user": np.array([b"ann", "Zoë".encode(), b""], object),
    "price": np.array([1.0, 0.0, 5.5], np.float32),
    "tags": np.array(["é:2|b:1".encode(), b"", "c:1|b:3|é:1".encode()], object),
    "app": np.array([3, -1, 12]),
    "point": np.array([b"1,2", b"3,4", b"0,0"], object),
    "age": np.array([18, 17, 99], np.int32),
    "history": np.array([b"1|2|3|4", b"", b"8"], object),
}


def _columns(rows: slice = slice(None)) -> dict[str, tf.Tensor]:
    return {name: tf.constant(column[rows]) for name, column in COLUMNS.items()}


def test_columns_are_named_once_in_order():
    assert Preprocessor(SPECS).columns == ("user", "price", "tags", "app", "point", "age", "history")


def test_features_stand_in_order():
    outputs = Preprocessor(SPECS)(_columns())
    assert outputs["ids"].numpy()[:, 1:3].tolist() == [[3, 1], [9, 0], [9, 2]]
    np.testing.assert_allclose(outputs["values"][:, 1:], [[1, 2], [3, 4], [0, 0]])


def test_output_signature_is_what_comes_out():
    preprocessor = Preprocessor(SPECS)
    signature = preprocessor.output_signature()
    assert tf.data.Dataset.from_tensors(_columns()).map(preprocessor).element_spec.keys() == signature.keys()
    for outputs in (preprocessor(_columns()), preprocessor(_columns(slice(1)))):
        assert outputs.keys() == signature.keys()
        for name, spec in signature.items():
            assert outputs[name].dtype == spec.dtype
            assert spec.shape.is_compatible_with(outputs[name].shape), name
    assert {name: spec.shape.as_list()[1] for name, spec in signature.items()} == {
        "ids": 4, "values": 3, "list_ids/tags": 2, "list_weights/tags": 2, "list_ids/history": 3,
        "list_weights/history": 3,
    }  # fmt: skip


def test_trailing_shapes_are_static_in_a_graph():
    preprocessor = Preprocessor(SPECS)
    specs = {name: tf.TensorSpec([None], column.dtype) for name, column in _columns().items()}
    shapes = tf.function(preprocessor).get_concrete_function(specs).output_shapes
    assert {name: shape[1] for name, shape in shapes.items()} == {
        name: spec.shape[1] for name, spec in preprocessor.output_signature().items()
    }


def test_the_same_in_tf_data_and_in_a_saved_module(tmp_path):
    preprocessor = Preprocessor(SPECS)
    expected = preprocessor(_columns())
    (mapped,) = tf.data.Dataset.from_tensors(_columns()).map(preprocessor)
    module = tf.Module()
    module.preprocessor = preprocessor
    specs = {name: tf.TensorSpec([None], column.dtype, name) for name, column in _columns().items()}
    function = tf.function(lambda **columns: preprocessor(columns)).get_concrete_function(**specs)
    tf.saved_model.save(module, str(tmp_path), signatures=function)
    loaded = tf.saved_model.load(str(tmp_path)).signatures["serving_default"](**_columns())
    for name, value in expected.items():
        np.testing.assert_array_equal(mapped[name], value, err_msg=name)
        np.testing.assert_array_equal(loaded[name], value, err_msg=name)


def test_an_empty_batch():
    outputs = Preprocessor(SPECS)(_columns(slice(0)))
    assert {name: value.shape[0] for name, value in outputs.items()} == dict.fromkeys(outputs, 0)


def test_a_part_reads_its_own_columns_with_the_same_tables():
    whole = Preprocessor(SPECS)
    columns = {name: tf.constant(values) for name, values in COLUMNS.items()}
    expected = whole(columns)
    names = [spec.name for spec in SPECS]
    for chosen in (names[:2], names[2:], names[::2]):
        part = whole.part(chosen)
        assert [spec.name for spec in part.specs] == chosen
        got = part({name: columns[name] for name in part.columns})
        single = [i for i, spec in enumerate(Layout(SPECS).single) if spec.name in chosen]
        np.testing.assert_array_equal(got["ids"], expected["ids"].numpy()[:, single])
        for key in got.keys() & expected.keys() - {"ids", "values"}:
            np.testing.assert_array_equal(got[key], expected[key])
        assert part._vocabularies is whole._vocabularies


def test_every_type_of_feature_is_built():
    assert set(build._FEATURES) == set(FeatureConfig.FeatureType.values())

"""Columns -> lists of ids with their weights."""

import re

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Preprocessor
from apps_rec.features.specs import (
    HashIds,
    ListFeature,
    NumberIds,
    VocabularyIds,
)
from tests.features.one_feature import FARMHASH, run


def _list(ids=None, **options) -> ListFeature:
    return ListFeature("x", "x", ids or NumberIds(100), "x", 4, **{"max_length": 3, **options})


def _listed(spec, **columns) -> tuple[list, list]:
    outputs = run(spec, **columns)
    return outputs["list_ids/x"].tolist(), outputs["list_weights/x"].tolist()


def test_lists_are_cut_and_padded():
    ids, weights = _listed(_list(), x=["5|6|7|8", "9", "", "|4||3|", "x|2"])
    assert ids == [[5, 6, 7], [9, -1, -1], [-1, -1, -1], [4, 3, -1], [100, 2, -1]]
    assert weights == [[1, 1, 1], [1, 0, 0], [0, 0, 0], [1, 1, 0], [1, 1, 0]]


CELLS = (
    "5|6|7|8", "", "5||6", "|5", "5|", "+5|6", " 5|6", "5|6 ", "5.0|6", "5.5|6", "-1|2", "99|100|101", "0005|6", "x|6",
    "|", "1234567890123456789|3", "999999999999999999|7", "00000000000000000012|4", "١|2", "1\n|2", "1,2", "7",
)  # fmt: skip


@pytest.mark.parametrize("separator", ["|", ",", ".", "1", "-", "::", "\x1d", "é"])
def test_a_cell_of_whole_numbers_is_read_alike_whether_it_is_plain_or_not(separator):
    cells = [cell.replace("|", separator) for cell in CELLS]
    wanted = [[_number(word) for word in cell.split(separator) if word][:3] for cell in cells]
    assert sum(map(len, wanted)) > 20
    ids, weights = _listed(_list(separator=separator), x=cells)
    assert ids == [row + [-1] * (3 - len(row)) for row in wanted]
    assert weights == [[1] * len(row) + [0] * (3 - len(row)) for row in wanted]
    for cell, alone in zip(cells, ids, strict=True):
        assert _listed(_list(separator=separator), x=[cell])[0] == [alone]


def _number(word: str) -> int:
    found = re.fullmatch(r"\s*([+-]?[0-9]{1,18})(\.0*)?\s*", word)
    number = int(found[1]) if found else 100
    return number if 0 <= number < 100 else 100


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


def test_weights_are_kept_where_their_squares_are_finite():
    spec = _list(kv_separator=":")
    assert run(spec, x=["a:1e30|b:1e300|c:2"])["list_weights/x"][0, :3].tolist() == pytest.approx([1e15, 1e15, 2])


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

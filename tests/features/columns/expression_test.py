"""Expressions in the graph, against Python's own numbers."""

import math

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Preprocessor
from apps_rec.features.build import build_features
from apps_rec.features.specs import NumberFeature, columns_of
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from tests.features.one_feature import run

AGE, PRICE, DAY, NEW = [17, 18, 40, -3], [0.5, 4.99, 0.0, 2.0], [2**53, 2**53 + 1, 0, -(2**60) - 1], [True, False] * 2


def expression(text, *columns):
    config = PipelineConfig()
    feature = config.feature_config.features.add(feature_name="x", expression=text, feature_type="ExprFeature")
    feature.input_names.extend(columns)
    config.model_config.feature_groups.add(feature_names=["x"])
    (spec,) = build_features(config)
    return spec


def values(text, **columns):
    return run(expression(text, *columns), **columns)["values"][:, 0].tolist()


CASES = [
    ("age >= 18", lambda age, price, new: age >= 18),
    ("age<(price+18)", lambda age, price, new: age < price + 18),
    ("(age>=18) & (age<=(price+36))", lambda age, price, new: age >= 18 and age <= price + 36),
    ("(age<18) | (price>5) | new", lambda age, price, new: age < 18 or price > 5 or new),
    ("!new", lambda age, price, new: not new),
    ("new + (age > 0) - 2 * price", lambda age, price, new: new + (age > 0) - 2 * price),
    ("age / 4 - -1", lambda age, price, new: age / 4 + 1),
    ("min(age, 10 * price, 30)", lambda age, price, new: min(age, 10 * price, 30)),
    ("max(age, 10 * price)", lambda age, price, new: max(age, 10 * price)),
    ("where(new, log1p(price), sqrt(abs(age)))", lambda age, price, new: math.log1p(price) if new else abs(age) ** 0.5),
    ("where(age > 17, new, price > 1)", lambda age, price, new: new if age > 17 else price > 1),
    ("floor(price) + 2 * ceil(price)", lambda age, price, new: math.floor(price) + 2 * math.ceil(price)),
    ("exp(price)", lambda age, price, new: math.exp(price)),
    ("age == age", lambda age, price, new: True),
    ("age != 18", lambda age, price, new: age != 18),
]  # fmt: skip


@pytest.mark.parametrize(("text", "python"), CASES, ids=[text for text, _ in CASES])
def test_expressions_mean_what_python_means(text, python):
    prices = np.array(PRICE, np.float32)
    found = values(text, age=np.array(AGE, np.int32), price=prices, new=NEW)
    expected = [float(python(*row)) for row in zip(AGE, prices.astype(float), NEW, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_whole_numbers_are_compared_to_their_last_digit():
    days, others = np.array(DAY), np.array([2**53, 2**53, 0, -(2**60)])
    assert values("a == b", a=days, b=others) == [1, 0, 1, 0]
    assert values("a < b", a=days, b=others) == [0, 0, 0, 1]
    assert values("a >= 9007199254740000", a=days) == [1, 1, 0, 0]


def test_a_float_column_equals_the_number_that_it_holds():
    prices = np.array([4.99, 0.1, 5], np.float32)
    assert values("price == 4.99", price=prices) == [1, 0, 0]
    assert values("price >= .1", price=prices) == [1, 1, 1]
    assert values("a == price", a=np.array([4.99, 0.1, 5]), price=prices) == [0, 0, 1]


def test_what_is_no_number_is_zero_and_what_is_too_large_is_cut():
    a = np.array([0.0, 1.0, -1.0])
    assert values("a / 0", a=a) == [0, np.float32(1e15), np.float32(-1e15)]
    assert values("sqrt(a)", a=a) == [0, 1, 0]
    assert values("log(a)", a=a) == [np.float32(-1e15), 0, 0]
    assert values("exp(a * 1e6)", a=a) == [1, np.float32(1e15), 0]
    assert values("where(a > 0, log(a), 7)", a=a) == [7, 0, 7]


def test_expressions_stand_in_their_place_among_numbers():
    specs = [NumberFeature("a", "a"), expression("(b > a) + b", "a", "b"), NumberFeature("b", "b")]
    columns = {"a": tf.constant([1.0, 2.0]), "b": tf.constant([2.0, 1.0])}
    assert Preprocessor(specs)(columns)["values"].numpy().tolist() == [[1, 3, 2], [2, 1, 1]]
    assert columns_of(specs[1]) == ("b", "a")

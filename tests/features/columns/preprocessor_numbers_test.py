"""Columns -> numbers: statistics, logarithms, vectors."""

import math
from fractions import Fraction

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Preprocessor
from apps_rec.features.specs import NumberFeature
from tests.features.one_feature import run


def _values(**options):
    return lambda values: run(NumberFeature("x", "x", **options), x=values)["values"][:, 0].tolist()


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
    found = run(spec, x=texts)["values"]
    assert found[:, 0].tolist() == [float(np.float32(i / 7.0)) for i in range(100)]
    # As they are: by way of float64, as a FLOAT column is read.
    found = run(NumberFeature("x", "x", size=2), x=texts)["values"]
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
    outputs = run(NumberFeature("x", "x", size=3, separator=",", scale=2.0), x=["1,2,3", " -4 ,.5,1e2"])
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

"""How embeddings begin: each kind of draw, and tables of one variable that begin differently."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Embedder
from apps_rec.features.embeddings.initial import GLOROT_NORMAL, NORMAL, UNIFORM, Initial, TableInitializer
from apps_rec.features.specs import HashIds, IdFeature, ListFeature, NumberFeature, NumberIds

ROWS, DIM = 4000, 8


def drawn(*parts, rows=ROWS, columns=DIM, **kwargs):
    return TableInitializer(3, "tables_8", DIM, parts)((rows, columns), tf.float32, **kwargs).numpy()


# Deviations: of a normal that is cut at two deviations .8796 of it, of a uniform one its half width over sqrt(3).
@pytest.mark.parametrize(
    ("initial", "mean", "stddev", "largest"),
    [
        (Initial(center=1.0, spread=0.5), 1.0, 0.5 * 0.8796, 1.0),
        (Initial(NORMAL, -1.0, 0.5), -1.0, 0.5, np.inf),
        (Initial(UNIFORM, 0.25, 0.5), 0.25, 0.5 / np.sqrt(3), 0.5),
        # Of the table of 4000 rows by 8: sqrt(2 / 4008).
        (Initial(GLOROT_NORMAL), 0.0, 0.02234, 2 * 0.02234 / 0.8796),
    ],
)
def test_each_kind_has_its_mean_its_deviation_and_its_ends(initial, mean, stddev, largest):
    values = drawn((ROWS, initial))
    assert values.mean() == pytest.approx(mean, abs=5 * stddev / np.sqrt(ROWS * DIM))
    assert values.std() == pytest.approx(stddev, rel=0.02)
    assert np.abs(values - mean).max() <= largest * 1.000001
    if largest == np.inf:  # Of a normal that is not cut a few are beyond three deviations.
        assert 0.001 < (np.abs(values - mean) > 3 * stddev).mean() < 0.006


def test_rows_of_tables_in_one_variable_begin_each_in_its_own_way():
    parts = (2, Initial(center=7.0, spread=0.0)), (3, Initial(UNIFORM, 5.0, 1.0)), (1, Initial(NORMAL, -5.0, 0.1))
    # Ten rows: the last part goes on to the end. Two more columns than are drawn, of first-order weights.
    values = drawn(*parts, rows=10, columns=DIM + 2)
    assert (values[:, DIM:] == 0).all()
    values = values[:, :DIM]
    assert (values[:2] == 7).all()
    assert ((values[2:5] >= 4) & (values[2:5] < 6)).all()
    assert values[2:5].std() > 0.3
    assert (values[5:] < -4).all()


@pytest.mark.parametrize(("start", "expected"), [(0, [1, 1, 1]), (2, [1, 2, 2]), (5, [2, 3, 3]), (9, [3, 3, 3])])
def test_a_part_of_a_divided_table_begins_as_its_rows_do(start, expected):
    parts = [(3, Initial(center=1.0, spread=0.0)), (3, Initial(center=2.0, spread=0.0))]
    values = drawn(*parts, (1, Initial(center=3.0, spread=0.0)), partition_shape=(3, DIM), partition_offset=(start, 0))
    np.testing.assert_array_equal(values, np.repeat(np.array(expected, np.float32)[:, np.newaxis], DIM, axis=1))


def test_only_the_features_that_are_named_begin_otherwise():
    specs = [
        IdFeature("user", "user", HashIds(5), "user", 3),
        IdFeature("app", "app", NumberIds(4), "apps", 3),
        ListFeature("history", "history", NumberIds(4), "apps", 3, max_length=3),
        NumberFeature("price", "price", dim=3),
    ]
    initial = {"history": Initial(center=2.0, spread=0.0), "price": Initial(center=-1.0, spread=0.0)}
    plain, other = (Embedder(specs, first_order=["app"], seed=2, **more) for more in ({}, {"initial": initial}))
    for embedder in (plain, other):
        embedder.build({})
    before, after = ({k: v.numpy() for k, v in one.tables.items()} for one in (plain, other))
    np.testing.assert_array_equal(after["tables_3"], before["tables_3"])
    # The table that both features share; its first-order weights begin at 0.
    np.testing.assert_array_equal(after["tables_3_first_order"], [[2, 2, 2, 0]] * 6)
    assert np.abs(before["tables_3_first_order"]).max() < 0.11
    np.testing.assert_array_equal(other.vectors["price"], [[-1, -1, -1]])
    assert Embedder(**other.get_config()).initial == initial

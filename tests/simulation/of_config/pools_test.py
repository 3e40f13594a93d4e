import numpy as np
import pytest

from apps_rec.simulation.of_config import pools
from apps_rec.simulation.of_config.pools import Pool


@pytest.mark.parametrize(
    ("cuts", "is_whole", "wanted"),
    [
        ((18.0, 19.0, 65.0), True, ("17", "18", "42", "68")),
        ((0.5,), False, ("0.0", "1.0")),
        # No whole number is between .2 and .8.
        ((0.2, 0.8, 3.0), True, ("0", "1", "3")),
    ],
)
def test_around_cuts_has_a_number_for_each_range_that_has_one(cuts, is_whole, wanted):
    made = pools.around_cuts(cuts, is_whole)
    assert tuple(map(float, made.values)) == tuple(map(float, wanted))
    assert made.is_ordered


def test_very_many_cuts_give_few_numbers():
    made = pools.around_cuts(list(np.arange(1000.0)), False)
    # 1,001 ranges, every 51st.
    assert np.searchsorted(np.arange(1000.0), np.array(made.values, float), "right").tolist() == list(
        range(0, 1001, 51)
    )


@pytest.mark.parametrize(("buckets", "count"), [(1, 1), (7, 7), (20, 20), (1000, 20)])
def test_numbered_is_within_the_buckets(buckets, count):
    found = [int(value) for value in pools.numbered(buckets).values]
    assert len(found) == len(set(found)) == count
    assert min(found) == 0
    assert max(found) < buckets


@pytest.mark.parametrize(("buckets", "count"), [(10, 2), (100, 5), (10**6, 20)])
def test_a_small_hashed_table_gets_few_values(buckets, count):
    assert pools.count_for(buckets) == count


def test_the_first_words_come_most_often_and_numbers_equally():
    shares = pools.words("brand", 4).probabilities
    np.testing.assert_allclose(shares, np.array([1 / 4, 1 / 5, 1 / 6, 1 / 7]) / (1 / 4 + 1 / 5 + 1 / 6 + 1 / 7))
    np.testing.assert_allclose(pools.between(0, 1, False).probabilities, np.full(21, 1 / 21))


def test_mixed_gives_the_texts_their_share():
    made = Pool(("a", "b", "c"), shares=(1, 1, 2)).mixed(["c", "d"], 0.9)
    assert made.values == ("c", "d", "a", "b")
    np.testing.assert_allclose(made.probabilities, [0.45, 0.45, 0.05, 0.05])
    assert Pool(("a",)).mixed(["a"], 0.9).values == ("a",)


def test_words_are_of_letters_and_digits_whatever_the_name():
    assert pools.words("年龄", 2).values == ("w0", "w1")
    assert pools.words("c_02", 2).values == ("c02v0", "c02v1")
    assert pools.words("App.Id", 2).values == ("appid0", "appid1")

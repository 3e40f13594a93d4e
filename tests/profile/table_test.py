"""Facts of columns, against values worked out by hand or by a plain loop."""

import random

import pytest

from apps_rec.profile import table as table_module


def test_counts_and_extremes(facts_of):
    facts = facts_of(
        {
            "n": [3, None, -1, 3],
            "x": [0.5, float("nan"), None, 2.0],
            "w": ["a", "", None, "b"],
            "l": [[1, 2], [], None, [2]],
            "b": [True, False, True, True],
        }
    )
    assert (facts.rows, facts.is_whole) == (4, True)
    n, x, w, items, b = facts.columns
    assert (n.missing, n.sample_distinct, n.low, n.high, n.is_whole) == (0.25, 2, -1, 3, True)
    assert (x.missing, x.low, x.high, x.is_whole) == (0.5, 0.5, 2.0, False)
    assert (w.missing, w.words) == (0.5, (("a", 1), ("b", 1)))
    assert (items.missing, items.items.distinct, items.items.shortest, items.items.longest) == (0.5, 2, 1, 2)
    assert b.words == (("true", 3), ("false", 1))
    assert n.words == (("3", 2), ("-1", 1))


def test_labels_are_counted_whatever_they_are_stored_as(facts_of):
    facts = facts_of(
        {"a": [True, True, False, None], "b": ["1", "0", "0", "2"], "c": [1.0, 0.0, float("nan"), 0.5]},
        labels=("a", "b", "c"),
    )
    a, b, c = ((one.zeros, one.ones, one.missing, one.others) for one in facts.labels)
    assert (a, b, c) == ((1, 2, 1, 0), (2, 1, 0, 1), (1, 1, 1, 1))
    assert facts.both[("a", "b")] == 1
    assert facts.missing_and_one[("c", "a")] == 0


def auc_by_hand(scores, labels):
    pairs = [
        (s > t) + (s == t) / 2
        for s, y in zip(scores, labels, strict=True)
        if y
        for t, z in zip(scores, labels, strict=True)
        if not z
    ]
    return sum(pairs) / len(pairs)


def test_auc_of_a_column_is_that_of_the_rates_of_its_values(facts_of):
    draw = random.Random(3)
    word = [draw.choice("abcd") for _ in range(1500)]
    label = [int(draw.random() < {"a": 0.1, "b": 0.3, "c": 0.6, "d": 0.8}[one]) for one in word]
    outcome = facts_of({"word": word, "y": label}, labels=("y",)).column("word").outcomes["y"]
    # The rates keep their order in any half, so the measured half has the AUC of this order, within chance.
    assert outcome.auc == pytest.approx(auc_by_hand(word, label), abs=0.03)
    assert (outcome.there, outcome.there_and_label) == (1500, sum(label))


def test_a_number_that_determines_the_label_without_order_has_auc_1(facts_of):
    numbers = [n * 7 % 1000 for n in range(4000)]
    label = [int(300 <= n < 500) for n in numbers]
    facts = facts_of({"n": numbers, "noise": [n * 31 % 977 for n in range(4000)], "y": label}, labels=("y",))
    assert facts.column("n").outcomes["y"].auc > 0.99
    assert facts.column("noise").outcomes["y"].auc < 0.6


def test_only_values_that_are_not_0_count_as_there(facts_of):
    facts = facts_of({"t": [0, 5, 7, None], "y": [0, 1, 0, 0]}, labels=("y",))
    outcome = facts.column("t").outcomes["y"]
    assert (outcome.there, outcome.there_and_label) == (2, 1)


def test_sameness_leaves_the_most_frequent_value_out(facts_of):
    user = [1, 1, 2, 2, 3, 3, 4]
    facts = facts_of(
        {"user": user, "age": [30, 30, 40, 40, 50, 50, 60], "like": [0, 0, 0, 1, 0, 0, 0], "y": [0, 1] * 3 + [0]},
        labels=("y",),
        user="user",
    )
    # Of age, 30 is left out as the first of equals or another one: all rows left are of one value in their user.
    assert facts.column("age").same_for_user == 1
    # like has its 1 in a user with a 0.
    assert facts.column("like").same_for_user == 0


def test_a_large_table_is_sampled_by_its_rows_and_the_same_way_each_time(facts_of, monkeypatch):
    monkeypatch.setattr(table_module, "SAMPLE_ROWS", 500)
    columns = {"n": list(range(4000)), "w": [f"w{n % 7}" for n in range(4000)], "y": [n % 2 for n in range(4000)]}
    facts = facts_of(columns, labels=("y",))
    assert facts.rows == 4000
    assert 400 < facts.sample_rows < 600
    assert facts.labels[0].ones == 2000
    assert facts.column("n").distinct == pytest.approx(4000, rel=0.1)
    assert facts.column("n").high == 3999
    assert facts_of(columns, labels=("y",)) == facts

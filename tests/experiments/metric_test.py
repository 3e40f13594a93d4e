"""Metrics are read from words and quotients, and a text that is neither gets its message."""

import pytest

from apps_rec.errors import ArgumentError
from apps_rec.experiments.columns import columns_of
from apps_rec.experiments.metric import Metric, Quotient, metrics_of


def test_none_are_the_four_of_the_funnel():
    assert [(one.name, str(one.value)) for one in metrics_of([])] == [
        ("distribution per user", "download/users"),
        ("CTR", "click/rows"),
        ("CVR", "download/click"),
        ("CTCVR", "download/rows"),
    ]


def test_columns_have_the_names_that_are_given():
    (metric,) = metrics_of(["CTR"], click="c", impression="shown")
    assert metric == Metric("CTR", Quotient("c", "shown"))


def test_covariates_are_of_all_or_of_one_metric():
    metrics = metrics_of(["ctr", "spend=paid/users"], ["before", "ctr=click_before/shown_before"])
    assert [str(metric.covariate) for metric in metrics] == ["click_before/shown_before", "before/users"]
    columns = columns_of(metrics, "u", "a", "cached")
    assert columns.numbers == {
        **{"s0": "click", "s1": "paid", "c0": "click_before", "c1": "shown_before", "c2": "before"},
        "left_out": "cached",
    }
    assert [columns.sum_key(name) for name in ("paid", "rows", "users")] == ["s1", "num_rows", None]


def test_a_metric_of_ones_own_may_be_called_like_a_word():
    (metric,) = metrics_of(["ctr=click/shown"], ["ctr=before"])
    assert metric == Metric("ctr", Quotient("click", "shown"), Quotient("before"))


@pytest.mark.parametrize(
    ("metrics", "covariates", "message"),
    [
        (["ctrr"], [], "--metric: expected distribution, ctr, cvr, ctcvr, or NAME=COLUMN/COLUMN, NAME=COLUMN/users, "
         'NAME=COLUMN/rows, got ctrr. Did you mean "ctr"?'),
        (["x=a"], [], "--metric: expected COLUMN/COLUMN, COLUMN/users or COLUMN/rows, got x=a"),
        (["x=users/a"], [], "--metric: expected COLUMN/COLUMN, COLUMN/users or COLUMN/rows, got x=users/a"),
        (["ctr", "CTR"], [], '--metric: "CTR" stands there twice'),
        (["ctr"], ["cvr=a"], '--covariate: there is no metric "cvr"; expected one of CTR.'),
        (["ctr"], ["a/rows"], "--covariate: expected COLUMN or COLUMN/COLUMN, got a/rows"),
    ],
)  # fmt: skip
def test_messages(metrics, covariates, message):
    with pytest.raises(ArgumentError) as caught:
        metrics_of(metrics, covariates)
    assert caught.value.of_command().startswith(message)

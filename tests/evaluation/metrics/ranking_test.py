import doctest
import time
import tracemalloc

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from apps_rec.evaluation.metrics import GAUC_REDUCTIONS, auc, gauc, ranking, session_auc


def drawn(rows, seed=0, digits=None, scale=1.0, rate=0.3):
    """Labels that follow their scores somewhat; `digits` makes ties, `scale` makes scores tiny."""
    rng = np.random.default_rng(seed)
    scores = rng.random(rows)
    labels = (rng.random(rows) < rate * 2 * scores).astype(np.uint8)
    scores = scores if digits is None else scores.round(digits)
    return labels, (scores * scale).astype(np.float32)


def test_auc_by_hand():
    # Pairs (positive, negative): .2 beats .1, ties .2; .9 beats both: 3.5 of 4.
    assert auc(np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.2, 0.9])) == 3.5 / 4
    assert auc(np.array([1, 1, 0]), np.array([0.5, 0.5, 0.5])) == 0.5
    assert auc(np.array([1, 0]), np.array([0.0, 1.0])) == 0.0


@pytest.mark.parametrize(
    "case", [{}, {"digits": 2}, {"digits": 1, "scale": 1e-6}, {"scale": 1e-30}, {"rate": 0.005}], ids=str
)
def test_auc_equals_sklearn(case):
    labels, scores = drawn(20_000, **case)
    assert auc(labels, scores) == pytest.approx(sklearn_metrics.roc_auc_score(labels, scores), abs=1e-9)


def test_auc_of_a_million_rows_equals_sklearn_to_1e_6():
    labels, scores = drawn(1_000_000, scale=0.01, digits=4, rate=0.01)
    assert auc(labels, scores) == pytest.approx(sklearn_metrics.roc_auc_score(labels, scores), abs=1e-6)


# User 3: AUC 1 (2 rows, 1 positive). User 1: 2 positives, 2 negatives, AUC (1 + .5 + 1 + 0) / 4 = .625.
# User 2 has positives only, user 9 negatives only: both left out. Rows stand in no order.
HAND = [
    # user, score, label
    (1, 0.4, 0),
    (3, 0.9, 1),
    (1, 0.4, 1),
    (2, 0.7, 1),
    (1, 0.1, 0),
    (3, 0.2, 0),
    (9, 0.3, 0),
    (1, 0.3, 1),
    (2, 0.1, 1),
]


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        ("mean", (1 + 0.625) / 2),
        ("mean_by_sample_num", (2 * 1 + 4 * 0.625) / 6),
        ("mean_by_positive_num", (1 * 1 + 2 * 0.625) / 3),
    ],
)
def test_gauc_by_hand(reduction, expected):
    users, scores, labels = (np.array(column) for column in zip(*HAND, strict=True))
    assert gauc(labels, scores, users, reduction) == pytest.approx(expected, rel=1e-12)
    assert session_auc(labels, scores, users, reduction) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("reduction", GAUC_REDUCTIONS)
@pytest.mark.parametrize("digits", [1, 6])
def test_gauc_equals_a_loop_over_users(reduction, digits):
    labels, scores = drawn(5_000, seed=3, digits=digits, scale=1e-3)
    users = np.random.default_rng(4).zipf(1.3, 5_000).clip(max=700).astype(np.int32)
    values, weights = [], []
    for user in np.unique(users):
        of_user = labels[users == user], scores[users == user]
        if len(set(of_user[0].tolist())) == 2:
            values.append(sklearn_metrics.roc_auc_score(*of_user))
            weights.append({"mean": 1, "mean_by_sample_num": len(of_user[0])}.get(reduction, of_user[0].sum()))
    assert 20 < len(values) < len(np.unique(users))  # some users are left out
    assert gauc(labels, scores, users, reduction) == pytest.approx(np.average(values, weights=weights), abs=1e-9)
    assert session_auc(labels, scores, users, reduction) == pytest.approx(np.average(values, weights=weights), abs=1e-9)


def test_gauc_of_one_user_is_auc():
    labels, scores = drawn(1_000, digits=2)
    assert gauc(labels, scores, np.full(1_000, 7)) == pytest.approx(auc(labels, scores), rel=1e-12)


def test_none_where_there_is_no_order_to_measure():
    none = np.zeros(3, np.uint8)
    scores = np.array([0.1, 0.2, 0.3], np.float32)
    empty = np.zeros(0, np.uint8), np.zeros(0, np.float32)
    assert auc(none, scores) is None
    assert auc(1 - none, scores) is None
    assert auc(*empty) is None
    for metric in (gauc, session_auc):
        assert metric(none, scores, np.array([0, 0, 1])) is None
        assert metric(np.array([0, 0, 1]), scores, np.array([0, 0, 1])) is None  # each user has one class
        assert metric(*empty, np.zeros(0, np.int32)) is None


def test_two_million_rows_of_many_users_in_seconds_and_in_arrays_alone():
    rows = 2_000_000
    rng = np.random.default_rng(0)
    users = rng.integers(0, 700_000, rows).astype(np.int32)
    labels, scores = (rng.random(rows) < 0.2).astype(np.uint8), rng.random(rows).astype(np.float32)
    start = time.process_time()
    value = gauc(labels, scores, users)
    assert time.process_time() - start < 20  # about one; a loop over users takes minutes
    assert value == pytest.approx(0.5, abs=0.005)
    tracemalloc.start()
    gauc(labels, scores, users)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150 * rows


def test_bad_arguments_say_what_came():
    labels, scores = np.array([0, 1]), np.array([0.5, np.nan])
    with pytest.raises(ValueError, match=r"nan as score of 1 of 2 rows, first at row 1"):
        auc(labels, scores)
    with pytest.raises(ValueError, match="nan"):
        gauc(labels, scores, labels)
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        auc(labels, np.zeros(3))
    with pytest.raises(ValueError, match="labels 0 or 1, got 2 at row 1"):
        auc(np.array([0, 2]), np.zeros(2))
    with pytest.raises(
        ValueError, match="gauc: reduction is one of mean, mean_by_sample_num, mean_by_positive_num, got 'median'"
    ):
        gauc(labels, np.zeros(2), labels, "median")
    with pytest.raises(ValueError, match="session_auc: reduction is one of"):
        session_auc(labels, np.zeros(2), labels, "median")
    with pytest.raises(ValueError, match="one integer user code for each of 2 scores, got float64"):
        gauc(labels, np.zeros(2), np.zeros(2))


def test_docstring_examples_run():
    tried = doctest.testmod(ranking)
    assert (tried.failed, tried.attempted) == (0, 3)

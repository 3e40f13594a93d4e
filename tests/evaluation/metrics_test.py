import doctest

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from apps_rec.config import metrics as config_metrics
from apps_rec.evaluation import metrics
from apps_rec.evaluation.metrics import GAUC_REDUCTIONS, METRICS, auc, calibration, gauc, log_loss, needs_users


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
def test_equal_to_sklearn(case):
    labels, scores = drawn(20_000, **case)
    assert auc(labels, scores) == pytest.approx(sklearn_metrics.roc_auc_score(labels, scores), abs=1e-9)
    assert log_loss(labels, scores) == pytest.approx(sklearn_metrics.log_loss(labels, scores), abs=1e-6)
    assert calibration(labels, scores) == pytest.approx(scores.astype(np.float64).mean() / labels.mean(), rel=1e-12)


def test_a_million_rows_equal_sklearn_to_1e_6():
    labels, scores = drawn(1_000_000, scale=0.01, digits=4, rate=0.01)
    assert auc(labels, scores) == pytest.approx(sklearn_metrics.roc_auc_score(labels, scores), abs=1e-6)
    exact = sklearn_metrics.log_loss(labels, scores.astype(np.float64).clip(1.2e-7))
    assert log_loss(labels, scores) == pytest.approx(exact, abs=1e-6)
    assert calibration(labels, scores) == pytest.approx(scores.astype(np.float64).sum() / labels.sum(), rel=1e-12)


def test_log_loss_by_hand_and_saturated_scores():
    assert log_loss(np.array([1, 0]), np.array([0.25, 0.5])) == pytest.approx((np.log(4) + np.log(2)) / 2, rel=1e-12)
    wrong = np.array([0.0, 1.0], np.float32), np.array([1, 0])
    assert log_loss(wrong[1], wrong[0]) == pytest.approx(sklearn_metrics.log_loss(wrong[1], wrong[0]), abs=1e-6)
    assert log_loss(np.array([1, 1], np.uint8), np.array([0.5, 0.5])) == pytest.approx(np.log(2))  # one class is fine


def test_calibration_by_hand():
    assert calibration(np.array([1, 0, 0, 0]), np.array([0.5, 0.5, 0.25, 0.25])) == 1.5
    assert calibration(np.array([True, True]), np.array([0.5, 0.5], np.float32)) == 0.5


def test_none_where_a_metric_has_no_value():
    none = np.zeros(3, np.uint8)
    scores = np.array([0.1, 0.2, 0.3], np.float32)
    empty = np.zeros(0, np.uint8), np.zeros(0, np.float32)
    assert auc(none, scores) is None
    assert auc(1 - none, scores) is None
    assert calibration(none, scores) is None
    assert gauc(none, scores, np.array([0, 0, 1])) is None
    assert auc(*empty) is None
    assert log_loss(*empty) is None
    assert calibration(*empty) is None
    assert gauc(*empty, np.zeros(0, np.int32)) is None


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


def test_gauc_of_one_user_is_auc():
    labels, scores = drawn(1_000, digits=2)
    assert gauc(labels, scores, np.full(1_000, 7)) == pytest.approx(auc(labels, scores), rel=1e-12)


def test_bad_arguments_say_what_came():
    labels, scores = np.array([0, 1]), np.array([0.5, np.nan])
    for metric in (auc, log_loss, calibration):
        with pytest.raises(ValueError, match=r"nan as score of 1 of 2 rows, first at row 1"):
            metric(labels, scores)
    with pytest.raises(ValueError, match="nan"):
        gauc(labels, scores, labels)
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        auc(labels, np.zeros(3))
    with pytest.raises(ValueError, match="labels 0 or 1, got 2 at row 1"):
        auc(np.array([0, 2]), np.zeros(2))
    with pytest.raises(ValueError, match=r"probabilities in \[0, 1\], got scores from -3.0 to 0.5"):
        log_loss(labels, np.array([-3.0, 0.5]))
    with pytest.raises(ValueError, match="one of mean, mean_by_sample_num, mean_by_positive_num, got 'median'"):
        gauc(labels, np.zeros(2), labels, "median")
    with pytest.raises(ValueError, match="one integer user code for each of 2 scores, got float64"):
        gauc(labels, np.zeros(2), np.zeros(2))


def test_docstring_examples_run():
    tried = doctest.testmod(metrics)
    assert tried.failed == 0
    assert tried.attempted >= 4


@pytest.mark.parametrize("name", METRICS)
def test_a_row_says_over_which_rows_of_one_class_the_metric_has_a_value(name):
    row, users = METRICS[name], {"users": np.zeros(3, np.int64)} if needs_users(name) else {}
    for positive, has_value in ((True, row.of_positives), (False, row.of_negatives)):
        value = row.compute(np.full(3, positive), np.array([0.2, 0.5, 0.6]), **users)
        assert (value is not None) == has_value
    assert row.compute(np.zeros(0), np.zeros(0), **{name: codes[:0] for name, codes in users.items()}) is None


def test_the_table_is_that_of_the_config():
    rows = config_metrics.METRICS
    assert list(METRICS) == list(rows)
    assert [name for name in METRICS if needs_users(name)] == [name for name, row in rows.items() if row.user_field]
    assert rows["gauc"].choices["reduction"] == GAUC_REDUCTIONS

import doctest

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from apps_rec.evaluation.metrics import accuracy, decisions, max_f1, precision, recall, recall_at_topk


def drawn(rows, digits=None, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.random(rows)
    labels = (rng.random(rows) < 0.6 * scores).astype(np.uint8)
    return labels, (scores if digits is None else scores.round(digits)).astype(np.float32)


@pytest.mark.parametrize("digits", [1, 2, None])
@pytest.mark.parametrize("threshold", [0.5, 0.25, 0.9])
def test_decisions_equal_sklearn(digits, threshold):
    labels, scores = drawn(10_000, digits)
    above = scores > threshold
    assert precision(labels, scores, threshold) == pytest.approx(sklearn_metrics.precision_score(labels, above))
    assert recall(labels, scores, threshold) == pytest.approx(sklearn_metrics.recall_score(labels, above))
    assert accuracy(labels, scores, threshold) == pytest.approx(sklearn_metrics.accuracy_score(labels, above))


def test_a_row_at_the_threshold_is_not_above_it():
    labels, scores = np.array([1, 1, 0]), np.array([0.5, 0.75, 0.5])
    assert (precision(labels, scores), recall(labels, scores), accuracy(labels, scores)) == (1, 1 / 2, 2 / 3)


@pytest.mark.parametrize("digits", [1, 2, None])
def test_max_f1_equals_the_best_of_sklearns_curve(digits):
    labels, scores = drawn(10_000, digits)
    exact, found, _ = sklearn_metrics.precision_recall_curve(labels, scores)
    assert max_f1(labels, scores) == pytest.approx(np.max(2 * exact * found / (exact + found)), rel=1e-12)


def test_max_f1_tries_every_threshold():
    labels, scores = drawn(300, seed=4)
    scores *= 1e-3  # far below the first of 200 thresholds between 0 and 1
    tried = [sklearn_metrics.f1_score(labels, scores >= threshold) for threshold in np.unique(scores)]
    assert max_f1(labels, scores) == pytest.approx(max(tried), rel=1e-12)


def test_max_f1_of_logits_is_that_of_probabilities():
    # EasyRec holds logits against thresholds between 0 and 1: it takes every row with a logit below 0 for negative.
    labels, probabilities = drawn(2_000, seed=1)
    probabilities = probabilities.astype(np.float64) * 0.4 + 0.01
    logits = np.log(probabilities / (1 - probabilities))
    assert logits.max() < 0
    assert max_f1(labels, logits) == max_f1(labels, probabilities)
    assert max_f1(labels, probabilities) > 0.3


def test_max_f1_by_hand_with_ties():
    # All rows or none: 2 of 4 are positive, 2 * 2 / (4 + 2).
    assert max_f1(np.array([1, 0, 1, 0]), np.full(4, 0.5)) == pytest.approx(4 / 6)
    assert max_f1(np.array([1, 1]), np.array([0.1, 0.2])) == 1


@pytest.mark.parametrize("digits", [1, None])
def test_several_classes_equal_a_loop(digits):
    rng = np.random.default_rng(3)
    scores = rng.dirichlet(np.ones(6), 500)
    scores = (scores if digits is None else scores.round(digits)).astype(np.float32)
    labels = rng.integers(0, 6, 500)
    order = [sorted(range(6), key=lambda k, row=row: (-row[k], k)) for row in scores]  # of equal ones the first
    assert accuracy(labels, scores) == np.mean([best[0] == label for best, label in zip(order, labels, strict=True)])
    assert accuracy(labels, scores) == np.mean(scores.argmax(axis=1) == labels)
    for topk in (1, 2, 5, 6, 9):
        among = [label in best[:topk] for best, label in zip(order, labels, strict=True)]
        assert recall_at_topk(labels, scores, topk) == np.mean(among)


def test_of_two_classes_the_probability_of_one_says_all():
    labels, scores = drawn(1_000, digits=1)
    both = np.stack([1 - scores, scores], axis=1)
    assert recall_at_topk(labels, scores, 1) == recall_at_topk(labels, both, 1) == accuracy(labels, scores)
    assert recall_at_topk(labels, scores, 2) == 1
    with pytest.raises(ValueError, match=r"recall_at_topk: expected probabilities in \[0, 1\], got scores from -1"):
        recall_at_topk(labels[:2], np.array([-1.0, 0.5]))


def test_recall_at_topk_equals_sklearn_without_ties():
    rng = np.random.default_rng(6)
    scores, labels = rng.random((400, 8)), rng.integers(0, 8, 400)
    for topk in (2, 5):
        expected = sklearn_metrics.top_k_accuracy_score(labels, scores, k=topk, labels=range(8))
        assert recall_at_topk(labels, scores, topk) == pytest.approx(expected)


def test_none_where_a_metric_has_no_value():
    empty = np.zeros(0, np.uint8), np.zeros(0, np.float32)
    for metric in (max_f1, precision, recall, accuracy, recall_at_topk):
        assert metric(*empty) is None
    no_class = np.zeros(0, np.int32), np.zeros((0, 3), np.float32)
    assert accuracy(*no_class) is None
    assert recall_at_topk(*no_class) is None
    none, scores = np.zeros(2, np.uint8), np.array([0.2, 0.7])
    assert max_f1(none, scores) is None
    assert recall(none, scores) is None
    assert precision(none, scores) == 0
    assert precision(none, scores, 0.8) is None
    assert accuracy(none, scores) == 0.5


def test_bad_arguments_say_what_came():
    labels, logits = np.array([0, 1]), np.array([-3.0, 0.5])
    for metric in (precision, recall, accuracy):
        with pytest.raises(
            ValueError, match=rf"{metric.__name__}: expected probabilities in \[0, 1\], got scores from -3"
        ):
            metric(labels, logits)
    for metric in (max_f1, precision, recall, accuracy):
        with pytest.raises(ValueError, match="labels 0 or 1, got 2 at row 1"):
            metric(np.array([0, 2]), np.zeros(2))
        with pytest.raises(ValueError, match="nan as score of 1 of 2 rows, first at row 1"):
            metric(labels, np.array([0.5, np.nan]))
    for metric in (accuracy, recall_at_topk):
        with pytest.raises(ValueError, match="labels from 0 to 2, got -1 at row 1"):
            metric(np.array([0, -1]), np.zeros((2, 3)))
        with pytest.raises(ValueError, match=r"labels from 0 to 2, got 0\.5 at row 0"):
            metric(np.array([0.5, 1]), np.zeros((2, 3)))
        with pytest.raises(ValueError, match="nan as score of 1 of 2 rows, first at row 1"):
            metric(labels, np.array([[0, 1], [np.nan, np.nan]]))
        with pytest.raises(ValueError, match=r"\(rows, classes\), got \(3,\) and \(2, 3\)"):
            metric(np.zeros(3), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="topk is 1 or more, got 0"):
        recall_at_topk(labels, np.zeros((2, 3)), 0)


def test_docstring_examples_run():
    tried = doctest.testmod(decisions)
    assert (tried.failed, tried.attempted) == (0, 6)

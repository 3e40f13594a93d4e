"""The metric of weighted units is the metric of rows that are really there so often."""

import numpy as np
import pytest

from apps_rec.evaluation.metrics import GAUC_REDUCTIONS, METRICS, Metric, needs_users
from apps_rec.evaluation.metrics.weighted import Units

ROWS = 400
OPTIONS = {
    **{name: [{"reduction": reduction} for reduction in GAUC_REDUCTIONS] for name in ("gauc", "session_auc")},
    **{name: [{}, {"threshold": 0.25}] for name in ("precision", "recall", "accuracy")},
    "recall_at_topk": [{"topk": 1}, {"topk": 2}],
    "expected_calibration_error": [{}, {"num_bins": 3}],
}
CASES = [(name, options) for name in METRICS for options in OPTIONS.get(name, [{}])]


def draw_rows(seed=3):
    """Return labels, scores with ties, a user and a session for each row; a session is of one user."""
    draw = np.random.default_rng(seed)
    scores = draw.random(ROWS).round(1)
    users = draw.integers(0, 30, ROWS)
    return draw.random(ROWS) < scores, scores, users, users * 3 + draw.integers(0, 3, ROWS)


def repeated(weights, units, groups):
    """Return the places of rows as often as their unit's weight says, and another group for each repetition."""
    places, copies = [], []
    for row, unit in enumerate(units):
        for copy in range(weights[unit]):
            places.append(row)
            copies.append(int(groups[row]) * 100 + copy)
    return np.array(places), np.array(copies)


def weights_of(count, seed=1):
    return np.random.default_rng(seed).poisson(1.0, count).astype(np.uint8)


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("unit", ["row", "user"])
@pytest.mark.parametrize("is_fast", [True, False])
def test_weights_are_repetitions(name, options, unit, is_fast):
    labels, scores, users, sessions = draw_rows()
    # A session, like the user itself, is another one in each repetition of its user.
    groups = sessions if name == "session_auc" else users
    units = users if unit == "user" else np.arange(ROWS)
    metric = METRICS[name] if is_fast else Metric(METRICS[name].compute)
    assert (metric.weigh is None) != is_fast
    given = {**options, "users": groups} if needs_users(name) else options
    value = metric.weighted(labels, scores, Units(units, int(units.max()) + 1), **given)
    for seed in range(3):
        weights = weights_of(int(units.max()) + 1, seed)
        places, copies = repeated(weights, units, groups)
        again = {**options, "users": copies if unit == "user" else groups[places]} if needs_users(name) else options
        expected = METRICS[name].compute(labels[places], scores[places], **again)
        assert value(weights) == pytest.approx(expected, rel=1e-12)
    assert value(np.ones_like(weights)) == pytest.approx(METRICS[name].compute(labels, scores, **given), rel=1e-12)


@pytest.mark.parametrize("name", ["accuracy", "recall_at_topk", "log_loss"])
def test_several_classes(name):
    draw = np.random.default_rng(4)
    scores, labels, weights = draw.dirichlet(np.ones(7), ROWS), draw.integers(0, 7, ROWS), weights_of(ROWS)
    value = METRICS[name].weighted(labels, scores, Units(np.arange(ROWS), ROWS))
    expected = METRICS[name].compute(np.repeat(labels, weights), np.repeat(scores, weights, axis=0))
    assert value(weights) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "name", ["calibration", "mean_absolute_error", "mean_squared_error", "root_mean_squared_error"]
)
def test_numbers(name):
    draw = np.random.default_rng(5)
    labels, scores, weights = draw.gamma(2.0, 30.0, ROWS), draw.gamma(2.0, 30.0, ROWS), weights_of(ROWS)
    value = METRICS[name].weighted(labels, scores, Units(np.arange(ROWS), ROWS))
    expected = METRICS[name].compute(np.repeat(labels, weights), np.repeat(scores, weights))
    assert value(weights) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_no_rows_and_no_weights_give_what_no_rows_give(name):
    labels, scores, users, _ = draw_rows()
    for rows, weights in ((0, []), (ROWS, np.zeros(ROWS))):
        given = {"users": users[:rows]} if needs_users(name) else {}
        value = METRICS[name].weighted(labels[:rows], scores[:rows], Units(np.arange(rows), rows), **given)
        assert value(np.array(weights, np.uint8)) is None


@pytest.mark.parametrize("name", METRICS)
def test_rows_of_one_class_are_left(name):
    """A resample may lose a class: the metric has then a value where its row says so."""
    labels, scores, users, _ = draw_rows()
    given = {"users": users} if needs_users(name) else {}
    value = METRICS[name].weighted(labels, scores, Units(np.arange(ROWS), ROWS), **given)
    assert (value(labels.astype(np.uint8)) is not None) == METRICS[name].of_positives
    assert (value((~labels & (scores < 0.5)).astype(np.uint8)) is not None) == (
        METRICS[name].of_negatives and not METRICS[name].none_where
    )

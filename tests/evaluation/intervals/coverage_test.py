"""Intervals hold the truth as often as they say, and cost no more than they may."""

import time

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import roc_auc_score

from apps_rec.evaluation.columns import RowsOfTask
from apps_rec.evaluation.intervals import Resampling, interval_of, resampled
from apps_rec.evaluation.intervals.resampling import weighted_metrics
from apps_rec.evaluation.metrics.weighted import Units
from apps_rec.evaluation.tasks import AUC, CALIBRATION, LOG_LOSS, MetricSpec, TaskMetrics

RUNS, USERS, ROWS = 1000, 300, 5
TASK = TaskMetrics("ctr", "probs", "click", metrics=(AUC, LOG_LOSS, CALIBRATION, MetricSpec("gauc", "user")))
# A row's logit is a + u + v, of its user and of itself; the score knows v and half of u.
BIAS, OF_USER, OF_ROW = -1.0, 1.0, 1.0


def draw_rows(draw, users=USERS):
    of_user = np.repeat(draw.normal(0, OF_USER, users), ROWS)
    of_row = draw.normal(0, OF_ROW, users * ROWS)
    labels = draw.random(users * ROWS) < 1 / (1 + np.exp(-(BIAS + of_user + of_row)))
    scores = 1 / (1 + np.exp(-(BIAS + 0.5 * of_user + of_row)))
    codes = np.repeat(np.arange(users), ROWS)
    return RowsOfTask(labels, scores, {"user": codes}), codes


@pytest.fixture(scope="module")
def truth():
    """Return each metric over so many users that its own error is a fiftieth of that of one run."""
    rows, _ = draw_rows(np.random.default_rng(10), 2500 * USERS)
    return rows.metrics(TASK)


@pytest.mark.slow
def test_intervals_hold_the_truth_19_times_of_20(truth):
    draw, held = np.random.default_rng(0), dict.fromkeys(TASK.names, 0)
    for run in range(RUNS):
        rows, codes = draw_rows(draw)
        values = resampled(weighted_metrics(TASK, rows, Units(codes, USERS)), USERS, Resampling(seed=run))
        for (name, value), column in zip(rows.metrics(TASK).items(), values.T, strict=True):
            low, high = interval_of(value, column, USERS).bounds
            held[name] += low <= truth[name] <= high
    print(held)
    assert all(0.93 <= count / RUNS <= 0.97 for count in held.values()), held


@pytest.mark.slow
def test_the_auc_of_two_normal_distributions_is_held_19_times_of_20():
    """Positives N(1, 1) and negatives N(0, 1): the AUC is Phi(1 / sqrt 2)."""
    truth = scipy.stats.norm.cdf(1 / np.sqrt(2))
    draw, held = np.random.default_rng(0), 0
    task = TaskMetrics("ctr", "probs", "click", metrics=(AUC,))
    for run in range(RUNS):
        labels = draw.random(1000) < 0.3
        rows = RowsOfTask(labels, draw.normal(labels, 1.0), {})
        values = resampled(weighted_metrics(task, rows, Units(np.arange(1000), 1000)), 1000, Resampling(seed=run))
        low, high = interval_of(rows.metrics(task)["auc_ctr"], values[:, 0], 1000).bounds
        held += low <= truth <= high
    print(held)
    assert 0.93 <= held / RUNS <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("users", [100_000, 1_000_000])
def test_200_resamples_cost_at_most_40_times_one_auc_of_scikit_learn(users):
    rows = 1_000_000
    draw = np.random.default_rng(0)
    scores = draw.random(rows).astype(np.float32)
    labels = draw.random(rows) < 0.1 * scores
    codes = np.arange(rows) if users == rows else np.sort(draw.integers(0, users, rows))
    task = TaskMetrics("ctr", "probs", "click", metrics=(AUC,))

    def cost(function):
        start = time.process_time()
        function()
        return time.process_time() - start

    once = min(cost(lambda: roc_auc_score(labels, scores)) for _ in range(3))
    of_200 = cost(
        lambda: resampled(
            weighted_metrics(task, RowsOfTask(labels, scores, {}), Units(codes, users)), users, Resampling()
        )
    )
    print(f"{of_200 / once:.1f} times")
    assert of_200 <= 40 * once

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import roc_auc_score

from apps_rec.errors import DataError
from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.columns import RowsOfTask
from apps_rec.evaluation.intervals import Comparison, Difference, Interval, Resampling, differences, pairs_of, resampled
from apps_rec.evaluation.intervals.paired import Pair
from apps_rec.evaluation.intervals.resampling import weighted_metrics
from apps_rec.evaluation.metrics.weighted import Units
from apps_rec.evaluation.tasks import AUC, CALIBRATION, LOG_LOSS, MetricSpec, TaskMetrics

TASK = TaskMetrics("ctr", "probs", "click", metrics=(AUC, LOG_LOSS, CALIBRATION, MetricSpec("gauc", "user")))
USERS, ROWS = 300, 5


def draw_pair(draw, noise_a=0.5, noise_b=0.5, users=USERS, task=TASK):
    """Return the rows of two models that see the same logit, each with noise of its own."""
    codes = np.repeat(np.arange(users), ROWS)
    logit = -1 + draw.normal(0, 1, users)[codes] + draw.normal(0, 1, len(codes))
    labels = draw.random(len(codes)) < 1 / (1 + np.exp(-logit))
    a, b = (
        RowsOfTask(labels, 1 / (1 + np.exp(-logit - draw.normal(0, noise, len(codes)))), {"user": codes})
        for noise in (noise_a, noise_b)
    )
    return Pair(task, a, b, Units(codes, users))


def test_both_models_see_the_same_resamples():
    pair = draw_pair(np.random.default_rng(1), 0.1, 1.0)
    found = {item.metric: item for item in differences([pair], Resampling(60, seed=4))}
    draw, of_draws = np.random.default_rng(4), []
    for _ in range(60):
        rows = np.repeat(np.arange(USERS * ROWS), draw.poisson(1.0, USERS)[pair.units.codes])
        aucs = [roc_auc_score(each.labels[rows], each.scores[rows]) for each in (pair.a, pair.b)]
        of_draws.append(aucs[1] - aucs[0])
    auc = found["auc"]
    assert (auc.a, auc.b) == (
        pytest.approx(roc_auc_score(pair.a.labels, pair.a.scores), rel=1e-12),
        pytest.approx(roc_auc_score(pair.b.labels, pair.b.scores), rel=1e-12),
    )
    assert auc.interval.value == auc.b - auc.a
    assert auc.interval.standard_error == pytest.approx(np.std(of_draws, ddof=1), rel=1e-9)
    # A, with little noise, is better: AUC is higher, log loss lower; calibration has no better side.
    assert [found[name].verdict for name in ("auc", "log_loss", "gauc")] == ["A better"] * 3
    assert found["calibration"].verdict in ("differ", "not shown")
    # Apart, the two would be far less sure: what a user does is common to both.
    alone = resampled(weighted_metrics(TASK, pair.a, pair.units), USERS, Resampling(60, seed=4))[:, 0].std()
    assert auc.interval.standard_error < 0.7 * np.sqrt(2) * alone


def test_a_difference_of_means_agrees_with_scipys_paired_tests():
    draw, task = np.random.default_rng(9), TaskMetrics("ctr", "probs", "click", metrics=(LOG_LOSS,))
    pair = draw_pair(draw, 0.9, 1.0, task=task)
    # Rows alone, each a unit.
    rows = len(pair.units.codes)
    (item,) = differences([Pair(task, pair.a, pair.b, Units(np.arange(rows), rows))], Resampling(4000))
    a, b = (-np.log(np.where(each.labels, each.scores, 1 - each.scores)) for each in (pair.a, pair.b))
    peer = scipy.stats.ttest_rel(b, a)
    permuted = scipy.stats.permutation_test(
        (b - a,), np.mean, permutation_type="samples", n_resamples=4000, vectorized=True, rng=2
    )
    assert item.interval.value == pytest.approx((b - a).mean(), rel=1e-6)
    assert item.interval.standard_error == pytest.approx(scipy.stats.sem(b - a), rel=0.04)
    low, high = peer.confidence_interval(0.95)
    assert item.interval.bounds == pytest.approx((low, high), abs=0.1 * item.interval.standard_error)
    # z within 4 % moves p by less than this wherever p is neither 0 nor 1; a permutation has an error of its own.
    assert 0.005 < peer.pvalue < 0.5
    assert item.interval.p == pytest.approx(peer.pvalue, abs=0.03)
    assert item.interval.p == pytest.approx(permuted.pvalue, abs=0.03)


def test_a_model_does_not_differ_from_itself():
    pair = draw_pair(np.random.default_rng(2))
    for item in differences([Pair(TASK, pair.a, pair.a, pair.units)], Resampling(20)):
        assert (item.interval.value, item.interval.p, item.verdict) == (0.0, 1.0, "not shown")


@pytest.mark.parametrize(
    ("metric", "value", "verdict"),
    [
        ("auc", 0.02, "B better"),
        ("auc", -0.02, "A better"),
        ("auc", 0.0195, "not shown"),
        ("log_loss", 0.02, "A better"),
        ("root_mean_squared_error", -0.02, "B better"),
        ("calibration", 0.02, "differ"),
    ],
)
def test_verdicts(metric, value, verdict):
    item = Difference(metric, "ctr", 0.5, 0.5 + value, Interval(value, 0.01))
    assert item.verdict == verdict
    low, high = item.interval.bounds
    assert (low > 0 or high < 0) == (verdict != "not shown")
    assert item.to_json() == {
        "a": 0.5,
        "b": 0.5 + value,
        "difference": pytest.approx(value),
        "interval": [low, high],
        "p": pytest.approx(2 * scipy.stats.norm.sf(abs(value) / 0.01)),
        "verdict": verdict,
    }


def test_the_table():
    found = (
        Difference("auc", "ctr", 0.5, 0.75, Interval(0.25, 0.01)),
        Difference("log_loss", "ctr", 0.5, 0.51, Interval(0.01, 0.01)),
        Difference("auc", "ctcvr", None, 0.5, None),
    )
    comparison = Comparison("a.csv", "b.csv", 1234, 99, Resampling(users="user"), found, ("cvr",))
    lines = str(comparison).splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["task", "metric", "A", "B", "B", "-", "A", "95", "%", "interval", "p", "at", "p", "<", "0.05"],
        ["ctr", "auc", "0.50000", "0.75000", "+0.25000", "+0.23040", "to", "+0.26960", "<0.001", "B", "better"],
        ["ctr", "log_loss", "0.50000", "0.51000", "+0.01000", "-0.00960", "to", "+0.02960", "0.317", "not", "shown"],
        ["ctcvr", "auc", "n/a", "0.50000", "n/a", "n/a", "n/a", "not", "shown"],
    ]
    assert lines[4:7] == [
        "A: a.csv",
        "B: b.csv",
        "1,234 rows, the same of both; 200 resamples of 99 values of user",
    ]
    assert lines[7] == "of one of the two alone, and left out: cvr"
    assert lines[8].startswith("n/a: ")
    answer = comparison.to_json()
    assert list(answer["tasks"]) == ["ctr", "ctcvr"]
    assert answer["tasks"]["ctcvr"]["auc"] == {
        "a": None,
        "b": 0.5,
        "difference": None,
        "interval": None,
        "p": None,
        "verdict": "not shown",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows["click"].__setitem__(3, 1 - rows["click"][3]), "got other values of click"),
        (lambda rows: rows["user"].__setitem__(3, 70), "got other values of user"),
        (lambda rows: rows.update({name: column[1:] for name, column in rows.items()}), "got 40 of A and 39 of B"),
    ],
    ids=["label", "user", "count"],
)
def test_other_rows_are_refused(change, message):
    collectors = []
    for is_changed in (False, True):
        draw = np.random.default_rng(3)
        rows = {
            "probs": draw.random(40).astype(np.float32),
            "click": draw.integers(0, 2, 40),
            "user": np.arange(40) // 4,
        }
        if is_changed:
            change(rows)
        collectors.append(MetricCollector([TASK], with_places=True))
        collectors[-1].update(rows, rows, rows)
    assert pairs_of(collectors[0], collectors[0], [TASK], Resampling(users="user"))
    with pytest.raises(DataError, match=message):
        pairs_of(*collectors, [TASK], Resampling(users="user"))


@pytest.mark.slow
def test_two_models_that_are_as_good_are_told_apart_once_in_20_times():
    """5,000 A/A comparisons: p is uniform, so that one of 20 is below .05."""
    task = TaskMetrics("ctr", "probs", "click", metrics=(AUC, LOG_LOSS))
    draw, p = np.random.default_rng(0), {"auc": [], "log_loss": []}
    for run in range(5000):
        for item in differences([draw_pair(draw, task=task)], Resampling(seed=run)):
            p[item.metric].append(item.interval.p)
    for metric, values in p.items():
        print(metric, np.mean(np.array(values) < 0.05), scipy.stats.kstest(values, "uniform").pvalue)
        assert 0.04 <= np.mean(np.array(values) < 0.05) <= 0.06
        assert np.mean(np.array(values) < 0.5) == pytest.approx(0.5, abs=0.03)

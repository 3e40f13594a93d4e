import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import roc_auc_score

from apps_rec.errors import ArgumentError
from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.intervals import Interval, Resampling, interval_of, intervals_of, resampled
from apps_rec.evaluation.intervals.resampling import weighted_metrics
from apps_rec.evaluation.slices import slices_of
from apps_rec.evaluation.tasks import AUC, CALIBRATION, LOG_LOSS, MetricSpec, TaskMetrics

CTR = TaskMetrics("ctr", "probs_ctr", "click", metrics=(AUC, LOG_LOSS, CALIBRATION, MetricSpec("gauc", "user")))
CVR = TaskMetrics("cvr_masked", "probs_cvr", "download", mask_label="click")
USERS = 400


def collect(tasks=(CTR, CVR), columns=("country",), seed=0):
    """Return a collector over rows whose clicks differ from user to user, and those rows."""
    draw = np.random.default_rng(seed)
    users = np.sort(draw.integers(0, USERS, 5 * USERS))
    logit = draw.normal(size=USERS)[users] + draw.normal(size=len(users))
    probs = 1 / (1 + np.exp(1.5 - logit))
    click = draw.random(len(users)) < probs
    rows = {
        "click": click.astype(np.float32),
        "download": (click & (draw.random(len(users)) < 0.4)).astype(np.float32),
        "probs_ctr": probs.astype(np.float32),
        "probs_cvr": draw.random(len(users)).astype(np.float32),
        "user": users,
        "country": users % 3,
    }
    collector = MetricCollector(tasks, columns, with_places=True)
    for at in np.array_split(np.arange(len(users)), 4):
        part = {name: column[at] for name, column in rows.items()}
        collector.update(part, part, part)
    return collector, rows


def test_standard_errors_agree_with_formulas_over_users():
    collector, rows = collect()
    metrics = intervals_of(collector, [CTR], Resampling(2000, users="user")).metrics
    users = rows["user"]

    def of_users(values):
        return np.bincount(users, values, USERS)

    probs, click = rows["probs_ctr"].astype(np.float64), rows["click"]
    losses = -np.where(click == 1, np.log(probs), np.log1p(-probs))
    # Linearisation of a ratio of sums over clusters: Cochran 1977, Sampling Techniques, section 6.4.
    for name, above, below in (("log_loss", losses, np.ones(len(users))), ("calibration", probs, click)):
        ratio = above.sum() / below.sum()
        residuals = of_users(above) - ratio * of_users(below)
        expected = np.sqrt((residuals**2).sum()) / below.sum()
        assert metrics[f"{name}_ctr"].value == pytest.approx(ratio, rel=1e-6)
        assert metrics[f"{name}_ctr"].standard_error == pytest.approx(expected, rel=0.06)
    # AUC by DeLong, DeLong and Clarke-Pearson 1988, its components summed within users (Obuchowski 1997).
    above, below = probs[click == 1], probs[click == 0]
    placed = (above[:, None] > below[None, :]) + 0.5 * (above[:, None] == below[None, :])
    auc, parts = placed.mean(), np.zeros(len(users))
    parts[click == 1] = (placed.mean(axis=1) - auc) / len(above)
    parts[click == 0] = (placed.mean(axis=0) - auc) / len(below)
    assert metrics["auc_ctr"].value == pytest.approx(auc, rel=1e-12)
    assert metrics["auc_ctr"].standard_error == pytest.approx(np.sqrt((of_users(parts) ** 2).sum()), rel=0.06)


def test_rows_alone_give_the_error_of_independent_rows():
    collector, rows = collect([TaskMetrics("ctr", "probs_ctr", "click", metrics=(MetricSpec("mean_absolute_error"),))])
    interval = intervals_of(collector, collector.tasks, Resampling(2000)).metrics["mean_absolute_error_ctr"]
    errors = np.abs(rows["probs_ctr"] - rows["click"])
    expected = scipy.stats.bootstrap((errors,), np.mean, n_resamples=2000, rng=1).standard_error
    assert interval.standard_error == pytest.approx(expected, rel=0.08)
    assert interval.standard_error == pytest.approx(scipy.stats.sem(errors), rel=0.06)


def test_auc_of_rows_alone_agrees_with_scipys_bootstrap():
    collector, rows = collect([TaskMetrics("ctr", "probs_ctr", "click")])
    interval = intervals_of(collector, collector.tasks, Resampling(2000)).metrics["auc_ctr"]
    labels, scores = rows["click"], rows["probs_ctr"]
    found = scipy.stats.bootstrap(
        (labels, scores), roc_auc_score, n_resamples=300, paired=True, vectorized=False, method="percentile", rng=1
    )
    # The error of a standard error of n resamples is about 1 / sqrt(2 n) of it: three of them, for both.
    bound = 3 * np.sqrt(1 / 600 + 1 / 4000)
    assert interval.standard_error == pytest.approx(found.standard_error, rel=bound)
    # A percentile of 300 has an error of some .15 standard errors.
    assert interval.bounds == pytest.approx(tuple(found.confidence_interval), abs=0.5 * interval.standard_error)


def test_a_masked_task_and_a_slice_see_the_draws_of_all_users():
    collector, rows = collect()
    resampling = Resampling(25, seed=6, users="user")
    values = resampled(weighted_metrics(CVR, collector.rows_of(CVR), collector.units(CVR, "user")), USERS, resampling)
    codes = {user: code for code, user in enumerate(dict.fromkeys(rows["user"].tolist()))}
    draw = np.random.default_rng(6)
    for row in values:
        weights = draw.poisson(1.0, USERS)
        times = weights[[codes[user] for user in rows["user"].tolist()]] * (rows["click"] == 1)
        predicted = np.repeat(rows["probs_cvr"], times).astype(np.float64).sum()
        assert row[2] == pytest.approx(predicted / np.repeat(rows["download"], times).sum(), rel=1e-12)
    # The 95 % interval within a slice is that of its rows alone, by other draws of as many users.
    sliced = slices_of(collector, [CTR, CVR], "country", resampling=Resampling(1500, users="user"))
    item = sliced.shown[0]
    alone = MetricCollector([CTR, CVR], with_places=True)
    mine = rows["country"] == item.value
    part = {name: column[mine] for name, column in rows.items()}
    alone.update(part, part, part)
    expected = intervals_of(alone, [CTR, CVR], Resampling(1500, users="user"))
    assert set(item.intervals) == set(expected.metrics)
    for name, interval in item.intervals.items():
        assert interval.value == pytest.approx(expected.metrics[name].value, rel=1e-12)
        assert interval.standard_error == pytest.approx(expected.metrics[name].standard_error, rel=0.1)
    assert sliced.to_json()["slices"][0]["intervals"]["auc_ctr"] == list(item.intervals["auc_ctr"].bounds)
    assert f"{item.metrics['auc_ctr']:.5f} ±{item.intervals['auc_ctr'].half_width:.5f}" in sliced.to_table(["ctr"])


def test_a_seed_gives_one_answer():
    collector, _ = collect()
    first, again, other = (
        intervals_of(collector, [CTR, CVR], Resampling(30, seed, "user")).metrics for seed in (0, 0, 1)
    )
    assert first == again
    assert first["auc_ctr"].value == other["auc_ctr"].value
    assert first["auc_ctr"].standard_error != other["auc_ctr"].standard_error


def test_an_interval_is_a_standard_error_times_the_normal_quantile():
    values = np.array([0.1, 0.3, 0.2, 0.4])
    interval = interval_of(0.25, values, units=20)
    error = np.std(values, ddof=1)
    assert interval.bounds == pytest.approx(scipy.stats.norm.interval(0.95, 0.25, error), rel=1e-12)
    assert interval.p == pytest.approx(2 * scipy.stats.norm.sf(0.25 / error), rel=1e-12)
    assert Interval(0.0, 0.0).p == 1.0
    assert Interval(0.1, 0.0).p == 0.0


@pytest.mark.parametrize(
    ("value", "lost", "units"),
    [(None, 0, 100), (0.5, 6, 100), (0.5, 0, 19)],
    ids=["no value", "six of a hundred resamples have none", "few users"],
)
def test_what_has_no_interval(value, lost, units):
    values = np.where(np.arange(100) < lost, np.nan, np.arange(100))
    assert interval_of(value, values, units) is None
    nearly = np.where(np.arange(100) < 5, np.nan, np.arange(100))
    assert interval_of(0.5, nearly, 20) is not None


def test_what_cannot_be_resampled_is_said():
    with pytest.raises(ArgumentError, match="resamples: expected 20 or more, got 19"):
        Resampling(19)
    with pytest.raises(ArgumentError, match="seed: expected 0 or more, got -1"):
        Resampling(seed=-1)

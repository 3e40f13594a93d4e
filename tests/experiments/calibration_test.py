"""Alike arms are called different as often as alpha says, intervals cover known truth, and the store's tables come out.

Users are drawn with the rates of a store's module: 8 impressions, 0.4 % of them clicked, 43 % of the clicks become a
download. A gamma-distributed taste of each user makes the variance of downloads 2.5 times their mean.
"""

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.experiments.analyze import analyze
from apps_rec.experiments.columns import columns_of
from apps_rec.experiments.compare import compare
from apps_rec.experiments.metric import metrics_of
from apps_rec.experiments.plan import plan
from apps_rec.experiments.report import Settings
from tests.experiments.logs import sums_of

METRICS = metrics_of([], ["distribution=before", "ctcvr=before"], impression="impressions")
PLAIN = metrics_of([], impression="impressions")
# Each metric, with and without its covariate.
ALL = [*METRICS, *(metric for metric in metrics_of(["d=download/users", "t=download/impressions"]))]
COLUMNS = columns_of(ALL, "user_id", "arm")
CLICK_RATE, CVR, IMPRESSIONS, DISPERSION = 0.004, 0.43, 8.0, 2.5
USERS = 20_000

pytestmark = pytest.mark.slow


def population(count, seed, lift=1.0, dispersion=DISPERSION):
    """Users by key of their sums: impressions, clicks and downloads, and downloads of the time before.

    Args:
        count: number of users.
        seed: seed, of which the same gives the same users, but for the lift.
        lift: factor of the click rate.
        dispersion: variance over mean of the downloads at a lift of 1; 1: Poisson's, for all users alike.
    """
    draw = np.random.default_rng(seed)
    # Downloads of a user whose rate is a gamma-distributed taste times m have the variance m + m^2 / shape.
    mean = CLICK_RATE * IMPRESSIONS * CVR
    taste = draw.gamma(mean / (dispersion - 1), (dispersion - 1) / mean, count) if dispersion > 1 else np.ones(count)
    impressions = 1 + draw.poisson(IMPRESSIONS - 1, count)
    before = draw.poisson(taste * 4 * mean)
    # Several clicks of one impression are rare, and in no metric's way.
    clicks = draw.poisson(impressions * CLICK_RATE * lift * taste)
    downloads = draw.binomial(clicks, CVR)
    values = {"impressions": impressions, "click": clicks, "download": downloads, "before": before}
    numbers = {key: values[name] for key, name in COLUMNS.numbers.items()}
    return {key: column.astype(np.float64) for key, column in numbers.items()}


def drawn(users, draw):
    """Sums over an arm of users drawn from a population."""
    chosen = draw.integers(len(users["s0"]), size=USERS)
    return sums_of({key: column[chosen] for key, column in users.items()})


def test_5000_tests_of_alike_arms_reject_at_5_percent():
    users = population(2_000_000, seed=0)
    draw = np.random.default_rng(0)
    runs = 5000
    rejected = np.zeros(len(ALL))
    for _ in range(runs):
        arms = {"a": drawn(users, draw), "b": drawn(users, draw)}
        rejected += [row.p < 0.05 for row in compare(arms, ALL, COLUMNS, "a", Settings())]
    shares = dict(zip([f"{metric.name} {metric.covariate}" for metric in ALL], rejected / runs, strict=True))
    print(shares)
    assert all(0.04 < share < 0.06 for share in shares.values()), shares


def test_intervals_cover_a_known_truth():
    lift, runs = 1.1, 2000
    control, treatment = population(2_000_000, seed=0), population(2_000_000, seed=1, lift=lift)
    # The populations that arms are drawn from have means of their own: they are the truth.
    truth = [row.difference for row in compare(
        {"a": sums_of(control), "b": sums_of(treatment)}, [*PLAIN, *ALL[4:]], COLUMNS, "a", Settings()
    )]  # fmt: skip
    assert truth == pytest.approx([0.1, 0.1, 0.0, 0.1, 0.1, 0.1], abs=0.05)
    draw = np.random.default_rng(0)
    covered = np.zeros(len(ALL))
    for _ in range(runs):
        rows = compare({"a": drawn(control, draw), "b": drawn(treatment, draw)}, ALL, COLUMNS, "a", Settings())
        covered += [row.interval[0] < at < row.interval[1] for row, at in zip(rows, truth, strict=True)]
    shares = dict(zip([f"{metric.name} {metric.covariate}" for metric in ALL], covered / runs, strict=True))
    print(shares)
    assert all(0.93 < share < 0.97 for share in shares.values()), shares


def test_the_planned_users_find_the_lift_as_often_as_the_power_says():
    made = plan(baseline=0.5, dispersion=2.5, lift=0.1)
    draw = np.random.default_rng(0)
    metrics = metrics_of(["d=download/users"])
    columns = columns_of(metrics, "user_id", "arm")
    runs, found = 2000, 0
    for _ in range(runs):
        # Negative binomial: mean m, variance 2.5 m.
        arms = {
            name: sums_of({"s0": draw.negative_binomial(mean / 1.5, 1 / 2.5, made.users).astype(float)})
            for name, mean in (("a", 0.5), ("b", 0.55))
        }
        (row,) = compare(arms, metrics, columns, "a", Settings())
        found += row.p < 0.05
    # Four standard errors of a share of 0.8.
    assert found / runs == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / runs))


# The store's two tests: users and impressions an arm, downloads a user, and the reported interval of the difference.
STORE = {
    "mmoe": (470_000, 3_850_000, (0.0144, 0.0163), (0.0720, 0.1908)),
    "esmm": (3_480_000, 33_000_000, (0.0155, 0.0165), (0.0453, 0.0837)),
}


@pytest.mark.parametrize("test", STORE)
@pytest.mark.parametrize("dispersion", [1.0, 2.4, 2.5, 2.6])
def test_intervals_are_as_wide_as_the_store_reported(tmp_path, test, dispersion):
    users, impressions, means, (low, high) = STORE[test]
    draw = np.random.default_rng(0)
    writer = None
    for arm, mean in zip(("before", test), means, strict=True):
        if dispersion > 1:
            downloads = draw.negative_binomial(mean / (dispersion - 1), 1 / dispersion, users)
        else:
            downloads = draw.poisson(mean, users)
        table = pa.table(
            {
                "user_id": np.arange(users) + (arm == test) * users,
                "arm": pa.DictionaryArray.from_arrays(np.zeros(users, np.int8), [arm]),
                "impressions": draw.poisson(impressions / users, users),
                "download": downloads,
            }
        )
        writer = writer or pq.ParquetWriter(tmp_path / "users.parquet", table.schema)
        writer.write_table(table)
    writer.close()
    metrics = metrics_of(["distribution"])
    report = analyze(str(tmp_path / "users.parquet"), metrics, "user_id", "arm", control="before")
    (row,) = report.comparisons
    width = row.interval[1] - row.interval[0]
    print(f"{test}, variance {dispersion} times the mean: {row}; width {width:.4f}, reported {high - low:.4f}")
    assert [arm.users for arm in report.arms] == [users, users]
    assert report.alarms == ()
    assert row.dispersion == pytest.approx(dispersion, rel=0.05)
    if dispersion > 1:
        assert width == pytest.approx(high - low, rel=0.15)
        assert row.is_significant
    else:
        # What Poisson's distribution gives is narrower by the square root of what it leaves out.
        assert 0.60 < width / (high - low) < 0.68


def test_the_dispersion_that_the_reported_intervals_imply():
    found = []
    for users, _, (control, treatment), (low, high) in STORE.values():
        quotient = treatment / control
        error = (high - low) / 2 / 1.959964
        # Variance of a quotient of means with variances D * mean / users: quotient^2 * D / users * (1 / c + 1 / t).
        found.append(error**2 * users / quotient**2 / (1 / control + 1 / treatment))
    assert found == pytest.approx([2.58, 2.36], abs=0.01)

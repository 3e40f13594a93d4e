"""Each figure of a comparison beside scipy's and statsmodels', which know nothing of sums over users."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from apps_rec.experiments.analyze import compared as compare
from apps_rec.experiments.columns import columns_of
from apps_rec.experiments.compare import mismatch, p_of_ratio, uneven_covariates
from apps_rec.experiments.metric import metrics_of
from apps_rec.experiments.report import Settings
from tests.experiments.logs import sums_of, users_of

EXACT = {"rel": 1e-6}
METRICS = metrics_of([], impression="impressions")
COLUMNS = columns_of(METRICS, "user_id", "arm")


def by_arm(users, columns=COLUMNS):
    found = {}
    for arm in dict.fromkeys(users["arm"].tolist()):
        of_arm = users["arm"] == arm
        values = {key: users[name][of_arm] for key, name in columns.numbers.items()}
        found[arm] = sums_of({"num_rows": users["impressions"][of_arm], **values})
    return found


def compared(users, metrics=METRICS, settings=None):
    columns = columns_of(metrics, "user_id", "arm")
    return compare(by_arm(users, columns), metrics, columns, "a", settings or Settings())


def linear(users, arm, above, below):
    """Values of users whose mean is the quotient of the sums, and whose variance is that of the delta method."""
    of_arm = users["arm"] == arm
    over = users[above][of_arm].astype(float)
    under = users[below][of_arm].astype(float) if below else np.ones_like(over)
    quotient = over.sum() / under.sum()
    return quotient + (over - quotient * under) / under.mean()


def log_interval(control, treatment):
    """95 % interval of mean / mean - 1 by the delta method on its logarithm, with Welch's degrees of freedom."""
    parts = [values.var(ddof=1) / values.mean() ** 2 / len(values) for values in (control, treatment)]
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (control, treatment), strict=True)
    )
    half = stats.t(freedom).ppf(0.975) * math.sqrt(sum(parts))
    quotient = treatment.mean() / control.mean()
    return quotient * math.exp(-half) - 1, quotient * math.exp(half) - 1


@pytest.fixture(scope="module")
def users():
    return users_of({"a": 3000, "b": 2500}, seed=1)


@pytest.mark.parametrize(
    ("at", "above", "below"),
    [(0, "download", None), (1, "click", "impressions"), (2, "download", "click"), (3, "download", "impressions")],
)
def test_difference_interval_p_and_least_effect(users, at, above, below):
    row = compared(users)[at]
    control, treatment = (linear(users, arm, above, below) for arm in "ab")
    assert row.control == pytest.approx(control.mean(), **EXACT)
    assert row.treatment == pytest.approx(treatment.mean(), **EXACT)
    assert row.difference == pytest.approx(treatment.mean() / control.mean() - 1, **EXACT)
    assert row.interval == pytest.approx(log_interval(control, treatment), **EXACT)
    assert row.p == pytest.approx(stats.ttest_ind(treatment, control, equal_var=False).pvalue, **EXACT)
    assert row.adjusted_p == row.p
    of_statsmodels = CompareMeans(DescrStatsW(treatment), DescrStatsW(control)).ttest_ind(usevar="unequal")
    assert row.p == pytest.approx(of_statsmodels[1], **EXACT)
    assert row.is_significant == (row.p < 0.05)
    assert row.dispersion == pytest.approx(control.var(ddof=1) / control.mean(), **EXACT)
    effect = NormalIndPower().solve_power(nobs1=3000, ratio=2500 / 3000, alpha=0.05, power=0.8)
    assert row.detectable == pytest.approx(effect * control.std(ddof=1) / control.mean(), **EXACT)


def test_other_alpha_and_power(users):
    row = compared(users, settings=Settings(alpha=0.01, power=0.9))[0]
    control = linear(users, "a", "download", None)
    # By hand: statsmodels' solver is content with four digits here.
    effect = (stats.norm.ppf(0.995) + stats.norm.ppf(0.9)) * math.sqrt(1 / 3000 + 1 / 2500)
    assert row.detectable == pytest.approx(effect * control.std(ddof=1) / control.mean(), **EXACT)
    wide, narrow = row.interval, compared(users)[0].interval
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_cuped_takes_what_a_regression_on_the_covariate_takes(users):
    metrics = metrics_of(["distribution"], ["before"])
    (row,) = compared(users, metrics)
    before, downloads = users["before"].astype(float), users["download"].astype(float)
    slope = sm.OLS(downloads, sm.add_constant(before)).fit().params[1]
    adjusted = downloads - slope * (before - before.mean())
    control, treatment = (adjusted[users["arm"] == arm] for arm in "ab")
    assert row.difference == pytest.approx(treatment.mean() / control.mean() - 1, **EXACT)
    assert row.interval == pytest.approx(log_interval(control, treatment), **EXACT)
    assert row.p == pytest.approx(stats.ttest_ind(treatment, control, equal_var=False).pvalue, **EXACT)
    assert row.variance_left == pytest.approx(1 - np.corrcoef(before, downloads)[0, 1] ** 2, abs=0.02)
    widths = []
    for values in (adjusted, downloads):
        arms = (DescrStatsW(values[users["arm"] == arm]) for arm in "ba")
        low, high = CompareMeans(*arms).tconfint_diff(usevar="unequal")
        widths.append(high - low)
    assert row.variance_left == pytest.approx((widths[0] / widths[1]) ** 2, **EXACT)
    assert row.variance_left < 0.9


def test_several_treatments_are_adjusted_by_holm():
    users = users_of({"a": 900, "b": 900, "c": 900, "d": 900}, seed=4)
    users["download"] = users["download"] + (users["arm"] == "c") * (np.arange(3600) % 5 == 0)
    rows = compared(users)
    assert [row.arm for row in rows] == ["b", "c", "d"] * 4
    for at in range(0, 12, 3):
        three = rows[at : at + 3]
        rejected, adjusted, *_ = multipletests([row.p for row in three], method="holm")
        assert [row.adjusted_p for row in three] == pytest.approx(list(adjusted), **EXACT)
        assert [row.is_significant for row in three] == list(rejected)
    assert rows[1].is_significant


@pytest.mark.parametrize("shares", [{}, {"a": 3, "b": 2}])
@pytest.mark.parametrize(("control", "treatment"), [(300, 260), (480, 519), (5000, 5300), (470_000, 471_900)])
def test_p_of_the_ratio_equals_scipys(shares, control, treatment):
    total, share = control + treatment, shares.get("b", 1) / (shares.get("a", 1) + shares.get("b", 1))
    arms = {"a": sums_of({"x": np.arange(control)}), "b": sums_of({"x": np.arange(treatment)})}
    if total < 1000:
        expected = stats.binomtest(treatment, total, share).pvalue
    else:
        wanted = np.array([total * (1 - share), total * share])
        seen = np.array([control, treatment]) + 0.5 * np.sign(wanted - [control, treatment])
        expected = stats.chisquare(seen, wanted).pvalue
    assert p_of_ratio(arms, "a", "b", shares) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_the_ratio_of_users_is_held_against_the_expected_one():
    def p_of(control, treatment, share):
        total = control + treatment
        z = (abs(treatment - total * share) - 0.5) / math.sqrt(total * share * (1 - share))
        return stats.chi2(1).sf(z**2)

    def arms(**counts):
        return {name: sums_of({"x": np.arange(count)}) for name, count in counts.items()}

    assert mismatch(arms(a=5000, b=5000), "a", {}) == []
    assert p_of(5000, 5300, 0.5) > 0.001
    assert mismatch(arms(a=5000, b=5300), "a", {}) == []
    (alarm,) = mismatch(arms(a=5000, b=5400), "a", {})
    assert f"b has 5,400 users where 5,200 were expected beside 5,000 of a (p = {p_of(5000, 5400, 0.5):.1e})" in alarm
    assert mismatch(arms(a=9000, b=1000), "a", {"a": 9, "b": 1}) == []
    # Two treatments: the p of each is doubled.
    p = p_of(5000, 5340, 0.5)
    assert 0.0005 < p < 0.001
    assert len(mismatch(arms(a=5000, b=5340), "a", {})) == 1
    assert mismatch(arms(a=5000, b=5340, c=5000), "a", {}) == []


def test_a_covariate_that_differs_between_arms_is_an_alarm(users):
    metrics = metrics_of(["distribution", "ctr=click/impressions"], ["before"])
    columns = columns_of(metrics, "user_id", "arm")
    assert uneven_covariates(by_arm(users, columns), metrics, columns, "a") == []
    later = {**users, "before": users["before"] + (users["arm"] == "b")}
    (alarm,) = uneven_covariates(by_arm(later, columns), metrics, columns, "a")
    p = stats.ttest_ind(*(later["before"][users["arm"] == arm] for arm in "ab"), equal_var=False).pvalue
    assert alarm.startswith(f"the covariate before/users differs between a and b (p = {p:.1e})")


@pytest.mark.parametrize(
    ("change", "metric", "why"),
    [
        ({"download": 0}, "distribution", 'the sum of "download" is 0 in the control'),
        ({"click": 0}, "cvr", 'the sum of "click" is 0 in the control'),
        ({"download": 3}, "distribution", "every user has the same value: nothing varies"),
        ({"click": 2, "impressions": 8}, "ctr", "every user has the same value: nothing varies"),
    ],
)
def test_what_cannot_be_compared_says_why(users, change, metric, why):
    constant = {name: np.full(5500, value) for name, value in change.items()}
    metrics = metrics_of([metric], impression="impressions")
    (row,) = compared({**users, **constant}, metrics)
    assert row.why_none == why
    assert (row.difference, row.interval, row.p, row.is_significant, row.detectable) == (None,) * 5

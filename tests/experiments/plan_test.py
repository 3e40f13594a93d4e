"""Plans beside a formula by hand, and beside statsmodels."""

import pytest
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower

from apps_rec.errors import ArgumentError
from apps_rec.experiments.plan import plan


def by_hand(baseline, dispersion, lift, power, alpha):
    quantiles = norm.ppf(1 - alpha / 2) + norm.ppf(power)
    return quantiles**2 * dispersion * (2 + lift) / (baseline * lift**2)


@pytest.mark.parametrize(
    ("baseline", "dispersion", "lift", "power", "alpha"),
    [(0.0155, 2.5, 0.05, 0.8, 0.05), (0.0144, 2.6, 0.13, 0.9, 0.01), (0.5, 1.0, 0.3, 0.5, 0.1)],
)
def test_users_of_a_lift(baseline, dispersion, lift, power, alpha):
    users = plan(baseline, dispersion, lift=lift, power=power, alpha=alpha).users
    assert users == pytest.approx(by_hand(baseline, dispersion, lift, power, alpha), rel=2e-3, abs=1)
    variance = dispersion * baseline * (1 + lift / 2)
    exact = NormalIndPower().solve_power(effect_size=lift * baseline / variance**0.5, alpha=alpha, power=power)
    assert users == pytest.approx(exact, abs=1.0)


def test_the_lift_of_those_users_is_the_lift():
    users = plan(0.0155, 2.5, lift=0.05).users
    back = plan(0.0155, 2.5, users=users)
    assert back.lift == pytest.approx(0.05, rel=1e-6)
    assert back.users == users


@pytest.mark.parametrize("users", [20_000, 470_000, 3_480_000])
@pytest.mark.parametrize(("power", "alpha"), [(0.8, 0.05), (0.9, 0.01)])
def test_the_lift_of_users_has_statsmodels_power(users, power, alpha):
    lift = plan(0.0155, 2.5, users=users, power=power, alpha=alpha).lift
    effect = lift * 0.0155 / (2.5 * 0.0155 * (1 + lift / 2)) ** 0.5
    assert NormalIndPower().power(effect, users, alpha) == pytest.approx(power, abs=1e-6)


def test_several_arms_divide_alpha():
    made = plan(0.0155, 2.5, lift=0.05, arms=3)
    assert made.alpha_of_one == 0.025
    _, _, _, of_one = multipletests([0.5, 0.5], alpha=0.05, method="bonferroni")
    assert made.alpha_of_one == pytest.approx(of_one, rel=1e-12)
    assert made.users == plan(0.0155, 2.5, lift=0.05, alpha=0.025).users > plan(0.0155, 2.5, lift=0.05).users


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "expected one of --lift and --users, got both or none"),
        ({"lift": 0.1, "users": 10}, "expected one of --lift and --users, got both or none"),
        ({"lift": -0.1}, "--lift: expected a number above 0, got -0.1"),
        ({"lift": float("nan")}, "--lift: expected a number above 0, got nan"),
        ({"lift": 0.1, "power": 1.0}, "--power: expected a share above 0 and below 1, got 1.0"),
        ({"lift": 0.1, "power": 0.04}, "--power: expected more than alpha, 0.05, got 0.04"),
        ({"users": 1}, "--users: expected 2 or more an arm, got 1"),
        ({"users": 10, "arms": 1}, "--arms: expected 2 or more, with the control, got 1"),
    ],
)
def test_messages(wrong, message):
    with pytest.raises(ArgumentError) as caught:
        plan(0.0155, 2.5, **wrong)
    assert caught.value.of_command() == message

"""Finds the intercepts of the two logits from the rates that are asked for."""

from collections.abc import Callable

import numpy as np

from apps_rec.simulation.impressions import draw_impressions, draw_users
from apps_rec.simulation.probabilities import pctcvr_given_columns, pctr_given_columns
from apps_rec.simulation.world import World

# Many users with few impressions each, as users differ more than the impressions of one user.
_PILOT_USERS = 20_000
_PILOT_EVERY = 4


def calibrate(world: World, seed: int, ctr: float, cvr: float) -> tuple[float, float]:
    """Finds the intercepts that give the expected click rate and download rate of clicks that are asked for.

    The rates are means over users drawn for this purpose alone, so a larger log comes from the same store. Effects
    that no column shows are integrated out, not drawn. The error of the rates is about 1 %.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    users = draw_users(rng, world, 0, _PILOT_USERS, 1.0)
    drawn = draw_impressions(rng, world, users)
    pilot = drawn.where(np.arange(len(drawn.user)) % _PILOT_EVERY == 0)

    def click_rate(intercept: float) -> float:
        return float(pctr_given_columns(world, pilot.app, pilot.click_logit + intercept).mean())

    click_intercept = _solve_rate(click_rate, ctr)
    click_logits = pilot.click_logit + click_intercept

    def download_rate(intercept: float) -> float:
        logits = pilot.download_logit + intercept
        return float(pctcvr_given_columns(world, pilot.app, click_logits, logits).mean()) / ctr

    return click_intercept, _solve_rate(download_rate, cvr)


def _solve_rate(rate: Callable[[float], float], target: float, tolerance: float = 1e-6) -> float:
    """Finds the intercept at which `rate` meets its target, by secant steps on the logit scale (nearly a line)."""

    def miss(intercept: float) -> float:
        value = rate(intercept)
        return float(np.log(value / (1.0 - value)) - np.log(target / (1.0 - target)))

    now = float(np.log(target / (1.0 - target)))
    before = now - 1.0
    miss_before, miss_now = miss(before), miss(now)
    while abs(miss_now) > tolerance:
        before, now = now, now - miss_now * (now - before) / (miss_now - miss_before)
        miss_before, miss_now = miss_now, miss(now)
    return now

import math
import random

import pytest

from apps_rec.profile.findings.drift import psi, psi_of_chance
from apps_rec.profile.findings.features import colliding_share


def test_psi_by_hand():
    # 30/70 and 60/40 of many rows: .3 ln 2 + (-.3) ln(4/7).
    expected = 0.3 * math.log(2) - 0.3 * math.log(4 / 7)
    assert psi([300_000, 700_000], [600_000, 400_000]) == pytest.approx(expected, abs=1e-5)
    assert psi([3, 7], [3, 7]) == 0
    assert math.isfinite(psi([10, 0], [0, 10]))


def test_equal_populations_hardly_exceed_the_psi_of_chance():
    draw = random.Random(1)

    def counts(rows):
        made = [0] * 10
        for _ in range(rows):
            made[draw.randrange(10)] += 1
        return made

    limit = psi_of_chance(10, 2_000, 400)
    found = [psi(counts(2_000), counts(400)) for _ in range(200)]
    assert sum(one > limit for one in found) <= 4
    # The mean of the chi-square over both sizes, sampled.
    assert sum(found) / len(found) == pytest.approx(9 * (1 / 2_000 + 1 / 400), rel=0.15)


def test_colliding_share_is_that_of_balls_in_boxes():
    draw = random.Random(2)
    shares = []
    for _ in range(100):
        boxes = [draw.randrange(50) for _ in range(40)]
        shares.append(sum(boxes.count(box) > 1 for box in boxes) / 40)
    assert colliding_share(40, 50) == pytest.approx(sum(shares) / len(shares), abs=0.03)
    assert colliding_share(1, 50) == 0

"""Simulated A/B tests: each model of the line against the one before it, in the simulated store."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import apps_rec
from benchmarks.evidence.outcomes import keep, kept


@dataclass(frozen=True)
class OnlineTest:
    """A test of two rankers.

    Attributes:
        control: name of the ranker before.
        treatment: name of the new one.
        seed: seed of both trainings.
        users: number of users, over both arms.
        draw: seed of the users and of what they do.
    """

    control: str
    treatment: str
    seed: int
    users: int
    draw: int

    @property
    def name(self) -> str:
        """Returns the name of its files."""
        return f"{self.control}_{self.treatment}_{self.seed}"


def run(test: OnlineTest, exports: dict[str, Path], folder: Path) -> dict[str, Any]:
    """Returns the outcome of a test: that of its file if one is there for the same models, else of a new one.

    The outcome has the comparisons of `apps-rec ab`, the difference that the truth says was to be expected, and
    seconds.

    Args:
        test: the test.
        exports: folders of versions by the name of a ranker; one without is the random order.
        folder: folder of `ab`.
    """
    asked = {**asdict(test), "exports": [str(exports.get(name, "")) for name in (test.control, test.treatment)]}
    file = folder / "ab" / f"{test.name}.json"
    if known := kept(file, asked):
        return known
    began = time.monotonic()
    arms = [f"{name}={exports.get(name, 'random')}" for name in (test.control, test.treatment)]
    made = apps_rec.simulate_ab(arms, folder / "ab" / test.name, users=test.users, draw=test.draw)
    outcome = {
        "asked": asked,
        "report": made.report.as_json(),
        "expected_difference": made.made.expected_difference(test.treatment),
        "arms": {name: asdict(arm) for name, arm in made.made.arms.items()},
        "seconds": time.monotonic() - began,
    }
    Path(made.made.log).unlink()
    return keep(file, outcome)

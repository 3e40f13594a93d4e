"""Lists the trainings and simulated tests of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.evidence.datasets import DATASETS, STORE, Dataset
from benchmarks.evidence.online import OnlineTest
from benchmarks.evidence.train import Training
from benchmarks.evidence.variants import LINE, ablations_of, line_of

RANDOM = "random"


@dataclass(frozen=True)
class Size:
    """The size of a run.

    Attributes:
        datasets: datasets that are there.
        seeds: seeds of the line; the first is that of the ablations.
        users: users of a simulated test, over both arms.
        has_study: whether the study of tasks of known correlation is made.
        overrides: changes to the configs by dataset, as of `apps-rec train --set`; a test trains less.
    """

    datasets: tuple[Dataset, ...] = DATASETS
    seeds: tuple[int, ...] = (1, 2, 3)
    users: int = 30_000
    has_study: bool = True
    overrides: dict[str, tuple[str, ...]] = field(default_factory=dict)


def trainings(size: Size) -> Iterator[Training]:
    """Yields every training: the line with all seeds, then the ablations with the first."""
    for dataset in size.datasets:
        overrides = size.overrides.get(dataset.name, ())
        for seed in size.seeds:
            for variant in line_of(dataset):
                yield Training(dataset, variant, seed, overrides, is_main=True, is_exported=dataset.name == STORE.name)
    for dataset in size.datasets:
        for variant in ablations_of(dataset):
            yield Training(dataset, variant, size.seeds[0], size.overrides.get(dataset.name, ()))


def online_tests(size: Size) -> Iterator[OnlineTest]:
    """Yields every simulated test; no two have the same users."""
    before = RANDOM
    for place, variant in enumerate(LINE):
        for seed in size.seeds:
            yield OnlineTest(before, variant.name, seed, size.users, draw=100 * (place + 1) + seed)
        before = variant.name

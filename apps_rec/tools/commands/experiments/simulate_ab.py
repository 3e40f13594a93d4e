"""Simulates an A/B test of exports in the simulated store, and reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apps_rec.errors import RunError
from apps_rec.tools.commands.common import command, require_local
from apps_rec.tools.commands.experiments.needed import require_tea_tasting
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.experiments.report import ExperimentReport
    from apps_rec.simulation.experiment import SimulatedExperiment

_RANDOM = "random"


@dataclass(frozen=True)
class SimulatedTest:
    """A simulated test, and what `ab` says of its log.

    Attributes:
        made: log and arms, with what was to be expected.
        report: comparisons of the log.
    """

    made: SimulatedExperiment
    report: ExperimentReport


@command
def simulate_ab(
    exports: Sequence[str | Path],
    output: str | Path,
    *,
    users: int = 20_000,
    seed: int = 7,
    draw: int = 0,
    ctr: float = 0.1,
    cvr: float = 0.43,
    correlation: float = 0.5,
    impressions_per_user: float = 45.0,
    candidates: int = 20,
    trust: bool = False,
) -> SimulatedTest:
    """Lets exports rank for the simulated store's users, writes the log of it, and compares the arms; see docs/ab.md.

    Args:
        exports: folders of versions, as export printed them, `name=folder` for a name of one's own, or the word random
            for a random order; the control first.
        output: folder for log.parquet and simulation.json.
        users: number of users, over all arms.
        seed: seed of the store that the exports were trained on.
        draw: seed of the users of the test and of what they do.
        ctr: share of impressions that are clicked in the store.
        cvr: share of clicks that become a download there.
        correlation: correlation of click taste and download taste, in [-1, 1].
        impressions_per_user: mean number of impressions of a user, at least 8.
        candidates: number of apps that are proposed for a page.
        trust: whether to run exports that hold operations which are in no export of apps_rec.

    Raises:
        RunError: an export is none, an argument is wrong, or tea-tasting is not installed.
    """
    require_local(output, "output")
    named = _named([str(export) for export in exports])
    require_tea_tasting()
    if set(named.values()) != {_RANDOM}:
        quiet_tensorflow()
    from apps_rec.experiments.analyze import analyze
    from apps_rec.experiments.metric import metrics_of
    from apps_rec.simulation.experiment import simulate_experiment
    from apps_rec.simulation.rankers import export_ranker, random_ranker

    rankers = {
        name: random_ranker(draw) if export == _RANDOM else export_ranker(export, trust=trust)
        for name, export in named.items()
    }
    made = simulate_experiment(
        rankers, output, users, seed, draw, ctr, cvr, correlation, impressions_per_user, candidates
    )
    report = analyze(made.log, metrics_of([]), "user_id", "arm", control=next(iter(named)))
    return SimulatedTest(made, report)


def _named(exports: Sequence[str]) -> dict[str, str]:
    """Returns exports by the names of their arms."""
    named: dict[str, str] = {}
    for written in exports:
        name, equals, export = written.partition("=")
        if not equals:
            # out/esmm/export/1796015882 is called esmm.
            parts = [part for part in Path(written).parts if part != "export" and not part.isdecimal()]
            name, export = (parts[-1] if parts else written), written
        if name in named:
            raise RunError(f"exports: two arms are called {name}; expected NAME=EXPORT for one of them")
        named[name] = export
    if len(named) < 2:
        got = ", ".join(exports) or "none"
        raise RunError(f"exports: expected two or more, or one and the word random, got {got}")
    return named

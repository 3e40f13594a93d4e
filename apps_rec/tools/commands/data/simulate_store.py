"""Simulates an app store's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps_rec.tools.commands.common import command, require_local

if TYPE_CHECKING:
    from apps_rec.simulation import StoreSummary


@command
def simulate_store(
    output: str,
    users: int = 20000,
    seed: int = 7,
    ctr: float | None = None,
    cvr: float | None = None,
    correlation: float | None = None,
) -> StoreSummary:
    """Writes an app-store log with known truth. See `apps_rec.simulation.simulate_store` for the arguments.

    Returns:
        Counts of `train` and `eval`: `rows`, `clicks`, `downloads`, `ctr` and `cvr` of each.
    """
    require_local(output, "output")
    from apps_rec.simulation import simulate_store as simulate

    options = {"ctr": ctr, "cvr": cvr, "correlation": correlation}
    return simulate(output, users=users, seed=seed, **{k: v for k, v in options.items() if v is not None})

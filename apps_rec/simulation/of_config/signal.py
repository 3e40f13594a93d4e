"""The planted signal: a hidden number for each row and label, a sum of effects of a few columns' values."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from apps_rec.simulation.of_config.demands import AS_NUMBER, AT_ONCE, CROSSED, IN_LIST
from apps_rec.simulation.of_config.plan import ColumnPlan
from apps_rec.simulation.of_config.shapes import Drawn

# Deviation of a label's hidden logit: the true AUC is about .9 then.
DEVIATION = 2.6
# The part that all labels have in common, of a deviation of 1.
_COMMON = 0.85
# At most so many columns of each directness; all columns stand in the place of those that there are none of.
_QUOTA = {AT_ONCE: 20, AS_NUMBER: 6, IN_LIST: 4, CROSSED: 0}


def signal_columns(plans: Sequence[ColumnPlan], seed: int) -> list[ColumnPlan]:
    """Selects the columns that the labels depend on: a few of which the model sees what they hold."""
    seen = [plan for plan in plans if plan.directness is not None and len(plan.shape.pool.values) > 1]
    seen.sort(key=lambda plan: zlib.crc32(f"{seed} {plan.column.name}".encode()))
    chosen = [plan for kind, most in _QUOTA.items() for plan in [p for p in seen if p.directness == kind][:most]]
    return chosen or seen[: _QUOTA[IN_LIST]]


def hidden_numbers(
    chosen: Sequence[ColumnPlan], drawn: Mapping[str, Drawn], labels: Sequence[str], rows: int, seed: int
) -> dict[str, np.ndarray]:
    """Returns a number of mean 0 and of a deviation of DEVIATION for each row and label, `(rows,)`.

    Args:
        chosen: columns that they depend on.
        drawn: cells of the columns by name.
        labels: names of the labels.
        rows: number of rows.
        seed: seed of the effects.
    """
    names = ["", *labels]
    sums = {name: np.zeros(rows) for name in names}
    for plan in chosen:
        cells, pool = drawn[plan.column.name], plan.shape.pool
        for name in names:
            rng = np.random.default_rng([seed, zlib.crc32(f"{name}\0{plan.column.name}".encode())])
            if pool.is_ordered:
                effects = np.linspace(-1.0, 1.0, len(pool.values)) * rng.choice([-1.0, 1.0])
            else:
                # Evenly spread, so that two values differ too.
                effects = rng.permutation(np.linspace(-1.0, 1.0, len(pool.values)))
            sums[name] += _standard(cells.latent(effects))
    common = _standard(sums[""])
    own = np.sqrt(1 - _COMMON**2)
    return {name: DEVIATION * _standard(_COMMON * common + own * _standard(sums[name])) for name in labels}


def _standard(values: np.ndarray) -> np.ndarray:
    deviation = values.std()
    return (values - values.mean()) / deviation if deviation > 0 else values - values.mean()

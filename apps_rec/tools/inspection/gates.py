"""Facts of the gates of a model and of its experts, and how alike these are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

# Values of a column whose shares are shown, those with most rows.
_MOST_VALUES = 10


@dataclass(frozen=True)
class GateFacts:
    """The shares that a gate gives to experts.

    Attributes:
        gate: name of the gate: its task's.
        shares: mean share of each expert, by name; they sum to 1.
        spread: standard deviation of the share over rows, by expert: 0 where the gate does not heed the row.
        entropy: mean over rows of the entropy of the shares, as a part of the largest possible one: 1 where all shares
            are equal, 0 where one expert has all.
        by: mean shares by the name of a column and its value, with the number of rows.
    """

    gate: str
    shares: Mapping[str, float]
    spread: Mapping[str, float]
    entropy: float
    by: Mapping[str, tuple[SharesOfSlice, ...]]

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of the report's JSON."""
        by = {
            column: [{"value": one.value, "rows": one.rows, "shares": dict(one.shares)} for one in slices]
            for column, slices in self.by.items()
        }
        return {"shares": dict(self.shares), "spread": dict(self.spread), "entropy": self.entropy, "by": by}


@dataclass(frozen=True)
class SharesOfSlice:
    """The mean share of each expert over the rows with one value of a column."""

    value: str
    rows: int
    shares: Mapping[str, float]


@dataclass(frozen=True)
class LayerFacts:
    """The experts and gates of a layer.

    Attributes:
        layer: name of the layer.
        gates: gates that have a choice: those of two experts or more.
        experts: names of the experts.
        correlation: correlation of the outputs of two experts over rows and units, `(experts, experts)`; nan where an
            output never changes.
        dead: names of experts whose output is the same for every row.
    """

    layer: str
    gates: tuple[GateFacts, ...]
    experts: tuple[str, ...]
    correlation: np.ndarray
    dead: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of the report's JSON."""
        correlation = [[None if math.isnan(value) else value for value in row] for row in self.correlation.tolist()]
        return {
            "gates": {gate.gate: gate.to_json() for gate in self.gates},
            "experts": list(self.experts),
            "correlation": correlation,
            "dead": list(self.dead),
        }


def gate_facts(
    gate: str, shares: Mapping[str, np.ndarray], columns: Mapping[str, np.ndarray] | None = None
) -> GateFacts:
    """Returns the facts of a gate.

    Args:
        gate: name of the gate.
        shares: share of each of two experts or more, `(rows,)`, by name; those of a row sum to 1.
        columns: values of the same rows to divide them by, `(rows,)`, by column.
    """
    table = np.stack(list(shares.values()), axis=1).astype(np.float64)  # [B, E]
    # 0 log 0 is 0.
    entropies = -np.sum(table * np.log(np.maximum(table, np.finfo(np.float64).tiny)), axis=1)
    by = {column: _by_value(list(shares), table, values) for column, values in (columns or {}).items()}
    return GateFacts(
        gate,
        dict(zip(shares, table.mean(axis=0).tolist(), strict=True)),
        dict(zip(shares, table.std(axis=0).tolist(), strict=True)),
        float(entropies.mean() / math.log(table.shape[1])),
        by,
    )


def _by_value(names: list[str], table: np.ndarray, values: np.ndarray) -> tuple[SharesOfSlice, ...]:
    texts = np.array([value.decode() if isinstance(value, bytes) else str(value) for value in values.tolist()], object)
    distinct, of_row, counts = np.unique(texts, return_inverse=True, return_counts=True)
    found = []
    for at in np.argsort(-counts, kind="stable")[:_MOST_VALUES].tolist():
        means = table[of_row == at].mean(axis=0).tolist()
        found.append(SharesOfSlice(str(distinct[at]), int(counts[at]), dict(zip(names, means, strict=True))))
    return tuple(found)


def correlations(outputs: Mapping[str, np.ndarray]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns how alike experts are, and the names of those whose output never changes.

    Two experts' outputs are held against each other unit by unit, each less its mean over rows:
    `sum a b / sqrt(sum a^2 sum b^2)`. Units count one by one, since gates add experts up unit by unit. Two that compute
    the same but for a factor have 1.

    Args:
        outputs: output of each expert, `(rows, units)`, by name.

    Returns:
        `(experts, experts)`, nan in the rows and columns of an output that never changes.
    """
    centred = [output.astype(np.float64) - output.mean(axis=0, dtype=np.float64) for output in outputs.values()]
    flat = np.stack([each.ravel() for each in centred])
    lengths = np.sqrt(np.sum(flat * flat, axis=1))
    # A constant in float32 has a mean that is off by a rounding error.
    scale = np.array([float(np.abs(output).max(initial=0.0)) for output in outputs.values()])
    is_dead = lengths <= 1e-6 * scale * math.sqrt(max(1, flat.shape[1]))
    unit = flat / np.where(is_dead, np.nan, lengths)[:, np.newaxis]
    return unit @ unit.T, tuple(name for name, dead in zip(outputs, is_dead.tolist(), strict=True) if dead)

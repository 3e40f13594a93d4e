"""Alarms on the experts of a model, by stated rules."""

from __future__ import annotations

from collections.abc import Sequence

from apps_rec.tools.inspection.gates import LayerFacts

# Mean share from which on a gate uses one expert alone.
ONE_ONLY = 0.95
# Mean share below which a gate leaves an expert out.
UNUSED = 0.01
# Correlation from which on two experts are one.
ALIKE = 0.95

RULES = (
    f"a gate uses one expert only: the mean share of one is {ONE_ONLY:g} or more",
    f"an expert is not used: its mean share is below {UNUSED:g} in every gate that reads it",
    f"experts collapsed: the outputs of two have a correlation of {ALIKE:g} or more",
    "an expert is dead: its output is the same for every row",
)


def alarms_of(layers: Sequence[LayerFacts]) -> list[str]:
    """Returns a sentence for each alarm; see RULES."""
    return [alarm for layer in layers for alarm in _of_layer(layer)]


def _of_layer(layer: LayerFacts) -> list[str]:
    found = []
    most: dict[str, float] = {}
    for gate in layer.gates:
        for expert, share in gate.shares.items():
            most[expert] = max(share, most.get(expert, 0.0))
            if share >= ONE_ONLY:
                found.append(
                    f"{layer.layer}: the gate of {gate.gate} uses {expert} only: its mean share is {share:.3f}"
                )
    for expert, share in most.items():
        if share < UNUSED and expert not in layer.dead:
            found.append(f"{layer.layer}: no gate uses {expert}: its largest mean share is {share:.4f}")
    for at, first in enumerate(layer.experts):
        for to in range(at + 1, len(layer.experts)):
            if (alike := float(layer.correlation[at, to])) >= ALIKE:
                found.append(
                    f"{layer.layer}: {first} and {layer.experts[to]} collapsed: their outputs have a correlation of "
                    f"{alike:.3f}"
                )
    found += [f"{layer.layer}: {expert} is dead: its output is the same for every row" for expert in layer.dead]
    return found

"""Looks inside a trained model: gates, experts, and what each feature is good for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from apps_rec.evaluation.intervals import Resampling
from apps_rec.evaluation.plan import build_plan
from apps_rec.models.mixtures import mixtures_of
from apps_rec.tools.inspection.alarms import alarms_of
from apps_rec.tools.inspection.gates import LayerFacts, correlations, gate_facts
from apps_rec.tools.inspection.importance import Importance, importances
from apps_rec.tools.inspection.sample import Sample, draw_sample, in_batches
from apps_rec.training.estimator import Estimator

# Stands between the parts of a name; no name of a config holds it.
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Inspection:
    """The inside of a model, as a sample of rows shows it.

    Attributes:
        rows: number of rows that were looked at.
        of_rows: number of rows that they were drawn from.
        layers: layers of experts; empty: the model has no gates.
        importances: losses by feature and task.
        alarms: sentences on what is wrong; see `apps_rec.tools.inspection.alarms.RULES`.
    """

    rows: int
    of_rows: int
    layers: tuple[LayerFacts, ...]
    importances: tuple[Importance, ...]
    alarms: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of the report's JSON."""
        return {
            "rows": self.rows,
            "of_rows": self.of_rows,
            "layers": {layer.layer: layer.to_json() for layer in self.layers},
            "importances": [one.to_json() for one in self.importances],
            "alarms": list(self.alarms),
        }


def inspect(estimator: Estimator, count: int, resampling: Resampling, by: Sequence[str] = ()) -> Inspection:
    """Looks at a model on a sample of the rows of `evaluate`.

    Args:
        estimator: trained model.
        count: number of rows to draw, 1 or more.
        resampling: seed of all draws, and what is resampled for intervals.
        by: columns of input_fields, by whose values the shares of gates are shown too.
    """
    users = [resampling.users] if resampling.users else []
    sample = draw_sample(estimator, count, resampling.seed, list(dict.fromkeys((*by, *users))))
    layers = layers_of(estimator, sample, by)
    found = importances(estimator, sample, build_plan(estimator.config.message), resampling)
    return Inspection(sample.rows, sample.of_rows, layers, found, tuple(alarms_of(layers)))


def layers_of(estimator: Estimator, sample: Sample, by: Sequence[str] = ()) -> tuple[LayerFacts, ...]:
    """Returns the facts of each layer of experts, from the features to the towers."""
    order: list[str] = []

    def flat(features: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        tensors = {}
        for layer, mixture in mixtures_of(estimator.model, features).items():
            for expert, output in mixture.experts.items():
                tensors[_SEPARATOR.join((layer, expert))] = tf.cast(output, tf.float32)
            for gate, shares in mixture.gates.items():
                tensors |= {_SEPARATOR.join((layer, gate, expert)): share for expert, share in shares.items()}
        # A tf.function hands a dict back in the order of its keys; the model's own is noted when it is traced.
        order[:] = tensors
        return tensors

    signature = [estimator.preprocessor.output_signature()]
    arrays = in_batches(tf.function(flat, input_signature=signature, autograph=False), sample.features)
    names = [name.split(_SEPARATOR) for name in order]
    experts: dict[str, list[str]] = {}
    gates: dict[str, dict[str, list[str]]] = {}
    for layer, *rest in names:
        if len(rest) == 1:
            experts.setdefault(layer, []).append(rest[0])
        else:
            gates.setdefault(layer, {}).setdefault(rest[0], []).append(rest[1])
    columns = {column: sample.users[column] for column in by}
    found = []
    for layer, of_layer in experts.items():
        outputs = {name: arrays[_SEPARATOR.join((layer, name))] for name in of_layer}
        correlation, dead = correlations(outputs)
        of_gates = tuple(
            gate_facts(gate, {name: arrays[_SEPARATOR.join((layer, gate, name))] for name in read}, columns)
            for gate, read in gates[layer].items()
            if len(read) > 1
        )
        found.append(LayerFacts(layer, of_gates, tuple(of_layer), correlation, dead))
    return tuple(found)

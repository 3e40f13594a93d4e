"""Gradient conflict: whether the losses of a model pull its shared layers the same way."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps_rec.data.pipeline.dataset import reraise
from apps_rec.terminal.progress_bar import progress_bar
from apps_rec.terminal.table import aligned
from apps_rec.tools.inspection.layers import LayerGradients, Pieces, dot
from apps_rec.training.estimator import Estimator
from apps_rec.training.input import training_dataset, training_source

ALL = "all of these layers"


@dataclass(frozen=True)
class LayerConflict:
    """The gradients of two losses at a layer that both reach.

    Attributes:
        layer: name of the layer; ALL: all that both losses reach, as one vector.
        cosine: mean over batches of the cosine of the two gradients; None: one of them is 0 in every batch.
        spread: standard deviation of the cosine over batches; None as above.
        negative: share of these batches with a cosine below 0; None as above.
        batches: number of batches in which both gradients are not 0.
        norms: mean over all batches of the length of each gradient, with the weights of the losses.
    """

    layer: str
    cosine: float | None
    spread: float | None
    negative: float | None
    batches: int
    norms: tuple[float, float]

    @property
    def ratio(self) -> float | None:
        """Returns the first length over the second; None: the second is 0."""
        first, second = self.norms
        return first / second if second else None

    def cells(self) -> list[str]:
        """Returns the cells of a table's row; see `GradientConflict.head`."""
        if self.cosine is None or self.spread is None or self.negative is None:
            shown = ["n/a", "n/a"]
        else:
            shown = [f"{self.cosine:+.3f} \xb1{self.spread:.3f}", f"{self.negative:.0%}"]
        norms = [f"{norm:.3g}" for norm in self.norms]
        return [self.layer, *shown, *norms, "n/a" if self.ratio is None else f"{self.ratio:.3g}"]

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of the report's JSON."""
        return {
            "layer": self.layer,
            "cosine": self.cosine,
            "spread": self.spread,
            "negative": self.negative,
            "batches": self.batches,
            "norms": list(self.norms),
            "ratio": self.ratio,
        }


@dataclass(frozen=True)
class GradientConflict:
    """The gradients of two losses.

    Attributes:
        first: one loss: its task, or the product that it trains, such as ctcvr.
        second: the other.
        layers: layers that both reach; ALL is the first. Empty: they share none.
    """

    first: str
    second: str
    layers: tuple[LayerConflict, ...]

    @property
    def head(self) -> list[str]:
        """Returns the names of a table's columns."""
        norms = [f"norm of {self.first}", f"norm of {self.second}"]
        return ["layer", "cosine", "below 0", *norms, f"{self.first} / {self.second}"]

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of the report's JSON."""
        return {"losses": [self.first, self.second], "layers": [one.to_json() for one in self.layers]}


@dataclass(frozen=True)
class Conflicts:
    """The gradients of each two losses of a model.

    Attributes:
        batches: number of batches.
        rows: number of their rows.
        pairs: an entry for each two losses.
    """

    batches: int
    rows: int
    pairs: tuple[GradientConflict, ...]

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of the report's JSON."""
        return {"batches": self.batches, "rows": self.rows, "pairs": [one.to_json() for one in self.pairs]}

    def __str__(self) -> str:
        """Returns a table for each two losses, as text."""
        return "\n".join(
            f"gradients of {one.first} and {one.second}, {self.batches} batches, {self.rows:,} rows\n"
            + aligned([one.head, *(layer.cells() for layer in one.layers)], right_from=1)
            for one in self.pairs
        )


def conflicts(estimator: Estimator, count: int) -> Conflicts:
    """Returns how the losses pull at a model on the first batches of its training, in the training's order.

    Two gradients conflict where their cosine is below 0 (Yu et al. 2020, Gradient Surgery for Multi-Task Learning,
    definition 1). It is taken layer by layer (Wang et al. 2020, Gradient Vaccine), batch by batch. Weights
    of losses do not change it, but the norms.

    Args:
        estimator: trained model.
        count: number of batches, 1 or more; all of the training where there are no more.
    """
    message = estimator.config.message
    dataset, positions = training_dataset(message, estimator.preprocessor, training_source(message))
    gradients_of = LayerGradients(estimator.model)
    found, rows = [], 0
    with reraise(positions), progress_bar("gradients") as bar:
        for at, batch in enumerate(dataset.take(count), 1):
            found.append(_products(gradients_of(batch)))
            size = len(next(iter(batch[1].values())))
            rows += size
            bar.add(size, at / count)
    return Conflicts(len(found), rows, conflicts_of(found))


# Of a batch: (a.b, a.a, b.b) of two losses, by the layer.
_Products = Mapping[tuple[str, str], Mapping[str, tuple[float, float, float]]]


def _products(gradients: Mapping[str, Mapping[str, Pieces]]) -> _Products:
    found = {}
    for first, second in itertools.combinations(gradients, 2):
        a, b = gradients[first], gradients[second]
        by_layer = {
            layer: (dot(a[layer], b[layer]), dot(a[layer], a[layer]), dot(b[layer], b[layer]))
            for layer in a
            if layer in b
        }
        found[first, second] = by_layer
    return found


def conflicts_of(batches: Sequence[_Products]) -> tuple[GradientConflict, ...]:
    """Returns the means over batches.

    Args:
        batches: inner products `(a.b, a.a, b.b)` of the gradients a and b of two losses, by the names of both and by
            layer, for each batch.
    """
    pairs = []
    for first, second in batches[0] if batches else ():
        of_pair = [batch[first, second] for batch in batches]
        layers = [_layer(layer, [batch[layer] for batch in of_pair]) for layer in of_pair[0]]
        if layers:
            layers.insert(0, _layer(ALL, [_sum(batch.values()) for batch in of_pair]))
        pairs.append(GradientConflict(first, second, tuple(layers)))
    return tuple(pairs)


def _sum(products: Iterable[tuple[float, float, float]]) -> tuple[float, float, float]:
    both, first, second = map(math.fsum, zip(*products, strict=True))
    return both, first, second


def _layer(layer: str, products: Sequence[tuple[float, float, float]]) -> LayerConflict:
    both, *squares = np.array(products, np.float64).T
    lengths = np.sqrt(squares)
    norms = (float(lengths[0].mean()), float(lengths[1].mean()))
    counts = (lengths > 0).all(axis=0)
    if not counts.any():
        return LayerConflict(layer, None, None, None, 0, norms)
    cosines = both[counts] / (lengths[0][counts] * lengths[1][counts])
    return LayerConflict(
        layer, float(cosines.mean()), float(cosines.std()), float((cosines < 0).mean()), int(counts.sum()), norms
    )

"""The gradient of each loss, divided by the layers that share it; rows of tables stay rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from apps_rec.features import Embedder
from apps_rec.layers import Dnn, Gates
from apps_rec.models.rank_model import REGULARIZERS, Batch, RankModel

FIRST_ORDER = "first-order weights"


class Piece(NamedTuple):
    """The gradient at a part of a variable.

    Attributes:
        ids: numbers of the rows that the batch reached, in order; None: all of them.
        values: gradient of each of these rows, float64.
    """

    ids: np.ndarray | None
    values: np.ndarray


# The gradient at a layer, by the number of the variable and the first row and column of the part.
Pieces = Mapping[tuple[int, int, int], Piece]


class _Part(NamedTuple):
    layer: str
    rows: slice
    columns: slice


class LayerGradients:
    """Computes the gradient of each loss of a model at each of its layers.

    A layer is a table of embeddings, a vector of numbers, all first-order weights together, a DNN, such as an expert,
    or what else owns weights. Gates are left out: those of all tasks stand in one variable, each of one task.

    Args:
        model: model with its weights.
    """

    def __init__(self, model: RankModel) -> None:
        self._model = model
        self._variables = model.trainable_variables
        of_embedder = _parts_of_embeddings(model.embedder)
        gates = {id(one) for layer in model.submodules if isinstance(layer, Gates) for one in layer.variables}
        dnns = {id(one): layer.name for layer in model.submodules if isinstance(layer, Dnn) for one in layer.variables}
        self._parts: list[list[_Part]] = []
        for variable in self._variables:
            if id(variable) in gates:
                self._parts.append([])
            elif id(variable) in of_embedder:
                self._parts.append(of_embedder[id(variable)])
            else:
                layer = dnns.get(id(variable)) or _path(variable.name)
                self._parts.append([_Part(layer, slice(None), slice(None))])
        self._names: list[str] = []
        self._gradients = tf.function(self._of_losses, autograph=False, reduce_retracing=True)

    def __call__(self, batch: Batch) -> dict[str, Mapping[str, Pieces]]:
        """Returns the gradient of each loss that reads labels, by the names of the loss and of the layer.

        Losses are those of the training, with their weights, but without dropout and with the moving averages of batch
        norm. A layer that a loss does not reach has no entry.
        """
        gradients = self._gradients(batch)
        return dict(zip(self._names, map(self._by_layer, gradients), strict=True))

    def _of_losses(self, batch: Batch) -> list[list[tf.Tensor | tf.IndexedSlices | None]]:
        with tf.GradientTape(persistent=True) as tape:
            losses = self._model.loss_shares(batch, training=False)
        wanted = {name: loss for name, loss in losses.items() if name not in REGULARIZERS}
        # A tf.function returns tensors only: the names are noted when it is traced.
        self._names = [name.removeprefix("loss_") for name in wanted]
        return [tape.gradient(loss, self._variables) for loss in wanted.values()]

    def _by_layer(self, gradients: list[tf.Tensor | tf.IndexedSlices | None]) -> Mapping[str, Pieces]:
        found: dict[str, dict[tuple[int, int, int], Piece]] = {}
        for at, (gradient, parts) in enumerate(zip(gradients, self._parts, strict=True)):
            if gradient is None or not parts:
                continue
            whole = _piece(gradient)
            for part in parts:
                key = (at, part.rows.start or 0, part.columns.start or 0)
                found.setdefault(part.layer, {})[key] = _cut(whole, part)
        return found


def dot(first: Pieces, second: Pieces) -> float:
    """Returns the inner product of two gradients at one layer."""
    return sum(_dot(first[key], second[key]) for key in first if key in second)


def _dot(first: Piece, second: Piece) -> float:
    a, b = first.values, second.values
    if first.ids is not None and second.ids is not None:
        _, of_a, of_b = np.intersect1d(first.ids, second.ids, assume_unique=True, return_indices=True)
        a, b = a[of_a], b[of_b]
    return float(np.vdot(a, b))


def _piece(gradient: tf.Tensor | tf.IndexedSlices) -> Piece:
    if not isinstance(gradient, tf.IndexedSlices):
        return Piece(None, gradient.numpy().astype(np.float64))
    ids, place = np.unique(gradient.indices.numpy(), return_inverse=True)
    values = gradient.values.numpy()
    summed = np.zeros((len(ids), *values.shape[1:]))
    np.add.at(summed, place.ravel(), values)
    return Piece(ids, summed)


def _cut(whole: Piece, part: _Part) -> Piece:
    if whole.ids is None:
        rows = part.rows
    else:
        rows = slice(*np.searchsorted(whole.ids, [part.rows.start, part.rows.stop]).tolist())
    values = whole.values[rows]
    return Piece(None if whole.ids is None else whole.ids[rows], values if values.ndim < 2 else values[:, part.columns])


def _parts_of_embeddings(embedder: Embedder) -> dict[int, list[_Part]]:
    """Returns the parts of each variable of embeddings, by its id."""
    found: dict[int, list[_Part]] = {}
    for table, place in embedder.table_places().items():
        rows = slice(place.offset, place.offset + place.rows)
        parts = found.setdefault(id(embedder.tables[place.key]), [])
        parts += _beside(f"embeddings of {table}", rows, place.dim, place.columns)
    dims = {spec.name: spec.dim for spec in embedder.specs}
    for name, variable in embedder.vectors.items():
        rows, columns = (slice(0, size) for size in variable.shape)
        found[id(variable)] = list(_beside(f"vectors of {name}", rows, dims[name], columns.stop))
    return found


def _beside(layer: str, rows: slice, dim: int, columns: int) -> Iterator[_Part]:
    if dim:
        yield _Part(layer, rows, slice(0, dim))
    if dim < columns:
        yield _Part(FIRST_ORDER, rows, slice(dim, columns))


def _path(name: str) -> str:
    """Returns the path of the layer that owns a variable, without the model's name."""
    *layers, variable = name.partition(":")[0].split("/")[1:]
    return "/".join(layers) or variable

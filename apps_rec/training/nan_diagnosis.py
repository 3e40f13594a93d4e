"""Finds the first value in a model that is not finite: repeats the step, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from apps_rec.features import EmbeddedFeatures
from apps_rec.legacy_keras import keras
from apps_rec.models import RankModel

_OWN_WEIGHT = ", whose weight"
# Features, labels and row weights, each a dict of tensors.
Batch = tuple[Mapping[str, tf.Tensor], Mapping[str, tf.Tensor], Mapping[str, tf.Tensor]]


def find_not_finite(model: RankModel, batch: Batch, step: int) -> str:
    """Repeats a step and describes the first thing that is not finite.

    It looks in the order of a step: values of features, labels and row weights, embeddings, layers of the body with
    experts and gates, the FM, towers, logits, losses, gradients.

    Args:
        model: model with the weights from before the step.
        batch: batch of the step.
        step: number of steps before it; the dropout masks depend on it.
    """
    features, labels, weights = batch
    found = _in_inputs(model, features, labels, weights)
    if found:
        return found
    seed = tf.constant([model._seed, step], tf.int64)
    with _watch(model) as first_layer, tf.GradientTape() as tape:
        embedded = model.embedder(features, training=True, seed=seed)
        found = _in_embeddings(embedded)
        if found:
            # The attention, if it is the cause; else its inputs were not finite.
            return f"{found} ({first_layer()})" if _OWN_WEIGHT in first_layer() else found
        logits = model._logits(embedded, True, seed)
        if first_layer():
            return first_layer()
        for name, logit in logits.items():
            if not _is_finite(logit):
                return f"the logit of task {name}, the sum of finite parts ({_wrong(logit)})"
        shares = model._dense_part(embedded, labels, weights, True, seed)
        for name, share in shares.items():
            if not _is_finite(share):
                return f"{name}, of finite logits"
        loss = tf.add_n(list(shares.values()))
    for variable, gradient in zip(
        model.trainable_variables, tape.gradient(loss, model.trainable_variables), strict=True
    ):
        values = gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient
        if values is not None and not _is_finite(values):
            return f"the gradient of {variable.name} ({_wrong(values)})"
    return "nothing that making the step again on this process shows"


def _in_inputs(model: RankModel, features: Mapping, labels: Mapping, weights: Mapping) -> str | None:
    layout = model.embedder.layout
    for spec, values in layout.values_of(features):
        if not _is_finite(values):
            return f'feature "{spec.name}" ({_wrong(values)})'
    for listed in layout.lists:
        _, values = layout.list_of(features, listed)
        if not _is_finite(values):
            return f'a weight of list feature "{listed.name}" ({_wrong(values)})'
    for what, columns in (("label", labels), ("row weight", weights)):
        for name, values in columns.items():
            if not _is_finite(values):
                return f'{what} "{name}" ({_wrong(values)})'
    return None


def _in_embeddings(embedded: EmbeddedFeatures) -> str | None:
    for block in embedded.blocks:
        for i, name in enumerate(block.names):
            if not _is_finite(block.vectors[:, i]):
                return f'the embedding of feature "{name}" ({_wrong(block.vectors[:, i])})'
            if block.first_order is not None and not _is_finite(block.first_order[:, i]):
                return f'the first-order weight of feature "{name}" ({_wrong(block.first_order[:, i])})'
    return None


@contextmanager
def _watch(model: RankModel) -> Iterator[Callable[[], str]]:
    """Watches the outputs of every layer. Yields a function that names the first layer with one that is not finite."""
    layers = [layer for layer in model.submodules if isinstance(layer, keras.layers.Layer)]
    found: list[str] = []
    running: list[str] = []

    def watched(layer: keras.layers.Layer) -> Callable[..., Any]:
        call = layer.call

        def call_and_look(*args: Any, **kwargs: Any) -> Any:
            running.append(layer.name)
            outputs = call(*args, **kwargs)
            # An inner layer returns before the one that holds it.
            if not found and not _is_finite(outputs):
                found.append(f"layer {_path(running)}{_own_weights(layer)}")
            running.pop()
            return outputs

        return call_and_look

    # Avoids Keras' own setter, which would track a function as a layer.
    for layer in layers:
        object.__setattr__(layer, "call", watched(layer))
    try:
        yield lambda: found[0] if found else ""
    finally:
        for layer in layers:
            object.__delattr__(layer, "call")


def _path(names: list[str]) -> str:
    """Joins names of nested layers to a path. Some names hold those of the layers around them already."""
    kept = [name for name, inner in zip(names, [*names[1:], ""], strict=True) if not inner.startswith(f"{name}/")]
    return "/".join(kept)


def _own_weights(layer: keras.layers.Layer) -> str:
    # Not the moving averages of batch norm: the step that failed has changed them, and training does not read them.
    wrong = [weight.name for weight in layer.trainable_weights if not _is_finite(weight)]
    return f"{_OWN_WEIGHT} {wrong[0]} is not finite" if wrong else ", of finite inputs and weights"


def _is_finite(values: Any) -> bool:
    # Beside tensors there are names, in what the Embedder returns.
    arrays = [value.numpy() for value in tf.nest.flatten(values) if isinstance(value, tf.Tensor | tf.Variable)]
    return all(np.isfinite(array.astype(np.float32)).all() for array in arrays)


def _wrong(values: tf.Tensor) -> str:
    array = values.numpy()
    wrong = ~np.isfinite(array)
    rows = wrong.reshape(len(array), -1).any(axis=1)
    return f"{array[wrong].flat[0]:g} in {rows.sum()} of {len(array)} rows"

"""Interaction of vectors by their inner products, as in DLRM."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from apps_rec.layers import DotInteraction
from apps_rec.layers.request import in_precision_of
from apps_rec.legacy_keras import keras
from apps_rec.models.bodies.body import build_dnn
from apps_rec.models.specs import Group
from apps_rec.names import scope_name


class Interaction(keras.layers.Layer):
    """One vector for all tasks: inner products of all pairs of vectors, and the embeddings.

    A group with a DNN is one vector, its output; one without has a vector for each feature. Departs from the paper, as
    EasyRec does: the embeddings stand beside the products, and the outputs of DNNs only if asked for.

    Args:
        groups: feature groups that it reads.
        num_tasks: number of tasks.
        has_products: whether vectors are multiplied; else all of them are joined.
        itself: whether a vector is multiplied with itself too.
        with_dense: whether outputs of DNNs stand beside the products.
        l2: weight of half the squared kernels, 0 or more.
        dtype: Keras policy of the DNNs, e.g. "mixed_bfloat16"; None: Keras' own, float32.

    Input shape: a list with the flat embeddings of each group, `(batch, length)`.
    Output shape: a list with one `(batch, units)` for each task, all the same tensor.
    References: Naumov et al. 2019, Deep Learning Recommendation Model for Personalization and Recommendation Systems
        (arXiv 1906.00091).
    """

    def __init__(
        self,
        groups: Sequence[Group],
        num_tasks: int,
        has_products: bool = True,
        itself: bool = False,
        with_dense: bool = False,
        l2: float = 0.0,
        dtype: str | None = None,
        name: str = "interaction",
    ) -> None:
        super().__init__(name=name, autocast=False)
        self.groups, self.num_tasks = tuple(groups), num_tasks
        self._with_dense = with_dense or not has_products
        self._dnns = [
            build_dnn(group.dnn, l2, dtype, f"{name}/group_{scope_name(group.name)}") if group.dnn else None
            for group in self.groups
        ]
        self._products = DotInteraction(itself, name=f"{name}/products") if has_products else None

    def call(
        self, inputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> list[tf.Tensor]:
        """Returns one vector for each task."""
        vectors, embeddings, dense = [], [], []
        for group, dnn, x in zip(self.groups, self._dnns, inputs, strict=True):
            if dnn is None:
                flat, count = tf.convert_to_tensor(x), len(group.features)
                embeddings.append(flat)
                vectors.append(tf.reshape(flat, [-1, count, flat.shape[1] // count]))
            else:
                output = tf.cast(dnn(in_precision_of(dnn, x), training=training, seed=seed), x.dtype)
                dense.append(tf.convert_to_tensor(output))
                vectors.append(dense[-1][:, tf.newaxis])
        parts = [self._products(tf.concat(vectors, axis=1))] if self._products else []
        joined = tf.concat([*parts, *embeddings, *(dense if self._with_dense else [])], axis=1)
        return [joined] * self.num_tasks

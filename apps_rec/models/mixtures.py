"""Looks at the experts of a model at work: what each puts out, and how its gates mix them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import tensorflow as tf

from apps_rec.layers.request import in_precision_of
from apps_rec.layers.tasks.mixture import Mixture
from apps_rec.models.rank_model import RankModel


@runtime_checkable
class MixesExperts(Protocol):
    """A body whose gates mix experts."""

    def mixtures(self, inputs: Sequence[tf.Tensor], tasks: Sequence[str]) -> dict[str, Mixture]:
        """Returns each layer of experts at work, by name.

        Args:
            inputs: flat embeddings of each group, `(batch, length)`.
            tasks: names of the tasks, in order.
        """


def mixtures_of(model: RankModel, features: Mapping[str, tf.Tensor]) -> dict[str, Mixture]:
    """Returns the experts and gates of a model on a batch, by the name of their layer; none where it has no gates.

    Args:
        model: model, which sees the batch as it does when it scores.
        features: outputs of the Preprocessor.
    """
    body = model.body
    if not isinstance(body, MixesExperts):
        return {}
    embedded = model.embedder(features, training=False)
    if (dropout := model.variational_dropout) is not None:
        embedded = embedded.each(lambda part: dropout.dropped(part, False, None))
    inputs = [in_precision_of(body, embedded.flat(group.features)) for group in body.groups]
    return body.mixtures(inputs, [task.name for task in model.tasks])

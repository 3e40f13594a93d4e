"""What a SavedModel holds: preprocessing and model behind one signature of named raw columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from apps_rec.data import Column
from apps_rec.data.packing import TF_TYPES
from apps_rec.features import Preprocessor
from apps_rec.models import RankModel

SIGNATURE = "serving_default"


class ServingModule(tf.Module):
    """Raw columns -> predictions; no Python and nothing of the optimizer inside.

    Columns that only position features read are no inputs: each row gets their default, the same for every
    candidate, so that the order does not hang on where an app once stood.

    Args:
        model: with its weights; not the compiled one's optimizer, which is not tracked here.
        preprocessor: of the model's features.
        columns: the inputs, in order.
        defaults: columns that are filled in, and their values.
    """

    def __init__(
        self,
        model: RankModel,
        preprocessor: Preprocessor,
        columns: tuple[Column, ...],
        defaults: tuple[Column, ...] = (),
    ) -> None:
        super().__init__(name="serving")
        # The variables alone: tracking the Keras model would trace each of its layers a second time.
        self.weights = list(model.variables)
        self._predict = lambda features: model(features, training=False)
        self.preprocessor = preprocessor
        self.columns, self._defaults = columns, defaults

    def signature(self) -> tf.types.experimental.ConcreteFunction:
        """The function of named columns, `(batch,)` each, that a server calls."""
        specs = {
            column.name: tf.TensorSpec([None], TF_TYPES[column.dtype], name=column.name) for column in self.columns
        }
        return tf.function(self.score, autograph=False).get_concrete_function(**specs)

    def score(self, **columns: tf.Tensor) -> dict[str, tf.Tensor]:
        """Outputs of a batch of raw rows, each `(batch,)`."""
        return dict(self._predict(self.preprocessor(with_defaults(columns, self._defaults))))


def with_defaults(columns: Mapping[str, tf.Tensor], defaults: tuple[Column, ...]) -> dict[str, tf.Tensor]:
    """The columns, and those of `defaults` filled with their default in every row."""
    batch = tf.shape(next(iter(columns.values())))
    return {
        **columns,
        **{column.name: tf.fill(batch, tf.constant(column.default, TF_TYPES[column.dtype])) for column in defaults},
    }


def to_tensors(columns: Mapping[str, np.ndarray | list], asked: Sequence[Column]) -> dict[str, tf.Tensor]:
    """A batch of raw columns as the signature takes them."""
    return {column.name: tf.constant(columns[column.name], TF_TYPES[column.dtype]) for column in asked}

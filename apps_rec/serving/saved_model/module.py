"""The content of a SavedModel: preprocessing and model behind signatures of raw columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

from apps_rec.data.pipeline.packing import TF_TYPES, TensorColumns
from apps_rec.features import Preprocessor
from apps_rec.models import RankModel
from apps_rec.models.score import bounded
from apps_rec.names import argument_names
from apps_rec.serving.raw_columns import cleaned, filled_rows, of_length
from apps_rec.serving.saved_model.examples import parse_examples
from apps_rec.serving.saved_model.request import RequestPreprocessor, by_side, unpack
from apps_rec.serving.schema import (
    DEFAULT,
    EXAMPLE,
    EXAMPLES,
    ITEM_TEXT,
    RANK,
    RANK_PACKED,
    SHARED_NUMBERS,
    SHARED_TEXT,
    WEIGHTS,
    ServingSchema,
)

Tensors = Mapping[str, tf.Tensor]


class ServingModule(tf.Module):
    """Turns raw columns into predictions, without Python or the optimizer.

    Columns that only position features read are no inputs. Every row gets their default, so the order does not depend
    on the past positions of an app. Numbers that are not finite count as missing.

    Args:
        model: model with its weights. The optimizer of a compiled model is not tracked.
        preprocessor: preprocessor of the model's features.
        schema: schema of inputs and outputs.
    """

    def __init__(self, model: RankModel, preprocessor: Preprocessor, schema: ServingSchema) -> None:
        super().__init__(name="serving")
        # The variables alone: tracking the Keras model would trace each of its layers a second time.
        self.weights = list(model.variables)
        self._model = lambda: model
        self.preprocessor = preprocessor
        self.schema = schema
        self.request = RequestPreprocessor(preprocessor, schema)

    def inputs(self) -> dict[str, dict[str, tf.TensorSpec]]:
        """Returns the specs of the inputs, by signature and name of the input."""
        schema = self.schema
        columns = {column.name: tf.TensorSpec([None], TF_TYPES[column.dtype]) for column in schema.columns}
        once = {column.name: tf.TensorSpec([1], TF_TYPES[column.dtype]) for column in schema.shared}
        # Of unknown length: a wrong number of weights is then an error of the reshape and not passed over.
        weights = {WEIGHTS: tf.TensorSpec([None], tf.float32)}
        packed = {
            name: tf.TensorSpec(
                [1 if name in (SHARED_TEXT, SHARED_NUMBERS) else None, len(stacked)],
                tf.string if name in (SHARED_TEXT, ITEM_TEXT) else tf.float64,
            )
            for name, stacked in schema.packed().items()
        }
        return {
            DEFAULT: columns,
            EXAMPLE: {EXAMPLES: tf.TensorSpec([None], tf.string)},
            RANK: {**weights, **columns, **once},
            RANK_PACKED: {**weights, **packed},
        }

    def signatures(self) -> dict[str, tf.types.experimental.ConcreteFunction]:
        """Returns the functions that a server calls, by name. `restore_input_names` names the inputs after saving."""
        functions = {
            DEFAULT: self.score,
            EXAMPLE: self.score_examples,
            RANK: self.rank,
            RANK_PACKED: self.rank_packed,
        }
        return {name: _traced(functions[name], inputs) for name, inputs in self.inputs().items()}

    def score(self, columns: Tensors) -> dict[str, tf.Tensor]:
        """Returns the outputs of a batch of raw rows, each `(batch,)`."""
        rows = tf.size(columns[self.schema.columns[0].name])
        # A column of another length or rank is an error here and not a broadcast later.
        columns = {column.name: of_length(columns, column, [rows]) for column in self.schema.columns}
        columns = cleaned(columns, self.schema.columns)
        features = self.preprocessor({**columns, **filled_rows(self.schema.filled, rows)})
        return self._valued(dict(self._model()(features, training=False)), columns)

    def score_examples(self, inputs: Tensors) -> dict[str, tf.Tensor]:
        """Returns the outputs of serialized tf.Examples, each `(batch,)`."""
        return self.score(parse_examples(inputs[EXAMPLES], self.schema.columns))

    def rank(self, inputs: Tensors) -> dict[str, tf.Tensor]:
        """Returns score, order (indices, the best first, ties by place) and probabilities of one request's items."""
        columns = {column.name: inputs[column.name] for column in self.schema.columns}
        return self._rank(*by_side(cleaned(columns, self.schema.columns), self.schema), inputs[WEIGHTS])

    def rank_packed(self, inputs: Tensors) -> dict[str, tf.Tensor]:
        """Ranks stacked columns, see `rank`."""
        return self._rank(*unpack(inputs, self.schema), inputs[WEIGHTS])

    def _rank(self, shared: TensorColumns, items: TensorColumns, weights: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = self._model().rank(
            *self.request(shared, items), self.request.shared_features, self._weights(weights), self.request.kernels
        )
        outputs = self._valued(outputs, items if self.schema.value_field in items else shared)
        score = outputs["score"]
        # Of equal ones, top_k puts the lower index first.
        outputs["order"] = tf.math.top_k(score, tf.size(score)).indices
        return {name: outputs[name] for name in self.schema.rank_outputs}

    def _weights(self, weights: tf.Tensor) -> tf.Tensor:
        weights = tf.reshape(weights, [len(self.schema.terms)])
        return tf.debugging.check_numerics(weights, 'Input "weights" expects finite numbers')

    def _valued(self, outputs: dict[str, tf.Tensor], columns: Tensors) -> dict[str, tf.Tensor]:
        if self.schema.value_field is not None:
            value = tf.cast(columns[self.schema.value_field], tf.float32)
            outputs["score"] = bounded(outputs["score"] * bounded(value))
        return outputs


def _traced(
    function: Callable[[Tensors], dict[str, tf.Tensor]], inputs: Mapping[str, tf.TensorSpec]
) -> tf.types.experimental.ConcreteFunction:
    """Traces a function of tensors by name as one with an argument for each tensor."""
    arguments = argument_names(inputs)

    def call(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        return function({name: given[argument] for name, argument in arguments.items()})

    call.__name__ = function.__name__
    specs = {argument: tf.TensorSpec(inputs[n].shape, inputs[n].dtype, argument) for n, argument in arguments.items()}
    return tf.function(call, autograph=False).get_concrete_function(**specs)

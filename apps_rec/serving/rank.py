"""One request: the user and the context once, the items as rows."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from apps_rec.data.packing import TF_TYPES
from apps_rec.features import Preprocessor
from apps_rec.features.specs import columns_of
from apps_rec.layers.split import SplitKernels
from apps_rec.serving.columns import filled_rows
from apps_rec.serving.schema import ServingSchema

Tensors = Mapping[str, tf.Tensor]


class RequestSplit(tf.Module):
    """Raw columns of a request -> the Preprocessor's outputs, of the shared features once and of the others by row.

    A feature is shared where all its columns are, or where it is a position feature, whose columns get their default.
    A cross of a user's column with an item's is made by row, from the user's value in each.

    Args:
        preprocessor: of all features; its lookup tables serve.
        schema: sides of the columns.
    """

    def __init__(self, preprocessor: Preprocessor, schema: ServingSchema) -> None:
        super().__init__(name="request_split")
        self._schema = schema
        once = {column.name for column in (*schema.shared, *schema.filled)}
        specs = preprocessor.specs
        self.shared_features = frozenset(spec.name for spec in specs if once.issuperset(columns_of(spec)))
        self._shared = preprocessor.part(self.shared_features)
        self._rows = preprocessor.part([spec.name for spec in specs if spec.name not in self.shared_features])
        self._repeated = [name for name in self._rows.columns if name in once]
        self.kernels = SplitKernels()

    def __call__(self, columns: Tensors) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """Shared columns `(1,)` and item columns `(items,)` -> both parts."""
        once = {column.name: tf.reshape(columns[column.name], [1]) for column in self._schema.shared}
        once.update(filled_rows(self._schema.filled, 1))
        names = [column.name for column in self._schema.items]
        num_items = tf.size(columns[names[0]])
        # A column of another length, or another rank, is an error here and not a broadcast later.
        rows = {name: tf.reshape(columns[name], [num_items]) for name in names}
        rows.update({name: tf.repeat(once[name], num_items) for name in self._repeated})
        return self._shared(once) if self.shared_features else {}, self._rows(rows)


def unpack(packed: Tensors, schema: ServingSchema) -> dict[str, tf.Tensor]:
    """Stacked columns -> columns by name, in their types; a number that is not finite takes its column's default.

    Ids of INT columns are texts, so that all their digits arrive; a text that is no whole number is an error.
    """
    columns = {}
    for name, stacked in schema.packed().items():
        values = packed[name]
        if values.dtype.is_floating:
            defaults = tf.constant([float(column.default) for column in stacked], values.dtype)
            values = tf.where(tf.math.is_finite(values), values, defaults)
        for column, tensor in zip(stacked, tf.unstack(values, num=len(stacked), axis=1), strict=True):
            columns[column.name] = _typed(tensor, column.dtype)
    return columns


def _typed(tensor: tf.Tensor, dtype: str) -> tf.Tensor:
    if dtype == "STRING":
        return tensor
    if dtype == "BOOL":
        return tf.not_equal(tensor, 0)
    if tensor.dtype == tf.string:
        return tf.strings.to_number(tensor, TF_TYPES[dtype])
    # A number of an INT column stays a float: whoever reads it casts it to one, and no cast overflows.
    return tensor if dtype in ("INT32", "INT64") else tf.cast(tensor, TF_TYPES[dtype])

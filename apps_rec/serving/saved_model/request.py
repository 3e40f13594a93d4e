"""Preprocesses a request: the user and the context come once, the items as rows."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import tensorflow as tf

from apps_rec.data.dtypes import DTYPES, WHOLE
from apps_rec.data.pipeline.packing import TF_TYPES, TensorColumns
from apps_rec.features import Preprocessor
from apps_rec.features.specs import LookupFeature, LookupNumberFeature, columns_of
from apps_rec.layers.request import KeptKernels
from apps_rec.serving.raw_columns import filled_rows, finite, of_length, there
from apps_rec.serving.schema import SHARED_NUMBERS, SHARED_TEXT, ServingSchema

Tensors = Mapping[str, tf.Tensor]


class RequestPreprocessor(tf.Module):
    """Preprocesses the raw columns of a request: the shared features once, the others by row.

    A feature is shared if all its columns are, or if it is a position feature, whose columns get their default. A cross
    of a user's column with an item's is made by row, with the user's value in each row.

    Args:
        preprocessor: preprocessor of all features; its lookup tables are used.
        schema: schema with the sides of the columns.
    """

    def __init__(self, preprocessor: Preprocessor, schema: ServingSchema) -> None:
        super().__init__(name="request_preprocessor")
        self._schema = schema
        given_once = {column.name for column in (*schema.shared, *schema.filled)}
        specs = preprocessor.specs
        self.shared_features = frozenset(spec.name for spec in specs if given_once.issuperset(columns_of(spec)))
        self._shared = preprocessor.part(self.shared_features)
        self._rows = preprocessor.part([spec.name for spec in specs if spec.name not in self.shared_features])
        # A user's map stands once for the keys of all items: taken apart for each, it would cost more than the model.
        row_by_row = {
            name
            for spec in self._rows.specs
            for name in ((spec.key,) if isinstance(spec, LookupFeature | LookupNumberFeature) else columns_of(spec))
        }
        self._repeated = [name for name in self._rows.columns if name in given_once & row_by_row]
        self._maps = [name for name in self._rows.columns if name in given_once - row_by_row]
        self.kernels = KeptKernels()

    def __call__(
        self, shared: TensorColumns, items: TensorColumns
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """Preprocesses shared columns `(1,)` and item columns `(items,)`. Returns both parts."""
        if self._schema.filled:
            shared = shared.adding(filled_rows(self._schema.filled, 1))
        if self._repeated:
            num_items = tf.size(items[self._schema.items[0].name])
            items = items.adding({name: tf.repeat(shared[name], num_items) for name in self._repeated})
        items = items.adding({name: shared[name] for name in self._maps})
        return self._shared(shared) if self.shared_features else {}, self._rows(items)


def by_side(columns: Tensors, schema: ServingSchema) -> tuple[TensorColumns, TensorColumns]:
    """Divides columns by name into the shared ones, of one row, and those of the items.

    A column of another length or rank is an error here, not a broadcast later.
    """
    num_items = tf.size(columns[schema.items[0].name])
    sides = ((schema.shared, 1), (schema.items, num_items))
    shared, items = (
        TensorColumns({(column.name,): of_length(columns, column, [rows, 1]) for column in side})
        for side, rows in sides
    )
    return shared, items


def unpack(packed: Tensors, schema: ServingSchema) -> tuple[TensorColumns, TensorColumns]:
    """Unpacks stacked columns into shared columns and those of the items, in their types.

    An empty text and a number that is not finite take their column's default. Ids of INT columns are texts, so that all
    their digits arrive. A text that is no whole number is an error.
    """
    blocks: dict[str, dict[tuple[str, ...], tf.Tensor]] = {}
    for name, stacked in schema.packed().items():
        values = packed[name]
        if values.dtype.is_floating:
            defaults = tf.constant([float(column.default) for column in stacked], values.dtype)
            values = finite(values, defaults)
        side = blocks.setdefault("shared" if name in (SHARED_TEXT, SHARED_NUMBERS) else "items", {})
        start = 0
        for dtype, group in groupby(stacked, lambda column: column.dtype):
            names = tuple(column.name for column in group)
            end = start + len(names)
            part = values if len(names) == len(stacked) else values[:, start:end]
            if dtype == "STRING" and any(column.default for column in stacked[start:end]):
                part = there(part, tf.constant([column.default for column in stacked[start:end]], tf.string))
            side[names] = _typed(part, dtype)
            start = end
    return TensorColumns(blocks.get("shared", {})), TensorColumns(blocks.get("items", {}))


def _typed(tensor: tf.Tensor, dtype: str) -> tf.Tensor:
    if dtype == "STRING":
        return tensor
    if dtype == "BOOL":
        return tf.not_equal(tensor, 0)
    if tensor.dtype == tf.string:
        return tf.strings.to_number(tensor, TF_TYPES[dtype])
    # A number of an INT column stays a float: whoever reads it casts it to one, and no cast overflows.
    return tensor if DTYPES[dtype].kind == WHOLE else tf.cast(tensor, TF_TYPES[dtype])

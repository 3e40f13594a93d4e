"""The layout of the tensors that Preprocessor hands to Embedder: the place of each feature in ids, values and lists."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from apps_rec.features.specs import (
    LIST_FEATURES,
    NUMBER_FEATURES,
    SINGLE_ID_FEATURES,
    AnyListFeature,
    AnyNumberFeature,
    FeatureSpec,
    ListFeature,
    NumberListFeature,
    SingleIdFeature,
)

Tensors = Mapping[str, tf.Tensor]
_IDS, _VALUES = "ids", "values"


class Layout:
    """The columns of `ids` and `values`, and the arrays of each list, in the order of the features.

    Args:
        specs: the features.

    Attributes:
        single: features with a column of `ids`.
        numbers: features with columns of `values`, `size` each.
        lists: features with two arrays of their own, `list_ids/<name>`, or `list_values/<name>` where they are numbers,
            and `list_weights/<name>`.
    """

    def __init__(self, specs: Sequence[FeatureSpec]) -> None:
        self.specs = tuple(specs)
        self.single: list[SingleIdFeature] = [spec for spec in specs if isinstance(spec, SINGLE_ID_FEATURES)]
        self.numbers: list[AnyNumberFeature] = [spec for spec in specs if isinstance(spec, NUMBER_FEATURES)]
        self.lists: list[AnyListFeature] = [spec for spec in specs if isinstance(spec, LIST_FEATURES)]

    def part(self, names: Collection[str], inside: bool = True) -> Layout:
        """Returns the layout of only the named features, or with `inside` false of all others."""
        return Layout([spec for spec in self.specs if (spec.name in names) == inside])

    def signature(self) -> dict[str, tf.TensorSpec]:
        """Returns the shapes and types of the tensors."""
        signature = {
            _IDS: tf.TensorSpec([None, len(self.single)], tf.int64),
            _VALUES: tf.TensorSpec([None, sum(spec.size for spec in self.numbers)], tf.float32),
        }
        for spec in self.lists:
            items, weights = _keys(spec)
            shape = [None, spec.max_length]
            if isinstance(spec, NumberListFeature):
                signature[items] = tf.TensorSpec([*shape, spec.size], tf.float32)
            else:
                shape += [None] * has_steps(spec)
                signature[items] = tf.TensorSpec(shape, tf.int64)
            signature[weights] = tf.TensorSpec(shape, tf.float32)
        return signature

    def join(
        self,
        batch: tf.Tensor,
        ids: Sequence[tf.Tensor],
        values: Sequence[tf.Tensor],
        lists: Sequence[tuple[tf.Tensor, tf.Tensor]],
    ) -> dict[str, tf.Tensor]:
        """Joins columns and lists to the tensors of this layout.

        Args:
            batch: number of rows.
            ids: int64 columns, `(batch, n)` each, in the order of `single`.
            values: float32 columns, `(batch, n)` each, in the order of `numbers`.
            lists: ids, or numbers, and weights of each list, as `list_of` returns them.
        """
        joined = {
            _IDS: tf.concat(ids, axis=1) if ids else tf.zeros([batch, 0], tf.int64),
            _VALUES: tf.concat(values, axis=1) if values else tf.zeros([batch, 0], tf.float32),
        }
        for spec, tensors in zip(self.lists, lists, strict=True):
            joined |= dict(zip(_keys(spec), tensors, strict=True))
        return joined

    def ids_of(self, tensors: Tensors, places: Sequence[int]) -> tf.Tensor:
        """Returns the ids of the features at some places of `single`, `(batch, places)`."""
        ids = tensors[_IDS]
        return ids if list(places) == list(range(len(self.single))) else tf.gather(ids, places, axis=1)

    def values_of(self, tensors: Tensors) -> Iterator[tuple[AnyNumberFeature, tf.Tensor]]:
        """Yields each of `numbers` with its values, `(batch, size)`."""
        start = 0
        for spec in self.numbers:
            yield spec, tensors[_VALUES][:, start : start + spec.size]
            start += spec.size

    def list_of(self, tensors: Tensors, spec: AnyListFeature) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns a list's ids, padded with -1, and its weights, padded with 0, `(batch, max_length)` each.

        Of a list whose steps hold several ids, both are `(batch, max_length, ids)`; of a list of numbers these stand in
        place of ids, padded with 0, `(batch, max_length, size)`.
        """
        items, weights = _keys(spec)
        return tensors[items], tensors[weights]

    def from_other_rows(self, rows: Mapping[str, np.ndarray], name: str, order: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the tensors of rows in which one feature is that of another row.

        Args:
            rows: tensors of rows, in numpy's memory.
            name: feature.
            order: number of the row that each row takes the feature from, `(rows,)`.
        """
        taken = dict(rows)
        for at, spec in enumerate(self.single):
            if spec.name == name:
                taken[_IDS] = rows[_IDS].copy()
                taken[_IDS][:, at] = rows[_IDS][order, at]
        start = 0
        for numbers in self.numbers:
            if numbers.name == name:
                columns = slice(start, start + numbers.size)
                taken[_VALUES] = rows[_VALUES].copy()
                taken[_VALUES][:, columns] = rows[_VALUES][order, columns]
            start += numbers.size
        for items in self.lists:
            if items.name == name:
                taken |= {key: rows[key][order] for key in _keys(items)}
        return taken


def below_each_other(batches: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Joins the rows of batches; where their steps have other widths, all are padded as the widest is."""
    joined = {}
    for key in batches[0]:
        parts = [batch[key] for batch in batches]
        widest = [max(sizes) for sizes in zip(*(part.shape[1:] for part in parts), strict=True)]
        padding = -1 if key.startswith("list_ids/") else 0
        joined[key] = np.concatenate([_padded(part, widest, padding) for part in parts])
    return joined


def _padded(part: np.ndarray, sizes: Sequence[int], padding: int) -> np.ndarray:
    more = [(0, size - has) for size, has in zip(sizes, part.shape[1:], strict=True)]
    return np.pad(part, [(0, 0), *more], constant_values=padding) if any(after for _, after in more) else part


def has_steps(spec: AnyListFeature) -> bool:
    """Tells whether an item of a list is a step of several ids."""
    return isinstance(spec, ListFeature) and spec.multi_separator is not None


def rows_of(tensors: Tensors) -> tf.Tensor:
    """Returns the number of rows."""
    return tf.shape(tensors[_IDS])[0]


def _keys(spec: AnyListFeature) -> tuple[str, str]:
    items = "list_values" if isinstance(spec, NumberListFeature) else "list_ids"
    return f"{items}/{spec.name}", f"list_weights/{spec.name}"

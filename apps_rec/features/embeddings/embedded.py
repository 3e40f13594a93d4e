"""The Embedder's output, read by feature name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import tensorflow as tf

from apps_rec.layers.request import RequestColumns


class Block(NamedTuple):
    """Features that were looked up together.

    Attributes:
        names: names of the features.
        vectors: embeddings of the features, `(batch, features, dim)`.
        first_order: first-order terms of the features, `(batch, features)`, or `(batch, features, wide_dim)` where a
            weight is longer than 1; None where they have none.
    """

    names: tuple[str, ...]
    vectors: tf.Tensor
    first_order: tf.Tensor | None

    @classmethod
    def cut(cls, names: tuple[str, ...], rows: tf.Tensor, dim: int) -> Block:
        """Makes a block from rows of a table.

        Rows are cut only once, because the gradient of every slice is a padded copy of the whole.

        Args:
            names: names of the features.
            rows: rows of the table, `(batch, features, dim)`, or `dim + wide_dim` with first-order terms behind.
            dim: length of an embedding.
        """
        if rows.shape[2] == dim:
            return cls(names, rows, None)
        wide_dim = rows.shape[2] - dim
        vectors, first_order = tf.split(rows, [dim, wide_dim], axis=2)
        return cls(names, vectors, first_order[:, :, 0] if wide_dim == 1 else first_order)

    def part(self, start: int, end: int) -> Block:
        """Returns features `start` to `end`, without `end`."""
        if (start, end) == (0, len(self.names)):
            return self
        first_order = None if self.first_order is None else self.first_order[:, start:end]
        return Block(self.names[start:end], self.vectors[:, start:end], first_order)


class EmbeddedFeatures(NamedTuple):
    """The embeddings of a batch; parts of a model read them by feature name.

    `numbers` holds the features that a body reads without an embedding, and the outputs of sequences; `squares`,
    `(batch,)` each, the sums of squares of what was looked up for the items of these. It is a named tuple, so that a
    tf.function takes it as an argument.
    """

    blocks: list[Block]
    numbers: dict[str, tf.Tensor]
    squares: tuple[tf.Tensor, ...] = ()

    def flat(self, names: Sequence[str]) -> tf.Tensor:
        """Returns embeddings and plain numbers of the named features side by side, `(batch, sum of lengths)`."""
        parts: list[tf.Tensor] = []
        for is_number, group in itertools.groupby(names, lambda name: name in self.numbers):
            if is_number:
                parts.extend(self.numbers[name] for name in group)
                continue
            for block in self._runs(group):
                length = len(block.names) * block.vectors.shape[2]
                parts.append(tf.reshape(block.vectors, [-1, length]))
        return parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)

    def stacked(self, names: Sequence[str]) -> tf.Tensor:
        """Returns embeddings of the named features, all of one length, `(batch, features, dim)`."""
        parts = [block.vectors for block in self._runs(names)]
        return parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)

    def each(self, change: Callable[[EmbeddedFeatures], EmbeddedFeatures]) -> EmbeddedFeatures:
        """Returns these features as `change` makes them."""
        return change(self)

    def __contains__(self, name: object) -> bool:
        return name in self.numbers or any(name in block.names for block in self.blocks)

    def width(self, name: str) -> int:
        """Returns the number of columns of a feature in `flat`."""
        if name in self.numbers:
            return self.numbers[name].shape[1]
        return next(block.vectors.shape[2] for block in self.blocks if name in block.names)

    def first_order(self, names: Sequence[str]) -> tf.Tensor:
        """Returns the first-order terms (weight, or weight times value) of the named features, shaped as in a block."""
        parts = [block.first_order for block in self._runs(names)]
        return parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)

    def squared_length(self) -> tf.Tensor:
        """Returns the sum of squares of all that was looked up for each row, first-order weights too, `(batch,)`."""
        squares = [tf.reduce_sum(tf.square(block.vectors), axis=[1, 2]) for block in self.blocks]
        squares += [
            tf.reduce_sum(tf.square(block.first_order), axis=list(range(1, block.first_order.shape.rank)))
            for block in self.blocks
            if block.first_order is not None
        ]
        squares += list(self.squares)
        if not squares:  # numbers alone
            return tf.zeros_like(next(iter(self.numbers.values()))[:, 0])
        return tf.add_n(squares)

    def _runs(self, names: Iterable[str]) -> list[Block]:
        """Returns the named features in as few blocks as their order allows: neighbours in a block stay together."""
        place = {name: (block, i) for block in self.blocks for i, name in enumerate(block.names)}
        runs: list[tuple[Block, int, int]] = []
        for name in names:
            block, i = place[name]
            if runs and runs[-1][0] is block and runs[-1][2] == i:
                runs[-1] = (block, runs[-1][1], i + 1)
            else:
                runs.append((block, i, i + 1))
        return [block.part(start, end) for block, start, end in runs]


@dataclass(frozen=True)
class RequestFeatures:
    """Embeddings of one request: one row that all rows share, and the rows; read like EmbeddedFeatures.

    Attributes:
        shared: features that all rows share, `(1, ...)`.
        rows: the other features, `(num_rows, ...)`.
        num_rows: number of rows, int32.
    """

    shared: EmbeddedFeatures
    rows: EmbeddedFeatures
    num_rows: tf.Tensor

    def each(self, change: Callable[[EmbeddedFeatures], EmbeddedFeatures]) -> RequestFeatures:
        """Returns these features, both parts as `change` makes them."""
        return replace(self, shared=change(self.shared), rows=change(self.rows))

    def flat(self, names: Sequence[str]) -> tf.Tensor:
        """Returns the same as `EmbeddedFeatures.flat`; shared features once."""
        places: list[int] = []
        start = 0
        for name in names:
            width = (self.shared if name in self.shared else self.rows).width(name)
            if name in self.shared:
                places += range(start, start + width)
            start += width
        return self._read(names, EmbeddedFeatures.flat, places, [])

    def stacked(self, names: Sequence[str]) -> tf.Tensor:
        """Returns the same as `EmbeddedFeatures.stacked`; shared features once."""
        length = (self.shared if names[0] in self.shared else self.rows).width(names[0])
        return self._read(names, EmbeddedFeatures.stacked, self._places(names), [length])

    def first_order(self, names: Sequence[str]) -> tf.Tensor:
        """Returns the same as `EmbeddedFeatures.first_order`; shared features once."""
        term = (self.shared if names[0] in self.shared else self.rows).first_order(names[:1])
        return self._read(names, EmbeddedFeatures.first_order, self._places(names), term.shape[2:].as_list())

    def _places(self, names: Sequence[str]) -> list[int]:
        return [i for i, name in enumerate(names) if name in self.shared]

    def _read(
        self,
        names: Sequence[str],
        read: Callable[[EmbeddedFeatures, Sequence[str]], tf.Tensor],
        places: list[int],
        inner: list[int],
    ) -> tf.Tensor:
        of_rows = [name for name in names if name not in self.shared]
        if len(of_rows) == len(names):
            return read(self.rows, names)
        shared = read(self.shared, [name for name in names if name in self.shared])
        rows = read(self.rows, of_rows) if of_rows else tf.zeros([self.num_rows, 0, *inner], shared.dtype)
        return RequestColumns(shared, rows, tuple(places))

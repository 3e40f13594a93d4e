"""First values of embeddings: what they are drawn from."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tensorflow as tf

from apps_rec.legacy_keras import keras

TRUNCATED_NORMAL, NORMAL, UNIFORM = "truncated_normal", "normal", "uniform"
GLOROT_NORMAL = "glorot_normal"
# Deviation of a normal that is cut at two deviations, in those of the normal that is not.
_CUT = 0.87962566103423978


@dataclass(frozen=True)
class Initial:
    """The first values of a feature's embeddings: center + spread x draw.

    Attributes:
        kind: what is drawn. TRUNCATED_NORMAL: a normal of deviation 1, cut at two deviations. NORMAL: one that is not
            cut. UNIFORM: evenly between -1 and 1. GLOROT_NORMAL: the first with a spread that follows from the size
            of the table, see `of`.
        center: number around which they are drawn.
        spread: factor of the draw, 0 or more; 0: all are `center`.
    """

    kind: str = TRUNCATED_NORMAL
    center: float = 0.0
    spread: float = 0.05

    def of(self, rows: int, dim: int) -> Initial:
        """Returns this for a table of so many rows and columns: GLOROT_NORMAL has the deviation sqrt(2 / (rows + dim)).

        References: Glorot, Bengio 2010, Understanding the difficulty of training deep feedforward neural networks,
        equation 16, for a normal.
        """
        if self.kind != GLOROT_NORMAL:
            return self
        return replace(self, kind=TRUNCATED_NORMAL, spread=math.sqrt(2.0 / (rows + dim)) / _CUT)


_DRAWS: dict[str, Callable[..., tf.Tensor]] = {
    TRUNCATED_NORMAL: tf.random.stateless_truncated_normal,
    NORMAL: tf.random.stateless_normal,
    UNIFORM: lambda shape, seed, dtype: tf.random.stateless_uniform(shape, seed, -1.0, 1.0, dtype),
}


class TableInitializer(keras.initializers.Initializer):
    """Draws the first `dim` columns of a variable, 0 in the others; stateless.

    Where a variable is divided between parameter servers, each draws its own part, from a seed of its own.

    Args:
        seed: seed of the whole model.
        name: name of the variable, which has draws of its own.
        dim: number of columns that are drawn.
        parts: how many rows begin how, one part behind the other; the last one goes on to the end.
    """

    def __init__(self, seed: int, name: str, dim: int, parts: Sequence[tuple[int, Initial]]) -> None:
        self.seed, self.name, self.dim = seed, name, dim
        self.parts = [(rows, initial.of(rows, dim)) for rows, initial in parts]

    def __call__(
        self,
        shape: Sequence[int],
        dtype: tf.DType | None = None,
        partition_shape: Sequence[int] | None = None,
        partition_offset: Sequence[int] = (0,),
        **kwargs: object,
    ) -> tf.Tensor:
        """Returns the first values of the variable, or of a part of it."""
        rows, columns = partition_shape or shape
        start = partition_offset[0]
        seed = [self.seed % 2**31, (zlib.crc32(self.name.encode()) + start) % 2**31]
        parts = self._between(start, start + rows)

        def each(values: Sequence[Any]) -> Any:
            """Returns a value for each row, or the one value of all."""
            if len(set(values)) == 1:
                return values[0]
            return tf.repeat(tf.constant(values), [count for count, _ in parts])[:, tf.newaxis]

        kinds = [initial.kind for _, initial in parts]
        drawn = None
        for kind in dict.fromkeys(kinds):
            one = _DRAWS[kind]([rows, self.dim], seed, dtype=dtype)
            drawn = one if drawn is None else tf.where(each([other == kind for other in kinds]), one, drawn)
        vectors = drawn * each([initial.spread for _, initial in parts])
        vectors += each([initial.center for _, initial in parts])
        return vectors if columns == self.dim else tf.pad(vectors, [[0, 0], [0, columns - self.dim]])

    def _between(self, start: int, end: int) -> list[tuple[int, Initial]]:
        """Returns how many of the rows from `start` to `end`, without `end`, begin how."""
        found: list[tuple[int, Initial]] = []
        first = 0
        for at, (rows, initial) in enumerate(self.parts):
            last = end if at == len(self.parts) - 1 else min(first + rows, end)
            if last > max(first, start):
                found.append((last - max(first, start), initial))
            first += rows
        return found

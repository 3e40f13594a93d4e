"""Lookups in cells that map keys to values, such as "a:1|b:2"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from apps_rec.data.graph_assert import expect
from apps_rec.features.columns.cells import as_text, floats, where
from apps_rec.features.specs import LookupFeature, LookupNumberFeature


class _Pairs(NamedTuple):
    """The pairs of all cells one after another: keys and values `(pairs,)`, and the row of each."""

    keys: tf.Tensor
    values: tf.Tensor
    rows: tf.Tensor


class Maps:
    """The maps of a batch; each column is taken apart once, however many features look into it.

    Args:
        columns: columns by name, `(batch,)`. In a request to rank the map of the user is one cell for all keys.
    """

    def __init__(self, columns: Mapping[str, tf.Tensor]) -> None:
        self._columns = columns
        self._pairs: dict[tuple[str, str, str], _Pairs] = {}

    def found(self, spec: LookupFeature | LookupNumberFeature) -> tf.RaggedTensor:
        """Returns the values of each row's key in their order, `(batch, None)`; none where the map lacks it."""
        keys, cells = as_text(self._columns[spec.key]), self._columns[spec.map]
        place = (spec.map, spec.separator, spec.kv_separator)
        if place not in self._pairs:
            self._pairs[place] = _parted(spec, cells)
        pairs = self._pairs[place]
        count = tf.size(keys, tf.int64)
        if cells.shape[0] == 1 and keys.shape[0] != 1:
            # Each key with each pair: whole numbers first, as texts take longer to compare than all else here.
            hits = tf.where(_prints(keys)[:, tf.newaxis] == _prints(pairs.keys))  # [hits, 2]
            rows, places = hits[:, 0], hits[:, 1]
            is_found = tf.gather(keys, rows) == tf.gather(pairs.keys, places)
            rows, places = where(rows, is_found), where(places, is_found)
        else:
            places = tf.where(pairs.keys == tf.gather(keys, pairs.rows))[:, 0]
            rows = tf.gather(pairs.rows, places)
        return tf.RaggedTensor.from_value_rowids(tf.gather(pairs.values, places), rows, count, validate=False)

    def number(self, spec: LookupNumberFeature) -> tf.Tensor:
        """Returns the numbers of each row's key, combined, `(batch, 1)` float64; 0 where the map lacks it."""
        texts = self.found(spec)
        values = texts.with_values(floats(texts.values, spec.name))
        total = tf.reduce_sum(values, axis=1)
        if spec.combiner == "mean":
            total /= tf.cast(tf.maximum(texts.row_lengths(), 1), tf.float64)
        return total[:, tf.newaxis]


def _prints(texts: tf.Tensor) -> tf.Tensor:
    """Returns a whole number for each text, equal for equal ones."""
    return tf.bitcast(tf.fingerprint(texts), tf.int64)


def _parted(spec: LookupFeature | LookupNumberFeature, cells: tf.Tensor) -> _Pairs:
    """Takes cells apart: empty parts are left out, and one that is no pair stops the run."""
    parts = tf.strings.split(cells, spec.separator)
    texts, rows = parts.values, parts.value_rowids()
    is_part = tf.not_equal(texts, "")
    texts, rows = where(texts, is_part), where(rows, is_part)
    halves = tf.strings.split(texts, spec.kv_separator, maxsplit=1)
    firsts = halves.row_starts()
    is_pair = tf.equal(halves.row_lengths(), 2)
    keys = tf.gather(halves.values, firsts)
    values = tf.gather(halves.values, firsts + tf.cast(is_pair, tf.int64))
    is_pair &= tf.not_equal(keys, "") & tf.not_equal(values, "")
    wrong = where(texts, ~is_pair)
    is_right = expect(
        tf.equal(tf.size(wrong), 0),
        [f'Feature "{spec.name}" expects pairs such as key{spec.kv_separator}value in "{spec.map}". Got: ', wrong[:3]],
    )
    with tf.control_dependencies([is_right]):
        return _Pairs(tf.identity(keys), tf.identity(values), rows)

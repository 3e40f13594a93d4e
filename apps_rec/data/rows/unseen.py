"""Finds filters and vocabularies whose values no row has: misspelt words, or words of other data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps_rec.data.dtypes import Value
from apps_rec.data.schema import RowFilter

_SHOWN = 5


@dataclass(frozen=True)
class Vocabulary:
    """The words that a feature knows.

    Args:
        feature: name of the feature.
        column: name of the column that it reads.
        words: words as texts of values.
        separator: separator between the values of a list in a cell; None: a cell is one value.
        kv_separator: separator between a value and its weight; None: there are no weights, or in another column.
    """

    feature: str
    column: str
    words: tuple[str, ...]
    separator: str | None = None
    kv_separator: str | None = None

    def is_seen(self, array: np.ndarray | pa.Array) -> bool:
        """Tells whether a column without nulls holds one of the words."""
        texts = pa.array(array).cast(pa.large_string())
        if self.separator is not None:
            texts = pc.list_flatten(pc.split_pattern(texts, self.separator))
        if self.kv_separator is not None:
            weight = f"{re.escape(self.kv_separator)}[^{re.escape(self.kv_separator[-1])}]*$"
            texts = pc.replace_substring_regex(texts, weight, "")
        return bool(pc.any(pc.is_in(texts, pa.array(self.words, pa.large_string()))).as_py())

    def unseen_told(self) -> str:
        """Returns the warning that no row had a word of the vocabulary."""
        words = f"a word of its vocabulary ({_listed(self.words)})"
        return f'feature "{self.feature}": no row had {words} in "{self.column}": each value counts as unknown'


def still_unseen(
    vocabularies: Iterable[Vocabulary], columns: Mapping[str, np.ndarray | pa.Array]
) -> tuple[Vocabulary, ...]:
    """Returns the vocabularies of which the columns hold no word."""
    return tuple(item for item in vocabularies if not item.is_seen(columns[item.column]))


def looked_for(row_filter: RowFilter) -> tuple[Value, ...]:
    """Returns the values of a filter, or its bounds: some row should have them."""
    bounds = (row_filter.low, row_filter.high)
    return tuple(bound for bound in bounds if bound is not None) if row_filter.is_range else row_filter.values


def not_among(array: pa.Array, values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Returns the values that a column without nulls does not hold."""
    found = pc.unique(array.filter(pc.is_in(array, pa.array(values, array.type)))).to_pylist()
    return tuple(value for value in values if value not in found)


def filtered_by(filters: Iterable[RowFilter]) -> str:
    """Returns the columns of filters, each once: "day and country"."""
    return " and ".join(dict.fromkeys(row_filter.column.name for row_filter in filters))


def unseen_told(row_filter: RowFilter, values: tuple[Value, ...], is_first: bool) -> str:
    """Returns the warning that no row had some values of a filter, or that no row lay between its bounds.

    A filter that is not the first sees only rows that passed those before it.
    """
    rows = "no row" if is_first else "no row that passed the filters before it"
    where = f'row_filter of "{row_filter.column.name}": {rows}'
    if row_filter.is_range:
        bounds = (("from", row_filter.low), ("to", row_filter.high))
        shown = " ".join(f'{name}: "{_text(bound)}"' for name, bound in bounds if bound is not None)
        return f"{where} was within {shown}"
    return f"{where} had {_listed(values)} of {'keep' if row_filter.keep else 'drop'}"


def _listed(values: tuple[Value | str, ...]) -> str:
    more = f" and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else ""
    return ", ".join(f'"{_text(value)}"' for value in values[:_SHOWN]) + more


def _text(value: Value | str) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(value).lower() if isinstance(value, bool) else str(value)

"""Columns of rows in memory, with all numbers of a row side by side: whole rows are moved, not cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from apps_rec.data.dtypes import DTYPES
from apps_rec.data.values.number_lists import DTYPE, numbers_of


def names_by_type(dtypes: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Returns the names of the columns of each type; those of numbers in the order of a record's fields.

    Args:
        dtypes: declared type of every column, by name.
    """
    return {dtype: tuple(name for name in dtypes if dtypes[name] == dtype) for dtype in dict.fromkeys(dtypes.values())}


def record_type(dtypes: Mapping[str, str], number_lists: Mapping[str, int]) -> np.dtype:
    """Returns the record of all columns that are no text, without gaps; fields of one type stand side by side.

    Args:
        dtypes: declared type of every column, by name.
        number_lists: see `Schema`. Their numbers stand last, under `numbers_of(name)`.
    """
    groups = names_by_type(dtypes).items()
    fields = [(name, DTYPES[dtype].numpy) for dtype, names in groups if dtype != "STRING" for name in names]
    return np.dtype(fields + [(numbers_of(name), DTYPE, (width,)) for name, width in number_lists.items()])


class Columns(Mapping[str, np.ndarray]):
    """The columns of some rows by name, an array `[N]` each; the numbers of a list `[N, items]`.

    Args:
        records: numbers, `[N]` of a `record_type`.
        texts: columns of bytes objects, `[N]` each.
    """

    def __init__(self, records: np.ndarray, texts: Mapping[str, np.ndarray]) -> None:
        self.records, self.texts = records, dict(texts)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.texts[name] if name in self.texts else self.records[name]

    def __contains__(self, name: object) -> bool:
        return name in self.texts or name in (self.records.dtype.names or ())

    def __iter__(self) -> Iterator[str]:
        yield from self.records.dtype.names or ()
        yield from self.texts

    def __len__(self) -> int:
        return len(self.records.dtype.names or ()) + len(self.texts)

    @property
    def size(self) -> int:
        """Returns the number of rows."""
        return len(self.records)

    def slice(self, start: int, end: int) -> Columns:
        """Returns the rows start .. end - 1."""
        return Columns(self.records[start:end], {name: text[start:end] for name, text in self.texts.items()})


def join_columns(pieces: Sequence[Columns]) -> Columns:
    """Joins the rows of all pieces, one after the other."""
    if len(pieces) == 1:
        return pieces[0]
    texts = {name: np.concatenate([piece.texts[name] for piece in pieces]) for name in pieces[0].texts}
    return Columns(np.concatenate([piece.records for piece in pieces]), texts)

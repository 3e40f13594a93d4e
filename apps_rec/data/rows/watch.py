"""Watches the rows of a pass for what reads well and is probably not meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa

from apps_rec.data.rows.separators import SeparatorWatch
from apps_rec.data.rows.steps import StepWatch
from apps_rec.data.rows.unseen import Vocabulary, still_unseen
from apps_rec.data.schema import Schema


class RowWatch:
    """Watches rows for lists with another separator, vocabularies without a word, and funnels known in part.

    Each is told once: lists after the first rows, the others at the end of the first pass over all rows.

    Args:
        schema: schema of the rows.
        vocabularies: vocabularies to look for.
    """

    def __init__(self, schema: Schema, vocabularies: Iterable[Vocabulary]):
        self._separators = SeparatorWatch(schema)
        self._unseen = tuple(vocabularies)
        self._steps = StepWatch(schema)

    def look(self, columns: Mapping[str, np.ndarray | pa.Array]) -> list[str]:
        """Takes the next rows. Returns what there is to warn about."""
        self._unseen = still_unseen(self._unseen, columns)
        self._steps.look(columns)
        return self._separators.warnings(columns)

    def end(self, *, is_whole: bool) -> Iterator[str]:
        """Ends a pass, over all rows or over a part of them. Yields what there is to warn about."""
        yield from self._separators.rest()
        if is_whole:
            yield from (vocabulary.unseen_told() for vocabulary in self._unseen)
            yield from self._steps.rest()
            self._unseen = ()

"""Matches the rows of a table with those of another run's table of that name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from apps_rec.features.specs import (
    WITHOUT_TABLE,
    BucketFeature,
    CrossFeature,
    CrossListFeature,
    FeatureSpec,
    HashIds,
    NumberIds,
    VocabularyIds,
)


@dataclass(frozen=True)
class MatchedRows:
    """The outcome of warm start for a table or another variable.

    Attributes:
        kind: "table", or "variable" for all else.
        name: name of the table in the config, or of the variable.
        status: "restored" (as a whole), "resized" (some rows taken), "new" (nothing taken) or "dropped" (not in the new
            model).
        rows_restored: number of rows of the new one that hold trained weights.
        rows_new: number of rows of the new one that begin afresh.
        rows_dropped: number of rows of the old one that are not taken.
        reason: explanation, if the status needs one.
    """

    kind: str
    name: str
    status: str
    rows_restored: int = 0
    rows_new: int = 0
    rows_dropped: int = 0
    reason: str = ""

    def __str__(self) -> str:
        counts = [
            f"{count} rows {word}"
            for word, count in (
                ("restored", self.rows_restored),
                ("new", self.rows_new),
                ("dropped", self.rows_dropped),
            )
            if count
        ]
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.kind} {self.name}: {self.status}, {', '.join(counts)}{why}"

    def noting(self, text: str) -> MatchedRows:
        """Returns the same with one more reason."""
        return replace(self, reason=f"{self.reason}; {text}" if self.reason else text)


@dataclass(frozen=True)
class IdMeaning:
    """The meaning of a table's rows: all ways in which the features that share it make ids."""

    ways: frozenset
    rows: int


def table_meanings(features: Sequence[FeatureSpec]) -> dict[str, IdMeaning]:
    """Returns the meaning of each table by its name."""
    ways: dict[str, set] = {}
    rows: dict[str, int] = {}
    for spec in features:
        if isinstance(spec, WITHOUT_TABLE):
            continue
        rows[spec.table] = spec.num_ids
        if isinstance(spec, BucketFeature):
            way: object = spec.boundaries
        elif isinstance(spec, CrossFeature):
            way = (spec.columns, spec.separator, spec.ids)
        elif isinstance(spec, CrossListFeature):
            way = (spec.columns, spec.separators, spec.separator, spec.ids)
        else:
            way = spec.ids
        ways.setdefault(spec.table, set()).add(way)
    return {table: IdMeaning(frozenset(found), rows[table]) for table, found in ways.items()}


def match_rows(name: str, before: IdMeaning, now: IdMeaning) -> tuple[MatchedRows, np.ndarray, np.ndarray]:
    """Returns the outcome for a table, the rows to take from the old one, and their places in the new one.

    Numbers keep their row and words are looked up. The row of unknown ids goes to the row of unknown ids. Hashes,
    crosses and ranges are taken only if nothing about them changed: in a table of another size every id has another
    row, and a row of the old one would stand for other ids.
    """
    if before.ways == now.ways:
        rows = np.arange(now.rows)
        return MatchedRows("table", name, "restored", now.rows), rows, rows
    old, new = (next(iter(meaning.ways)) if len(meaning.ways) == 1 else None for meaning in (before, now))
    if isinstance(old, NumberIds) and isinstance(new, NumberIds):
        shared = np.arange(min(old.size, new.size))
        return _resized(name, np.append(shared, old.size), np.append(shared, new.size), before, now)
    if isinstance(old, VocabularyIds) and isinstance(new, VocabularyIds):
        places = {word: row for row, word in enumerate(old.words)}
        pairs = [(places[word], row) for row, word in enumerate(new.words) if word in places]
        pairs.append((len(old.words), len(new.words)))
        rows_before, rows_now = (np.array(rows, np.int64) for rows in zip(*pairs, strict=True))
        return _resized(name, rows_before, rows_now, before, now)
    if isinstance(old, HashIds) and isinstance(new, HashIds):
        reason = f"hash_bucket_size was {old.size}, is {new.size}: every id hashes to another row"
    else:
        reason = "its ids are made in another way, so that a row stands for other ids"
    empty = np.zeros(0, np.int64)
    return MatchedRows("table", name, "new", 0, now.rows, before.rows, reason), empty, empty


def _resized(
    name: str, rows_before: np.ndarray, rows_now: np.ndarray, before: IdMeaning, now: IdMeaning
) -> tuple[MatchedRows, np.ndarray, np.ndarray]:
    count = len(rows_now)
    return MatchedRows("table", name, "resized", count, now.rows - count, before.rows - count), rows_before, rows_now

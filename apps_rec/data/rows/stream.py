"""Reads the rows of many files as batches of numpy arrays, in an order that can be resumed at any row."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from apps_rec.data.formats.partitions import columns_of, read_rows
from apps_rec.data.formats.source import CHUNK_ROWS, Chunk, Unit
from apps_rec.data.formats.table import FORMATS
from apps_rec.data.rows.columns import record_type
from apps_rec.data.rows.counts import RowCounts
from apps_rec.data.rows.order import random_order
from apps_rec.data.rows.unseen import Vocabulary
from apps_rec.data.rows.validate import RowGate
from apps_rec.data.rows.watch import RowWatch
from apps_rec.data.rows.window import Batch, Part, Window, join_parts
from apps_rec.data.schema import Schema
from apps_rec.data.storage import FileStates, check_tensorflow_reads
from apps_rec.errors import DataError, NoRowsError

_LOG = logging.getLogger("apps_rec.data")

PARTS = ("train", "holdout")
# Keeps the order of units apart from the order inside windows.
_UNITS, _ROWS = 1, 2


class RowStream:
    """Reads files in batches. The order of rows is a pure function of (files, seed, epoch).

    Parts of the files (files, or runs of Parquet row groups) come in random order. Their rows fill windows of `window`
    rows. Each window is handed out in random order. Memory holds one window, never a file.

    Args:
        files: sorted paths.
        schema: columns to read, see `build_schema`.
        batch_size: number of rows in a batch, 1 or more.
        shuffle: false reads in file order.
        window: number of rows that are shuffled among each other, 1 or more.
        seed: seed of the order.
        holdout_fraction: share of rows in the holdout, chosen by row number; or share of the values of schema.holdout.
            Ignored if schema.holdout has a bound.
        holdout_part: "train" (all but the holdout), "holdout" or None (everything).
        drop_remainder: true leaves out the last, smaller batch of an epoch.
        keep: names of columns to pass through unchanged, see `Batch.kept`.
        worker: (number of a process, number of processes). Only that process' files or row groups are read, see
            `rows_of_workers`. None reads all.

    Example:
        >>> stream = RowStream(["rows.parquet"], schema, 4096, shuffle=True, seed=42)
        >>> for batch in stream.batches(epoch=0):
        ...     print(batch.columns["click"].mean(), batch.end_row)
    """

    def __init__(
        self,
        files: Sequence[str],
        schema: Schema,
        batch_size: int,
        *,
        shuffle: bool = False,
        window: int = 65536,
        seed: int = 0,
        holdout_fraction: float = 0.0,
        holdout_part: str | None = None,
        drop_remainder: bool = False,
        keep: Sequence[str] = (),
        worker: tuple[int, int] | None = None,
    ):
        if batch_size < 1 or window < 1:
            raise ValueError(f"expected batch_size and window of 1 or more, got {batch_size} and {window}")
        by_bound = schema.holdout is not None and schema.holdout.low is not None
        has_part = by_bound or 0 < holdout_fraction < 1
        if holdout_part is not None and (holdout_part not in PARTS or not has_part):
            raise ValueError(
                f"expected holdout_part train or holdout and 0 < holdout_fraction < 1, got {holdout_part} and "
                f"{holdout_fraction}"
            )
        if FORMATS[schema.input_type].by_tensorflow:
            for path in files:
                check_tensorflow_reads(path)
        self.files = tuple(files)
        self.schema = schema
        self.batch_size = batch_size
        self.counts = RowCounts()
        self._shuffle = shuffle
        self._window = window if shuffle else CHUNK_ROWS
        self._seed = seed
        self.drop_remainder = drop_remainder
        self._worker = worker
        self._told_unseen = False
        self._watch: RowWatch | None = None
        self._arguments: dict[str, Any] = {
            "shuffle": shuffle,
            "window": window,
            "seed": seed,
            "holdout_fraction": holdout_fraction,
            "holdout_part": holdout_part,
            "drop_remainder": drop_remainder,
            "keep": keep,
        }
        self._names = schema.read_names(keep)
        self._gate = RowGate(schema, holdout_fraction, holdout_part, keep)
        self._states = FileStates(files)
        self._incomplete: set[str] = set()  # files without a column, said once each
        self._all_units: list[Unit] | None = None
        self._units_done = 0

    def dtypes(self) -> dict[str, str]:
        """Returns the type of every column of a batch, see `Schema.dtypes`."""
        return self.schema.dtypes()

    def watch(self, vocabularies: Iterable[Vocabulary] = ()) -> None:
        """Warns of lists with another separator, words of vocabularies that no row has, and funnels known in part."""
        self._watch = RowWatch(self.schema, vocabularies)

    def of_worker(self, worker: int, workers: int, batch_size: int) -> RowStream:
        """Returns the stream of one process' files or row groups, in batches of `batch_size` rows."""
        stream = RowStream(self.files, self.schema, batch_size, worker=(worker, workers), **self._arguments)
        stream._all_units = self._units()  # read once: the footer of every Parquet file
        stream._states = self._states
        stream._watch = self._watch if worker == 0 else None
        return stream

    def why_not_by_file(self, workers: int) -> str | None:
        """Returns the reason that processes cannot read files of their own with a known number of rows; or None."""
        if not FORMATS[self.schema.input_type].counts_rows:
            return f"{self.schema.input_type} files do not say how many rows they hold"
        if self.schema.filters:
            return "row_filter leaves an unknown number of rows"
        if self.schema.bad_rows != "FAIL":
            return "bad_rows: SKIP leaves an unknown number of rows"
        if self._arguments["holdout_part"] is not None:
            return "the holdout leaves an unknown number of rows"
        if len(self._units()) < workers:
            return f"there are {len(self._units())} files or row groups for {workers} workers"
        return None

    def rows_of_workers(self, epoch: int, workers: int) -> list[int]:
        """Returns the number of rows of each process in an epoch by the files' own counts, with no row left out."""
        return [sum(unit.rows or 0 for unit in units) for units in self._dealt(epoch, workers)]

    def batches(self, epoch: int = 0, start_row: int = 0) -> Iterator[Batch]:
        """Yields the batches of an epoch, from a row of its order on.

        Args:
            epoch: number of the epoch, from 0.
            start_row: `end_row` of a batch of this epoch. The batches after it follow, bit for bit the same.

        Raises:
            NoRowsError: the epoch has no batch.
            DataError: a row or file is bad; a file changes in the meantime; too large a share of rows is bad; there are
                fewer rows than start_row.
        """
        self.counts.reset()
        held: Batch | None = None
        for batch in self._batches(epoch, start_row):
            if held is not None:
                yield held
            held = batch
        self.counts.check_share(self.schema.max_bad_row_share, at_end=True)
        if held is None and start_row == 0:
            raise NoRowsError(self._nothing())
        # Logged once, and not for a part of an epoch, as the values in the rest of it are not known.
        whole = start_row == 0 and self._worker is None and not self._told_unseen
        self.counts.log(epoch, self.schema.filters if whole else ())
        self._told_unseen |= whole
        if self._watch is not None:
            _warn(self._watch.end(is_whole=whole))
        if held is not None:
            yield replace(held, last=True)

    def share_read(self, batch: Batch) -> float | None:
        """Returns the share of the epoch up to the end of the batch just handed out, in (0, 1]; None: not known.

        It is the share of rows for Parquet files, which hold their number of rows. For others it is the share of
        finished files, if there are several.
        """
        if self._total_rows is not None:
            return batch.end_row / self._total_rows
        units = len(self._units())
        return self._units_done / units if units > 1 else None

    @cached_property
    def _total_rows(self) -> int | None:
        rows = [unit.rows for unit in self._units()]
        return None if None in rows else sum(count or 0 for count in rows)

    def locate(self, row: int, epoch: int = 0) -> tuple[str, int]:
        """Returns the file of a row, and its number in that file, from 1. Reads the files again up to the row.

        Args:
            row: number of the row in the epoch's order, from 1, one of `Batch.ends`. The stream must not be shuffled.
            epoch: number of the epoch.
        """
        unit, chunk = next((unit, chunk) for unit, chunk in self._chunks(epoch, row - 1) if len(chunk.rows))
        return unit.path, int(chunk.rows[0])

    def _nothing(self) -> str:
        shown = ", ".join(self.files[:3]) + (", ..." if len(self.files) > 3 else "")
        asked = f" for one batch of {self.batch_size} (drop_remainder is set)" if self.drop_remainder else ""
        return (
            f"{shown}: no rows are left{asked}: {self.counts.summary()}{self.counts.none_passed(self.schema.filters)}"
        )

    def _batches(self, epoch: int, start_row: int) -> Iterator[Batch]:
        parts: list[Part] = []
        size = 0
        for part in self._ordered_windows(epoch, start_row):
            taken = 0
            while taken < part.size:
                more = part.slice(taken, min(self.batch_size - size, part.size - taken))
                parts.append(more)
                size, taken = size + more.size, taken + more.size
                if size == self.batch_size:
                    yield join_parts(parts)
                    parts, size = [], 0
        if parts and not self.drop_remainder:
            yield join_parts(parts)

    def _ordered_windows(self, epoch: int, start_row: int) -> Iterator[Part]:
        """Yields the rows that passed, window after window, in the epoch's order from start_row on."""
        number = start_row // self._window
        base = number * self._window
        for window in self._windows(epoch, base):
            places = random_order(window.raw_rows, _ROWS, self._seed, epoch, number) if self._shuffle else None
            order, ends = _in_order(window, places)
            wanted = ends + base > start_row
            yield Part(window, order[wanted], ends[wanted] + base)
            base, number = base + window.raw_rows, number + 1
        if base < start_row:
            raise DataError(
                f"{self.files[0]}: expected at least {start_row} rows in all files, got {base}: "
                "were the files changed since the run was saved?"
            )

    def _windows(self, epoch: int, base: int) -> Iterator[Window]:
        record = record_type(self.dtypes(), self.schema.number_lists)
        window = Window(record)
        for unit, chunk in self._chunks(epoch, base):
            start = 0
            while start < len(chunk.rows) or (start == 0 and chunk.ragged):
                length = min(self._window - window.raw_rows, len(chunk.rows) - start)
                piece = chunk.slice(start, length)
                rows = self._gate.admit(piece, unit.path, unit.file_index, self.counts)
                if self._watch is not None:
                    _warn(self._watch.look(rows.columns))
                window.add(rows, length)
                self.counts.check_share(self.schema.max_bad_row_share)
                start += length
                if window.raw_rows == self._window:
                    yield window.close()
                    window = Window(record)
                if length == 0:
                    break
        if window.raw_rows:
            yield window.close()

    def _chunks(self, epoch: int, skip: int) -> Iterator[tuple[Unit, Chunk]]:
        """Yields the chunks of all units in the epoch's order, less the first `skip` rows."""
        stored = self.schema.in_files(self._names)
        for number, unit in enumerate(self._units_in_order(epoch)):
            self._units_done = number
            if unit.rows is not None and unit.rows <= skip:
                skip -= unit.rows
                continue
            self._states.note(unit.path)
            for chunk in read_rows(unit, stored, self.schema):
                self._say_absent(unit.path, chunk)
                if stored != self._names:
                    chunk = replace(chunk, data=chunk.data.rename_columns(self._names))
                if skip and len(chunk.rows) <= skip:
                    skip -= len(chunk.rows)
                    continue
                yield unit, chunk.slice(skip)
                skip = 0
            self._states.check(unit.path)

    def _say_absent(self, path: str, chunk: Chunk) -> None:
        if chunk.absent and path not in self._incomplete:
            self._incomplete.add(path)
            names = ", ".join(f'"{name}"' for name in chunk.absent)
            _LOG.warning("warning: %s has no column %s: every row of the file gets its default_val", path, names)

    def _units_in_order(self, epoch: int) -> list[Unit]:
        if self._worker is None:
            return self._units_of_all(epoch)
        worker, workers = self._worker
        return self._dealt(epoch, workers)[worker]

    def _units_of_all(self, epoch: int) -> list[Unit]:
        units = self._units()
        order = random_order(len(units), _UNITS, self._seed, epoch) if self._shuffle else np.arange(len(units))
        return [units[place] for place in order]

    def _dealt(self, epoch: int, workers: int) -> list[list[Unit]]:
        """Deals the units to processes: in the epoch's order, each to the process with the fewest rows so far."""
        hands: list[list[Unit]] = [[] for _ in range(workers)]
        rows = [0] * workers
        for unit in self._units_of_all(epoch):
            fewest = rows.index(min(rows))
            hands[fewest].append(unit)
            rows[fewest] += unit.rows or 0
        return hands

    def _units(self) -> list[Unit]:
        if self._all_units is None:
            self._all_units = FORMATS[self.schema.input_type].units(self.files)
        return self._all_units


def _warn(texts: Iterable[str]) -> None:
    for text in texts:
        _LOG.warning("%s", text)


def _in_order(window: Window, places: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Returns the passed rows in the order of `places` (None: unchanged), and the number of raw rows up to each."""
    if places is None:
        return np.arange(len(window.index)), window.index + 1
    # Number, among the passed rows, of each raw row; -1: it did not pass.
    passed = np.full(window.raw_rows, -1)
    passed[window.index] = np.arange(len(window.index))
    order = passed[places]
    is_row = order >= 0
    return order[is_row], np.flatnonzero(is_row) + 1


def column_names(path: str, schema: Schema) -> list[str]:
    """Returns the names of all columns of a file and its folders, as the config calls them; see `columns_of`."""
    return schema.of_files(columns_of(path, schema))

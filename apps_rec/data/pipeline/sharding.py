"""Divides the rows of a step between the replicas of several processes: each row goes to exactly one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from apps_rec.data.rows.columns import Columns, record_type
from apps_rec.data.rows.stream import RowStream


@dataclass(frozen=True)
class Share:
    """The replicas that this process feeds: `first` .. `first + local - 1` of all `replicas`."""

    replicas: int = 1
    first: int = 0
    local: int = 1

    @property
    def workers(self) -> int:
        """Returns the number of processes with replicas. All have the same number of replicas."""
        return self.replicas // self.local

    @property
    def worker(self) -> int:
        """Returns the number of this process among them, from 0."""
        return self.first // self.local


# One process with one replica.
ALONE = Share()


@dataclass(frozen=True)
class StepRows:
    """The rows of one step that belong to this process.

    Args:
        parts: columns for each of its replicas; a replica may have no row.
        end_row: position behind the step in the epoch.
        last: true if the epoch ends with the step.
    """

    parts: tuple[Columns, ...]
    end_row: int
    last: bool


class Source(Protocol):
    """The source of a dataset."""

    stream: RowStream
    # Number of processes that read files of their own; 1: every process reads all rows.
    split: int

    def steps(self, epoch: int, start_row: int = 0) -> Iterator[StepRows]:
        """Yields the steps of an epoch from a position on."""


class RowSplit:
    """A source in which every process reads all rows and takes its part of each batch.

    The batches equal those of a single process.

    Args:
        stream: stream of all rows, with the global batch size.
        share: replicas of this process.

    Example:
        >>> source = RowSplit(stream, Share(replicas=4, first=2, local=2))
        >>> [step.parts[0]["click"].shape for step in source.steps(epoch=0)]
    """

    split = 1

    def __init__(self, stream: RowStream, share: Share = ALONE):
        self.stream, self._share = stream, share

    def steps(self, epoch: int, start_row: int = 0) -> Iterator[StepRows]:
        """Yields the steps of an epoch, see `RowStream.batches`."""
        share = self._share
        for batch in self.stream.batches(epoch, start_row):
            bounds = cut(batch.size, share.replicas)[share.first : share.first + share.local + 1]
            parts = (batch.columns,) if share.replicas == 1 else _parts(batch.columns, bounds)
            yield StepRows(parts, batch.end_row, batch.last)


class FileSplit:
    """A source in which each process reads files (or Parquet row groups) of its own, which no other has to decode.

    All processes make the same number of steps. A process without further rows takes part with none; with
    drop_remainder the epoch ends with the shortest share. The position is counted in rows of full global batches.

    Args:
        stream: stream of all rows, with the global batch size. Its files must hold their number of rows.
        share: replicas of this process.
    """

    def __init__(self, stream: RowStream, share: Share):
        self.stream, self._share = stream, share
        self.split = share.workers
        bounds = cut(stream.batch_size, share.workers)
        self._sizes = [end - start for start, end in itertools.pairwise(bounds)]
        self._own = stream.of_worker(share.worker, share.workers, max(1, self._sizes[share.worker]))
        dtypes = stream.dtypes()
        texts = {name: np.zeros(0, object) for name, dtype in dtypes.items() if dtype == "STRING"}
        self._empty = Columns(np.zeros(0, record_type(dtypes, stream.schema.number_lists)), texts)

    def steps(self, epoch: int, start_row: int = 0) -> Iterator[StepRows]:
        """Yields the steps of an epoch.

        Args:
            epoch: number of the epoch, from 0.
            start_row: position to begin at: `end_row` of a step of this epoch, a multiple of the batch size.
        """
        batch_size, share = self.stream.batch_size, self._share
        rows = self.stream.rows_of_workers(epoch, share.workers)
        if self.stream.drop_remainder:
            count = min(held // size for held, size in zip(rows, self._sizes, strict=True))
        else:
            count = max(-(-held // size) for held, size in zip(rows, self._sizes, strict=True))
        done = start_row // batch_size
        own_start = min(done * self._sizes[share.worker], rows[share.worker])
        own = self._own.batches(epoch, own_start) if own_start < rows[share.worker] else iter(())
        for step in range(done, count):
            batch = next(own, None)
            columns = self._empty if batch is None else batch.columns
            yield StepRows(_parts(columns, cut(columns.size, share.local)), (step + 1) * batch_size, step + 1 == count)


def cut(size: int, pieces: int) -> list[int]:
    """Returns the bounds of pieces whose sizes differ by one at most.

    Example:
        >>> cut(7, 3)
        [0, 2, 4, 7]
    """
    return [size * piece // pieces for piece in range(pieces + 1)]


def _parts(columns: Columns, bounds: list[int]) -> tuple[Columns, ...]:
    return tuple(columns.slice(start, end) for start, end in itertools.pairwise(bounds))

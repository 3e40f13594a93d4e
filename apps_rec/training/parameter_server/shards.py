"""Cuts the training files into pieces, which the workers of parameter servers get one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps_rec.data import build_schema, data_files
from apps_rec.data.rows.order import random_order
from apps_rec.data.tfrecords.graph_reader import RecordLayout, check_graph_readable, count_rows
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# Keeps the order of pieces apart from the orders of apps_rec.data.rows.stream.
_PIECES = 3
# Number of rows of a piece if nothing is shuffled.
_WINDOW = 65536


@dataclass(frozen=True)
class Piece:
    """A run of rows of a file."""

    path: str
    first: int
    rows: int


class Plan:
    """The pieces of every epoch, in an order that is a pure function of (files, seed, epoch).

    Args:
        files: paths of the files, with the number of rows in each.
        piece_rows: largest number of rows in a piece.
        seed: seed of the order; None: file order.

    Example:
        >>> [(piece.first, piece.rows) for piece in Plan([("a.tfrecord", 250)], 100, seed=None).pieces(0)]
        [(0, 100), (100, 100), (200, 50)]
    """

    def __init__(self, files: Sequence[tuple[str, int]], piece_rows: int, seed: int | None) -> None:
        self.piece_rows = piece_rows
        self._seed = seed
        self._pieces = [
            Piece(path, first, min(piece_rows, rows - first))
            for path, rows in files
            for first in range(0, rows, piece_rows)
        ]

    @property
    def files(self) -> list[str]:
        """Returns the paths of the files."""
        return list(dict.fromkeys(piece.path for piece in self._pieces))

    def pieces(self, epoch: int) -> list[Piece]:
        """Returns the pieces of an epoch in their order."""
        if self._seed is None:
            return self._pieces
        return [self._pieces[place] for place in random_order(len(self._pieces), _PIECES, self._seed, epoch)]

    def from_position(self, epoch: int, number: int, epochs: int) -> Iterator[tuple[int, int, Piece]]:
        """Yields (epoch, number, piece) from a position on; without end if `epochs` is 0."""
        for current in range(epoch, epochs) if epochs else itertools.count(epoch):
            pieces = self.pieces(current)
            for place in range(number if current == epoch else 0, len(pieces)):
                yield current, place, pieces[place]

    def behind(self, epoch: int, number: int) -> tuple[int, int]:
        """Returns the position behind a piece."""
        return (epoch, number + 1) if number + 1 < len(self._pieces) else (epoch + 1, 0)


def make_plan(config: PipelineConfig) -> tuple[Plan, RecordLayout]:
    """Makes the plan for a config's training files. Returns their layout too.

    Raises:
        ConfigError, DataError: TensorFlow's operations cannot read the files; the message says how to convert them.
    """
    schema = build_schema(config, "train")
    files = data_files(config.train_input_path, "train_input_path", config.data_config.input_timeout_seconds)
    layout = check_graph_readable(schema, files)
    data = config.data_config
    # A piece is shuffled within and trained on by one worker: whole batches, no more than between two saves.
    window = data.shuffle_buffer_size if data.shuffle else _WINDOW
    batches = max(1, min(window // data.batch_size, config.train_config.save_checkpoints_steps))
    seed = config.train_config.seed if data.shuffle else None
    return Plan([(path, count_rows(path, schema)) for path in files], batches * data.batch_size, seed), layout

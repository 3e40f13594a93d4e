"""Makes a `tf.data` dataset of a stream of rows, and notes the position behind every batch."""

import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import tensorflow as tf

from apps_rec.data.pipeline.packing import Packing
from apps_rec.data.pipeline.sharding import Source
from apps_rec.data.rows.columns import Columns
from apps_rec.data.rows.stream import RowStream
from apps_rec.errors import DataError

# Number of rows that Python hands over at a time. Handing a batch over costs 2 ms of CPU time, however small it is.
_GROUP_ROWS = 2**15


class Positions:
    """Positions in the data behind each step of a dataset, so that a checkpoint can hold the position to go on from.

    A position is (epoch, row): the next batch begins with that row of that epoch's order. The dataset runs ahead of the
    training step, so a position is asked for by the number of batches that were used.

    Args:
        start: position of the first batch.
        files: files that are read, for messages.
        stream: stream of the rows; None: there is none.
    """

    def __init__(self, start: tuple[int, int] = (0, 0), files: Sequence[str] = (), stream: RowStream | None = None):
        self.start = start
        self.stream = stream
        self.files = tuple(files)
        self.error: DataError | None = None
        self._ends: dict[int, tuple[int, int]] = {0: start}

    def record(self, batches: int, position: tuple[int, int]) -> None:
        """Notes the position behind the first `batches` batches."""
        self._ends[batches] = position

    def after(self, batches: int) -> tuple[int, int]:
        """Returns the position behind the first `batches` batches.

        Raises:
            KeyError: the batches were not all read yet, or the note was pruned.
        """
        return self._ends[batches]

    def prune(self, batches: int) -> None:
        """Forgets the positions behind fewer than `batches` batches."""
        for number in [number for number in list(self._ends) if number < batches]:
            del self._ends[number]


def make_dataset(
    source: Source,
    *,
    epochs: int | None = 1,
    start: tuple[int, int] = (0, 0),
    prefetch: int = 4,
    transform: Callable[[Mapping[str, tf.Tensor]], Any] = dict,
) -> tuple[tf.data.Dataset, Positions]:
    """Makes a dataset of the rows of a process' replicas in order, with one element for each replica and step.

    Args:
        source: rows to read.
        epochs: number of epochs of the whole run, those before `start` included; None or 0: without end.
        start: position to begin at, (epoch, row) of an earlier run.
        prefetch: number of batches prepared ahead.
        transform: function that makes an element of the columns of a batch, {name: tensor `[B]`}, inside tf.data.

    Returns: the dataset, and the positions of its batches, counted from its first one. Every pass over the dataset
    begins at `start` again. A DataError inside is kept in `positions.error`; wrap the use of the dataset in `reraise`.
    """
    stream = source.stream
    positions = Positions(start, stream.files, stream)

    def generate() -> Iterator[Columns]:
        steps = 0
        first_epoch, first_row = start
        try:
            for epoch in range(first_epoch, epochs) if epochs else count(first_epoch):
                for step in source.steps(epoch, first_row if epoch == first_epoch else 0):
                    steps += 1
                    positions.record(steps, (epoch + 1, 0) if step.last else (epoch, step.end_row))
                    yield from step.parts
        except DataError as error:
            positions.error = error
            raise

    packing = Packing(stream.dtypes(), stream.schema.number_lists)
    group_size = max(1, _GROUP_ROWS // stream.batch_size)

    @tf.autograph.experimental.do_not_convert
    def element(*packed: tf.Tensor) -> Any:
        return transform(packing.unpack(*packed))

    dataset = (
        tf.data.Dataset.from_generator(
            lambda: map(packing.pack, _groups(generate(), group_size)), output_signature=packing.signature()
        )
        # Not unbatch(), which crashes where a batch has no rows (TensorFlow 2.21).
        .flat_map(lambda *packed: tf.data.Dataset.from_tensor_slices(packed))
        .map(element, num_parallel_calls=2, deterministic=True)
    )
    return dataset.prefetch(prefetch) if prefetch else dataset, positions


def _groups(elements: Iterator[Columns], size: int) -> Iterator[list[Columns]]:
    """Groups neighbours with the same number of rows, at most `size` together. Yields those before an error too."""
    group: list[Columns] = []
    try:
        for columns in elements:
            if group and (len(group) == size or columns.size != group[0].size):
                yield group
                group = []
            group.append(columns)
    except DataError:
        if group:
            yield group
        raise
    if group:
        yield group


@contextmanager
def reraise(*positions: Positions) -> Iterator[None]:
    """Raises the DataError of a dataset that is read inside, in place of TensorFlow's error.

    The DataError comes from the reader, or is made of a failed assertion of the preprocessing.

    Example:
        >>> dataset, positions = make_dataset(RowSplit(stream))
        >>> with reraise(positions):
        ...     model.fit(dataset)
    """
    try:
        yield
    except BaseException as error:
        # The frames in the error's traceback hold the iterator, and whoever keeps the error keeps them. An iterator
        # that still exists when Python ends waits for a Python function for ever.
        traceback.clear_frames(error.__traceback__)
        if not isinstance(error, tf.errors.OpError):
            raise
        for item in positions:
            found, item.error = item.error, None
            if found is not None:
                traceback.clear_frames(found.__traceback__)
                raise found from None
        wrong = wrong_value(error, [path for item in positions for path in item.files])
        if wrong is not None:
            raise wrong from None
        raise


def wrong_value(error: tf.errors.OpError, files: Sequence[str]) -> DataError | None:
    """Makes a DataError of a failed assertion about the cells of a feature or column; None for any other error.

    Args:
        error: error of a graph that holds a Preprocessor or reads files.
        files: files that were read.
    """
    found = re.search(r"assertion failed: \[((?:Feature|Column) .*)", error.message)
    if found is None:
        return None
    text = re.sub(r"\s*\] \[", " ", found[1].strip().removesuffix("]")).replace('\\"', '"').rstrip(" .")
    shown = ", ".join(files[:3]) + (", ..." if len(files) > 3 else "")
    return DataError(f"{shown}: {text}. Correct the cells, or the feature in the config.")

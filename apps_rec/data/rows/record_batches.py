"""Turns record batches that another program hands over into batches of checked rows, as a file's would be."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from apps_rec.data.files import absent_columns
from apps_rec.data.formats.record_batches import chunk_of
from apps_rec.data.rows.columns import record_type
from apps_rec.data.rows.counts import RowCounts
from apps_rec.data.rows.validate import RowGate
from apps_rec.data.rows.window import Batch, Part, Window, join_parts
from apps_rec.data.schema import Schema
from apps_rec.data.values.kinds import UnreadableColumnError
from apps_rec.errors import DataError

_LOG = logging.getLogger("apps_rec.data")

# What stands for the path of a file in messages.
SOURCE = "record batches"


def read_record_batches(
    record_batches: Iterable[pa.RecordBatch], schema: Schema, batch_size: int, keep: Sequence[str] = ()
) -> Iterator[Batch]:
    """Yields the rows in their order. No batch holds rows of two record batches.

    Rows are numbered from 1 on in messages, through all record batches.

    Args:
        record_batches: record batches, each with all columns that the schema reads.
        schema: schema of a typed format, without filters or a holdout.
        batch_size: number of rows in a batch at most, 1 or more.
        keep: names of columns to pass through, see `Batch.kept`.

    Raises:
        DataError: a column is absent, a row is bad, or too large a share of all rows is.
    """
    gate, counts = RowGate(schema, 0.0, None, keep), RowCounts()
    names = schema.read_names(keep)
    stored, record = schema.in_files(names), record_type(schema.dtypes(), schema.number_lists)
    told: set[str] = set()
    row = 1
    for whole in record_batches:
        absent = absent_columns(SOURCE, whole.schema.names, stored, schema)
        if new := [name for name in absent if name not in told]:
            told.update(new)
            _LOG.warning("warning: %s: there is no column %s: every row gets its default_val", SOURCE, ", ".join(new))
        for start in range(0, whole.num_rows, batch_size):
            part = whole.slice(start, batch_size)
            try:
                chunk = chunk_of(part, row, stored, absent)
            except UnreadableColumnError as error:
                raise DataError(f"{SOURCE}: {error}.") from error
            chunk = replace(chunk, data=chunk.data.rename_columns(names))
            window = Window(record)
            window.add(gate.admit(chunk, SOURCE, 0, counts), part.num_rows)
            window.close()
            counts.check_share(schema.max_bad_row_share)
            if len(window.index):
                yield join_parts([Part(window, np.arange(len(window.index)), window.index + row)])
            row += part.num_rows
    counts.check_share(schema.max_bad_row_share, at_end=True)
    if counts.dropped:
        _LOG.warning("%s: %s", SOURCE, counts.summary())

"""Scores rows that another program holds in Arrow's memory, such as Spark or Ray, on any number of machines."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from apps_rec.data import Schema, build_schema
from apps_rec.data.rows.record_batches import SOURCE, read_record_batches
from apps_rec.data.values.kinds import without_views
from apps_rec.errors import ArgumentError, RunError
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.batch.columns import kept_columns, output_types
from apps_rec.serving.batch.options import skipping
from apps_rec.serving.export_folder import open_export
from apps_rec.serving.schema import DEFAULT, ServingSchema, build_serving_schema

if TYPE_CHECKING:
    from apps_rec.serving.requests import Arrays


@dataclass(frozen=True)
class ArrowScorer:
    """A function of record batches that can be sent to other processes; `arrow_scorer` makes it.

    Attributes are the arguments of `arrow_scorer`; `export` is an absolute path.
    """

    export: str
    keep: tuple[str, ...] | None = None
    skip_bad_rows: bool = False
    max_bad_row_share: float | None = None
    batch_size: int = 4096
    threads: int = 1
    trust: bool = False

    def __call__(self, rows: pa.Table | Iterable[pa.RecordBatch]) -> pa.Table | Iterator[pa.RecordBatch]:
        """Scores rows in their order. Returns a table for a table, and an iterator for record batches.

        The first call in a process loads the export; it stays loaded.

        Raises:
            DataError: a column is absent, or a row is bad.
            RunError: the export cannot be loaded, or does not score.
        """
        if isinstance(rows, pa.Table):
            # Columns may be cut at different rows.
            batches = rows.combine_chunks().to_batches()
            return pa.Table.from_batches(self._scored(batches), self.schema(rows.schema))
        return self._scored(rows)

    def schema(self, rows: pa.Schema) -> pa.Schema:
        """Returns the names and types of what a call gives for rows of this schema. The export is not loaded.

        Raises:
            DataError: a column to keep is absent, or is called like an output.
        """
        _, served, schema = _opened(self.export)
        names = self._kept(rows.names)
        types = [rows.field(name).type for name in schema.in_files(names)]
        kept = [without_views(pa.array([], kind)).type for kind in types]
        outputs = output_types(sorted(served.outputs), served.widths)
        # Spark has no lists of one length.
        lists = {name: pa.list_(pa.float32()) for name in served.widths}
        return pa.schema([*zip(names, kept, strict=True), *(outputs | lists).items()])

    def _kept(self, present: Sequence[str]) -> list[str]:
        config, served, schema = _opened(self.export)
        return kept_columns(SOURCE, schema.of_files(present), self.keep, served.outputs, config.data_config, schema)

    def _scored(self, record_batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        incoming = iter(record_batches)
        first = next(incoming, None)
        if first is None:
            return
        import tensorflow as tf

        from apps_rec.data.pipeline.dataset import wrong_value
        from apps_rec.serving.batch.rows import score_rows

        _, served, schema = _opened(self.export)
        schema = skipping(schema, self.skip_bad_rows, self.max_bad_row_share)
        keep, types = self._kept(first.schema.names), self.schema(first.schema)
        call = _loaded(self.export, self.threads, self.trust)
        try:
            for rows in read_record_batches(chain([first], incoming), schema, self.batch_size, keep):
                yield from score_rows(call, rows, served).cast(types).combine_chunks().to_batches()
        except tf.errors.OpError as error:
            raise wrong_value(error, [SOURCE]) or RunError(f"{self.export} cannot score: {error.message}") from None


def arrow_scorer(
    export: str | Path,
    keep: Sequence[str] | None = None,
    skip_bad_rows: bool = False,
    batch_size: int = 4096,
    *,
    max_bad_row_share: float | None = None,
    threads: int = 1,
    trust: bool = False,
) -> ArrowScorer:
    """Makes a function that scores Arrow's record batches, or a table, as `predict` scores a file: to the last digit.

    It holds a path and options, so it can be sent to other processes and machines. Each loads the export once, at its
    first rows, from the same path.

    Args:
        export: folder of a version, as `export` wrote it; here and on every machine that scores.
        keep: names of columns to copy; default: those of key_fields and label_fields that the rows have.
        skip_bad_rows: true leaves bad rows out; false: as the export's config says.
        batch_size: number of rows scored at once.
        max_bad_row_share: share of bad rows of one call, 0 to 1, above which skipping ends in an error; None: as the
            export's config says.
        threads: number of threads that score in each process; 0: as many as cores.
        trust: true runs the export even if it holds operations that are in no export of apps_rec.

    Raises:
        RunError: the export is none, or an option is wrong.

    Example:
        >>> scorer = arrow_scorer("export/1796015882", keep=["user_id", "app_id"])  # doctest: +SKIP
        >>> scorer(table).column("probs_ctr")  # doctest: +SKIP
    """
    for name, got, least in (("batch_size", batch_size, 1), ("threads", threads, 0)):
        if got < least:
            raise ArgumentError(f"{{{name}}}: expected {least} or more, got {{got}}", name, got=got)
    folder = os.path.abspath(export)
    skipping(_opened(folder)[2], skip_bad_rows, max_bad_row_share)
    kept = None if keep is None else tuple(keep)
    return ArrowScorer(folder, kept, skip_bad_rows, max_bad_row_share, batch_size, threads, trust)


@functools.cache
def _opened(export: str) -> tuple[PipelineConfig, ServingSchema, Schema]:
    """Returns the config of an export, the schema of the export, and that of rows in memory."""
    _, config = open_export(export)
    # Record batches have types, as Parquet's do.
    return config, build_serving_schema(config), replace(build_schema(config, "predict"), input_type="parquet")


@functools.cache
def _loaded(export: str, threads: int, trust: bool) -> Callable[[Arrays], Arrays]:
    from apps_rec.serving.engine import Engine

    columns = _opened(export)[1].columns
    return Engine(Path(export), threads, trust).function(DEFAULT, [column.name for column in columns])

"""Scores the rows of files with an export."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import tensorflow as tf

from apps_rec.data import Batch, RowStream, Schema, build_schema, column_names, data_files
from apps_rec.data.formats.kept import empty_kept
from apps_rec.data.pipeline.dataset import wrong_value
from apps_rec.data.rows.progress import ProgressLog
from apps_rec.data.schema import OF_MESSAGES
from apps_rec.data.storage import local_path
from apps_rec.errors import NoRowsError, RunError
from apps_rec.serving.batch.columns import PLACE, kept_columns, output_types
from apps_rec.serving.batch.csv_files import CsvFiles
from apps_rec.serving.batch.groups import (
    check_shared,
    rank_requests,
    rank_rows,
    ranked_outputs,
    whole_groups,
)
from apps_rec.serving.batch.options import Ranking, ranking_asked, skipping
from apps_rec.serving.batch.output import open_output, plan_output
from apps_rec.serving.batch.rows import score_rows
from apps_rec.serving.engine import Engine
from apps_rec.serving.export_folder import open_export
from apps_rec.serving.parity.golden import is_half_precision
from apps_rec.serving.schema import DEFAULT, RANK, WEIGHTS, ServingSchema, build_serving_schema
from apps_rec.terminal.progress_bar import progress_bar

_AS_CONFIG = CsvFiles()


@dataclass(frozen=True)
class PredictResult:
    """The result of scoring files.

    Attributes:
        output: written file or folder.
        rows: number of rows that were scored.
        dropped: number of bad rows that were left out.
        written: number of rows in the output: those scored, or the best of each group.
        files: number of files of the output.
        groups: number of requests to rank; None: rows were scored one by one.
    """

    output: str
    rows: int
    dropped: int
    written: int
    files: int
    groups: int | None = None


def predict_file(
    export: str,
    input_path: str,
    output: str,
    keep: Sequence[str] | None = None,
    skip_bad_rows: bool = False,
    batch_size: int = 4096,
    *,
    max_bad_row_share: float | None = None,
    part_format: str | None = None,
    rows_per_part: int | None = None,
    signature: str = DEFAULT,
    group_by: Sequence[str] = (),
    top_k: int | None = None,
    weights: Mapping[str, float] | None = None,
    escape_formulas: bool = False,
    trust: bool = False,
    csv_files: CsvFiles = _AS_CONFIG,
) -> PredictResult:
    """Scores every row of the input, in order, and writes the kept columns and all outputs.

    With the signature rank, consecutive rows that agree in the columns of group_by are one request. The output holds
    the best rows of each request in order, with their place in the column "rank". A group that comes back later is
    another request.

    Args:
        export: folder of a version, as `export` wrote it.
        input_path: path or glob of CSV (with a header), Parquet or TFRecord files, or several separated by commas.
        output: file .parquet, .csv or .csv.gz, or new or empty folder of parts; renamed when whole.
        keep: names of columns to copy; default: those of key_fields and label_fields that the input has.
        skip_bad_rows: true leaves bad rows out of the output and counts them; false: as the export's config says.
        batch_size: number of rows read and scored at once.
        max_bad_row_share: share of bad rows, 0 to 1, above which skipping ends in an error; None: as the export's
            config says.
        part_format: format of the parts: parquet (the default), csv or csv.gz.
        rows_per_part: number of rows of each part but the last; default 1,000,000.
        signature: "serving_default" or "rank".
        group_by: columns, for rank, in which the rows of a request agree; they are kept too.
        top_k: number of rows, for rank, to keep of each group; None: all.
        weights: weight, for rank, of every term of the score, by output; None: the config's.
        escape_formulas: true puts an apostrophe before each text of CSV that a spreadsheet would run as a formula.
        trust: true runs the export even if it holds operations that are in no export of apps_rec.
        csv_files: how CSV files are written.

    Raises:
        RunError: the export is none or must not be run; an option is wrong; the output cannot be written.
        DataError: the input has a mistake, or a column of the user or the context differs within a group.
    """
    target = plan_output(output, part_format, rows_per_part, escape_formulas)
    folder, config = open_export(export)
    served = build_serving_schema(config)
    ranking = ranking_asked(signature, group_by, top_k, weights, served)
    files = data_files(input_path, "input", config.data_config.input_timeout_seconds)
    if os.path.realpath(output) in (os.path.realpath(local_path(file)) for file in files):
        raise RunError(f"output {output}: is the input; choose another")
    schema = csv_files.schema(build_schema(config, "predict"), files[0])
    schema = skipping(schema, skip_bad_rows, max_bad_row_share)
    names = [PLACE, *ranked_outputs(served)] if ranking else sorted(served.outputs)
    grouped = ranking.group_by if ranking else ()
    kept = kept_columns(files[0], _present(files[0], schema), keep, names, config.data_config, schema, grouped)
    stream = RowStream(files, schema, batch_size, keep=kept)
    stream.watch()
    groups = 0
    started = time.monotonic()
    with (
        Engine(folder, trust=trust) as engine,
        open_output(target) as written,
        progress_bar("scoring") as bar,
    ):
        progress = ProgressLog("scored", bar, since=started)
        if ranking is None:
            tables = _score(engine, stream, served)
        else:
            tables = _rank(engine, stream, served, ranking, by_request=is_half_precision(config))
        try:
            for batch, table, requests in tables:
                written.write(table)
                groups += requests
                progress.add(batch.size, stream.share_read(batch))
        except NoRowsError:
            written.write(_empty(files[0], schema, kept, names, served.widths))
        except tf.errors.OpError as error:
            raise wrong_value(error, files) or RunError(f"{export} cannot score: {error.message}") from None
    progress.finish(f"{written.rows:,} rows to {output}")
    return PredictResult(
        output, progress.rows, stream.counts.dropped.total(), written.rows, written.count, groups if ranking else None
    )


def _present(path: str, schema: Schema) -> list[str]:
    names = column_names(path, schema)
    # TFRecord files without records do not tell their columns.
    return names if names or schema.input_type not in OF_MESSAGES else [column.name for column in schema.declared]


def _empty(
    path: str, schema: Schema, kept: Sequence[str], outputs: Sequence[str], widths: Mapping[str, int]
) -> pa.Table:
    """Returns the table to write if no row is scored: all columns, in their types."""
    table = empty_kept(path, schema, kept)
    for name, kind in output_types(outputs, widths).items():
        table = table.append_column(name, pa.array([], kind))
    return table


# Rows that were scored, the table to write of them, and the number of requests to rank.
_Scored = Iterator[tuple[Batch, pa.Table, int]]


def _score(engine: Engine, stream: RowStream, served: ServingSchema) -> _Scored:
    call = engine.function(DEFAULT, [column.name for column in served.columns])
    for batch in stream.batches():
        yield batch, score_rows(call, batch, served), 0


def _rank(engine: Engine, stream: RowStream, served: ServingSchema, ranking: Ranking, *, by_request: bool) -> _Scored:
    """Scores by groups: all groups of a batch in one call, or one call for each group.

    Sums of bfloat16 products depend on the split into the user's part and the items' part. Only a call of the
    signature rank gives the answer of a server to the last digit.
    """
    names = [column.name for column in served.columns]
    call = engine.function(RANK, [*names, WEIGHTS]) if by_request else engine.function(DEFAULT, names)
    rank = rank_requests if by_request else rank_rows
    for rows, borders in whole_groups(stream.batches(), ranking.group_by):
        check_shared(rows, borders, served, stream)
        yield rows, rank(call, rows, borders, served, ranking), len(borders) - 1

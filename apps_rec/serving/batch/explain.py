"""Says why a row got its score: scores it again with one column, or one feature, left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf

from apps_rec.config.sequences import features_read
from apps_rec.data import Batch, RowStream, build_schema, column_names, data_files
from apps_rec.data.pipeline.dataset import wrong_value
from apps_rec.data.storage import local_path
from apps_rec.errors import RunError
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.batch.columns import kept_columns
from apps_rec.serving.batch.csv_files import CsvFiles
from apps_rec.serving.batch.explanation import (
    COLUMNS,
    ExplainedOutput,
    Explanation,
    Part,
    names_of_table,
    write_explanation,
)
from apps_rec.serving.batch.options import check_explaining, skipping
from apps_rec.serving.batch.rows import score_arrays
from apps_rec.serving.engine import Engine
from apps_rec.serving.export_folder import open_export
from apps_rec.serving.requests import Arrays, request
from apps_rec.serving.schema import DEFAULT, ServingSchema, build_serving_schema

# Number of rows that are scored at once.
_CALL = 4096
_AS_CONFIG = CsvFiles()


def explain_file(
    export: str,
    input_path: str,
    output: str | None = None,
    keep: Sequence[str] | None = None,
    first: int = 10,
    by: str = COLUMNS,
    skip_bad_rows: bool = False,
    *,
    max_bad_row_share: float | None = None,
    escape_formulas: bool = False,
    trust: bool = False,
    csv_files: CsvFiles = _AS_CONFIG,
) -> Explanation:
    """Explains the first rows of the input by what their outputs would be with a part of the row left out.

    A part is a column, or all columns of a feature. Left out, each of its columns has its `default_val`, which is how
    the export reads a missing cell. A contribution is the output of the row less its output without the part. The
    model is not linear, so contributions of parts need not add up to the output, nor to its difference from the base,
    the row without any part.

    Args:
        export: folder of a version, as `export` wrote it. Nothing else is read of the model.
        input_path: path or glob of files, or several, see `predict_file`.
        output: file .csv, .csv.gz, .parquet or .json to write; None: none.
        keep: names of columns to copy; default: those of key_fields and label_fields that the input has.
        first: number of rows, 1 to 100.
        by: "columns" or "features".
        skip_bad_rows: true leaves bad rows out; false: as the export's config says.
        max_bad_row_share: share of bad rows, 0 to 1, above which skipping ends in an error.
        escape_formulas: true puts an apostrophe before each text of CSV that a spreadsheet would run as a formula.
        trust: true runs the export even if it holds operations that are in no export of apps_rec.
        csv_files: how CSV files are written.

    Raises:
        RunError: the export is none or must not be run; an option is wrong; the output cannot be written.
        DataError: the input has a mistake, or no rows.
    """
    check_explaining(first, by, output, escape_formulas)
    folder, config = open_export(export)
    served = build_serving_schema(config)
    files = data_files(input_path, "input", config.data_config.input_timeout_seconds)
    if output is not None and os.path.realpath(output) in (os.path.realpath(local_path(file)) for file in files):
        raise RunError(f"output {output}: is the input; choose another")
    schema = csv_files.schema(build_schema(config, "predict"), files[0])
    schema = skipping(schema, skip_bad_rows, max_bad_row_share)
    present, taken = column_names(files[0], schema), names_of_table(by)
    kept = kept_columns(files[0], present, keep, taken, config.data_config, schema)
    rows = next(RowStream(files, schema, first, keep=kept).batches())
    with Engine(folder, trust=trust) as engine:
        call = engine.function(DEFAULT, [column.name for column in served.columns])
        try:
            explanation = _explained(call, rows, config, served, by)
        except tf.errors.OpError as error:
            raise wrong_value(error, files) or RunError(f"{export} cannot score: {error.message}") from None
    if output is not None:
        write_explanation(explanation, output, escape_formulas)
    return explanation


def _explained(
    call: Callable[[Arrays], Arrays], rows: Batch, config: PipelineConfig, served: ServingSchema, by: str
) -> Explanation:
    parts = parts_of(config, served, by)
    outputs = explained_outputs(config, served)
    arrays = request(DEFAULT, rows.columns, served)
    variants = left_out(arrays, parts, served)
    count = rows.size * (len(parts) + 1) + 1
    scored = []
    for start in range(0, count, _CALL):
        some = {name: array[start : start + _CALL] for name, array in variants.items()}
        answers = score_arrays(call, some, min(_CALL, count - start), served)
        scored.append(np.stack([output.of(answers) for output in outputs], axis=1))
    found = np.concatenate(scored)  # [count, outputs]
    values, without = np.split(found[:-1].reshape(len(parts) + 1, rows.size, len(outputs)), [1])
    # The last digit hangs on a row's place in the call: what is missing already is given no such contribution.
    without = np.where(_are_missing(arrays, parts, served)[:, :, np.newaxis], values, without)
    return Explanation(
        by,
        rows.ends,
        pa.table({}) if rows.kept is None else rows.kept,
        parts,
        outputs,
        [[_cell(rows, part, row) for row in range(rows.size)] for part in parts],
        values[0],
        without,
        found[-1],
        {column.name: _text(column.default) for column in served.filled},
    )


def parts_of(config: PipelineConfig, served: ServingSchema, by: str) -> tuple[Part, ...]:
    """Returns the parts of a row that can be left out, in the order of the config.

    By features, a column that no feature reads, that of score_value_field, is a part too.
    """
    read = features_read(config)
    inputs = {column.name for column in served.columns}
    columns = {
        feature.feature_name: tuple(dict.fromkeys(name for name in feature.input_names if name in inputs))
        for feature in config.feature_config.features
        if feature.feature_name in read and not feature.position
    }
    if by == COLUMNS:
        readers = {name: tuple(f for f, names in columns.items() if name in names) for name in inputs}
        return tuple(Part(column.name, (column.name,), readers[column.name]) for column in served.columns)
    unread = inputs.difference(*columns.values())
    parts = [Part(name, names, names) for name, names in columns.items()]
    return (*parts, *(Part(c.name, (c.name,), (c.name,)) for c in served.columns if c.name in unread))


def explained_outputs(config: PipelineConfig, served: ServingSchema) -> tuple[ExplainedOutput, ...]:
    """Returns the score, the logits of each task, and the number that a task without logits predicts."""
    found = [ExplainedOutput("score", "", "score")]
    for tower in config.model_config.rank_model.task_towers:
        task = tower.tower_name
        for name in [name for name in (f"logits_{task}", f"y_{task}") if name in served.outputs][:1]:
            if name in served.widths:
                places = range(served.widths[name])
                found += [ExplainedOutput(f"{name}[{place}]", task, name, place) for place in places]
            else:
                found.append(ExplainedOutput(name, task, name))
    return tuple(found)


def left_out(arrays: Arrays, parts: Sequence[Part], served: ServingSchema) -> Arrays:
    """Returns the rows, behind them the rows without each of the parts in turn, and a row without any part.

    Args:
        arrays: inputs of the signature serving_default, `[R]` each.
        parts: parts that are left out, P of them.
        served: schema of the export.

    Returns: inputs, `[(P + 1) x R + 1]` each.
    """
    variants = {}
    for column in served.columns:
        values = arrays[column.name]
        default = np.array([column.default], values.dtype)
        blank = np.repeat(default, len(values))
        of_parts = [blank if column.name in part.columns else values for part in parts]
        variants[column.name] = np.concatenate([values, *of_parts, default])
    return variants


def _are_missing(arrays: Arrays, parts: Sequence[Part], served: ServingSchema) -> np.ndarray:
    """Tells whether all cells of a part hold their default, by part and row."""
    missing = {column.name: arrays[column.name] == column.default for column in served.columns}
    return np.array([np.all([missing[name] for name in part.columns], axis=0) for part in parts])


def _cell(rows: Batch, part: Part, row: int) -> str:
    cells = {name: _text(rows.columns[name][row]) for name in part.columns}
    return ", ".join(cells.values() if len(cells) == 1 else (f"{name}={text}" for name, text in cells.items()))


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)

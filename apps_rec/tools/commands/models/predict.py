"""Scores files with an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apps_rec.tools.commands.common import command, require_local
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.serving.batch.predict import PredictResult


@command
def predict(
    export: str | Path,
    rows: str,
    output: str,
    keep: Sequence[str] | None = None,
    skip_bad_rows: bool = False,
    *,
    max_bad_row_share: float | None = None,
    part_format: str | None = None,
    rows_per_part: int | None = None,
    signature: str = "serving_default",
    group_by: Sequence[str] = (),
    top_k: int | None = None,
    weights: Mapping[str, float] | None = None,
    escape_formulas: bool = False,
    trust: bool = False,
    with_header: bool | None = None,
    separator: str | None = None,
    decimal_separator: str | None = None,
    null_words: Sequence[str] | None = None,
) -> PredictResult:
    """Scores the rows of files with an export. See `apps_rec.serving.batch.predict.predict_file` for the arguments.

    `with_header`, `separator`, `decimal_separator` and `null_words` are of CSV files, see `CsvFiles` there. Where they
    are not given, they are as the export's config says, and the separator as the line of names has it.

    Returns:
        `output`, the number of its `files`, the numbers of `rows` read, `written` and `dropped`, and the number of
        `groups` (None if rows are scored one by one).

    Raises:
        DataError: the rows have a mistake.
        RunError: the export cannot be read, or the output cannot be written; memory is short.

    Example:
        >>> apps_rec.predict("out/x/export/1700000000", "rows.parquet", "scores.csv")  # doctest: +SKIP
        >>> apps_rec.predict(  # doctest: +SKIP
        ...     "out/x/export/1700000000", "rows.parquet", "best/", signature="rank", group_by=["user_id"], top_k=10
        ... )
    """
    require_local(export, "export")
    require_local(output, "output")
    from apps_rec.data import build_schema, data_files
    from apps_rec.serving.batch.csv_files import CsvFiles
    from apps_rec.serving.batch.options import ranking_asked, skipping
    from apps_rec.serving.batch.output import plan_output
    from apps_rec.serving.export_folder import newest_version, open_export
    from apps_rec.serving.schema import build_serving_schema

    plan_output(output, part_format, rows_per_part, escape_formulas)
    export = newest_version(export)
    _, exported = open_export(export)
    ranking_asked(signature, group_by, top_k, weights, build_serving_schema(exported))
    skipping(build_schema(exported, "predict"), skip_bad_rows, max_bad_row_share)
    data_files(rows, "input", exported.data_config.input_timeout_seconds)
    csv_files = CsvFiles(separator, decimal_separator, null_words, with_header)
    csv_files.check()
    quiet_tensorflow()
    from apps_rec.serving.batch.predict import predict_file

    return predict_file(
        export,
        rows,
        output,
        keep,
        skip_bad_rows,
        max_bad_row_share=max_bad_row_share,
        part_format=part_format,
        rows_per_part=rows_per_part,
        signature=signature,
        group_by=group_by,
        top_k=top_k,
        weights=weights,
        escape_formulas=escape_formulas,
        trust=trust,
        csv_files=csv_files,
    )

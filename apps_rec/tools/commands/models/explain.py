"""Explains the scores of rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apps_rec.tools.commands.common import command, require_local
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.serving.batch.explanation import Explanation


@command
def explain(
    export: str | Path,
    rows: str,
    output: str | None = None,
    keep: Sequence[str] | None = None,
    first: int = 10,
    by: str = "columns",
    skip_bad_rows: bool = False,
    *,
    max_bad_row_share: float | None = None,
    escape_formulas: bool = False,
    trust: bool = False,
    with_header: bool | None = None,
    separator: str | None = None,
    decimal_separator: str | None = None,
    null_words: Sequence[str] | None = None,
    sort_by: str | None = None,
) -> Explanation:
    """Tells what each column of the first rows did to their score and logits, by leaving it out.

    See `apps_rec.serving.batch.explain.explain_file` for the arguments; those of CSV files are as for `predict`.
    `sort_by` names a task, by whose logit the printed table of a row is sorted; None: by the score.

    Returns:
        Contributions: its `table()` has a line for each row, output and column. Printed, it is a table for each row.

    Raises:
        DataError: the rows have a mistake, or there are none.
        RunError: the export cannot be read, or the output cannot be written; an option is wrong.

    Example:
        >>> print(apps_rec.explain("out/x/export/1700000000", "rows.parquet", first=3))  # doctest: +SKIP
    """
    require_local(export, "export")
    if output is not None:
        require_local(output, "output")
    from apps_rec.data import build_schema, data_files
    from apps_rec.serving.batch.csv_files import CsvFiles
    from apps_rec.serving.batch.options import check_explaining, skipping
    from apps_rec.serving.export_folder import newest_version, open_export

    check_explaining(first, by, output, escape_formulas)
    export = newest_version(export)
    _, exported = open_export(export)
    skipping(build_schema(exported, "predict"), skip_bad_rows, max_bad_row_share)
    data_files(rows, "input", exported.data_config.input_timeout_seconds)
    csv_files = CsvFiles(separator, decimal_separator, null_words, with_header)
    csv_files.check()
    quiet_tensorflow()
    from apps_rec.serving.batch.explain import explain_file

    explanation = explain_file(
        export,
        rows,
        output,
        keep,
        first,
        by,
        skip_bad_rows,
        max_bad_row_share=max_bad_row_share,
        escape_formulas=escape_formulas,
        trust=trust,
        csv_files=csv_files,
    )
    return explanation if sort_by is None else explanation.sorted_by(sort_by)

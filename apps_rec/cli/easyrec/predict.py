"""`python -m apps_rec.predict`: scores files with an export."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import apps_rec
from apps_rec.cli.easyrec import flags
from apps_rec.cli.main import execute
from apps_rec.cli.options import names, write
from apps_rec.errors import RunError

_ALL = "ALL_COLUMNS"


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads EasyRec's flags, scores, and returns the exit code."""
    parser = flags.command("predict", "Score files with an export.")
    parser.add_argument("--saved_model_dir", metavar="DIR", help="an export, or the folder of its versions")
    parser.add_argument("--input_path", required=True, metavar="PATH", help="files to score")
    parser.add_argument(
        "--output_path",
        required=True,
        metavar="PATH",
        help="file .csv, .csv.gz or .parquet, or folder to make, of parts",
    )
    parser.add_argument("--reserved_cols", default=_ALL, metavar="COLUMNS", help=f"columns to copy; default: {_ALL}")
    parser.add_argument(
        "--selected_cols", metavar="COLUMNS", help="columns to read; default: those that the model reads"
    )
    parser.add_argument("--with_header", action="store_true", help="CSV files begin with a line of names")
    for name in ("pipeline_config_path", "model_dir"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    options = flags.parse(parser, arguments)
    if not options.saved_model_dir:
        parser.error("--saved_model_dir: expected an export; a run is exported by python -m apps_rec.export")
    for name in ("pipeline_config_path", "model_dir"):
        if getattr(options, name):
            parser.error(f"--{name}: an export holds its config; leave the flag out")
    return execute(argparse.Namespace(run=_run, **vars(options)))


def _run(options: argparse.Namespace) -> None:
    for note in options.noted:
        logging.getLogger("apps_rec").info("%s", note)
    from apps_rec.serving.versions import versions

    export = Path(options.saved_model_dir)
    if not (export / "saved_model.pb").exists() and (there := versions(export)):
        export = there[-1]
    header = True if options.with_header else None
    keep, selected = _columns(options, export, header)
    is_file = options.output_path.endswith((".csv", ".csv.gz", ".parquet"))
    made = apps_rec.predict(
        export,
        options.input_path,
        options.output_path,
        keep,
        part_format=None if is_file else selected,
        with_header=header,
    )
    write(f"{made.output}: {made.written} rows")


def _columns(options: argparse.Namespace, export: Path, header: bool | None) -> tuple[list[str] | None, str]:
    """Returns the columns to copy, and the format of parts: that of the input, as in EasyRec."""
    from apps_rec.data import build_schema, column_names, data_files
    from apps_rec.serving.batch.csv_files import CsvFiles
    from apps_rec.serving.export_folder import open_export

    _, config = open_export(export)
    path = data_files(options.input_path, "input", config.data_config.input_timeout_seconds)[0]
    schema = CsvFiles(with_header=header).schema(build_schema(config, "predict"), path)
    if options.selected_cols is not None:
        missing = [column.name for column in schema.columns if column.name not in names(options.selected_cols)]
        if missing:
            raise RunError(
                f"--selected_cols: the model reads {', '.join(missing)} too; add them, or leave the flag out"
            )
    part_format = "csv" if schema.input_type == "csv" else "parquet"
    if options.reserved_cols != _ALL:
        return names(options.reserved_cols), part_format
    return list(column_names(path, schema)), part_format

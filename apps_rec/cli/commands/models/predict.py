"""`apps-rec predict`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import TRUST, names, write
from apps_rec.errors import ArgumentError

HELP = "score the rows of files with an export, or explain the scores of some"
EXAMPLE = (
    "out/x/export/1700000000 rows.parquet -o scores.parquet --keep user_id,app_id\n"
    "  apps-rec predict out/x/export/1700000000 rows.parquet -o best --signature rank --group-by user_id --top-k 9\n"
    "  apps-rec predict out/x/export/1700000000 rows.parquet --explain --first 3"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the export, the rows to score, and the form of the output."""
    parser.add_argument(
        "export", help="folder of a version, as export printed it; or of versions, of which the newest is taken"
    )
    parser.add_argument("rows", help="CSV with a header, Parquet or TFRecord: path, glob, or several with commas")
    parser.add_argument("--skip-bad-rows", action="store_true", help="leave bad rows out of the output and count them")
    parser.add_argument(
        "--max-bad-row-share",
        type=float,
        metavar="SHARE",
        help="of the rows, above which skipping ends in an error; default: the config's max_bad_row_share",
    )
    parser.add_argument(
        "-o",
        "--output",
        help="file to write: .parquet, .csv or .csv.gz; or folder to make, of parts; with --explain also .json",
    )
    parser.add_argument(
        "--keep",
        type=names,
        metavar="COLUMNS",
        help="columns to copy, with commas; default: the config's key_fields and label_fields",
    )
    parser.add_argument(
        "--escape-formulas",
        action="store_true",
        help="CSV: an apostrophe before each text that a spreadsheet would run as a formula",
    )
    parser.add_argument("--trust", action="store_true", help=TRUST)
    csv = parser.add_argument_group("CSV files", "without these as the export's config says")
    csv.add_argument(
        "--separator", help="between cells, such as ';' or '\\t'; default: found in the line of names, too"
    )
    csv.add_argument("--decimal-separator", help="of numbers: . or ,")
    csv.add_argument(
        "--null-words", type=names, metavar="WORDS", help="cells that stand for a missing value, with commas: NA,-"
    )
    explains = parser.add_argument_group("why rows got their scores")
    explains.add_argument(
        "--explain", action="store_true", help="what each column did to the score and the logits, by leaving it out"
    )
    explains.add_argument("-n", "--first", type=int, metavar="ROWS", help="rows to explain, the first; default: 10")
    explains.add_argument("--by", help="what to leave out: columns, the default; or features, each with its columns")
    explains.add_argument("--sort-by", metavar="TASK", help="sort the table by one task; default: by the score")
    parts = parser.add_argument_group("a folder of parts")
    parts.add_argument("--format", help="parquet (the default), csv or csv.gz")
    parts.add_argument("--rows-per-part", type=int, metavar="N", help="default: 1000000")
    ranks = parser.add_argument_group("requests to rank")
    ranks.add_argument(
        "--signature", default="serving_default", help="serving_default: row by row, the default; rank: by group"
    )
    ranks.add_argument(
        "--group-by",
        type=names,
        default=[],
        metavar="COLUMNS",
        help="consecutive rows that agree in these columns, with commas, are one request",
    )
    ranks.add_argument("--top-k", type=int, metavar="K", help="rows to keep of each group; default: all, in order")
    ranks.add_argument(
        "--weights",
        type=_weights,
        metavar="OUTPUT=NUMBER,...",
        help="of every term of the score, as probs_ctr=1,probs_ctcvr=0.5; default: the config's",
    )


def run(options: argparse.Namespace) -> None:
    """Scores, and prints the numbers of rows read and written; or explains."""
    if options.explain:
        _explain(options)
        return
    given = [name for name in ("first", "by", "sort_by") if getattr(options, name) is not None]
    if given:
        flags = ", ".join(f"{{{name}}}" for name in given)
        raise ArgumentError(f"{flags}: for {{explain}} only; add it, or leave them out", "explain", *given)
    if options.output is None:
        raise ArgumentError("{output}: expected a file or folder to write the scores to", "output")
    made = apps_rec.predict(
        options.export,
        options.rows,
        options.output,
        options.keep,
        options.skip_bad_rows,
        max_bad_row_share=options.max_bad_row_share,
        part_format=options.format,
        rows_per_part=options.rows_per_part,
        signature=options.signature,
        group_by=options.group_by,
        top_k=options.top_k,
        weights=options.weights,
        escape_formulas=options.escape_formulas,
        trust=options.trust,
        separator=options.separator,
        decimal_separator=options.decimal_separator,
        null_words=options.null_words,
    )
    groups = "" if made.groups is None else f" of {made.groups} groups"
    files = f" in {made.files} files" if made.files > 1 else ""
    scored = "" if made.groups is None else f", {made.rows} rows scored"
    dropped = f", {made.dropped} bad rows dropped" if made.dropped else ""
    write(f"{made.output}: {made.written} rows{groups}{files}{scored}{dropped}")


def _explain(options: argparse.Namespace) -> None:
    """Explains, and prints a table for each row; with an output file says what is in it."""
    others = {
        "part_format": options.format,
        "rows_per_part": options.rows_per_part,
        "signature": None if options.signature == "serving_default" else options.signature,
        "group_by": options.group_by or None,
        "top_k": options.top_k,
        "weights": options.weights,
    }
    given = [name for name, value in others.items() if value is not None]
    if given:
        flags = ", ".join(f"{{{name}}}" for name in given)
        raise ArgumentError(f"{flags}: not with {{explain}}, which scores row by row; leave it out", "explain", *given)
    explanation = apps_rec.explain(
        options.export,
        options.rows,
        options.output,
        options.keep,
        10 if options.first is None else options.first,
        options.by or "columns",
        options.skip_bad_rows,
        max_bad_row_share=options.max_bad_row_share,
        escape_formulas=options.escape_formulas,
        trust=options.trust,
        separator=options.separator,
        decimal_separator=options.decimal_separator,
        null_words=options.null_words,
        sort_by=options.sort_by,
    )
    if options.output is None:
        write(explanation)
    else:
        lines = explanation.table().num_rows
        write(f"{options.output}: {len(explanation.rows)} rows explained, {lines} lines")


def _weights(text: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for term in names(text):
        name, _, number = term.partition("=")
        try:
            weight = float(number)
        except ValueError:
            raise argparse.ArgumentTypeError(f'expected OUTPUT=NUMBER with commas, got "{term}"') from None
        if name in weights:
            raise argparse.ArgumentTypeError(f"expected one weight of {name}, got several")
        weights[name] = weight
    return weights

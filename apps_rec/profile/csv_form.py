"""Finds how CSV files are written: separator, names, types, decimal commas, and words for a missing number."""

from __future__ import annotations

from dataclasses import replace

from apps_rec.errors import DataError
from apps_rec.profile.engine import Engine, UnreadableError, quoted, text
from apps_rec.profile.source import CsvForm, Source, as_numbers, csv_options, literal, sql_of

# Words that stand for a missing number in CSV files of common writers.
NULL_WORDS = ("NULL", "null", "NA", "N/A", "na", "n/a", "None", "none", "nan", "NaN", "\\N", "-", "?", "无", "空")
# Rows from which the types of CSV columns are guessed.
_SNIFFED_ROWS = 20_480
_NONE = "(empty)"
_MOST_SHOWN = 5
_THOUSANDS = "[-+]?[1-9]\\d{0,2}(,\\d{3})+"


def sniffed(engine: Engine, source: Source, separator: str | None, rows: int = _SNIFFED_ROWS) -> Source:
    """Tells the form of the first file, and whether numbers are hidden behind a word for missing or a decimal comma."""
    given: dict[str, object] = {} if separator is None else {"delim": "\t" if separator == "\\t" else separator}
    given["sample_size"] = rows
    first = _sniff(engine, source, given)
    assert first.csv is not None
    first = _with_names(engine, first)
    words_for_truth = _words_for_truth(engine, first, rows)
    first = _as_words(first, words_for_truth)
    words, has_commas = _hidden_numbers(engine, first, rows)
    if not words and not has_commas:
        return first
    given["nullstr"] = ["", *words]
    given["decimal_separator"] = "," if has_commas else "."
    again = replace(_sniff(engine, source, given), unnamed=first.unnamed)
    assert again.csv is not None
    form = replace(again.csv, null_words=words, decimal="," if has_commas else ".")
    return _as_words(replace(again, csv=form), words_for_truth)


def sniffed_whole(engine: Engine, source: Source) -> Source:
    """Returns a source of CSV files whose types fit every row of the first file, not only its beginning."""
    assert source.csv is not None
    return as_numbers(sniffed(engine, replace(source, words={}), source.csv.separator, -1), source.words)


def _words_for_truth(engine: Engine, source: Source, rows: int) -> set[str]:
    """Returns the columns that DuckDB takes for true and false by other words, such as yes, which a config does not."""
    truths = [name for name, stored in source.columns if stored == "BOOLEAN"]
    if not truths:
        return set()
    limit = "" if rows < 0 else f" LIMIT {rows}"
    columns = ", ".join(f"{quoted(name)} AS t{at}" for at, name in enumerate(truths))
    others = ", ".join(f"count_if(lower(t{at}) NOT IN ('true', 'false', ''))" for at in range(len(truths)))
    counts = engine.row(f"SELECT {others} FROM (SELECT {columns} FROM {source.as_text().sql()}{limit})")
    return {name for name, count in zip(truths, counts, strict=True) if count}


def _as_words(source: Source, names: set[str]) -> Source:
    """Returns a source in which some columns are text."""
    columns = ((name, "VARCHAR" if name in names else stored) for name, stored in source.columns)
    return replace(source, columns=tuple(columns))


def _with_names(engine: Engine, source: Source) -> Source:
    """Returns the source with the columns that have no name in the line of names.

    Raises:
        DataError: two columns have one name, or names that differ in capitals, which DuckDB renames; or a name has
            blanks around it, which DuckDB takes away and other readers do not.
    """
    assert source.csv is not None
    if not source.csv.header:
        return source
    options = csv_options(replace(source.csv, header=False))
    file = text(literal(source.files[0]))
    (found,) = engine.rows(f"SELECT * FROM read_csv({file}, {options}, all_varchar=true, auto_detect=true) LIMIT 1")
    given = [str(name or "") for name in found]
    above = source.csv.skipped
    where = f"{source.paths}: " + (
        f"line {above + 1}, taken for that of the names as rows above do not fit: " * bool(above)
    )
    lowered = [name.lower() for name in given]
    twice = next((name for at, name in enumerate(given) if name.strip() and lowered[at] in lowered[:at]), None)
    if twice is not None:
        raise DataError(f'{where}two columns are called "{twice}" but for capitals; rename one of them')
    wide = [name for name in given if name.strip() not in ("", name)]
    if wide:
        shown = ", ".join(f'"{name}"' for name in wide[:_MOST_SHOWN]) + (", ..." if len(wide) > _MOST_SHOWN else "")
        raise DataError(f"{where}blanks around the names of columns: {shown}; write the line of names without")
    unnamed = (name for name, own in zip(source.names, given, strict=False) if not own.strip())
    return replace(source, unnamed=tuple(unnamed))


def _hidden_numbers(engine: Engine, source: Source, rows: int) -> tuple[tuple[str, ...], bool]:
    """Returns words for a missing value in columns of numbers, and whether decimals have commas."""
    texts = [name for name, stored in source.columns if stored == "VARCHAR"]
    if not texts:
        return (), False
    limit = "" if rows < 0 else f" LIMIT {rows}"
    columns = ", ".join(f"{quoted(name)} AS t{at}" for at, name in enumerate(texts))
    engine.run(f"CREATE TEMP TABLE beginning AS SELECT {columns} FROM {source.sql()}{limit}")
    words: set[str] = set()
    has_commas = False
    known = ", ".join(text(word) for word in NULL_WORDS)
    for at in range(len(texts)):
        there, no_number, no_comma_number, with_decimals, found = engine.row(
            f"""SELECT count_if(t NOT IN ({known})),
                count_if(t NOT IN ({known}) AND TRY_CAST(t AS DOUBLE) IS NULL),
                count_if(t NOT IN ({known}) AND NOT regexp_full_match(trim(t), '[-+]?\\d+(,\\d+)?')),
                count_if(contains(t, ',') AND NOT regexp_full_match(trim(t), '{_THOUSANDS}')),
                list_sort(list(DISTINCT t) FILTER (WHERE t IN ({known})))
            FROM (SELECT t{at} t FROM beginning)"""
        )
        # Where three digits follow every comma, these may divide thousands.
        is_comma_number = bool(there and with_decimals and not no_comma_number)
        has_commas |= is_comma_number
        if there and (not no_number or is_comma_number):
            words |= set(found or ())
    engine.run("DROP TABLE beginning")
    return tuple(sorted(words)), has_commas


def _sniff(engine: Engine, source: Source, given: dict[str, object]) -> Source:
    options = "".join(f", {name}={sql_of(value)}" for name, value in given.items())
    file = literal(source.files[0])
    try:
        found = engine.rows(
            "SELECT Delimiter, Quote, Escape, SkipRows, HasHeader, Columns, DateFormat, TimestampFormat "
            f"FROM sniff_csv({text(file)}{options})"
        )
    except UnreadableError as error:
        if "utf-8" in str(error).lower():
            raise DataError(f"{error}{_encoding_hint(source.files[0])}") from None
        told = _first_bad_row(source.files[0], str(given["delim"])) if "delim" in given else ""
        raise DataError(told or str(error)) from None
    ((separator, quote, escape, skipped, header, columns, day, instant),) = found
    form = CsvForm(
        separator,
        header,
        # Where the beginning has no quotes, they may come later.
        '"' if quote == _NONE else quote,
        "\\" if escape == "\\" else '"' if quote in (_NONE, '"') else quote,
        skipped,
        day_format="" if day in (None, "%Y-%m-%d") else day,
        instant_format="" if instant in (None, "%Y-%m-%d %H:%M:%S") else instant,
    )
    found_columns = {c["name"]: c["type"] for c in columns} | dict.fromkeys(source.keys, "VARCHAR")
    return replace(source, columns=tuple(found_columns.items()), csv=form)


def _first_bad_row(path: str, separator: str) -> str:
    """Returns what is wrong with the first row that has too few or too many cells, or a wrong quote; "" for none."""
    # pyarrow stands behind them, which commands that read no data do without.
    from apps_rec.data.formats.csv_reader import csv_columns, read_csv
    from apps_rec.data.formats.source import Unit
    from apps_rec.data.schema import Schema

    if len(separator) != 1 or not separator.isascii():
        return ""
    schema = Schema((), input_type="csv", separator=separator, with_header=True)
    for chunk in read_csv(Unit(path, 0), csv_columns(path, schema)[:1], schema):
        if chunk.ragged:
            bad = min(chunk.ragged, key=lambda one: one.row)
            return f"{path}: row {bad.row}: {bad.text} (line {bad.line}). Correct the row, or take it out"
    return ""


def _encoding_hint(path: str) -> str:
    """Returns the end of a message on a file that is not UTF-8: what writes it so."""
    with open(path, "rb") as file:
        start = file.read(2)
    coding = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else None
    others = "" if coding else " (gbk where it is Chinese, latin1 where it is of Western Europe)"
    return f"; write it as UTF-8: iconv -f {coding or 'gbk'} -t utf-8{others}"

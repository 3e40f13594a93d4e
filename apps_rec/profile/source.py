"""Finds the files of a table and how they are written, so that DuckDB and a config read the same rows."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace

from apps_rec.errors import DataError
from apps_rec.profile.engine import Engine, UnreadableError, quoted, text

# Words that stand for a missing number in CSV files of common writers.
NULL_WORDS = ("NULL", "null", "NA", "N/A", "na", "n/a", "None", "none", "nan", "NaN", "\\N", "-", "?", "无", "空")
# Rows from which the types of CSV columns are guessed.
_SNIFFED_ROWS = 20_480
_NONE = "(empty)"
_FORMATS = {"parquet": "ParquetInput", "csv": "CSVInput"}


@dataclass(frozen=True)
class CsvForm:
    """The form of CSV files.

    Attributes:
        separator: between cells.
        header: whether the first line has the names.
        quote: character around cells.
        escape: character in front of a quote.
        skipped: lines in front of the header.
        null_words: words for a missing value, beside an empty cell.
        decimal: character in front of decimals.
        day_format: format of days; "" where it is 2026-01-31.
        instant_format: format of times; "" where it is that of ISO 8601.
    """

    separator: str
    header: bool
    quote: str
    escape: str
    skipped: int
    null_words: tuple[str, ...] = ()
    decimal: str = "."
    day_format: str = ""
    instant_format: str = ""

    @property
    def is_readable(self) -> bool:
        """Returns whether a config can say it."""
        return self.header and self.quote == '"' and not self.skipped


@dataclass(frozen=True)
class Source:
    """Files of one table.

    Attributes:
        paths: paths as a config names them.
        files: the files.
        input_type: ParquetInput or CSVInput.
        columns: names and DuckDB's types.
        csv: how CSV files are written, else None.
        keys: columns in the names of folders.
    """

    paths: str
    files: tuple[str, ...]
    input_type: str
    columns: tuple[tuple[str, str], ...] = ()
    csv: CsvForm | None = None
    keys: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Returns the names of the columns."""
        return [name for name, _ in self.columns]

    def as_text(self) -> Source:
        """Returns the same files with every column as text."""
        return replace(self, columns=tuple((name, "VARCHAR") for name in self.names))

    def sql(self, numbered: bool = False) -> str:
        """Returns what DuckDB reads in a FROM.

        Args:
            numbered: whether rows have their number in a column more, `file_row_number`; of Parquet files alone.
        """
        files = ", ".join(text(_literal(path)) for path in self.files)
        # Keys in the names of folders are columns of text, as for a config.
        keys = f"hive_partitioning={'true' if self.keys else 'false'}, hive_types_autocast=false"
        if self.csv is None:
            return f"read_parquet([{files}], {keys}, union_by_name=true{', file_row_number=true' * numbered})"
        in_files = [(name, stored) for name, stored in self.columns if name not in self.keys]
        types = ", ".join(f"{text(name)}: {text(stored)}" for name, stored in in_files)
        one = f"auto_detect=false, columns={{{types}}}"
        # Files may differ in the order of their columns, as those of a config may.
        several = f"auto_detect=true, types={{{types}}}, union_by_name=true"
        return f"read_csv([{files}], {keys}, {_csv_options(self.csv)}, {one if len(self.files) == 1 else several})"


def find_source(engine: Engine, paths: str, separator: str | None = None) -> Source:
    r"""Finds the files of a path, a glob, a folder, or several separated by commas, and reads their columns.

    Args:
        engine: an empty database.
        paths: paths as in `train_input_path`, or a folder of CSV or Parquet files.
        separator: separator of CSV files; None: found out.

    Raises:
        DataError: there are no such files, of both formats, or they cannot be read.
    """
    # pyarrow stands behind them, which commands that read no data do without.
    from apps_rec.data.files import data_files, guess_input_type
    from apps_rec.data.storage import is_uri

    if any(is_uri(part) for part in paths.split(",")):
        raise DataError(
            f"{paths}: init reads local and mounted files; expected a path, got a URI. Copy some files here"
        )
    files = tuple(data_files(paths, "input"))
    formats = {guess_input_type(path) for path in files}
    if others := formats - set(_FORMATS):
        raise DataError(f"{paths}: expected CSV or Parquet files, got {others.pop()}; write the rows as Parquet")
    if len(formats) > 1:
        raise DataError(f"{paths}: expected files of one format, got CSV and Parquet; name those of one: a/*.parquet")
    input_type = _FORMATS[formats.pop()]
    source = Source(paths, files, input_type, keys=_keys(files))
    source = _parquet(engine, source) if input_type == "ParquetInput" else _csv(engine, source, separator)
    _check_names(source)
    return source


def _keys(files: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the keys that the folders of every file have."""
    from apps_rec.data.hive_paths import partition_values

    first, *others = (tuple(partition_values(path)) for path in files)
    return first if all(other == first for other in others) else ()


def _literal(path: str) -> str:
    """Returns a path that DuckDB takes for no glob."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def _parquet(engine: Engine, source: Source) -> Source:
    described = engine.rows(f"DESCRIBE SELECT * FROM {source.sql()}")
    first = text(_literal(source.files[0]))
    stored = [name for (name,) in engine.rows(f"SELECT name FROM parquet_schema({first}) WHERE name IS NOT NULL")]
    lowered = [name.lower() for name, *_ in described]
    for name, *_ in described:
        # DuckDB knows no capitals: it calls the second of "App" and "app" app_1.
        if name not in (*stored, *source.keys) and len(source.files) == 1:
            other = next((own for own in stored if lowered.count(own.lower()) and own.lower() in name.lower()), name)
            raise DataError(f'{source.paths}: two columns are called "{other}" but for capitals; rename one of them')
    return replace(source, columns=tuple((name, stored_type) for name, stored_type, *_ in described))


def sniffed_whole(engine: Engine, source: Source) -> Source:
    """Returns a source of CSV files whose types fit every row of the first file, not only its beginning."""
    assert source.csv is not None
    return _csv(engine, source, source.csv.separator, -1)


def _csv(engine: Engine, source: Source, separator: str | None, rows: int = _SNIFFED_ROWS) -> Source:
    """Tells the form of the first file, and whether numbers are hidden behind a word for missing or a decimal comma."""
    given: dict[str, object] = {} if separator is None else {"delim": "\t" if separator == "\\t" else separator}
    given["sample_size"] = rows
    sniffed = _sniff(engine, source, given)
    assert sniffed.csv is not None
    _refuse_equal_names(engine, sniffed)
    words_for_truth = _words_for_truth(engine, sniffed, rows)
    sniffed = _as_words(sniffed, words_for_truth)
    words, has_commas = _hidden_numbers(engine, sniffed, rows)
    if not words and not has_commas:
        return sniffed
    given["nullstr"] = ["", *words]
    given["decimal_separator"] = "," if has_commas else "."
    again = _sniff(engine, source, given)
    assert again.csv is not None
    form = replace(again.csv, null_words=words, decimal="," if has_commas else ".")
    return _as_words(replace(again, csv=form), words_for_truth)


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


def _refuse_equal_names(engine: Engine, source: Source) -> None:
    """Refuses a CSV file with two columns of one name, or of names that differ in capitals, which DuckDB renames."""
    assert source.csv is not None
    if not source.csv.header:
        return
    options = _csv_options(replace(source.csv, header=False))
    file = text(_literal(source.files[0]))
    names = engine.rows(f"SELECT * FROM read_csv({file}, {options}, all_varchar=true, auto_detect=true) LIMIT 1")[0]
    lowered = [str(name).lower() for name in names]
    twice = next((str(name) for at, name in enumerate(names) if lowered[at] in lowered[:at]), None)
    if twice is not None:
        raise DataError(f'{source.paths}: two columns are called "{twice}" but for capitals; rename one of them')


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
        there, no_number, no_comma_number, with_comma, found = engine.row(
            f"""SELECT count_if(t NOT IN ({known})),
                count_if(t NOT IN ({known}) AND TRY_CAST(t AS DOUBLE) IS NULL),
                count_if(t NOT IN ({known}) AND NOT regexp_full_match(trim(t), '[-+]?\\d+(,\\d+)?')),
                count_if(contains(t, ',')),
                list_sort(list(DISTINCT t) FILTER (WHERE t IN ({known})))
            FROM (SELECT t{at} t FROM beginning)"""
        )
        is_comma_number = bool(there and with_comma and not no_comma_number)
        has_commas |= is_comma_number
        if there and (not no_number or is_comma_number):
            words |= set(found or ())
    engine.run("DROP TABLE beginning")
    return tuple(sorted(words)), has_commas


def _sniff(engine: Engine, source: Source, given: dict[str, object]) -> Source:
    options = "".join(f", {name}={_sql(value)}" for name, value in given.items())
    file = _literal(source.files[0])
    try:
        found = engine.rows(
            "SELECT Delimiter, Quote, Escape, SkipRows, HasHeader, Columns, DateFormat, TimestampFormat "
            f"FROM sniff_csv({text(file)}{options})"
        )
    except UnreadableError as error:
        hint = "; write it as UTF-8: iconv -f gbk -t utf-8" if "utf-8" in str(error).lower() else ""
        raise DataError(f"{error}{hint}") from None
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


def _csv_options(form: CsvForm) -> str:
    options: dict[str, object] = {
        "delim": form.separator,
        "header": form.header,
        "quote": form.quote,
        "escape": form.escape,
        "skip": form.skipped,
        "nullstr": ["", *form.null_words],
        "decimal_separator": form.decimal,
        "strict_mode": True,
        "null_padding": False,
    }
    if form.day_format:
        options["dateformat"] = form.day_format
    if form.instant_format:
        options["timestampformat"] = form.instant_format
    return ", ".join(f"{name}={_sql(value)}" for name, value in options.items())


def _sql(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_sql(one) for one in value)}]"
    return text(value) if isinstance(value, str) else str(value).lower()


def _check_names(source: Source) -> None:
    if not source.columns or all(os.path.getsize(path) == 0 for path in source.files):
        raise DataError(f"{source.paths}: there are no columns; expected a table with a line of names")
    for name in source.names:
        if not name.isprintable() or not name.strip():
            raise DataError(f"{source.paths}: a column is called {name!r}, which cannot be read in a line; rename it")

"""The files of a table and how they are written, and what DuckDB reads of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from apps_rec.profile.engine import quoted, text


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
        return not self.unsaid

    @property
    def unsaid(self) -> str:
        """Returns what of it no config can say, in words; "" where one can say all."""
        found = {
            f"cells in {self.quote} and not in double quotes": self.quote != '"',
            "no line of names": not self.header,
            "lines above the names": bool(self.skipped),
        }
        return ", ".join(what for what, is_so in found.items() if is_so)


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
        unnamed: columns without a name in the line of names; DuckDB gives them one.
        words: columns that are read as 1 and 0 and hold words, with the word for 1 and the word for 0.
    """

    paths: str
    files: tuple[str, ...]
    input_type: str
    columns: tuple[tuple[str, str], ...] = ()
    csv: CsvForm | None = None
    keys: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)

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
        read = self._as_stored(numbered)
        if not self.words:
            return read
        numbers = ", ".join(
            f"CAST(CASE lower(trim(CAST({quoted(name)} AS VARCHAR))) WHEN {text(one)} THEN 1 WHEN {text(zero)} THEN 0 "
            f"END AS TINYINT) AS {quoted(name)}"
            for name, (one, zero) in self.words.items()
        )
        return f"(SELECT * REPLACE ({numbers}) FROM {read})"

    def _as_stored(self, numbered: bool) -> str:
        files = ", ".join(text(literal(path)) for path in self.files)
        # Keys in the names of folders are columns of text, as for a config.
        keys = f"hive_partitioning={'true' if self.keys else 'false'}, hive_types_autocast=false"
        if self.csv is None:
            return f"read_parquet([{files}], {keys}, union_by_name=true{', file_row_number=true' * numbered})"
        in_files = [
            (name, "VARCHAR" if name in self.words else stored)
            for name, stored in self.columns
            if name not in self.keys
        ]
        types = ", ".join(f"{text(name)}: {text(stored)}" for name, stored in in_files)
        one = f"auto_detect=false, columns={{{types}}}"
        # Files may differ in the order of their columns, as those of a config may.
        several = f"auto_detect=true, types={{{types}}}, union_by_name=true"
        return f"read_csv([{files}], {keys}, {csv_options(self.csv)}, {one if len(self.files) == 1 else several})"


def as_numbers(source: Source, words: Mapping[str, tuple[str, str]]) -> Source:
    """Returns the source with columns of words read as numbers, see `Source.words`."""
    columns = tuple((name, "TINYINT" if name in words else stored) for name, stored in source.columns)
    return replace(source, columns=columns, words=words)


def literal(path: str) -> str:
    """Returns a path that DuckDB takes for no glob."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def csv_options(form: CsvForm) -> str:
    """Returns the options of DuckDB's reader for a form of CSV files."""
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
    return ", ".join(f"{name}={sql_of(value)}" for name, value in options.items())


def sql_of(value: object) -> str:
    """Returns a value of an option as SQL writes it."""
    if isinstance(value, list):
        return f"[{', '.join(sql_of(one) for one in value)}]"
    return text(value) if isinstance(value, str) else str(value).lower()

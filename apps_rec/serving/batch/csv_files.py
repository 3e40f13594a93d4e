"""The form of the CSV files that `predict` scores: as its options say, or the export's config."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps_rec.data import Schema
from apps_rec.data.csv_header import schema_for_rows
from apps_rec.errors import ArgumentError

_ESCAPED = {"\\t": "\t", "\\x01": "\x01", "\\001": "\x01"}


@dataclass(frozen=True)
class CsvFiles:
    r"""Options of `predict` on CSV files; None: as the export's config says.

    Attributes:
        separator: character between cells, or `\t`; None: found in the line of names, too.
        decimal_separator: character in front of decimals, "." or ",".
        null_words: cells that stand for a missing value, beside empty ones.
        with_header: whether files begin with a line of names.
    """

    separator: str | None = None
    decimal_separator: str | None = None
    null_words: Sequence[str] | None = None
    with_header: bool | None = None

    def check(self) -> None:
        """Checks the options.

        Raises:
            ArgumentError: an option is wrong.
        """
        separator = "," if self.separator is None else _ESCAPED.get(self.separator, self.separator)
        if len(separator) != 1 or not separator.isascii() or separator in '\r\n"':
            text = '{separator}: expected one ASCII character between cells, or \\t, got "{got}"'
            raise ArgumentError(text, "separator", got=self.separator)
        if self.decimal_separator not in (None, ".", ","):
            text = '{decimal_separator}: expected "." or ",", got "{got}"'
            raise ArgumentError(text, "decimal_separator", got=self.decimal_separator)

    def schema(self, schema: Schema, path: str) -> Schema:
        """Returns the schema for a file.

        Args:
            schema: schema of the export's own files.
            path: path of a file.

        Raises:
            ArgumentError: an option is wrong, or the file is no CSV file.
            DataError: the name of the file, or its line of names, cannot be read.
        """
        self.check()
        separator = None if self.separator is None else _ESCAPED.get(self.separator, self.separator)
        if self.with_header is not None:
            schema = replace(schema, with_header=self.with_header)
        schema = schema_for_rows(schema, path, separator)
        if schema.input_type != "csv":
            given = {name: getattr(self, name) for name in ("separator", "decimal_separator", "null_words")}
            for name in (name for name, value in given.items() if value is not None):
                raise ArgumentError(f"{{{name}}}: is for CSV files; {{path}} is none", name, path=path)
            return schema
        if self.decimal_separator is not None:
            schema = replace(schema, decimal_separator=self.decimal_separator)
        if self.null_words is not None:
            schema = replace(schema, null_words=tuple(word for word in self.null_words if word))
        return schema if self.with_header is None else replace(schema, with_header=self.with_header)

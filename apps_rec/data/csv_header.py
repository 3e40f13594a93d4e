"""Finds the separator of a CSV file in its line of names."""

from __future__ import annotations

import logging
from dataclasses import replace

from apps_rec.data.files import schema_for_file
from apps_rec.data.formats.csv_reader import csv_columns
from apps_rec.data.schema import Schema
from apps_rec.errors import DataError

_LOG = logging.getLogger("apps_rec.data")
_SEPARATORS = (",", ";", "\t", "|", "\x01", "^")


def schema_for_rows(schema: Schema, path: str, separator: str | None = None) -> Schema:
    """Returns the schema for a file that need not be written as those of the config, such as a file for `predict`.

    A CSV file with a line of names is read with the separator that the config says. If more of the columns that are
    wanted are found in that line with another one, it is read with that, and a line of the log says so.

    Args:
        schema: schema of the config's own files.
        path: path of a file.
        separator: separator of CSV files; None: found as above.
    """
    schema = schema_for_file(schema, path)
    if schema.input_type != "csv":
        return schema
    if separator is not None:
        return replace(schema, separator=separator)
    if not schema.with_header:
        return schema
    wanted = set(schema.in_files(schema.read_names()))
    best, most = schema, len(wanted.intersection(csv_columns(path, schema)))
    for other in _SEPARATORS:
        changed = replace(schema, separator=other)
        try:
            found = len(wanted.intersection(csv_columns(path, changed)))
        except DataError:
            # The line cannot be read so.
            continue
        if found > most:
            best, most = changed, found
    if best is not schema:
        _LOG.info(
            '%s: read with the separator "%s", as its line of names has it', path, shown_separator(best.separator)
        )
    return best


def shown_separator(separator: str) -> str:
    r"""Returns a separator as a person writes it.

    Example:
        >>> shown_separator("\t"), shown_separator(";")
        ('\\t', ';')
    """
    return separator if separator.isprintable() else separator.encode("unicode_escape").decode()

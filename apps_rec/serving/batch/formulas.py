"""Texts that a spreadsheet would run as formulas when it opens a CSV file."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# A spreadsheet takes the full-width forms for the same, and passes over blanks before them. If its language separates
# cells by ";" or tabs, it may split a cell of ours into several.
_STARTS = "=+@\uff1d\uff0b\uff0d\uff20-"
_FORMULA = rf"(^|[;\t\r\n])([\s\x{{a0}}]*)([{_STARTS}])"
_BLANK = r"^([\t\r\n])"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_APOSTROPHE = r"\1\2'\3"


def without_formulas(table: pa.Table) -> pa.Table:
    """Returns the table with an apostrophe before each text, and each name of a column, that could be a formula.

    Such a text begins with =, +, - or @, blanks aside, or has such a beginning behind a semicolon, tab or line end. A
    text that begins with a tab or a line end is one, too. A text that is a number stays: no spreadsheet runs it.
    """
    for i, field in enumerate(table.schema):
        column = table.column(i)
        if any(check(field.type) for check in (pa.types.is_string_view, pa.types.is_binary, pa.types.is_binary_view)):
            column = column.cast(pa.string())
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column = pa.chunked_array([_escaped(chunk) for chunk in column.chunks], column.type)
        table = table.set_column(i, _escaped(pa.array([field.name]))[0].as_py(), column)
    return table


def _escaped(texts: pa.Array) -> pa.Array:
    marked = pc.replace_substring_regex(texts, _FORMULA, _APOSTROPHE)
    marked = pc.replace_substring_regex(marked, _BLANK, r"'\1")
    return pc.if_else(pc.match_substring_regex(texts, _NUMBER), texts, marked)

"""Checks of names of columns, features, tables and groups, which may be any text of one line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from apps_rec.config.checks.context import Context

MOST_CHARACTERS = 1000
_BOM = "\ufeff"


def check_names(context: Context) -> None:
    """Reports names that cannot be read, written or told apart."""
    for path, name in _names(context):
        if mistake := _mistake(name):
            context.report.error(path, mistake)
    _stored(context)


def _names(context: Context) -> Iterator[tuple[str, str]]:
    config = context.config
    for at, column in enumerate(config.data_config.input_fields):
        yield f"data_config.input_fields[{at}].input_name", column.input_name
        yield f"data_config.input_fields[{at}].column_name", column.column_name
    columns = set(context.columns)
    for path, feature in context.each_feature():
        # A name that is its column's, or a table's that is its feature's, is reported once.
        for field, known in (("feature_name", columns), ("embedding_name", columns | {feature.feature_name})):
            if getattr(feature, field) not in known:
                yield f"{path}.{field}", getattr(feature, field)
    for at, group in enumerate(config.model_config.feature_groups):
        yield f"model_config.feature_groups[{at}].group_name", group.group_name


def _mistake(name: str) -> str:
    """Returns the mistake in a name; "" where there is none."""
    strange = next((char for char in name if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")), None)
    if strange is not None:
        return f"expected a name without control characters and line breaks, got U+{ord(strange):04X} in it."
    if name.startswith(_BOM):
        return "begins with a byte order mark (U+FEFF), which no reader takes for a part of a name; remove it."
    if name and not name.strip():
        return "expected a name, got white space alone."
    if len(name) > MOST_CHARACTERS:
        return f"expected at most {MOST_CHARACTERS:,} characters, got {len(name):,}."
    return ""


def _stored(context: Context) -> None:
    """Reports two fields that read one column of the files, at least one of them by column_name."""
    report, fields = context.report, context.config.data_config.input_fields
    first: dict[str, int] = {}
    for at, column in enumerate(fields):
        path = f"data_config.input_fields[{at}]"
        if column.HasField("column_name") and not column.column_name:
            report.error(f"{path}.column_name", "is empty; expected the name of the column in the files.")
            continue
        stored = column.column_name or column.input_name
        other = first.setdefault(stored, at)
        if other != at and fields[other].input_name != column.input_name:
            line = report.line(f"data_config.input_fields[{other}]")
            text = f'the column "{stored}" of the files is read by another of input_fields ({line}); expected its own.'
            report.error(f"{path}.column_name" if column.column_name else f"{path}.input_name", text)

"""Compares the columns of files with each other and with a config."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apps_rec.data.files import absent_columns
from apps_rec.data.formats.partitions import columns_of
from apps_rec.data.formats.table import FORMATS
from apps_rec.data.schema import Schema
from apps_rec.errors import DataError
from apps_rec.profile.findings.finding import ERROR, NOTE, WARNING, FileSchema, Finding

_MOST_SHOWN = 8


def read_schemas(files: Sequence[str], schema: Schema, part: str) -> tuple[list[FileSchema], list[Finding]]:
    """Returns the columns of each file that can be read, and what is wrong with others.

    Args:
        files: files of a pass.
        schema: columns that the pass reads.
        part: name of the pass.
    """
    made, findings = [], []
    wanted = schema.in_files(schema.read_names())
    types_of = FORMATS[schema.input_type].types
    for path in files:
        try:
            columns = columns_of(path, schema)
            types = {} if types_of is None else {name: str(stored) for name, stored in types_of(path).items()}
            absent = absent_columns(path, columns, wanted, schema)
        except DataError as error:
            findings.append(Finding(ERROR, "schema", part, str(error)))
            continue
        if absent:
            text = f"{path}: there is no column {_shown(absent)}: every row of the file gets the default_val"
            findings.append(Finding(WARNING, "schema", part, text))
        made.append(FileSchema(path, {name: types.get(name, "") for name in columns}))
    return made, findings


def compare_schemas(schemas: Sequence[FileSchema], schema: Schema) -> Iterator[Finding]:
    """Yields columns whose types differ between files, that some files lack, and that the config does not name."""
    declared = {column.stored for column in schema.declared}
    read = set(schema.in_files(schema.read_names()))
    names = list(dict.fromkeys(name for one in schemas for name in one.types))
    for name in names:
        first: dict[str, str] = {}
        for one in schemas:
            if one.types.get(name):
                first.setdefault(one.types[name], one.path)
        if len(first) > 1:
            told = ", ".join(f"{stored} in {path}" for stored, path in list(first.items())[:_MOST_SHOWN])
            level = WARNING if name in declared else NOTE
            yield Finding(level, "schema", name, f"its type differs between files: {told}")
        lacking = [one.path for one in schemas if name not in one.types]
        # The reader tells of those that it needs.
        if lacking and name not in read:
            yield Finding(NOTE, "schema", name, f"{len(lacking)} of {len(schemas)} files lack it, such as {lacking[0]}")
    if others := [name for name in names if name not in declared]:
        count = "1 column of the files is" if len(others) == 1 else f"{len(others)} columns of the files are"
        text = f"{count} not in input_fields, so that nothing reads {'it' if len(others) == 1 else 'them'}"
        yield Finding(NOTE, "schema", "", f"{text}: {_shown(others)}")


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return ", ".join(f'"{name}"' for name in names[:_MOST_SHOWN]) + more

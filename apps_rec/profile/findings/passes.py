"""Reads the rows of each pass as training reads them, and lays them in a Parquet file for DuckDB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from apps_rec.config.passes import (
    EVALUATE,
    PASSES,
    TRAIN,
    VALIDATE,
    filter_as_text,
    filters_of,
    has_holdout,
    input_field,
)
from apps_rec.data.dtypes import DTYPES
from apps_rec.data.files import data_files
from apps_rec.data.formats.table import FORMATS
from apps_rec.data.rows.counts import RowCounts
from apps_rec.data.rows.open import judge_rows
from apps_rec.data.rows.unseen import unseen_told
from apps_rec.data.rows.validate import Rows
from apps_rec.data.schema import OF_MESSAGES, Schema
from apps_rec.data.schema_of_config import build_schema
from apps_rec.data.values.kinds import OTHER, kind_of, plain
from apps_rec.errors import DataError
from apps_rec.profile.engine import Engine, quoted, text
from apps_rec.profile.findings.bad_rows import BadRows
from apps_rec.profile.findings.finding import ERROR, WARNING, FileSchema, Finding, Part
from apps_rec.profile.findings.schemas import read_schemas
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# Columns of the files for DuckDB: hashes of all columns of a row, and of its key_fields.
ROW_HASH, KEY_HASH = "apps_rec: hash of the row", "apps_rec: hash of the keys"


@dataclass(frozen=True)
class Pass:
    """A pass over files of a config.

    Attributes:
        name: "train", "validate" or "evaluate".
        files: its files that can be read, of all of them.
        all_files: its files.
        schema: columns that it reads.
        schemas: columns of its files.
    """

    name: str
    files: tuple[str, ...]
    all_files: tuple[str, ...]
    schema: Schema
    schemas: tuple[FileSchema, ...]


def find_passes(config: PipelineConfig) -> tuple[list[Pass], list[Finding]]:
    """Returns the passes that read different rows, and what is wrong with their files."""
    passes: list[Pass] = []
    findings: list[Finding] = []
    seen = set()
    # Rows that choose a checkpoint are often those of `evaluate`.
    for name in (TRAIN, EVALUATE, VALIDATE):
        field = input_field(config.data_config, name)
        if not getattr(config, field):
            continue
        is_part = name != EVALUATE and has_holdout(config.data_config)
        filters = tuple(filter_as_text(one) for one in filters_of(config.data_config, name))
        key = (getattr(config, field), filters, name if is_part or name == TRAIN else "")
        if key in seen:
            continue
        seen.add(key)
        files = tuple(data_files(getattr(config, field), field, config.data_config.input_timeout_seconds))
        schema = build_schema(config, name)
        schemas, wrong = read_schemas(files, schema, name)
        findings += wrong
        passes.append(Pass(name, tuple(one.path for one in schemas), files, schema, tuple(schemas)))
    return sorted(passes, key=lambda one: PASSES.index(one.name)), findings


def read_pass(
    engine: Engine, config: PipelineConfig, one: Pass, bad_rows: BadRows, path: Path
) -> tuple[Part, list[Finding]]:
    """Reads all rows of a pass, and writes the good ones to a Parquet file under the config's names of columns.

    Args:
        engine: database.
        config: a normalised config.
        one: the pass.
        bad_rows: takes the bad rows.
        path: Parquet file to write.

    Returns:
        The numbers of rows, and files that cannot be read.
    """
    types = _types(one, config.data_config.key_fields)
    counts = RowCounts()
    findings: list[Finding] = []
    used = 0

    def failed(file: str, error: DataError) -> None:
        findings.append(Finding(ERROR, "schema", one.name, str(error)))

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal used
        readable = set(one.files)
        asked = {place: file for place, file in enumerate(one.all_files) if file in readable}
        for rows in judge_rows(config, one.name, asked, list(types), counts, bad_rows.add, failed):
            used += len(rows.index)
            yield _batch(rows, types, one.schema)

    bad_rows.begin(one.name)
    keys = [name for name in config.data_config.key_fields if name in types]
    hashes = f"{_hash(types)} AS {quoted(ROW_HASH)}, {_hash(keys) if keys else 'NULL'} AS {quoted(KEY_HASH)}"
    engine.run_over(
        batches(),
        pa.schema(list(types.items())),
        f"COPY (SELECT *, {hashes} FROM batches) TO {text(str(path))} (FORMAT parquet)",
    )
    for at, row_filter in enumerate(one.schema.filters):
        if values := counts.unseen.get(at):
            findings.append(Finding(WARNING, "filters", one.name, unseen_told(row_filter, values, at == 0)))
    bad = counts.dropped.total()
    return Part(one.name, len(one.all_files), _rules(config, one), counts.read, counts.filtered, bad, used), findings


def _hash(names: Iterable[str]) -> str:
    return f"hash({', '.join(quoted(name) for name in names)})"


def _rules(config: PipelineConfig, one: Pass) -> str:
    """Returns the filters and the holdout of a pass, in words."""
    data = config.data_config
    rules = [filter_as_text(item) for item in filters_of(data, one.name)]
    if has_holdout(data) and one.name != EVALUATE:
        by = f" by {data.holdout_by}" if data.holdout_by else ""
        what = f"from {data.holdout_from}" if data.holdout_from else f"of {data.holdout_fraction:g}"
        rules.append(f"{'without' if one.name == TRAIN else 'only'} the holdout {what}{by}")
    return "; ".join(rules) or "all rows"


def _types(one: Pass, keys: Sequence[str]) -> dict[str, pa.DataType]:
    """Returns the columns that are kept for DuckDB, with their types: those that all files have, or have a default."""
    schema = one.schema
    read = schema.dtypes()
    in_all = [set(schema.of_files(file.types)) for file in one.schemas]
    names = [*schema.read_names(), *keys, *(name for file in one.schemas for name in schema.of_files(file.types))]
    types: dict[str, pa.DataType] = {}
    lowered: dict[str, str] = {}
    stored = _stored_types(one)
    for name in dict.fromkeys(names):
        column = schema.column(name)
        is_there = all(name in file for file in in_all)
        if not is_there and (column is None or not column.has_default):
            continue
        # The first column of a table that pandas wrote; DuckDB knows no such name, and no config reads it.
        if not name:
            continue
        if lowered.setdefault(name.lower(), name) != name:
            if name in read:
                raise DataError(f'two columns are called "{name}" but for capitals; rename one of them')
            continue
        if name in read:
            types[name] = _for_duckdb(DTYPES[read[name]].arrow)
        elif FORMATS[schema.input_type].types is None:
            if schema.input_type not in OF_MESSAGES:
                types[name] = pa.large_string()
        elif all(kind_of(_plain_type(kind)) != OTHER for kind in stored.get(name, ())):
            found = stored.get(name, {pa.large_string()})
            types[name] = _for_duckdb(_plain_type(next(iter(found)))) if len(found) == 1 else pa.large_string()
    return types


def _stored_types(one: Pass) -> dict[str, set[pa.DataType]]:
    types_of = FORMATS[one.schema.input_type].types
    found: dict[str, set[pa.DataType]] = {}
    for file in one.files if types_of is not None else ():
        assert types_of is not None
        for name, kind in types_of(file).items():
            (known,) = one.schema.of_files([name])
            found.setdefault(known, set()).add(kind)
    return found


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _for_duckdb(kind: pa.DataType) -> pa.DataType:
    is_bytes = pa.types.is_large_binary(kind) or pa.types.is_binary(kind)
    return pa.large_string() if is_bytes or pa.types.is_string(kind) else kind


def _batch(rows: Rows, types: dict[str, pa.DataType], schema: Schema) -> pa.RecordBatch:
    """Returns rows as training has them, with nulls where a cell was missing."""
    assert rows.kept is not None
    settled = {*schema.labels, *schema.weights}
    arrays = []
    for name, kind in types.items():
        raw = rows.kept.column(name)
        array = rows.columns.get(name)
        if array is None:
            arrays.append(_cast(plain(raw), kind))
            continue
        array = array if isinstance(array, pa.Array) else pa.array(array)
        if name not in settled:
            array = pc.if_else(_is_there(raw), array, pa.scalar(None, array.type))
        arrays.append(_cast(array, kind))
    return pa.RecordBatch.from_arrays(arrays, list(types))


def _is_there(raw: pa.Array) -> pa.BooleanArray:
    is_bytes = pa.types.is_large_binary(raw.type) or pa.types.is_binary(raw.type)
    # An empty cell of a CSV file.
    return pc.fill_null(pc.greater(pc.binary_length(raw), 0), False) if is_bytes else raw.is_valid()


def _cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if array.type == kind:
        return array
    try:
        return array.cast(kind)
    except pa.ArrowInvalid:
        # Bytes that are no text, in a column that nothing reads.
        cells = (None if cell is None else cell.decode("utf-8", "backslashreplace") for cell in array.to_pylist())
        return pa.array(list(cells), kind)

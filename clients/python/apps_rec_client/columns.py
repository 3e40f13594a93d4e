"""Conversion of a caller's rows to columns of plain values, with their mistakes."""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from apps_rec_client.schema import Column, Schema

# Columns by name, of one length, or a dict for each row.
Rows = Mapping[str, Sequence[Any] | np.ndarray] | Sequence[Mapping[str, Any]]
Weights = Mapping[str, float] | Sequence[float] | np.ndarray
Columns = dict[str, list[Any]]
_ABSENT = object()
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class _Kind:
    words: str
    types: tuple[type, ...]
    low: float | None = None
    high: float | None = None


def _number(bits: type[np.floating]) -> _Kind:
    largest = float(np.finfo(bits).max)
    return _Kind(f"a number of {np.finfo(bits).bits} bits", (int, float), -largest, largest)


_KINDS = {
    "DT_STRING": _Kind("a text (bytes, or a str that UTF-8 can hold)", (str, bytes)),
    "DT_INT32": _Kind("a whole number of 32 bits", (int,), -(2**31), 2**31 - 1),
    "DT_INT64": _Kind("a whole number of 64 bits", (int,), -(2**63), 2**63 - 1),
    "DT_FLOAT": _number(np.float32),
    "DT_DOUBLE": _number(np.float64),
    "DT_BOOL": _Kind("True or False", (bool,)),
}


def take_rows(rows: Rows, expected: Sequence[Column], schema: Schema, where: str, mistakes: list[str]) -> Columns:
    """Returns the columns of rows as lists of plain values, `[N]` each; complete only where there are no mistakes.

    Args:
        rows: the expected columns, no fewer and no others.
        expected: some of the schema's columns.
        schema: schema of the export.
        where: the caller's word for the rows.
        mistakes: list that gets a line for each mistake.
    """
    columns = _by_column(rows, expected, where, mistakes)
    if columns is None:
        return {}
    mistakes += _wrong_names(columns, expected, schema, where)
    taken: Columns = {}
    for column in expected:
        if column.name not in columns:
            continue
        name, values = f'{where}["{column.name}"]', columns[column.name]
        if not _is_list(values):
            mistakes.append(f"{name}: expected a list of values, got {_shown(values)}")
            continue
        taken[column.name] = _plain(values)
        place = _first_wrong(taken[column.name], column)
        if place is not None:
            mistakes.append(_expected(f"{name}[{place}]", column, taken[column.name][place]))
    lengths = {name: len(values) for name, values in taken.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        mistakes.append(f"{where}: expected columns of one length, got {listed}")
    return taken


def take_row(
    row: Mapping[str, Any], expected: Sequence[Column], schema: Schema, where: str, mistakes: list[str]
) -> Columns:
    """Does the same as `take_rows` for a single row, given as values by name: columns `[1]`."""
    if not isinstance(row, Mapping):
        mistakes.append(f"{where}: expected a dict of values by column, got {_shown(row)}")
        return {}
    mistakes += _wrong_names(row, expected, schema, where)
    taken: Columns = {}
    for column in expected:
        if column.name in row:
            taken[column.name] = _plain([row[column.name]])
            if _first_wrong(taken[column.name], column) is not None:
                mistakes.append(_expected(f'{where}["{column.name}"]', column, row[column.name]))
    return taken


def take_weights(weights: Weights | None, schema: Schema, mistakes: list[str]) -> list[Any]:
    """Returns the weights of the score's terms, in the terms' order; the config's where `weights` is None."""
    outputs = list(schema.weights)
    if weights is None:
        return list(schema.weights.values())
    if isinstance(weights, Mapping):
        if set(weights) != set(outputs):
            mistakes.append(f"weights: expected one for each of {_listed(outputs)}, got {_listed(weights)}")
            return []
        weights = [weights[output] for output in outputs]
    if not _is_list(weights) or len(weights) != len(outputs):
        mistakes.append(f"weights: expected {len(outputs)} of them ({_listed(outputs)}), got {_shown(weights)}")
        return []
    taken, kind = _plain(weights), _KINDS["DT_FLOAT"]
    for output, value in zip(outputs, taken, strict=True):
        if not _has_type(type(value), kind) or not _fits(value, kind) or not math.isfinite(value):
            mistakes.append(f'weights["{output}"]: expected a finite number of 32 bits, got {_shown(value)}')
    return taken


def _by_column(rows: Rows, expected: Sequence[Column], where: str, mistakes: list[str]) -> Mapping[str, Any] | None:
    if isinstance(rows, Mapping):
        return rows
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        mistakes.append(f"{where}: expected a dict of columns or a list of dicts, got {_shown(rows)}")
        return None
    for place, row in enumerate(rows):
        if not isinstance(row, Mapping):
            mistakes.append(f"{where}[{place}]: expected a dict of values by column, got {_shown(row)}")
            return None
    names = dict.fromkeys(name for row in rows for name in row) if rows else [column.name for column in expected]
    return {name: [row.get(name, _ABSENT) for row in rows] for name in names}


def _wrong_names(given: Iterable[str], expected: Sequence[Column], schema: Schema, where: str) -> list[str]:
    given, names = list(given), [column.name for column in expected]
    missing = [
        f'{where}: column "{column.name}" is missing: expected {_KINDS[column.dtype].words}; '
        f"the export takes {column.default!r} for a value that is not known"
        for column in expected
        if column.name not in given
    ]
    return missing + [f"{where}: {_why_not(name, names, schema)}" for name in given if name not in names]


def _why_not(name: str, names: Sequence[str], schema: Schema) -> str:
    if name in schema.filled:
        return f'column "{name}" is filled by the export with its default; leave it out'
    for column in schema.columns:
        if column.name == name:
            return f'column "{name}" is of the {column.side}: it goes with the {column.goes_with}'
    near = get_close_matches(str(name), names, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    return f'unknown column "{name}"; expected {_listed(names)}.{hint}'


def _first_wrong(values: Sequence[Any], column: Column) -> int | None:
    """Returns the place of the first value of another type, or of more bits; None where there is none."""
    kind = _KINDS[column.dtype]
    has_type = {found: _has_type(found, kind) for found in set(map(type, values))}
    for place, value in enumerate(values):
        if not has_type[type(value)] or not _fits(value, kind):
            return place
    return None


def _expected(where: str, column: Column, got: Any) -> str:
    return f"{where}: expected {_KINDS[column.dtype].words}, got {_shown(got)}"


def _has_type(found: type, kind: _Kind) -> bool:
    # Python counts True among the whole numbers.
    return issubclass(found, kind.types) and (found is not bool or bool in kind.types)


def _fits(value: Any, kind: _Kind) -> bool:
    if isinstance(value, str):
        return value.isascii() or _SURROGATE.search(value) is None
    if kind.low is None or kind.high is None or kind.low <= value <= kind.high:
        return True
    # nan and infinity count as missing in the export.
    return isinstance(value, float) and not math.isfinite(value)


def _is_list(values: Any) -> bool:
    if isinstance(values, np.ndarray):
        return values.ndim > 0
    return isinstance(values, Sequence) and not isinstance(values, str | bytes)


def _plain(values: Iterable[Any]) -> list[Any]:
    """Turns numpy's values into Python's."""
    listed = values.tolist() if isinstance(values, np.ndarray) else values
    return [value.item() if isinstance(value, np.generic) else value for value in listed]


def _shown(value: Any) -> str:
    return "nothing" if value is _ABSENT else f"{reprlib.repr(value)} ({type(value).__name__})"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(str, names)) or "nothing"

"""Reads assets/proof.json, the rows that prove an export, and checks every field."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from apps_rec.data import Column
from apps_rec.data.dtypes import DTYPES, REAL, WHOLE
from apps_rec.errors import RunError
from apps_rec.serving.json_asset import (
    a_bool,
    a_list,
    a_number,
    a_text,
    a_whole_number,
    an_object,
    fields_of,
    read_json_object,
    wrong,
)
from apps_rec.serving.schema import ServingSchema

_MOST_ROWS = 10_000
_FLOAT, _DOUBLE = float(np.finfo(np.float32).max), float(np.finfo(np.float64).max)
_FIELDS = ["rows", "source", "outputs", "users", "weights", "ranked", "tolerance", "score_difference"]


def read_proof(path: Path, schema: ServingSchema, most_tolerance: float) -> dict[str, Any]:
    """Returns the fields of `apps_rec.serving.parity.golden.Golden`.

    Args:
        path: path of the file.
        schema: schema of the export.
        most_tolerance: largest tolerance that the file may ask for.

    Raises:
        RunError: the file is not there, or a field is wrong; the text names file and field.
    """
    try:
        kept = read_json_object(path)
    except FileNotFoundError:
        raise RunError(f"{path}, the rows that prove an export, is not there. Export again") from None
    with fields_of(path):
        return _checked({"score_difference": None, **kept}, schema, most_tolerance)


def _checked(kept: dict[str, Any], schema: ServingSchema, most_tolerance: float) -> dict[str, Any]:
    an_object(kept, "the file", _FIELDS)
    stored = an_object(kept["rows"], "rows", [column.name for column in schema.columns])
    first = a_list(stored[schema.columns[0].name], f"rows.{schema.columns[0].name}", 1, _MOST_ROWS)
    count = len(first)
    rows = {column.name: _cells(stored[column.name], f"rows.{column.name}", column, count) for column in schema.columns}
    users = [
        a_whole_number(user, f"users[{i}]", 0, count - 1)
        for i, user in enumerate(a_list(kept["users"], "users", 1, count))
    ]
    ranked_names = [name for name in schema.rank_outputs if name != "order"]
    ranked = a_list(kept["ranked"], "ranked", len(users), len(users))
    terms = len(schema.terms)
    return {
        "rows": rows,
        "source": a_text(kept["source"], "source"),
        "outputs": _outputs(kept["outputs"], "outputs", list(schema.outputs), count, schema.widths),
        "users": users,
        "weights": [
            a_number(weight, f"weights[{i}]", -_FLOAT, _FLOAT)
            for i, weight in enumerate(a_list(kept["weights"], "weights", terms, terms))
        ],
        "ranked": [_outputs(one, f"ranked[{i}]", ranked_names, count, {}) for i, one in enumerate(ranked)],
        "tolerance": a_number(kept["tolerance"], "tolerance", 0, most_tolerance),
        "score_difference": None
        if kept["score_difference"] is None
        else [
            a_number(value, f"score_difference[{i}]", 0, _DOUBLE)
            for i, value in enumerate(a_list(kept["score_difference"], "score_difference", 2, 2))
        ],
    }


def _outputs(value: Any, where: str, names: list[str], count: int, widths: Mapping[str, int]) -> dict[str, list[Any]]:
    outputs = an_object(value, where, names)
    return {
        name: [
            _numbers(number, f"{where}.{name}[{i}]", widths.get(name))
            for i, number in enumerate(a_list(outputs[name], f"{where}.{name}", count, count))
        ]
        for name in names
    }


def _numbers(value: Any, where: str, width: int | None) -> Any:
    """Returns a number, or a list of `width` numbers."""
    if width is None:
        return a_number(value, where, -_DOUBLE, _DOUBLE)
    return [
        a_number(one, f"{where}[{k}]", -_DOUBLE, _DOUBLE) for k, one in enumerate(a_list(value, where, width, width))
    ]


def _cells(value: Any, where: str, column: Column, count: int) -> list[Any]:
    return [_cell(cell, f"{where}[{i}]", column) for i, cell in enumerate(a_list(value, where, count, count))]


def _cell(cell: Any, where: str, column: Column) -> Any:
    if column.dtype == "STRING":
        return a_text(cell, where).encode()
    if column.dtype == "BOOL":
        return a_bool(cell, where)
    dtype = DTYPES[column.dtype]
    if dtype.kind == WHOLE:
        return a_whole_number(cell, where, *dtype.range)
    if dtype.kind == REAL:
        largest = _FLOAT if column.dtype == "FLOAT" else _DOUBLE
        a_number(cell, where, -largest, largest)
        return cell
    raise wrong(where, f"a value of type {column.dtype}", cell)

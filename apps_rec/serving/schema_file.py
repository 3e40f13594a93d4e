"""Checks assets/schema.json, by which callers build their requests, against the config of the export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from apps_rec.errors import RunError
from apps_rec.serving.json_asset import WrongFieldError, fields_of, read_json_object, shown
from apps_rec.serving.schema import ServingSchema


def check_schema_file(path: Path, schema: ServingSchema) -> None:
    """Raises RunError unless the file agrees with the schema. The text names the field that differs."""
    try:
        there = read_json_object(path)
    except FileNotFoundError:
        raise RunError(f"{path}, which requests are built by, is not there. Export again") from None
    with fields_of(path):
        _check_equal(there, schema.to_json(), "")


def _check_equal(there: Any, expected: Any, where: str) -> None:
    if isinstance(expected, dict) and isinstance(there, dict):
        for name in {**expected, **there}:
            place = f"{where}.{name}" if where else name
            if name not in expected:
                raise WrongFieldError(f"{place if place.isprintable() else ascii(place)}: is no field of a schema")
            if name not in there and expected[name] is not None:
                raise WrongFieldError(f"{place}: expected {shown(expected[name])}, got nothing")
            _check_equal(there.get(name), expected[name], place)
    elif isinstance(expected, list) and isinstance(there, list) and len(expected) == len(there):
        for i, (ours, theirs) in enumerate(zip(expected, there, strict=True)):
            _check_equal(theirs, ours, f"{where}[{i}]")
    elif type(there) is not type(expected) or there != expected:
        raise WrongFieldError(
            f"{where}: expected {shown(expected)}, as the config of the export has it, got {shown(there)}"
        )

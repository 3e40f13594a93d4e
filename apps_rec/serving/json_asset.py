"""Reads JSON files of an export as files of strangers: small, whole, each field of its type and in its range."""

from __future__ import annotations

import math
import os
import reprlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apps_rec.errors import RunError
from apps_rec.json_text import read_json

MOST_BYTES = 64 << 20


def check_regular(path: Path, most_bytes: int) -> None:
    """Raises RunError unless a path is a regular file of at most `most_bytes` bytes.

    Raises:
        FileNotFoundError: there is no such file.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise RunError(f"{path}: expected a regular file. Export again")
    if status.st_size > most_bytes:
        raise RunError(f"{path}: expected at most {most_bytes:,} bytes, got {status.st_size:,}. Export again")


def read_json_object(path: Path) -> dict[str, Any]:
    """Returns the object of a JSON file, see `apps_rec.json_text.read_json`.

    Raises:
        FileNotFoundError: there is no such file.
        RunError: it cannot be read, or holds no object.
    """
    check_regular(path, MOST_BYTES)
    try:
        with path.open("rb") as file:
            value = read_json(file.read(MOST_BYTES + 1))
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: expected JSON: {error}. Export again") from error
    if not isinstance(value, dict):
        raise RunError(f"{path}: expected an object, got {shown(value)}. Export again")
    return value


def shown(value: Any) -> str:
    """Returns a value as a message shows it, short and without control characters."""
    text = reprlib.repr(value)
    return text if text.isprintable() else ascii(text)


class WrongFieldError(ValueError):
    """A field is wrong. The text names the field, the expectation and the value that came."""


@contextmanager
def fields_of(path: Path) -> Iterator[None]:
    """Turns the WrongFieldError of a block into a RunError that names the file."""
    try:
        yield
    except WrongFieldError as error:
        raise RunError(f"{path}: {error}. Export again") from None


def wrong(where: str, expected: str, value: Any) -> WrongFieldError:
    """Returns the error to raise for a field."""
    return WrongFieldError(f"{where}: expected {expected}, got {shown(value)}")


def an_object(value: Any, where: str, names: list[str]) -> dict[str, Any]:
    """Returns the value as an object, which must have these names and no others."""
    if not isinstance(value, dict):
        raise wrong(where, "an object", value)
    for name in names:
        if name not in value:
            raise WrongFieldError(f"{where}: has no {shown(name)}")
    for name in value:
        if name not in names:
            raise WrongFieldError(f"{where}: has {shown(name)}, expected no more than {', '.join(names)}")
    return value


def a_list(value: Any, where: str, least: int, most: int) -> list[Any]:
    """Returns the value as a list, which must have `least` to `most` values."""
    if not isinstance(value, list) or not least <= len(value) <= most:
        count = str(least) if least == most else f"{least} to {most}"
        got = f"{len(value)}" if isinstance(value, list) else shown(value)
        raise WrongFieldError(f"{where}: expected a list of {count} values, got {got}")
    return value


def a_number(value: Any, where: str, least: float, most: float) -> float:
    """Returns the value as a number, which must be finite and within bounds."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= value <= most or not math.isfinite(value):
        raise wrong(where, f"a number from {least:g} to {most:g}", value)
    return float(value)


def a_whole_number(value: Any, where: str, least: int, most: int) -> int:
    """Returns the value as a whole number, which must be within bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise wrong(where, f"a whole number from {least} to {most}", value)
    return value


def a_text(value: Any, where: str) -> str:
    """Returns the value as a text, which it must be."""
    if not isinstance(value, str):
        raise wrong(where, "a text", value)
    return value


def a_bool(value: Any, where: str) -> bool:
    """Returns the value as a bool, which it must be."""
    if not isinstance(value, bool):
        raise wrong(where, "true or false", value)
    return value

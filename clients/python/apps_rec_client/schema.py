"""Inputs and outputs of an export, read from its assets/schema.json."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps_rec_client.errors import SchemaError

DTYPES = ("DT_INT32", "DT_INT64", "DT_STRING", "DT_FLOAT", "DT_DOUBLE", "DT_BOOL")
SIDES = ("user", "item", "context")
_MOST_BYTES = 64 << 20
_MOST_WIDE = 1_000_000
_LARGEST_WEIGHT = 3.4028234663852886e38


@dataclass(frozen=True)
class Column:
    """A column of a request.

    Attributes:
        name: name of the column.
        dtype: one of `DTYPES`.
        side: "user", "item" or "context".
        default: value that the export takes for a missing one.
    """

    name: str
    dtype: str
    side: str
    default: Any

    @property
    def goes_with(self) -> str:
        """Returns the part of a request to rank that holds the column: "user" or "items"."""
        return "items" if self.side == "item" else "user"


@dataclass(frozen=True)
class Stack:
    """An input of rank_packed: columns side by side.

    Attributes:
        name: name of the input.
        as_text: whether the values are texts; else they are doubles.
        columns: its columns, from left to right.
    """

    name: str
    as_text: bool
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Schema:
    """Inputs of an export's signatures.

    Attributes:
        columns: columns that requests hold.
        filled: names of columns that no request holds, since the export takes their default in every row.
        stacks: inputs of rank_packed, without the weights.
        weights: weights of the score's terms, by output, in the terms' order.
        outputs: names of outputs, by signature, where the schema gives them.
        widths: how many numbers a row those outputs hold that hold more than one, such as one for each class.
    """

    columns: tuple[Column, ...]
    filled: frozenset[str]
    stacks: tuple[Stack, ...]
    weights: Mapping[str, float]
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)

    @property
    def shared(self) -> tuple[Column, ...]:
        """Returns the columns of the user and the context."""
        return tuple(column for column in self.columns if column.goes_with == "user")

    @property
    def items(self) -> tuple[Column, ...]:
        """Returns the columns of the items."""
        return tuple(column for column in self.columns if column.goes_with == "items")


def read_schema(source: str | os.PathLike[str] | Mapping[str, Any]) -> Schema:
    """Reads the schema of an export.

    Args:
        source: path of its assets/schema.json, or the object in that file.

    Raises:
        SchemaError: the file cannot be read, or is not a schema.
    """
    where = "schema" if isinstance(source, Mapping) else os.fspath(source)
    try:
        return _parsed(source if isinstance(source, Mapping) else json.loads(_text_of(Path(source))))
    except RecursionError:
        reason: object = "its brackets are too deep to read"
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else error
    raise SchemaError(f"{where}: expected the assets/schema.json of an export of apps_rec; {reason}")


def _text_of(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError(f"it is larger than {_MOST_BYTES >> 20} MiB")
    return data.decode()


def _parsed(described: Any) -> Schema:
    if not isinstance(described, Mapping):
        raise ValueError(f"it holds no object, but a {type(described).__name__}")
    columns = {entry["name"]: _column(entry) for entry in described["columns"]}
    if len(columns) < len(described["columns"]):
        raise ValueError("a column stands there twice")
    filled = frozenset(_text(entry["name"], "name") for entry in described["filled_with_default"])
    stacks = tuple(
        Stack(entry["name"], _stack_type(entry) == "DT_STRING", tuple(columns[name] for name in entry["columns"]))
        for entry in described["signatures"]["rank_packed"]["inputs"]
        if entry["name"] != "weights"
    )
    stacked = [column for stack in stacks for column in stack.columns]
    if sorted(column.name for column in stacked) != sorted(columns):
        raise ValueError("the inputs of rank_packed do not hold each column once")
    if any(len({column.goes_with for column in stack.columns}) != 1 for stack in stacks):
        raise ValueError("an input of rank_packed holds columns of no side, or of the items and others")
    if not any(column.goes_with == "items" for column in stacked):
        raise ValueError("it has no column of the items")
    return Schema(
        columns=tuple(columns.values()),
        filled=filled,
        stacks=stacks,
        weights={_text(term["output"], "output"): _weight(term["weight"]) for term in described["score"]["terms"]},
        outputs={
            name: tuple(_text(output["name"], "name") for output in signature["outputs"])
            for name, signature in described["signatures"].items()
            if "outputs" in signature
        },
        widths={
            output["name"]: _width(output["shape"])
            for signature in described["signatures"].values()
            for output in signature.get("outputs", ())
            if len(output.get("shape", ())) > 1
        },
    )


def _width(shape: Any) -> int:
    if (
        not isinstance(shape, list)
        or len(shape) != 2
        or not isinstance(shape[1], int)
        or not 0 < shape[1] <= _MOST_WIDE
    ):
        raise ValueError(f"an output has the shape {shape!r}, expected rows, or rows and a number of 1 or more")
    return shape[1]


def _column(entry: Any) -> Column:
    name = _text(entry["name"], "name")
    if entry["dtype"] not in DTYPES:
        raise ValueError(f'column "{name}" has the type {entry["dtype"]}, which this version does not know')
    if entry["side"] not in SIDES:
        raise ValueError(f'column "{name}" is of the side {entry["side"]!r}, expected one of {", ".join(SIDES)}')
    return Column(name, entry["dtype"], entry["side"], entry["default"])


def _stack_type(entry: Any) -> str:
    _text(entry["name"], "name")
    if entry["dtype"] not in ("DT_STRING", "DT_DOUBLE"):
        raise ValueError(f"an input of rank_packed has the type {entry['dtype']!r}, expected DT_STRING or DT_DOUBLE")
    return str(entry["dtype"])


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a {what} is {value!r}, expected a text")
    return value


def _weight(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST_WEIGHT:
        raise ValueError(f"a weight is {value!r}, expected a finite number of 32 bits")
    return value

"""What an export takes and gives: its assets/schema.json, read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps_rec_client.errors import SchemaError

DTYPES = ("DT_INT32", "DT_INT64", "DT_STRING", "DT_FLOAT", "DT_DOUBLE", "DT_BOOL")


@dataclass(frozen=True)
class Column:
    """A column of a request.

    Attributes:
        name: of the column.
        dtype: one of `DTYPES`.
        side: user, item or context.
        default: what the export takes for a missing value.
    """

    name: str
    dtype: str
    side: str
    default: Any

    @property
    def goes_with(self) -> str:
        """What a request to rank holds the column with: user or items."""
        return "items" if self.side == "item" else "user"


@dataclass(frozen=True)
class Stack:
    """An input of rank_packed: columns side by side.

    Attributes:
        name: of the input.
        as_text: whether the values are texts; else they are doubles.
        columns: from left to right.
    """

    name: str
    as_text: bool
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Schema:
    """Inputs of an export's signatures.

    Attributes:
        columns: that requests hold.
        filled: names of columns that no request holds, as the export takes their default in every row.
        stacks: inputs of rank_packed, weights aside.
        weights: of the score's terms, by output, in their order.
    """

    columns: tuple[Column, ...]
    filled: frozenset[str]
    stacks: tuple[Stack, ...]
    weights: Mapping[str, float]

    @property
    def shared(self) -> tuple[Column, ...]:
        """Columns of the user and the context."""
        return tuple(column for column in self.columns if column.goes_with == "user")

    @property
    def items(self) -> tuple[Column, ...]:
        """Columns of the items."""
        return tuple(column for column in self.columns if column.goes_with == "items")


def read_schema(source: str | os.PathLike[str] | Mapping[str, Any]) -> Schema:
    """The schema of an export.

    Args:
        source: path of its assets/schema.json, or what lies in that file.

    Raises:
        SchemaError: the file cannot be read, or is no schema.
    """
    where = "schema" if isinstance(source, Mapping) else os.fspath(source)
    try:
        described = source if isinstance(source, Mapping) else json.loads(Path(source).read_text(encoding="utf-8"))
        return _parsed(described)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else error
        raise SchemaError(f"{where}: expected the assets/schema.json of an export of apps_rec; {reason}") from error


def _parsed(described: Any) -> Schema:
    if not isinstance(described, Mapping):
        raise ValueError(f"it holds no object, but a {type(described).__name__}")
    columns = {
        entry["name"]: Column(entry["name"], entry["dtype"], entry["side"], entry["default"])
        for entry in described["columns"]
    }
    for column in columns.values():
        if column.dtype not in DTYPES:
            raise ValueError(f'column "{column.name}" has the type {column.dtype}, which this version does not know')
    return Schema(
        columns=tuple(columns.values()),
        filled=frozenset(entry["name"] for entry in described["filled_with_default"]),
        stacks=tuple(
            Stack(entry["name"], entry["dtype"] == "DT_STRING", tuple(columns[name] for name in entry["columns"]))
            for entry in described["signatures"]["rank_packed"]["inputs"]
            if entry["name"] != "weights"
        ),
        weights={term["output"]: term["weight"] for term in described["score"]["terms"]},
    )

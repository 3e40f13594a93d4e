"""Columns of the data: TorchEasyRec finds them in the files, here they are named with their types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps_rec.config.report import Report
from apps_rec.protos.data_pb2 import DataConfig

# What a column is read as: a text or a list, one id, a whole number that is an id, a number, a label of 0 or 1, or a
# value of any type, such as a user.
TEXT, ID, WHOLE_ID, NUMBER, LABEL, ANY = "text", "id", "whole id", "number", "label", "any"
_SHORT = {"BIGINT": "INT64", "INT": "INT32"}


@dataclass
class _Column:
    path: str
    reads: set[str] = field(default_factory=set)
    default: str | None = None


class Columns:
    """The columns that a config reads, in the order in which they are first named.

    Args:
        data: TorchEasyRec's data_config.
        report: receiver of mistakes.
    """

    def __init__(self, data: Any, report: Report) -> None:
        self._data, self._report = data, report
        self._columns: dict[str, _Column] = {}
        self._declared: dict[str, str | None] = {}
        for at, given in enumerate(data.input_fields):
            kind = given.DESCRIPTOR.fields_by_name["input_type"].enum_type.values[given.input_type].name
            self._declare(given.input_name, kind if given.HasField("input_type") else None, f"[{at}]")
        for piece in filter(None, (piece.strip() for piece in data.input_fields_str.split(";"))):
            name, _, kind = piece.partition(":")
            self._declare(name, _SHORT.get(kind.upper(), kind.upper()) or None, "_str")

    def _declare(self, name: str, kind: str | None, place: str) -> None:
        known = {"INT32", "INT64", "STRING", "FLOAT", "DOUBLE", None}
        if kind not in known and not (kind or "").startswith("ARRAY_"):
            self._report.error(f"data_config.input_fields{place}", f'"{kind}" is no type of a column here.')
        self._declared[name] = kind

    @property
    def names(self) -> set[str]:
        """Returns the names of the columns."""
        return {*self._declared, *self._columns}

    def is_list(self, name: str) -> bool:
        """Tells whether a column is declared as one of lists."""
        return (self._declared.get(name) or "").startswith("ARRAY_")

    def add(self, name: str, reads: str, path: str, default: str | None = None) -> None:
        """Notes that a part of the config reads a column.

        Args:
            name: the column.
            reads: what it is read as.
            path: path of that part in TorchEasyRec's config.
            default: what an empty cell becomes; None: what it becomes without a default_val.
        """
        known = self._columns.setdefault(name, _Column(path))
        known.reads.add(reads)
        if default is None:
            return
        if known.default is not None and known.default != default:
            text = f'the column "{name}" is read with another default too, "{known.default}"'
            self._report.error(path, f"{text} ({self._report.line(known.path)}); expected one of them.")
        known.default = default

    def write(self, ours: DataConfig) -> None:
        """Writes input_fields: those that are declared, in their order, then the others that are read."""
        by_place = self._data.dataset_type == _csv(self._data) and not self._data.with_header
        if by_place and not self._declared:
            text = "input_fields is missing: without with_header, it names the columns of CSV files in their order."
            self._report.error("data_config", text)
            return
        for name, column in self._columns.items():
            if by_place and name not in self._declared:
                text = f'no column is called "{name}"; input_fields names those of CSV files without a header.'
                self._report.error(column.path, text)
        for name in dict.fromkeys((*self._declared, *self._columns)):
            kind = self._kind(name)
            at = len(ours.input_fields)
            added = ours.input_fields.add(input_name=name, input_type=DataConfig.FieldType.Value(kind))
            path = self._columns[name].path if name in self._columns else "data_config"
            self._report.places.origins[f"data_config.input_fields[{at}]"] = (path, False)
            default = self._columns[name].default if name in self._columns else None
            if (
                default is None
                and name in self._columns
                and kind in ("INT32", "INT64")
                and self._columns[name].reads <= {WHOLE_ID, ANY}
            ):
                # No id, so that an empty cell is not taken for id 0.
                default = "-1"
            if default:
                added.default_val = default

    def _kind(self, name: str) -> str:
        declared, reads = self._declared.get(name), self._columns[name].reads if name in self._columns else set()
        if declared is not None:
            return "STRING" if declared.startswith("ARRAY_") else declared
        if TEXT in reads or not reads:
            return "STRING"
        if LABEL in reads:
            return "INT32"
        if WHOLE_ID in reads or {ID, NUMBER} <= reads:
            return "INT64"
        return "FLOAT" if NUMBER in reads else "STRING"


def _csv(data: Any) -> int:
    enum = data.DESCRIPTOR.fields_by_name["dataset_type"].enum_type
    return int(enum.values_by_name["CsvDataset"].number)

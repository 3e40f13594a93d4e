"""Checks of the rows of each pass over the data: bounds of filters, the holdout, passes that share rows."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps_rec.config.checks.context import INTEGERS, Context
from apps_rec.config.checks.rows.data import check_bound
from apps_rec.config.checks.rows.words import parses
from apps_rec.config.files.dates import days_of
from apps_rec.config.passes import EVALUATE, TRAIN, VALIDATE, filters_of, has_holdout, input_field
from apps_rec.errors import ConfigError
from apps_rec.protos.data_pb2 import DataConfig

_PATH = "data_config"
# Number of values that a warning shows.
_SHOWN = 5
_NAMES = {TRAIN: "training", VALIDATE: "the choice of a checkpoint", EVALUATE: "evaluate"}


def check_passes(context: Context) -> None:
    """Reports filters and holdouts that leave no rows or cannot be applied; warns of passes that share rows."""
    _holdout(context)
    _row_filters(context)
    _shared(context)


def _holdout(context: Context) -> None:
    data, report = context.config.data_config, context.report
    if not data.holdout_by:
        if data.holdout_from:
            report.missing(f"{_PATH}.holdout_from", "holdout_by", "the column that holdout_from is a value of")
        return
    path = f"{_PATH}.holdout_by"
    if data.holdout_from and data.holdout_fraction:
        text = "expected holdout_fraction, a share of the values of holdout_by, or holdout_from, the latest; got both."
        report.error(f"{_PATH}.holdout_from", text)
    elif not has_holdout(data) and not report.any_broken(_PATH, "holdout_fraction", "holdout_from"):
        report.error(path, "needs holdout_fraction, a share of its values, or holdout_from, such as a date.")
    column = context.column(path, data.holdout_by)
    if column is None:
        return
    kind = DataConfig.FieldType.Name(column.input_type)
    if data.holdout_from:
        check_bound(context, f"{_PATH}.holdout_from", data.holdout_from, column)
    elif column.input_type not in (*INTEGERS, DataConfig.STRING):
        report.error(path, f'rows are grouped by ids or words: expected STRING, INT32 or INT64, "{kind}" came.')


@dataclass
class _Admitted:
    """Values of one column that some filters let through."""

    kept: set[Any] | None = None
    dropped: frozenset[Any] = frozenset()
    low: Any = None
    high: Any = None

    def narrow(self, given: DataConfig.RowFilter, column: DataConfig.Field) -> None:
        """Applies one more filter."""
        if given.keep:
            values = {_value(text, column) for text in given.keep}
            self.kept = values if self.kept is None else self.kept & values
        self.dropped |= {_value(text, column) for text in given.drop}
        if given.HasField("from"):
            low = _value(getattr(given, "from"), column)
            self.low = low if self.low is None else max(self.low, low)
        if given.HasField("to"):
            high = _value(given.to, column)
            self.high = high if self.high is None else min(self.high, high)

    @property
    def is_empty(self) -> bool:
        """Tells whether no value is left."""
        if self.low is not None and self.high is not None and not self.low < self.high:
            return True
        return self.kept is not None and not any(map(self._has, self.kept - self.dropped))

    def told(self) -> str:
        """Returns the values that are left, as a config writes them; "" where any may be, but for some."""
        if self.kept is not None:
            values = sorted(value for value in self.kept - self.dropped if self._has(value))
            more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
            return ", ".join(map(_text, values[:_SHOWN])) + more
        bounds = (("from", self.low), ("to", self.high))
        return " ".join(f"{name}: {_text(bound)}" for name, bound in bounds if bound is not None)

    def _has(self, value: Any) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value < self.high)


def _value(text: str, column: DataConfig.Field) -> Any:
    """Returns the value of a text that parses; it compares like the values of the column."""
    if column.input_type == DataConfig.STRING:
        return text.encode("utf-8", "surrogatepass")
    if column.input_type == DataConfig.BOOL:
        return text.strip().lower() in ("true", "1")
    return int(text) if column.input_type in INTEGERS else float(text)


def _text(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return f'"{str(text).lower() if isinstance(text, bool) else text}"'


def _admitted(context: Context, filters: Iterable[DataConfig.RowFilter]) -> dict[str, _Admitted]:
    """Returns the values that filters let through, by column; leaves out a filter with a mistake of its own."""
    admitted: dict[str, _Admitted] = {}
    for given in filters:
        column = context.columns.get(given.column)
        texts = [*given.keep, *given.drop, *(getattr(given, name) for name in ("from", "to") if given.HasField(name))]
        if column is not None and all(parses(text, column.input_type) for text in texts):
            admitted.setdefault(given.column, _Admitted()).narrow(given, column)
    return admitted


def _row_filters(context: Context) -> None:
    """Reports the filters of a pass that together let no row through; a single filter is checked elsewhere."""
    data, report = context.config.data_config, context.report
    said: set[str] = set()
    passes = [TRAIN, EVALUATE, *([VALIDATE] if _chooses(context) else [])]
    for name in passes:
        if not getattr(context.config, input_field(data, name)):
            continue
        given = filters_of(data, name)
        for column, admitted in _admitted(context, given).items():
            if not admitted.is_empty or column in said:
                continue
            said.add(column)
            at = max(at for at, item in enumerate(data.row_filter) if item.column == column and item in given)
            report.error(f"{_PATH}.row_filter[{at}]", f'no value of "{column}" passes the filters of {_NAMES[name]}.')


def _chooses(context: Context) -> bool:
    export = context.config.export_config
    return export.exporter_type == "best" or export.enable_early_stop


def _shared(context: Context) -> None:
    """Warns where a model is measured on rows that it was trained on."""
    config, data = context.config, context.config.data_config
    common = _common_path(config.train_input_path, config.eval_input_path)
    if common is None:
        return
    for name in (EVALUATE, *([VALIDATE] if _chooses(context) and not has_holdout(data) else [])):
        both = _admitted(context, [*filters_of(data, TRAIN), *filters_of(data, name)])
        if any(admitted.is_empty for admitted in both.values()):
            continue
        text = (
            f'{_NAMES[name]} reads "{common}", and so does training: it measures rows that were trained on'
            f"{_overlap(context, name, both)}. Part them by row_filter with use: TRAIN and use: EVALUATION (or "
            "VALIDATION), or name other files."
        )
        context.report.warn("eval_input_path", text)


def _overlap(context: Context, name: str, both: Mapping[str, _Admitted]) -> str:
    """Returns the values that the filters of training and of another pass both let through, for a message."""
    data = context.config.data_config
    columns = ({given.column for given in filters_of(data, one) if given.use} for one in (TRAIN, name))
    told = {column: both[column].told() for column in sorted(set.intersection(*columns)) if column in both}
    found = "; ".join(f"{column} {values}" for column, values in told.items() if values)
    return f", those of {found}" if found else ""


def _common_path(train: str, measured: str) -> str | None:
    """Returns a path that is in both lists, or that a pattern of the other list matches; None where there is none."""
    parts = [
        [os.path.normpath(day) for part in paths.split(",") if part.strip() for day in _each_day(part.strip())]
        for paths in (train, measured)
    ]
    for one in parts[0]:
        for other in parts[1]:
            if one == other or fnmatch.fnmatchcase(other, one) or fnmatch.fnmatchcase(one, other):
                return other
    return None


def _each_day(path: str) -> Iterable[str]:
    try:
        return days_of(path).values() or [path]
    except ConfigError:  # told with the paths
        return [path]

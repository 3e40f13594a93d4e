"""The plan of a config's rows: for each column the shape of its cells and the pool that they are drawn from."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps_rec.config.features import gives_ids, is_of_numbers, list_separators, type_of
from apps_rec.config.sequences import features_read
from apps_rec.config.tasks.distillation import soft_labels_of
from apps_rec.data.dtypes import DTYPES, REAL, TEXT, TRUTH, WHOLE, parse_value
from apps_rec.data.schema import Column, RowFilter, Schema
from apps_rec.data.schema_of_config import build_schema
from apps_rec.errors import UserError
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.model_pb2 import ModelConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.simulation.of_config import pools
from apps_rec.simulation.of_config.demands import CROSSED, Demand, demand_of, stems
from apps_rec.simulation.of_config.pools import Pool
from apps_rec.simulation.of_config.shapes import Listing, MapCells, Serial, Shape, Single, Vector

_MOST_VALUES = 6
_PARTS = 2
_USERS, _SESSIONS = 200, 40


@dataclass(frozen=True)
class ColumnPlan:
    """The plan of a column.

    Attributes:
        column: the column.
        shape: the shape of its cells.
        directness: how directly the model sees what it holds, see `demands`; None: it does not.
    """

    column: Column
    shape: Shape
    directness: int | None = None


@dataclass(frozen=True)
class RowPlan:
    """The plan of all columns.

    Attributes:
        schema: what training reads.
        columns: all columns but labels and weights, those that others depend on first.
        partners: columns that come with another, by name, with the name of that.
        teachers: columns of soft labels, by name: the label that each tells of, and the factor of its hidden number.
    """

    schema: Schema
    columns: tuple[ColumnPlan, ...]
    partners: Mapping[str, str]
    teachers: Mapping[str, tuple[str, float]]


def plan_rows(config: PipelineConfig, files: Mapping[str, Pool]) -> RowPlan:
    """Plans the columns of a checked config.

    Args:
        config: a normalised config.
        files: pool of each vocab_file, by its path.

    Raises:
        UserError: no value of a column can be written as the config wants it.
    """
    schema = build_schema(config, "train")
    planner = _Planner(config, schema, files)
    names = [
        name
        for name in planner.fields
        if name not in {*schema.labels, *schema.weights, *config.data_config.label_fields}
    ]
    plans = [planner.plan(name) for name in names if name not in planner.partners]
    plans.sort(key=lambda plan: isinstance(plan.shape, MapCells))
    return RowPlan(schema, tuple(plans), planner.partners, _teachers(config.model_config))


class _Planner:
    def __init__(self, config: PipelineConfig, schema: Schema, files: Mapping[str, Pool]) -> None:
        self.fields = {field.input_name: field for field in config.data_config.input_fields}
        self._config = config
        self._schema = schema
        self._evaluated = build_schema(config, "evaluate")
        used = features_read(config)
        features = sorted(config.feature_config.features, key=lambda feature: feature.feature_name not in used)
        self._lists: dict[str, tuple[FeatureConfig, int]] = {}
        self._demands: dict[str, list[Demand]] = {}
        self._seen: dict[str, int] = {}
        named = stems(features)
        for feature in features:
            separators = list_separators(feature)
            for at, name in enumerate(feature.input_names):
                demand = demand_of(feature, at, self.fields[name], files, named[feature.feature_name])
                self._demands.setdefault(name, []).append(demand)
                if name in separators:
                    self._lists.setdefault(name, (feature, at))
                if feature.feature_name in used and not feature.position:
                    self._seen[name] = min(demand.directness, self._seen.get(name, CROSSED))
        self.partners = {
            feature.input_names[1]: feature.input_names[0]
            for feature in features
            if type_of(feature).has_weights and len(feature.input_names) == 2
        }
        self._groups = _joined_lists(config)

    def plan(self, name: str) -> ColumnPlan:
        """Returns the plan of a column."""
        column = self._schema.column(name) or Column(name)
        return ColumnPlan(column, self._shape(column), self._seen.get(name))

    def _shape(self, column: Column) -> Shape:
        name = column.name
        if name in self._schema.keys and name not in self._demands:
            return Serial("" if DTYPES[column.dtype].kind != TEXT else "r", Pool(()))
        pool = self._filtered(column, self._pool(column))
        if name not in self._lists:
            return Single(self._writable(column, pool, ()))
        feature, at = self._lists[name]
        separator = list_separators(feature)[name]
        row = type_of(feature)
        if row.map_at == at:
            key = feature.input_names[0]
            keys = self._pool(self._schema.column(key) or Column(key))
            between = (separator, feature.kv_separator)
            keys = self._writable(column, keys, between)
            return MapCells(self._writable(column, pool, (separator,)), key, keys, *between)
        if feature.raw_input_dim > 1 and not row.is_list:
            return Vector(pool, separator, feature.raw_input_dim)
        kv_separator = feature.kv_separator if row.has_weights and len(feature.input_names) == 1 else ""
        weights = feature.input_names[1] if row.has_weights and len(feature.input_names) == 2 else ""
        longest = max(1, min(_MOST_VALUES, feature.max_seq_len))
        inner = feature.seq_multi_sep
        # Several values a step, or the numbers of one that is a vector.
        parts = feature.raw_input_dim if is_of_numbers(feature) and not gives_ids(feature) else _PARTS
        pool = self._writable(column, pool, (separator, kv_separator, inner))
        return Listing(pool, separator, longest, self._groups.get(name, name), kv_separator, weights, inner, parts)

    def _pool(self, column: Column) -> Pool:
        """Returns the pool that the strictest of a column's readers asks for."""
        name, kind = column.name, DTYPES[column.dtype].kind
        demands = sorted(self._demands.get(name, ()), key=lambda demand: demand.strictness)
        if demands:
            return demands[0].pool
        if name == self._config.model_config.score_value_field:
            return pools.between(1, 10, kind == WHOLE)
        if name in self._evaluated.users or name in self._schema.sessions:
            count = _SESSIONS if name in self._schema.sessions else _USERS
            return pools.whole_numbers(1, count) if kind != TEXT else pools.words(name, count)
        return {
            TEXT: lambda: pools.words(name, 10),
            WHOLE: lambda: pools.whole_numbers(0, 10),
            REAL: pools.normal,
            TRUTH: lambda: pools.TRUTHS,
        }[kind]()

    def _filtered(self, column: Column, pool: Pool) -> Pool:
        """Fits a pool, so that filters, holdout and task spaces find rows on both of their sides."""
        filters = [item for item in self._config.data_config.row_filter if item.column == column.name]
        if keep := list(dict.fromkeys(text for item in filters for text in item.keep)):
            pool = pool.mixed(keep, 0.95)
        elif drop := list(dict.fromkeys(text for item in filters for text in item.drop)):
            pool = pool.mixed(drop, 0.05)
        # Training and evaluation may take different days.
        if any(item.HasField("from") or item.HasField("to") for item in filters):
            passes = [_in_range(pool, column, data.filters) for data in (self._schema, self._evaluated)]
            pool = Pool(tuple(dict.fromkeys(value for one in passes for value in one)))
        for space in self._schema.spaces:
            if space.column.name == column.name:
                pool = pool.mixed([_text(space.value)], 0.5)
        holdout = self._schema.holdout
        if holdout is not None and holdout.column.name == column.name and holdout.low is not None:
            pool = Pool((_text(holdout.low), _before(column, holdout.low)), shares=(0.2, 0.8))
        return pool

    def _writable(self, column: Column, pool: Pool, breaks: tuple[str, ...]) -> Pool:
        """Leaves out values that a file of the config's kind cannot hold, or that a separator would divide."""
        data = self._schema
        if data.input_type == "csv" and data.quoting == "NONE" and not data.escape_char:
            breaks = (*breaks, data.separator)
        banned = {"", *data.null_words} if DTYPES[column.dtype].kind == TEXT else set()
        found = pool.where(lambda text: text not in banned and not any(mark in text for mark in breaks if mark))
        if not found.values:
            marks = ", ".join(f'"{mark}"' for mark in breaks if mark)
            raise UserError(
                f'simulate config: column "{column.name}": each of its values ({", ".join(pool.values[:3])}, ...) '
                f"holds {marks or 'a null_word'}; give the column another separator."
            )
        return found


def _teachers(model: ModelConfig) -> dict[str, tuple[str, float]]:
    """Returns for each column of soft labels the label of the tower that learns from it, and a factor.

    Of several classes the factors ascend from -1 to 1, as the classes follow the hidden number.
    """
    towers = model.rank_model.task_towers
    found = {}
    for kd in model.kd:
        # The last tower, where the output is a product of several.
        tower = next((tower for tower in towers if kd.pred_name.partition("_")[2] == tower.tower_name), towers[-1])
        names = soft_labels_of(kd)
        for at, name in enumerate(names):
            found[name] = (tower.label_name, 2 * at / (len(names) - 1) - 1 if len(names) > 1 else 1.0)
    return found


def _joined_lists(config: PipelineConfig) -> dict[str, str]:
    """Returns the columns whose lists are joined item by item, with a name of the set that each belongs to."""
    columns = {feature.feature_name: feature.input_names[0] for feature in config.feature_config.features}
    found: dict[str, str] = {}
    for group in config.model_config.feature_groups:
        for sequence in group.sequence_features:
            for pair in sequence.seq_att_map:
                names = [columns[name] for name in (*pair.hist_seq, *pair.aux_hist_seq) if name in columns]
                first = next((found[name] for name in names if name in found), names[0] if names else "")
                old = {found[name] for name in names if name in found}
                found |= {name: first for name, group_name in found.items() if group_name in old}
                found |= dict.fromkeys(names, first)
    return found


def _in_range(pool: Pool, column: Column, filters: Sequence[RowFilter]) -> tuple[str, ...]:
    """Returns the values within all bounds on a column, or one that is where there is none."""
    ranges = [item for item in filters if item.is_range and item.column == column]

    forms = {_form(_text(bound)) for item in ranges for bound in (item.low, item.high) if bound is not None}

    def fits(text: str) -> bool:
        if DTYPES[column.dtype].kind == TEXT and _form(text) not in forms:
            return False
        value: Any = parse_value(text, column.dtype, column.name)
        return all(
            (item.low is None or value >= item.low) and (item.high is None or value < item.high) for item in ranges
        )

    if not ranges:
        return pool.values
    if kept := pool.where(fits).values:
        return kept
    lows: list[Any] = [item.low for item in ranges if item.low is not None]
    highs: list[Any] = [item.high for item in ranges if item.high is not None]
    return (_text(max(lows)),) if lows else (_before(column, min(highs)),)


def _form(text: str) -> str:
    """Returns the form of a text, which those that are compared with it must have: its digits are all alike."""
    return re.sub("[0-9]", "0", text)


def _before(column: Column, value: Any) -> str:
    """Returns a value below another one: the day before a date, the number before a number."""
    text = _text(value)
    if DTYPES[column.dtype].kind != TEXT:
        return pools.number_text(float(text) - 1)
    try:
        return (datetime.date.fromisoformat(text) - datetime.timedelta(days=1)).isoformat()
    except ValueError:
        # Texts are compared digit for digit.
        digits = [at for at, digit in enumerate(text) if digit in "123456789"]
        return text if not digits else f"{text[: digits[-1]]}{int(text[digits[-1]]) - 1}{text[digits[-1] + 1 :]}"


def _text(value: Any) -> str:
    """Returns a value of the schema as files write it."""
    if isinstance(value, bytes):
        return value.decode()
    return str(value).lower() if isinstance(value, bool) else pools.number_text(float(value))

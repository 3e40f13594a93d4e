"""Columns, labels, features and groups by name, and the readers of each group, for the checks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from apps_rec.config.bodies import body_of
from apps_rec.config.report import Report, quoted
from apps_rec.config.rewrite import RANK
from apps_rec.protos import options_pb2
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.model_pb2 import FeatureGroup, RankModel
from apps_rec.protos.pipeline_pb2 import PipelineConfig

INTEGERS = (DataConfig.INT32, DataConfig.INT64)
NUMBERS = (*INTEGERS, DataConfig.FLOAT, DataConfig.DOUBLE, DataConfig.BOOL)

# Roles in which a group is read.
BODY, PAIRWISE, FIRST_ORDER, POSITION = "body", "pairwise", "first order", "position"


@dataclass(frozen=True)
class Use:
    """One group read by one part of the model: the role, the path that says so, and the part in words."""

    group: str
    role: str
    path: str
    part: str


@dataclass
class Context:
    """A resolved config, its report, and its parts by name; of two parts of one name, the first."""

    config: PipelineConfig
    report: Report
    columns: dict[str, DataConfig.Field] = field(default_factory=dict)
    # Config path of each column.
    column_paths: dict[str, str] = field(default_factory=dict)
    features: dict[str, tuple[str, FeatureConfig]] = field(default_factory=dict)
    groups: dict[str, tuple[str, FeatureGroup]] = field(default_factory=dict)
    # Features that read a column, and groups that list a feature.
    readers: dict[str, list[tuple[str, FeatureConfig]]] = field(default_factory=dict)
    groups_of: dict[str, list[str]] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    # Names of features to expect: one without a name has its column's, and where that is misspelt, the nearest
    # column's.
    meant: set[str] = field(default_factory=set)
    # Whether the files that the config names must exist.
    files_here: bool = True

    @classmethod
    def of(cls, config: PipelineConfig, report: Report, files_here: bool = True) -> Context:
        """Gathers names; reports nothing."""
        context = cls(config, report, files_here=files_here)
        for at, column in enumerate(config.data_config.input_fields):
            context.columns.setdefault(column.input_name, column)
            context.column_paths.setdefault(column.input_name, f"data_config.input_fields[{at}]")
        for path, feature in context.each_feature():
            for name in dict.fromkeys(feature.input_names):
                context.readers.setdefault(name, []).append((path, feature))
            context.features.setdefault(feature.feature_name, (path, feature))
            if feature.feature_name not in context.columns and feature.feature_name in feature.input_names[:1]:
                context.meant.add(report.guess(feature.feature_name, context.columns) or "")
        for at, group in enumerate(config.model_config.feature_groups):
            context.groups.setdefault(group.group_name, (f"model_config.feature_groups[{at}]", group))
        for name, (_, group) in context.groups.items():
            for feature_name in dict.fromkeys(group.feature_names):
                context.groups_of.setdefault(feature_name, []).append(name)
        if context.has_model:
            context.uses = list(_uses(config.model_config.rank_model))
        return context

    @property
    def has_model(self) -> bool:
        """Tells whether there is a model to check."""
        return self.config.model_config.WhichOneof("model") is not None

    @property
    def rank(self) -> RankModel:
        """Returns the model."""
        return self.config.model_config.rank_model

    @cached_property
    def named_columns(self) -> list[str]:
        """Returns the names of the columns that have one."""
        return [name for name in self.columns if name]

    @cached_property
    def labels(self) -> dict[str, None]:
        """Returns the columns that hold labels, in their order."""
        return dict.fromkeys(self.config.data_config.label_fields)

    def each_feature(self) -> Iterator[tuple[str, FeatureConfig]]:
        """Yields the features with their paths."""
        for at, feature in enumerate(self.config.feature_config.features):
            yield f"feature_config.features[{at}]", feature

    def column(self, path: str, name: str) -> DataConfig.Field | None:
        """Returns the column of a name; where there is none, reports it at `path` and returns None."""
        if not self.columns:
            return None
        if name not in self.columns:
            text = f'no column is called "{name}". Columns of input_fields are {quoted(self.named_columns)}.'
            self.report.error(path, text, got=name, among=self.named_columns)
        return self.columns.get(name)

    def label(self, path: str, name: str) -> None:
        """Reports a name that is not one of the labels."""
        if self.labels and name not in self.labels:
            text = f'no label is called "{name}". Labels are {quoted(self.labels)}.'
            self.report.error(path, text, got=name, among=self.labels)

    def roles(self, group: str) -> set[str]:
        """Returns the roles in which a group is read."""
        return self._roles.get(group, set())

    @cached_property
    def _roles(self) -> dict[str, set[str]]:
        roles: dict[str, set[str]] = {}
        for use in self.uses:
            roles.setdefault(use.group, set()).add(use.role)
        return roles

    def roles_of_feature(self, name: str) -> set[str]:
        """Returns the roles in which a feature is read, over all groups that list it."""
        return set().union(*(self.roles(group) for group in self.groups_of.get(name, ())))

    def above_zero(self, message: Any, path: str, *names: str) -> None:
        """Reports fields that are not above 0."""
        for name in names:
            value = getattr(message, name)
            if not value > 0:
                self.report.error(f"{path}.{name}", f"expected more than 0, got {value:g}.")

    def within(self, message: Any, path: str, name: str, low: float, high: float = math.inf, ends: str = "[]") -> None:
        """Reports a field outside an interval; the brackets in `ends` say which ends belong to it."""
        value = getattr(message, name)
        over = value >= low if ends[0] == "[" else value > low
        under = value <= high if ends[1] == "]" else value < high
        if over and under:
            return
        if math.isinf(high):
            wanted = f"{low:g} or more" if ends[0] == "[" else f"more than {low:g}"
        elif math.isinf(low):
            wanted = f"{high:g} or less" if ends[1] == "]" else f"less than {high:g}"
        else:
            wanted = f"a number in {ends[0]}{low:g}, {high:g}{ends[1]}"
        self.report.error(f"{path}.{name}", f"expected {wanted}, got {value:g}.")

    def in_ranges(self, message: Any, path: str) -> None:
        """Reports fields outside the range that their option in the proto gives."""
        for described in message.DESCRIPTOR.fields:
            if interval := described.GetOptions().Extensions[options_pb2.range]:
                low, high = (float(end) for end in interval[1:-1].split(","))
                self.within(message, path, described.name, low, high, interval[0] + interval[-1])

    def unique(self, names: Iterable[tuple[str, str]], what: str) -> None:
        """Reports names given twice; `names` are pairs of a name and its path."""
        first: dict[str, str] = {}
        for name, path in names:
            if name and name in first:
                taken = self.report.line(first[name])
                self.report.error(path, f'"{name}" is the name of another {what} too ({taken}); expected its own.')
            first.setdefault(name, path)

    def without_twins(self, values: Iterable[str], path: str) -> None:
        """Reports values that a list holds twice."""
        seen: set[str] = set()
        for at, value in enumerate(values):
            if value in seen:
                self.report.error(f"{path}[{at}]", f'"{value}" is in this list already; expected it once.')
            seen.add(value)


def _uses(rank: RankModel) -> Iterator[Use]:
    if found := body_of(rank):
        row, body, path = found
        for at, group in enumerate(body.groups):
            if group.input:
                yield Use(group.input, BODY, f"{path}.groups[{at}].input", row.part)
        if not body.groups:
            yield Use(body.group_name, BODY, f"{path}.group_name", row.part)
    if rank.HasField("fm") and rank.fm.pairwise and rank.fm.group_name:
        yield Use(rank.fm.group_name, PAIRWISE, f"{RANK}.fm.group_name", "the pairwise part of the FM")
    if rank.HasField("fm") and rank.fm.wide_group_name:
        part = "the first-order part of the FM" if rank.fm.pairwise else "the wide part"
        yield Use(rank.fm.wide_group_name, FIRST_ORDER, f"{RANK}.fm.wide_group_name", part)
    if rank.HasField("position_tower"):
        name = rank.position_tower.group_name
        yield Use(name, POSITION, f"{RANK}.position_tower.group_name", "the position tower")

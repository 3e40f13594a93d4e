"""Findings about the data of a config, and the facts behind them, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# A run would fail or be wrong; it would run, and somebody should know; a fact.
ERROR, WARNING, NOTE = "error", "warning", "note"
LEVELS = (ERROR, WARNING, NOTE)


@dataclass(frozen=True)
class Finding:
    """Something that was found.

    Attributes:
        level: ERROR, WARNING or NOTE.
        check: the check that found it, in a word or two.
        where: pass, file, column or feature.
        text: what was found, and what to do.
    """

    level: str
    check: str
    where: str
    text: str


@dataclass(frozen=True)
class Part:
    """The rows of one pass.

    Attributes:
        name: "train", "validate" or "evaluate".
        files: number of files.
        rules: filters and holdout that choose its rows, in words.
        read: rows before the filters, of its side of the holdout.
        filtered: rows that a filter took away.
        bad: bad rows.
        used: rows that are left.
    """

    name: str
    files: int
    rules: str
    read: int
    filtered: int
    bad: int
    used: int


@dataclass(frozen=True)
class LabelRate:
    """The rate of a label among the rows, or the clicks, in which it is asked.

    Attributes:
        part: pass.
        day: day as 2026-01-31; "": all rows.
        label: label.
        given: label of the step before; "": all rows.
        rows: rows in which the label is known, and the step before is 1.
        ones: those of them whose label is 1.
    """

    part: str
    day: str
    label: str
    given: str
    rows: int
    ones: int

    @property
    def rate(self) -> float | None:
        """Returns the share of ones, None of no rows."""
        return self.ones / self.rows if self.rows else None


@dataclass(frozen=True)
class FeatureFacts:
    """Facts of a column that a feature reads. None: not known, or without meaning for it.

    Attributes:
        feature: name of the feature.
        column: column that it reads.
        missing_train: share of training rows without a value.
        missing_eval: share of evaluation rows without a value.
        distinct: different values in training, within some per cent; of lists their items.
        unseen: share of evaluation rows, or items of lists, whose value no training row has.
        colliding: expected share of values that share a bucket with another one.
        outside: share of training rows whose value is outside of what the config declares.
        psi: population stability index of evaluation against training.
        psi_chance: the index that chance alone hardly exceeds.
    """

    feature: str
    column: str
    missing_train: float | None = None
    missing_eval: float | None = None
    distinct: int | None = None
    unseen: float | None = None
    colliding: float | None = None
    outside: float | None = None
    psi: float | None = None
    psi_chance: float | None = None


@dataclass(frozen=True)
class FileSchema:
    """The columns of a file.

    Attributes:
        path: path.
        types: type of each column by its name in the file; "" where the format holds no types.
    """

    path: str
    types: dict[str, str]


@dataclass(frozen=True)
class DataReport:
    """All that was found.

    Attributes:
        config: path of the config.
        parts: passes over the data.
        schemas: files.
        rates: rates of labels, of all rows first and then by day.
        features: features.
        findings: findings, errors first.
        remarks: what was measured how, and what was not.
        quarantined: rows in the quarantine file; None: none was asked for.
    """

    config: str
    parts: tuple[Part, ...]
    schemas: tuple[FileSchema, ...]
    rates: tuple[LabelRate, ...] = ()
    features: tuple[FeatureFacts, ...] = ()
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = field(default=())
    quarantined: int | None = None

    def of_level(self, level: str) -> list[Finding]:
        """Returns the findings of a level."""
        return [finding for finding in self.findings if finding.level == level]

    def as_json(self) -> dict[str, Any]:
        """Returns plain lists and dicts with the same names, and the rate of each label."""
        made = asdict(self)
        for one, rate in zip(made["rates"], self.rates, strict=True):
            one["rate"] = rate.rate
        return made

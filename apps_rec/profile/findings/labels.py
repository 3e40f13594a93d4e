"""Counts labels by stage and by day, and finds those that cannot be learned or are not yet complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from apps_rec.data.schema import LabelRule, Schema
from apps_rec.profile.columns import family_of
from apps_rec.profile.engine import Engine, quoted
from apps_rec.profile.facts import DAY, INSTANT, TEXT, ColumnFacts
from apps_rec.profile.findings.finding import ERROR, NOTE, WARNING, Finding, LabelRate

# A day whose rate is less than this share of the median day's, or as much more, and not by chance.
_FAR = 0.5
_DEVIATIONS = 4.0
# Days, hours of which are told apart by seconds since 1970, in one of these units.
_UNITS = (("s", 1e9, 2.2e9), ("ms", 1e12, 2.2e12), ("us", 1e15, 2.2e15), ("ns", 1e18, 2.2e18))
# Share of later labels with the label before it from which on the two are meant as a funnel.
_NEARLY = 0.99


def stages(schema: Schema) -> list[tuple[str, str]]:
    """Returns the labels of 0 and 1, each with the label of the step before it, or ""."""
    before = {later: step for step, later in pairwise(schema.label_steps)}
    return [(name, before.get(name, "")) for name in schema.labels if _is_binary(schema, name)]


def _is_binary(schema: Schema, name: str) -> bool:
    rule = schema.label_rules.get(name, LabelRule())
    return rule.most == 1 and rule.is_whole


def day_sql(column: ColumnFacts) -> str:
    """Returns the day of a time in SQL, as text."""
    name = quoted(column.name)
    family = family_of(column.stored)
    if family in (DAY, INSTANT):
        return f"strftime({name}, '%Y-%m-%d')"
    for unit, low, high in _UNITS:
        if family != TEXT and column.low is not None and low <= column.low and (column.high or 0) <= high:
            seconds = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[unit]
            return f"strftime(make_timestamp(({name}::BIGINT // {seconds}) * 1000000), '%Y-%m-%d')"
    text = f"CAST({name} AS VARCHAR)"
    return (
        f"CASE WHEN regexp_full_match({text}, '\\d{{8}}(\\d{{2}})?') THEN "
        f"concat_ws('-', {text}[1:4], {text}[5:6], {text}[7:8]) ELSE {text}[1:10] END"
    )


def read_rates(
    engine: Engine, part: str, source: str, labels: Sequence[tuple[str, str]], day: str | None
) -> list[LabelRate]:
    """Returns the rates of labels of a pass, of all rows and by day.

    Args:
        engine: database.
        part: name of the pass.
        source: its rows in SQL.
        labels: labels, each with the one before it, see `stages`.
        day: day of a row in SQL; None: not known.
    """
    if not labels:
        return []
    asked = []
    for label, given in labels:
        known = f"{quoted(label)} >= 0" + (f" AND {quoted(given)} = 1" if given else "")
        asked += [f"count_if({known})", f"count_if({known} AND {quoted(label)} = 1)"]
    found = [("", *engine.row(f"SELECT {', '.join(asked)} FROM {source}"))]
    if day is not None:
        found += engine.rows(
            f"SELECT COALESCE({day}, '(none)') d, {', '.join(asked)} FROM {source} GROUP BY 1 ORDER BY 1"
        )
    return [
        LabelRate(part, one_day, label, given, *counts[2 * at : 2 * at + 2])
        for one_day, *counts in found
        for at, (label, given) in enumerate(labels)
    ]


def judge_rates(rates: Sequence[LabelRate]) -> Iterator[Finding]:
    """Yields labels with one class alone, and days whose rate is far from the others'."""
    for rate in rates:
        if not rate.day and rate.ones in (0, rate.rows):
            level = ERROR if rate.part == "train" else WARNING
            what = "no row" if not rate.rows else f"all {rate.rows:,} rows have 0" if not rate.ones else "no row has 0"
            where = f' where "{rate.given}" is 1' if rate.given else ""
            todo = "nothing is learned from it" if level == ERROR else "its AUC has no value"
            yield Finding(level, "labels", f'{rate.part}, label "{rate.label}"', f"{what}{where}: {todo}")
    for rate, middle in far_days(rates):
        text = (
            f"rate {rate.ones / rate.rows:.4f} of {rate.rows:,} rows, {middle:.4f} on the median day; were its "
            f'"{rate.label}" events all joined to their impressions?'
        )
        yield Finding(WARNING, "labels", f"{rate.part}, {rate.day}", text)


def far_days(rates: Sequence[LabelRate]) -> Iterator[tuple[LabelRate, float]]:
    """Yields the days whose rate is far from the median day's and not by chance, each with that rate."""
    for part, label in dict.fromkeys((rate.part, rate.label) for rate in rates):
        days = [rate for rate in rates if (rate.part, rate.label) == (part, label) and rate.day and rate.rows]
        if len(days) < 3:
            continue
        middle = median(rate.ones / rate.rows for rate in days)
        for rate in days:
            share = rate.ones / rate.rows
            chance = _DEVIATIONS * (max(middle, 1 / rate.rows) / rate.rows) ** 0.5
            if abs(share - middle) > chance and not _FAR <= share / max(middle, 1e-12) <= 1 / _FAR:
                yield rate, middle


def judge_stages(engine: Engine, part: str, source: str, schema: Schema) -> Iterator[Finding]:
    """Yields pairs of labels that look like the steps of a funnel which a few rows break, where the model has none."""
    labels = [name for name, _ in stages(schema)]
    for first, second in ((a, b) for a in labels for b in labels if a != b):
        if first in schema.label_steps and second in schema.label_steps:
            continue
        later, without, more = engine.row(
            f"SELECT count_if({quoted(second)} = 1), count_if({quoted(second)} = 1 AND {quoted(first)} = 0), "
            f"count_if({quoted(first)} = 1) FROM {source}"
        )
        if without and more > later and without < (1 - _NEARLY) * later:
            text = f'{without:,} of {later:,} rows with "{second}" have no "{first}", though nearly all have one'
            yield Finding(WARNING, "labels", part, text)
        elif later and not without and more > later:
            text = f'every "{second}" has a "{first}": the two are steps of a funnel, which esmm multiplies'
            yield Finding(NOTE, "labels", part, text)

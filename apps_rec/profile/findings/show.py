"""Text for a terminal on what check-data found."""

from __future__ import annotations

from collections.abc import Sequence

from apps_rec.profile.findings.finding import ERROR, NOTE, WARNING, DataReport, FeatureFacts, LabelRate
from apps_rec.terminal.table import aligned

_MOST_DAYS = 31

# What the columns of a table say, by its title.
LEGENDS = {
    "features": (
        "missing, in eval: cells without a value in training and in evaluation. values: different ones in training.",
        "unseen: rows of evaluation with a value that no training row has. colliding: values that share a bucket.",
        "outside: training rows beyond num_buckets, vocab_list, min_val and max_val, or the ends of boundaries.",
        "PSI: how far evaluation is from training; below .1 hardly, from .25 on a lot.",
    )
}

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]


def shown_report(report: DataReport) -> str:
    """Returns tables of the passes, labels and features, and all findings with errors first."""
    lines = []
    for title, (head, rows) in tables_of(report, _MOST_DAYS).items():
        if rows:
            lines += [title, aligned([head, *rows]), *(f"  {line}" for line in LEGENDS.get(title, ())), ""]
    for finding in report.findings:
        lines.append(f"{finding.level}: {finding.check}: {': '.join(filter(None, (finding.where, finding.text)))}")
    lines += ["", *(f"  {remark}" for remark in report.remarks), "", summary(report)]
    return "\n".join(lines)


def summary(report: DataReport) -> str:
    """Returns the numbers of findings in a line."""
    errors, warnings, notes = (len(report.of_level(level)) for level in (ERROR, WARNING, NOTE))
    counts = ((errors, "error"), (warnings, "warning"), (notes, "note"))
    return f"{report.config}: " + ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)


def tables_of(report: DataReport, most_days: int | None = None) -> dict[str, Table]:
    """Returns the head and the rows of each table, by its title.

    Args:
        report: report.
        most_days: last days to show of each pass; None: all.
    """
    parts: list[tuple[str, ...]] = [
        (
            part.name,
            f"{part.files:,}",
            f"{part.read:,}",
            f"{part.filtered:,}",
            f"{part.bad:,}",
            f"{part.used:,}",
            part.rules,
        )
        for part in report.parts
    ]
    return {
        "rows": (("pass", "files", "read", "filtered", "bad", "used", "which"), parts),
        "labels": (("pass", "day", "label", "of", "rows", "ones", "rate"), _rates(report.rates, most_days)),
        "features": (
            ("feature", "column", "missing", "in eval", "values", "unseen", "colliding", "outside", "PSI"),
            [_feature(one) for one in report.features],
        ),
    }


def _rates(rates: Sequence[LabelRate], most_days: int | None) -> list[tuple[str, ...]]:
    days = {part: sorted({rate.day for rate in rates if rate.part == part}) for part in {rate.part for rate in rates}}
    shown = {part: {"", *(found if most_days is None else found[-most_days:])} for part, found in days.items()}
    return [
        (
            rate.part,
            rate.day or "all",
            rate.label,
            f"{rate.given} = 1" if rate.given else "rows",
            f"{rate.rows:,}",
            f"{rate.ones:,}",
            "-" if rate.rate is None else f"{rate.rate:.4f}",
        )
        for rate in rates
        if rate.day in shown[rate.part]
    ]


def _feature(one: FeatureFacts) -> tuple[str, ...]:
    return (
        one.feature,
        one.column,
        _share(one.missing_train),
        _share(one.missing_eval),
        "-" if one.distinct is None else f"{one.distinct:,}",
        _share(one.unseen),
        _share(one.colliding),
        _share(one.outside),
        "-" if one.psi is None else f"{one.psi:.3f}",
    )


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"

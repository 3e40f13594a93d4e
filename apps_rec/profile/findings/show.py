"""Text for a terminal on what check-data found."""

from __future__ import annotations

from collections.abc import Sequence

from apps_rec.profile.findings.finding import ERROR, NOTE, WARNING, DataReport, FeatureFacts, LabelRate
from apps_rec.profile.findings.labels import far_days
from apps_rec.terminal.table import aligned

# What the columns of a table say, by its title.
LEGENDS = {
    "features": (
        "missing, in eval: cells without a value in training and in evaluation. values: different ones in training.",
        "unseen: rows of evaluation with a value that no training row has. colliding: values that share a bucket.",
        "outside: training rows beyond num_buckets, vocab_list, min_val and max_val, or the ends of boundaries, where",
        "values share an id; one value alone beyond an end, as the zeros of a column, has an id of its own.",
        "PSI: how far evaluation is from training; below .1 hardly, from .25 on a lot.",
    )
}

# Below the rates of labels at a terminal.
_OF_DAYS = (
    "of {days} only those are shown whose rate is less than half or more than twice the median day's, and not by "
    "chance; --html and --json have all."
)

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]


def shown_report(report: DataReport) -> str:
    """Returns the numbers of findings, all findings with errors first, and tables of passes, labels and features."""
    lines = [summary(report)]
    for finding in report.findings:
        lines.append(f"{finding.level}: {finding.check}: {': '.join(filter(None, (finding.where, finding.text)))}")
    lines.append("")
    days = {(rate.part, rate.day) for rate in report.rates if rate.day}
    for title, (head, rows) in tables_of(report, all_days=False).items():
        if rows:
            legend: tuple[str, ...] = LEGENDS.get(title, ())
            if title == "labels" and days:
                legend = (_OF_DAYS.format(days=f"{len(days):,} day{'' if len(days) == 1 else 's'}"),)
            lines += [title, aligned([head, *rows]), *(f"  {line}" for line in legend), ""]
    return "\n".join([*lines, *(f"  {remark}" for remark in report.remarks)])


def summary(report: DataReport) -> str:
    """Returns the numbers of findings in a line."""
    errors, warnings, notes = (len(report.of_level(level)) for level in (ERROR, WARNING, NOTE))
    counts = ((errors, "error"), (warnings, "warning"), (notes, "note"))
    return f"{report.config}: " + ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)


def tables_of(report: DataReport, all_days: bool = True) -> dict[str, Table]:
    """Returns the head and the rows of each table, by its title.

    Args:
        report: report.
        all_days: whether rates of all days are shown, or of those alone that are far from the others.
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
        "labels": (("pass", "day", "label", "of", "rows", "ones", "rate"), _rates(report.rates, all_days)),
        "features": (
            ("feature", "column", "missing", "in eval", "values", "unseen", "colliding", "outside", "PSI"),
            [_feature(one) for one in report.features],
        ),
    }


def _rates(rates: Sequence[LabelRate], all_days: bool) -> list[tuple[str, ...]]:
    far = {rate for rate, _ in far_days(rates)}
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
        if all_days or not rate.day or rate in far
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

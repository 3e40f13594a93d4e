"""Text for a terminal on what was found and decided."""

from __future__ import annotations

from apps_rec.profile.choices.decide import Decision, said_of_form, said_of_model
from apps_rec.profile.choices.tasks import best_metric, said_of_label, why_best
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.terminal.table import aligned

_NO_USER = "no column; none is needed (--user NAME adds GAUC, and a request then gives the user's columns once)"
_NO_ITEM = "no column; none is needed (--item NAME tells which columns are the item's)"


def shown_decision(decision: Decision) -> str:
    """Returns a table of the features, what was left out and why, the labels, and the split."""
    table = decision.table
    looked = "all of them looked at" if table.is_whole else f"quantiles and words of a sample of {table.sample_rows:,}"
    lines = [f"{decision.source.paths}: {table.rows:,} rows, {looked}", ""]
    rows = [("column", "kind", "side", "values", "missing", "ids", "embedding")]
    for made in decision.features:
        column, feature = made.column, made.feature
        distinct = column.items.distinct if column.items else column.distinct
        rows.append(
            (
                column.name,
                made.kind.what,
                decision.sides[column.name].lower() or "-",
                f"{distinct:,}",
                f"{column.missing:.1%}" if column.missing else "-",
                _ids(feature),
                str(feature.embedding_dim or "-"),
            )
        )
    lines.append(aligned(rows))
    if decision.left_out:
        lines += ["", "left out:"]
        lines += [f"  {name}: {reason}" for name, reason in decision.left_out.items()]
    lines += ["", *(said_of_label(label, table.rows) for label in decision.tasks.labels)]
    roles = decision.roles
    found = [f"users: {roles.user or _NO_USER}", f"items: {roles.item or _NO_ITEM}"]
    lines += ["; ".join(found)] if roles.user and roles.item else found
    best = f"{best_metric(decision.tasks)} {why_best(decision.tasks)}."
    said = [*said_of_model(decision), *said_of_form(decision.source)]
    return "\n".join([*lines, decision.tasks.why, decision.split.why, best, *said])


def _ids(feature: FeatureConfig) -> str:
    if feature.boundaries:
        return f"{len(feature.boundaries) + 1} intervals"
    if feature.vocab_list:
        return f"{len(feature.vocab_list)} words"
    if feature.num_buckets:
        return f"{feature.num_buckets:,} by number"
    return f"{feature.hash_bucket_size:,} by hash" if feature.hash_bucket_size else "-"

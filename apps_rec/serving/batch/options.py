"""The options of `predict`, judged without TensorFlow, so that a wrong one is told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from apps_rec.data.schema import Schema
from apps_rec.errors import ArgumentError
from apps_rec.serving.batch.explanation import NAMES, plan_explanation
from apps_rec.serving.schema import DEFAULT, RANK, ServingSchema

SIGNATURES = (DEFAULT, RANK)
# Rows that are explained at most: a table of each is there to be looked at.
MOST_EXPLAINED = 100
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Ranking:
    """The columns that make a request, and the part of its answer that is kept.

    Attributes:
        group_by: names of columns in which the rows of a request agree.
        top_k: number of rows to keep of each request, the best first; None: all.
        weights: weights of the score's terms, in their order; None: the config's.
    """

    group_by: tuple[str, ...]
    top_k: int | None = None
    weights: tuple[float, ...] | None = None


def plan_ranking(
    group_by: Sequence[str], top_k: int | None, weights: Mapping[str, float] | None, schema: ServingSchema
) -> Ranking:
    """Returns the ranking that the options of `predict` ask for.

    Args:
        group_by: names of columns in which the rows of a request agree, one or more.
        top_k: number of rows to keep of each request, 1 or more; None: all rows.
        weights: weight of each term of the score, by output; None: the config's.
        schema: schema of the export.

    Raises:
        ArgumentError: an option is missing or wrong.
    """
    if not group_by:
        raise ArgumentError(
            "{signature} {rank}: expected {group_by}, the columns whose values the rows of one request share, such as "
            "user_id and event_time",
            "signature",
            "group_by",
            rank=RANK,
        )
    if top_k is not None and top_k < 1:
        raise ArgumentError("{top_k}: expected 1 or more, got {got}", "top_k", got=top_k)
    names = tuple(dict.fromkeys(group_by))
    if weights is None:
        return Ranking(names, top_k)
    outputs = [output for output, _ in schema.terms]
    if set(weights) != set(outputs) or not all(abs(weight) <= _LARGEST for weight in weights.values()):
        config = ",".join(f"{output}={weight:g}" for output, weight in schema.terms)
        given = ",".join(f"{output}={weight:g}" for output, weight in weights.items())
        text = "{weights}: expected a finite number of 32 bits for each term of the score, as {config}, got {given}"
        raise ArgumentError(text, "weights", config=config, given=given)
    return Ranking(names, top_k, tuple(weights[output] for output in outputs))


def ranking_asked(
    signature: str,
    group_by: Sequence[str],
    top_k: int | None,
    weights: Mapping[str, float] | None,
    served: ServingSchema,
) -> Ranking | None:
    """Returns the ranking that the options ask for; None: rows are scored one by one.

    Raises:
        ArgumentError: an option is missing, wrong, or for another signature.
    """
    if signature not in SIGNATURES:
        raise ArgumentError(
            "{signature}: expected {known}, got {got}", "signature", known=" or ".join(SIGNATURES), got=signature
        )
    if signature == RANK:
        return plan_ranking(group_by, top_k, weights, served)
    given = {"group_by": group_by or None, "top_k": top_k, "weights": weights}
    unused = [name for name, value in given.items() if value is not None]
    if unused:
        names = ", ".join(f"{{{name}}}" for name in unused)
        text = f"{names}: for {{signature}} {RANK} only; add it, or leave them out"
        raise ArgumentError(text, "signature", *unused)
    return None


def skipping(schema: Schema, skip_bad_rows: bool, share: float | None) -> Schema:
    """Returns the schema with the options about bad rows.

    Raises:
        ArgumentError: the share is none, or bad rows are not skipped.
    """
    schema = replace(schema, bad_rows="SKIP") if skip_bad_rows else schema
    if share is None:
        return schema
    if schema.bad_rows != "SKIP":
        raise ArgumentError(
            "{max_bad_row_share}: for {skip_bad_rows} only; add it, or leave the share out",
            "max_bad_row_share",
            "skip_bad_rows",
        )
    if not 0 <= share <= 1:
        text = "{max_bad_row_share}: expected a number in [0, 1], got {got}"
        raise ArgumentError(text, "max_bad_row_share", got=f"{share:g}")
    return replace(schema, max_bad_row_share=share)


def check_explaining(first: int, by: str, output: str | None, escape_formulas: bool) -> None:
    """Refuses wrong options of `explain`.

    Args:
        first: number of rows to explain.
        by: what is left out, one of `NAMES`.
        output: file to write; None: none.
        escape_formulas: whether texts of CSV are to be safe for a spreadsheet.

    Raises:
        RunError: an option is wrong.
    """
    if not 1 <= first <= MOST_EXPLAINED:
        text = "{first}: expected 1 to {most} rows to explain, got {got}; for others make a file of these rows"
        raise ArgumentError(text, "first", most=MOST_EXPLAINED, got=first)
    if by not in NAMES:
        raise ArgumentError("{by}: expected {known}, got {got}", "by", known=" or ".join(NAMES), got=by)
    if output is not None:
        plan_explanation(output, escape_formulas)
    elif escape_formulas:
        text = "{escape_formulas}: is for a CSV file; add {output}, or leave it out"
        raise ArgumentError(text, "escape_formulas", "output")

"""Ranks groups of consecutive rows that agree in some columns, one request for each group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from apps_rec.data import Batch, RowStream
from apps_rec.data.rows.window import join_batches
from apps_rec.data.values.kinds import plain
from apps_rec.errors import DataError
from apps_rec.serving.batch.columns import PLACE
from apps_rec.serving.batch.options import Ranking
from apps_rec.serving.engine import check_numbers
from apps_rec.serving.requests import Arrays, request
from apps_rec.serving.schema import DEFAULT, RANK, ServingSchema
from apps_rec.serving.score import plain_score


def whole_groups(batches: Iterable[Batch], group_by: Sequence[str]) -> Iterator[tuple[Batch, np.ndarray]]:
    """Cuts batches anew so that each ends where a group does. Memory holds one batch and one group.

    Args:
        batches: batches that keep the columns of group_by.
        group_by: names of columns in which the rows of a group agree.

    Returns: batches, each with the starts of its groups and the end of the last one: int64 `[groups + 1]`.

    Raises:
        DataError: a column has no single values.
    """
    held: Batch | None = None
    for batch in batches:
        rows = batch if held is None else join_batches(held, batch)
        borders = _borders(rows, group_by)
        # The last group may go on in the next batch.
        borders = borders if batch.last else borders[:-1]
        end = int(borders[-1])
        if end:
            yield rows.slice(0, end), borders
        held = rows.slice(end, rows.size)


def _borders(rows: Batch, group_by: Sequence[str]) -> np.ndarray:
    assert rows.kept is not None
    begins = np.ones(rows.size, bool)
    begins[1:] = False
    for name in group_by:
        values = plain(rows.kept.column(name).combine_chunks())
        try:
            codes = values.dictionary_encode(null_encoding="encode").indices.to_numpy()
        except pa.ArrowNotImplementedError as error:
            raise DataError(f'group_by: column "{name}": expected single values, got {values.type}') from error
        begins[1:] |= codes[1:] != codes[:-1]
    return np.append(np.flatnonzero(begins), rows.size)


def check_shared(rows: Batch, borders: np.ndarray, schema: ServingSchema, stream: RowStream) -> None:
    """Raises DataError if a column of the user or the context differs within a group.

    Args:
        rows: rows of whole groups.
        borders: starts and end of the groups, see `whole_groups`.
        schema: schema of the export.
        stream: stream that the rows are from.
    """
    same_group = np.ones(rows.size - 1, bool)
    same_group[borders[1:-1] - 1] = False
    differing: dict[str, int] = {}
    for column in schema.shared:
        values = rows.columns[column.name]
        differs = np.flatnonzero((values[1:] != values[:-1]) & same_group)
        if len(differs):
            differing[column.name] = int(differs[0]) + 1
    if differing:
        raise DataError(_difference(differing, rows, schema, stream))


def _difference(differing: Mapping[str, int], rows: Batch, schema: ServingSchema, stream: RowStream) -> str:
    """Returns the error about columns that differ within groups, by name the first row of each that does."""
    name = min(differing, key=lambda name: differing[name])
    at, values = differing[name], rows.columns[name]
    path, row = stream.locate(int(rows.ends[at]))
    others = ", ".join(f'"{other}" ({schema.sides[other]})' for other in differing if other != name)
    more = f" Within groups of these rows these differ too: {others}." if others else ""
    return (
        f'{path}: row {row}, column "{name}": expected {_shown(values[at - 1])} as in the row before, '
        f"which is of the same group, got {_shown(values[at])}. It is a column of the "
        f"{schema.sides[name]}: one value for each request.{more} Correct the rows, or group by "
        "another column too, one that sets them apart"
    )


def _shown(value: object) -> str:
    return f'"{value.decode(errors="replace")}"' if isinstance(value, bytes) else str(value)


def rank_rows(
    call: Callable[[Arrays], Arrays], rows: Batch, borders: np.ndarray, schema: ServingSchema, ranking: Ranking
) -> pa.Table:
    """Returns the best rows of each group in order: the columns kept, the place from 1 on, and the outputs.

    One call scores the rows of all groups, as a row's probabilities do not depend on the other rows of its request.
    The score is computed by the formula of the signature rank.

    Args:
        call: function of the signature serving_default.
        rows: rows of whole groups.
        borders: starts and end of the groups, see `whole_groups`.
        schema: schema of the export.
        ranking: options of the ranking.
    """
    outputs = call(request(DEFAULT, rows.columns, schema))
    check_numbers(outputs, schema.outputs, rows.size, schema.widths)
    weights = np.array(ranking.weights or [weight for _, weight in schema.terms], np.float32)
    outputs["score"] = plain_score(outputs, rows.columns, schema, weights.tolist()).astype(np.float32)
    sizes = np.diff(borders)
    # Of equal scores the earlier row comes first.
    order = np.lexsort((-outputs["score"], np.repeat(np.arange(len(sizes)), sizes)))
    places = np.arange(1, rows.size + 1) - np.repeat(borders[:-1], sizes)
    if ranking.top_k is not None:
        is_best = places <= ranking.top_k
        order, places = order[is_best], places[is_best]
    return _table(rows, order, places, {name: outputs[name][order] for name in ranked_outputs(schema)})


def rank_requests(
    call: Callable[[Arrays], Arrays], rows: Batch, borders: np.ndarray, schema: ServingSchema, ranking: Ranking
) -> pa.Table:
    """Does the same as `rank_rows`, with a call for each group.

    Args:
        call: function of the signature rank.
        rows: rows of whole groups.
        borders: starts and end of the groups, see `whole_groups`.
        schema: schema of the export.
        ranking: options of the ranking.
    """
    chosen, places = [], []
    answers: dict[str, list[np.ndarray]] = {name: [] for name in ranked_outputs(schema)}
    for start, end in pairwise(borders.tolist()):
        outputs = call(request(RANK, rows.columns.slice(start, end), schema, ranking.weights))
        check_numbers(outputs, schema.rank_outputs, end - start)
        best = outputs["order"][: ranking.top_k]
        chosen.append(start + best)
        places.append(np.arange(1, len(best) + 1))
        for name, values in answers.items():
            values.append(outputs[name][best])
    joined = {name: np.concatenate(values) for name, values in answers.items()}
    return _table(rows, np.concatenate(chosen), np.concatenate(places), joined)


def _table(rows: Batch, chosen: np.ndarray, places: np.ndarray, outputs: Arrays) -> pa.Table:
    assert rows.kept is not None
    return pa.table({**_columns(rows.kept.take(pa.array(chosen))), PLACE: places, **outputs})


def ranked_outputs(schema: ServingSchema) -> list[str]:
    """Returns the names of the outputs of a ranked row, in the order of the file."""
    return sorted(name for name in schema.rank_outputs if name != "order")


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return {name: table.column(name) for name in table.column_names}

"""Picks the rows of a file's chunks that a stream wants, and converts and checks them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from apps_rec.data.dtypes import DTYPES
from apps_rec.data.formats.bad_rows import remedy
from apps_rec.data.formats.source import BadRow, Chunk
from apps_rec.data.rows.counts import RowCounts
from apps_rec.data.rows.order import group_in_holdout, hash_texts, in_holdout
from apps_rec.data.rows.unseen import looked_for, not_among
from apps_rec.data.schema import OF_MESSAGES, Column, RowFilter, Schema
from apps_rec.data.values.bounds import within
from apps_rec.data.values.cast import Problem
from apps_rec.data.values.cast_lists import convert, fill, texts_of_lists
from apps_rec.data.values.decimals import as_in_file, decimal_points, has_decimals
from apps_rec.data.values.kinds import FEATURES, UnreadableColumnError
from apps_rec.data.values.label_checks import checked_labels, step_problems, weight_problems
from apps_rec.data.values.maps import map_problems
from apps_rec.data.values.number_lists import no_numbers, numbers_of, texts_and_numbers
from apps_rec.data.values.tags import tag_problems
from apps_rec.errors import DataError


@dataclass(frozen=True)
class Rows:
    """Rows that passed.

    Args:
        columns: arrays without nulls by column name, numbers as numpy, text as large_binary, and `numbers_of` lists.
        index: place of each row in the chunk, int64 `[N]`, ascending.
        kept: columns that are passed through, unchanged from the file.
    """

    columns: dict[str, np.ndarray | pa.Array]
    index: np.ndarray
    kept: pa.RecordBatch | None


# Takes the bad rows of a chunk that have one reason: path, reason, column ("" for whole rows), their numbers in the
# file, and a function of a place among them that returns what was expected and what came.
OnBad = Callable[[str, str, str, np.ndarray, Callable[[int], str]], None]


class RowGate:
    """Lets the rows of one part through that pass the filters and the checks.

    Args:
        schema: schema of the rows.
        holdout_fraction: share of rows in the holdout, 0 to 1.
        part: "train" lets only rows outside the holdout through, "holdout" only those inside, None all.
        keep: names of columns to pass through unchanged.
        on_bad: called for bad rows that are skipped, each once. Columns in `keep` are not checked then.
    """

    def __init__(
        self,
        schema: Schema,
        holdout_fraction: float,
        part: str | None,
        keep: Sequence[str],
        on_bad: OnBad | None = None,
    ):
        self._on_bad = on_bad
        self._schema = schema
        self._fraction = holdout_fraction
        self._part = part
        self._keep = tuple(keep)
        self._holdout = schema.holdout if part else None
        self._skip = schema.bad_rows == "SKIP"
        self._labels = [schema.number_column(name) for name in schema.labels]
        self._weights = [schema.number_column(name) for name in schema.weights]
        self._from_text = schema.input_type == "csv"
        self._only_kept = set(keep) - set(schema.read_names())

    def admit(self, chunk: Chunk, path: str, file_index: int, counts: RowCounts) -> Rows:
        """Returns the rows of a chunk that pass.

        Raises:
            DataError: a row is bad and bad rows are not skipped, or the type of a column as a whole does not fit.
        """
        ragged = self._my_ragged(chunk, file_index)
        for bad in ragged:
            counts.dropped[bad.reason] += 1
            if self._skip and bad.reason not in counts.examples:
                counts.examples[bad.reason] = _told(path, bad.row, f": {bad.text}", bad.line)
            if self._on_bad is not None:
                self._on_bad(path, bad.reason, "", np.array([bad.row]), partial(_text_of, bad))
        try:
            index = self._my_rows(chunk, file_index, counts)
            counts.read += len(index) + len(ragged)
            index = self._filter(chunk, index, path, ragged, counts)
            data = _take(chunk.data, index)
            columns, kept, problems = self._convert(data)
        except UnreadableColumnError as error:
            raise DataError(f"{path}: {error}.") from error
        good = self._judge(problems, chunk, index, path, ragged, counts)
        if not good.all():
            index = index[good]
            columns = {name: array.filter(pa.array(good)) for name, array in columns.items()}
            kept = kept.filter(pa.array(good)) if kept is not None else None
        return Rows({name: _handy(array) for name, array in columns.items()}, index, kept)

    def _my_rows(self, chunk: Chunk, file_index: int, counts: RowCounts) -> np.ndarray:
        """Returns the places of the rows of this part."""
        if self._holdout is None:
            return np.nonzero(self._mine(file_index, chunk.rows))[0]
        column, low = self._holdout.column, self._holdout.low
        array, problems = self._read(chunk.data.column(column.name), column)
        if low is None:
            held_out = group_in_holdout(_groups(fill(array, column)), self._fraction)
        else:
            compared = within(array, column, low, None)
            held_out, problems = compared.inside, problems + compared.problems
        # A wrong cell decides nothing here: the training refuses or counts its row.
        for problem in problems:
            held_out &= ~problem.mask
        if self._part == "holdout":
            return np.nonzero(held_out)[0]
        if low is None:
            return np.nonzero(~held_out)[0]
        # Without a time a row is neither before nor after.
        unknown = compared.missing
        for problem in problems:
            unknown = unknown & ~problem.mask
        counts.read += int(unknown.sum())
        counts.filtered += int(unknown.sum())
        return np.nonzero(~held_out & ~unknown)[0]

    def _mine(self, file_index: int, rows: np.ndarray) -> np.ndarray:
        if self._part is None:
            return np.ones(len(rows), bool)
        held_out = in_holdout(file_index, rows, self._fraction)
        return held_out if self._part == "holdout" else ~held_out

    def _my_ragged(self, chunk: Chunk, file_index: int) -> list[BadRow]:
        if not chunk.ragged:
            return []
        if self._holdout is not None:
            # Its cells cannot be told apart: the training refuses or counts the row.
            return [] if self._part == "holdout" else chunk.ragged
        mine = self._mine(file_index, np.array([bad.row for bad in chunk.ragged]))
        return [item for item, is_mine in zip(chunk.ragged, mine, strict=True) if is_mine]

    def _filter(
        self, chunk: Chunk, index: np.ndarray, path: str, ragged: list[BadRow], counts: RowCounts
    ) -> np.ndarray:
        """Returns the index without the rows that a filter takes away. The labels of those are never looked at."""
        for at, row_filter in enumerate(self._schema.filters):
            column = row_filter.column
            array, problems = self._read(_take(chunk.data.select([column.name]), index).column(0), column)
            stays, more = _stay(array, row_filter)
            if unseen := counts.unseen.setdefault(at, looked_for(row_filter)):
                if not row_filter.is_range:
                    counts.unseen[at] = not_among(fill(array, column), unseen)
                elif stays.any():
                    counts.unseen[at] = ()
            good = self._judge([*problems, *more], chunk, index, path, ragged, counts)
            counts.filtered += int(np.sum(good & ~stays))
            index = index[good & stays]
        return index

    def _read(self, array: pa.Array, column: Column) -> tuple[pa.Array, list[Problem]]:
        """Converts a column of a file to its declared type, see `convert`."""
        if not (self._from_text and self._schema.decimal_separator == "," and has_decimals(column)):
            return convert(array, column)
        with_points, problems = decimal_points(array, column)
        converted, more = convert(with_points, column)
        return converted, problems + [as_in_file(problem, array) for problem in more]

    def _convert(self, data: pa.RecordBatch) -> tuple[dict[str, pa.Array], pa.RecordBatch | None, list[Problem]]:
        columns: dict[str, pa.Array] = {}
        problems: list[Problem] = []

        def read(column: Column) -> pa.Array:
            array, found = self._read(data.column(column.name), column)
            problems.extend(found)
            return array

        def number(column: Column) -> pa.Array:
            array = read(column)
            return array.cast(pa.int8()).cast(pa.float32()) if column.dtype == "BOOL" else array

        if self._holdout is not None:
            array = read(self._holdout.column)
            if self._holdout.low is not None:
                problems += within(array, self._holdout.column, self._holdout.low, None).problems
        for column in self._schema.columns:
            width = self._schema.number_lists.get(column.name)
            if width is None:
                columns[column.name] = fill(read(column), column)
                continue
            both = texts_and_numbers(data.column(column.name), column, width)
            columns[column.name], columns[numbers_of(column.name)] = both or (
                fill(read(column), column),
                no_numbers(data.num_rows, width),
            )
        for tags in self._schema.tags:
            problems += tag_problems(columns, data, tags)
        for cells in self._schema.maps:
            problems += map_problems(columns, cells)
        labels = {column.name: number(column) for column in self._labels}
        labels, found = checked_labels(labels, data, self._schema.label_rules, self._schema.label_steps, problems)
        columns |= labels
        problems += found
        for column in self._weights:
            array = number(column)
            array = pc.fill_null(array, float(column.default)) if column.has_default else array
            problems += weight_problems(array, data.column(column.name), column.name, problems)
            columns[column.name] = pc.fill_null(array, 0.0)
        problems += step_problems(columns, self._schema.label_steps)
        kept = [self._pass_through(name, data.column(name), problems) for name in self._keep]
        return columns, pa.RecordBatch.from_arrays(kept, list(self._keep)) if kept else None, problems

    def _pass_through(self, name: str, array: pa.Array, problems: list[Problem]) -> pa.Array:
        """Returns a column unchanged if the file has types; else a declared one as its type, any other as text."""
        column = self._schema.column(name)
        single = column is not None and column.list_separator is None
        if self._on_bad is not None:
            return array
        if self._from_text:
            if column is None or column.dtype == "STRING":
                text, found = convert(array, Column(name))
                problems += found
                return pc.fill_null(text, b"").cast(pa.string())
            typed, found = self._read(array, column)
            problems += found
            return typed
        if self._schema.input_type in OF_MESSAGES and column is not None and single:
            typed, found = convert(array, column)
            problems += found
            return typed.cast(pa.large_string()) if column.dtype == "STRING" else typed
        return texts_of_lists(array) if array.type == FEATURES else array

    def _judge(
        self,
        problems: Sequence[Problem],
        chunk: Chunk,
        index: np.ndarray,
        path: str,
        ragged: list[BadRow],
        counts: RowCounts,
    ) -> np.ndarray:
        """Returns the rows of an index that have no problem. Counts each bad row once, under its first problem."""
        good = np.ones(len(index), bool)
        if not self._skip:
            self._raise_first(problems, chunk, index, path, ragged)
        for problem in problems:
            found = problem.mask & good
            counts.dropped[problem.reason] += int(np.sum(found))
            if problem.reason not in counts.examples and found.any():
                place = int(np.argmax(found))
                row, text, _ = _first_of(problem, place, chunk.rows[index])
                counts.examples[problem.reason] = _told(path, row, text, chunk.line_of and chunk.line_of(row))
            if self._on_bad is not None and found.any():
                places = np.flatnonzero(found)
                told = partial(_described, problem, places)
                self._on_bad(path, problem.reason, problem.column, chunk.rows[index[places]], told)
            good &= ~problem.mask
        return good

    def _raise_first(
        self, problems: Sequence[Problem], chunk: Chunk, index: np.ndarray, path: str, ragged: Sequence[BadRow]
    ) -> None:
        rows = chunk.rows[index]
        found = [(bad.row, f": {bad.text}", bad.reason, "", 0) for bad in ragged]
        for problem in problems:
            if problem.mask.any():
                place = int(np.argmax(problem.mask))
                run = len(rows) - place if problem.mask[place:].all() else 0
                found.append((*_first_of(problem, place, rows), problem.column, run))
        if found:
            row, text, reason, column, run = min(found, key=lambda item: item[0])
            lines = {bad.row: bad.line for bad in ragged}
            line = lines[row] if row in lines else chunk.line_of and chunk.line_of(row)
            marked = np.any([np.zeros(len(rows), bool), *(problem.mask for problem in problems)], axis=0)
            bad, read = len(ragged) + int(marked.sum()), len(rows) + len(ragged)
            advice = remedy(reason, bad, read, self._schema.max_bad_row_share, column, run)
            if column in self._only_kept:
                advice += ". The model does not read this column; predict copies others instead with --keep NAME"
            raise DataError(f"{_told(path, row, text, line)}. {advice}.")


def _first_of(problem: Problem, place: int, rows: np.ndarray) -> tuple[int, str, str]:
    """Returns the number of a row, the description of its problem, and the reason in a word or two."""
    return int(rows[place]), f', column "{problem.column}": {problem.describe(place)}', problem.reason


def _described(problem: Problem, places: np.ndarray, at: int) -> str:
    return problem.describe(int(places[at]))


def _text_of(bad: BadRow, at: int) -> str:
    return bad.text


def _told(path: str, row: int, text: str, line: int | None) -> str:
    return f"{path}: row {row}{text}" + (f" (line {line})" if line is not None else "")


def _stay(array: pa.Array, row_filter: RowFilter) -> tuple[np.ndarray, list[Problem]]:
    """Tells for each row whether a filter keeps it, with the cells that it cannot compare."""
    column = row_filter.column
    if row_filter.is_range:
        compared = within(array, column, row_filter.low, row_filter.high)
        return compared.inside, compared.problems
    values = pa.array(row_filter.values, DTYPES[column.dtype].arrow)
    found = pc.is_in(fill(array, column), values).to_numpy(zero_copy_only=False)
    return found == row_filter.keep, []


def _groups(array: pa.LargeBinaryArray | pa.IntegerArray) -> np.ndarray:
    """Returns a whole number for each value of a column without nulls: int64 or uint64 `[N]`."""
    if array.type != pa.large_binary():
        return array.to_numpy(zero_copy_only=False).astype(np.int64)
    _, offsets, data = array.buffers()
    places = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    return hash_texts(np.frombuffer(data or b"", np.uint8), places)


def _take(data: pa.RecordBatch, index: np.ndarray) -> pa.RecordBatch:
    return data if len(index) == data.num_rows else data.take(pa.array(index))


def _handy(array: pa.Array) -> np.ndarray | pa.Array:
    if pt.is_fixed_size_list(array.type):
        return array.flatten().to_numpy().reshape(len(array), array.type.list_size)
    return array if array.type == pa.large_binary() else array.to_numpy(zero_copy_only=False)

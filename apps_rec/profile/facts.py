"""Facts of a table, before anything is decided: plain values, which no database stands behind."""

from __future__ import annotations

from dataclasses import dataclass, field

# Families of stored types.
WHOLE, REAL, TRUTH, TEXT, DAY, INSTANT, LIST, OTHER = (
    "whole",
    "real",
    "truth",
    "text",
    "day",
    "instant",
    "list",
    "other",
)
NUMBERS = (WHOLE, REAL)

Number = int | float


@dataclass(frozen=True)
class ItemFacts:
    """Facts of the values in a column of lists, over a part of the sample.

    Attributes:
        family: WHOLE, REAL, TEXT, or OTHER for what cannot be read.
        distinct: number of different values.
        shortest: values of the shortest list that is not empty.
        longest: values of the longest list.
        seen: up to some thousand different values, as text.
    """

    family: str
    distinct: int
    shortest: int
    longest: int
    seen: frozenset[str]


@dataclass(frozen=True)
class Outcome:
    """The tie of a column to a label, over the sample.

    Attributes:
        auc: AUC of the column alone, its values encoded by one half of the rows and measured on the other. None: not
            measured.
        there: rows in which the column has a value, which is not 0 or false where it is a number.
        there_and_label: those of them whose label is 1.
    """

    auc: float | None
    there: int
    there_and_label: int


@dataclass(frozen=True)
class ColumnFacts:
    """Facts of a column.

    Attributes:
        name: its name in the files.
        stored: its type, in DuckDB's words.
        family: family of that type.
        missing: share of all rows without a value: null, empty text, empty list, NaN.
        distinct: number of different values in all rows, within some per cent where the table is sampled.
        sample_distinct: exact number of different values in the sample.
        words: the most frequent values of the sample as text, with their rows; the most frequent first.
        cells: some of the sample's different values as text, with their rows; of columns of text alone.
        low: least value of all rows, of numbers.
        high: greatest value of all rows, of numbers.
        is_whole: whether all numbers of the sample are whole.
        quantiles: cut points of equal numbers of rows, of the numbers of the sample that are not 0; ascending.
        least_above_zero: least number of the sample above 0, or None.
        items: facts of the values of lists; None: of other columns.
        outcomes: its tie to each label, by the label's name.
        same_for_user: share of rows in whose user the column has one value only, of those without its most frequent
            value. None: not known.
        same_for_item: likewise of items.
    """

    name: str
    stored: str
    family: str
    missing: float
    distinct: int
    sample_distinct: int = 0
    words: tuple[tuple[str, int], ...] = ()
    cells: tuple[tuple[str, int], ...] = ()
    low: Number | None = None
    high: Number | None = None
    is_whole: bool = False
    quantiles: tuple[Number, ...] = ()
    least_above_zero: Number | None = None
    items: ItemFacts | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    same_for_user: float | None = None
    same_for_item: float | None = None


@dataclass(frozen=True)
class LabelFacts:
    """The values of a label, over all rows.

    Attributes:
        name: its column.
        zeros: rows with 0 or false.
        ones: rows with 1 or true.
        missing: rows without a value.
        others: rows with anything else.
    """

    name: str
    zeros: int
    ones: int
    missing: int
    others: int


@dataclass(frozen=True)
class TableFacts:
    """Facts of a table.

    Attributes:
        rows: number of rows.
        sample_rows: rows of the sample; all of them if the table is small.
        columns: columns in the order of the files.
        labels: labels in the order in which they were named.
        both: rows in which both of two labels are 1, by their names.
        missing_and_one: rows in which the first of two labels has no value and the second is 1, by their names.
    """

    rows: int
    sample_rows: int
    columns: tuple[ColumnFacts, ...]
    labels: tuple[LabelFacts, ...]
    both: dict[tuple[str, str], int]
    missing_and_one: dict[tuple[str, str], int]

    @property
    def is_whole(self) -> bool:
        """Returns whether the sample is the whole table."""
        return self.sample_rows == self.rows

    def column(self, name: str) -> ColumnFacts:
        """Returns the facts of a column."""
        return next(column for column in self.columns if column.name == name)

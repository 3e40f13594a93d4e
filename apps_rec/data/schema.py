"""The columns that a job reads and the rules for their cells, as plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from apps_rec.data.dtypes import DTYPES, REAL, Value
from apps_rec.errors import ConfigError
from apps_rec.nearest import did_you_mean, nearest
from apps_rec.protos.data_pb2 import DataConfig

# CSVInput is "csv", and so on; apps_rec/data/formats/table.py has a row for each.
# Formats of tf.train's messages: a cell of theirs is a list of values of one kind.
OF_MESSAGES = ("tfrecord", "batchtfrecord")
INPUT_TYPES = {number: name.removesuffix("Input").lower() for name, number in DataConfig.InputType.items()}

# Value of a label in a batch if its column says that it was not observed; and of one that may be any number.
NOT_OBSERVED = -1.0
NOT_OBSERVED_NUMBER = -3.4028234663852886e38


@dataclass(frozen=True)
class Column:
    """A column and the way in which its cells are read.

    Args:
        name: name that features, labels, filters and requests use.
        dtype: name in `apps_rec.data.dtypes.DTYPES`.
        default: value in place of a missing one; bytes for STRING.
        has_default: true if the config gave the default.
        list_separator: text that joins the values of a list column into one string; None if one value is expected.
        is_numbers: true if the values of the list are numbers (weights, a vector), not words.
        column_name: name of the column in the files; "": the same name.
    """

    name: str
    dtype: str = "STRING"
    default: Value = b""
    has_default: bool = False
    list_separator: str | None = None
    is_numbers: bool = False
    column_name: str = ""

    @property
    def stored(self) -> str:
        """Returns its name in the files."""
        return self.column_name or self.name


@dataclass(frozen=True)
class RowFilter:
    """A filter that keeps (or drops) the rows whose column has one of the values, or keeps those between bounds.

    Args:
        column: column that decides.
        values: values that are kept or dropped; empty if there is a bound.
        keep: true keeps the rows with these values, false drops them.
        low: least value that stays; None: no lower bound.
        high: value below which rows stay; None: no upper bound.
    """

    column: Column
    values: tuple[Value, ...]
    keep: bool
    low: Value | None = None
    high: Value | None = None

    @property
    def is_range(self) -> bool:
        """Tells whether it has bounds in place of values."""
        return self.low is not None or self.high is not None


@dataclass(frozen=True)
class ColumnHoldout:
    """A holdout that is chosen by the value of a column, not by row number.

    Args:
        column: column that decides.
        low: least value that is held out; None: a share of the column's values is held out, with all their rows.
    """

    column: Column
    low: Value | None = None


@dataclass(frozen=True)
class LabelRule:
    """A rule for a label that may be something else than 0 or 1.

    Attributes:
        not_observed: values of the column that mean "not known"; None: a missing value. In a batch each becomes
            `unobserved`.
        spaces: labels that are settled before this one. No task looks at this label in rows in which none of them is 1.
            There it may be missing or -1, and becomes 0 in a batch.
        least: least number that it may be.
        most: largest number that it may be.
        is_whole: whether it must be a whole number.
    """

    not_observed: tuple[float | None, ...] = ()
    spaces: tuple[str, ...] = ()
    least: float = 0.0
    most: float = 1.0
    is_whole: bool = True

    @property
    def unobserved(self) -> float:
        """Returns the value in a batch of a label that was not observed, which no label has."""
        return NOT_OBSERVED if self.least >= 0 else NOT_OBSERVED_NUMBER

    @property
    def expected(self) -> str:
        """Returns what the label may be, in words."""
        if self.is_whole:
            return "the label 0 or 1" if self.most == 1 else f"a class from 0 to {self.most:g} as label"
        if self.most == 1:
            return "a label in [0, 1]"
        return "a label of 0 or more" if self.least == 0 else "a finite number as label"


@dataclass(frozen=True)
class ValueSpace:
    """A task space by the value of a column: rows with this value are inside.

    Attributes:
        name: name of the label that is made of it: 1 inside, 0 outside.
        column: column that decides.
        value: value of the rows inside.
    """

    name: str
    column: Column
    value: Value


@dataclass(frozen=True)
class LabelVector:
    """A label of several numbers in one cell, such as `0.1|0.7|0.2`: what a teacher said of each class.

    Attributes:
        name: name of its column.
        separator: text between the numbers.
        size: how many there are.
        is_share: whether each is in [0, 1].
    """

    name: str
    separator: str
    size: int
    is_share: bool


@dataclass(frozen=True)
class TagWeights:
    """A feature of weighted values: `a:0.5|b:2` in one column, or `a|b` in one and `0.5|2` in a second one."""

    feature: str
    column: str
    separator: str
    kv_separator: str | None = None
    weight_column: str | None = None


@dataclass(frozen=True)
class MapCells:
    """A feature that looks up the value of column `key` in the cells of `column`, such as `a:1|b:2`.

    Attributes:
        are_numbers: whether the values that it finds must be numbers.
    """

    feature: str
    key: str
    column: str
    separator: str
    kv_separator: str
    are_numbers: bool = False


@dataclass(frozen=True)
class Schema:
    """The columns, labels, filters and file options of a job: all that reading needs.

    Args:
        columns: columns handed out with their declared type: inputs of features and, to evaluate, users.
        labels: names of columns that must be 0 or 1, or what their rule says, handed out as float32.
        tags: features whose values have weights.
        sessions: names of columns (also in `columns`) whose equal values make a session, for losses.
        spaces: task spaces by the value of a column (also in `columns`).
        vectors: labels of several numbers (also in `columns`).
        unread: names of `columns` that no feature reads, but sessions, spaces or users.
        number_lists: columns (also in `columns`) of lists that files may hold as numbers, with the number of items that
            are handed out as such, not as text; see `numbers_of`.
        maps: features that look up keys.
        label_rules: rules of labels that may be something else too, by name, in the order in which they are settled.
        weights: names of columns that must be 0 or more, handed out as float32.
        users: names of columns (also in `columns`) that group rows for GAUC.
        keys: names of columns that identify a row; read only if a stream is asked to keep them.
        filters: filters that take rows away before any other check.
        holdout: column that decides over the holdout; None: the row's number decides, or there is no holdout.
        label_steps: labels from the first step to the last; a later one implies the one before. (): no such order.
        bad_rows: "FAIL" or "SKIP".
        input_type: "csv", "parquet", "tfrecord" or "batchtfrecord".
        separator: character between the cells of CSV files.
        with_header: true if CSV files start with a line of column names.
        declared: every column of input_fields by name, in order.
        quoting: "MINIMAL" (a cell of a CSV file may stand in double quotes) or "NONE" (quotes are letters).
        escape_char: character in CSV files that takes away the special meaning of the next one; "": there is none.
        decimal_separator: decimal separator of numbers in CSV files, "." or ",".
        null_words: cells of CSV files that are missing values, beside empty ones.
        max_bad_row_share: share of bad rows, 0 to 1, above which SKIP ends the run.
    """

    columns: tuple[Column, ...]
    labels: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    filters: tuple[RowFilter, ...] = ()
    holdout: ColumnHoldout | None = None
    label_steps: tuple[str, ...] = ()
    bad_rows: str = "FAIL"
    input_type: str = "csv"
    separator: str = ","
    with_header: bool = False
    declared: tuple[Column, ...] = ()
    label_rules: Mapping[str, LabelRule] = field(default_factory=dict)
    quoting: str = "MINIMAL"
    escape_char: str = ""
    decimal_separator: str = "."
    null_words: tuple[str, ...] = ()
    max_bad_row_share: float = 0.01
    tags: tuple[TagWeights, ...] = ()
    maps: tuple[MapCells, ...] = ()
    sessions: tuple[str, ...] = ()
    spaces: tuple[ValueSpace, ...] = ()
    vectors: tuple[LabelVector, ...] = ()
    unread: frozenset[str] = frozenset()
    number_lists: Mapping[str, int] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[Column, ...]:
        """Returns the columns that features read."""
        return tuple(column for column in self.columns if column.name not in self.unread)

    def column(self, name: str) -> Column | None:
        """Returns the declared column of that name, None if input_fields does not list it."""
        return next((column for column in self.declared if column.name == name), None)

    def number_column(self, name: str) -> Column:
        """Returns the column of a label or sample weight: a number for any declared type, BOOL as true or false."""
        declared = self.column(name) or Column(name, "FLOAT", 0.0)
        if declared.dtype == "BOOL":
            return declared
        given = declared.has_default and not isinstance(declared.default, bytes)
        default = float(declared.default) if given else 0.0
        return Column(name, "FLOAT", default, given, column_name=declared.column_name)

    def in_files(self, names: Iterable[str]) -> list[str]:
        """Turns the config's names of columns into those of the files. Names that are not declared stay."""
        stored = {column.name: column.column_name for column in self.declared if column.column_name}
        return [stored.get(name, name) for name in names]

    def of_files(self, names: Iterable[str]) -> list[str]:
        """Turns the files' names of columns into those of the config."""
        known = {column.column_name: column.name for column in self.declared if column.column_name}
        return [known.get(name, name) for name in names]

    def read_names(self, keep: Iterable[str] = ()) -> list[str]:
        """Returns the names of all columns that have to be read from a file, each once."""
        names = [column.name for column in self.columns]
        names += [*self.labels, *self.weights, *(row_filter.column.name for row_filter in self.filters)]
        names += [self.holdout.column.name] if self.holdout else []
        names += keep
        return list(dict.fromkeys(names))

    def dtypes(self) -> dict[str, str]:
        """Returns the type of every column of a batch: FLOAT for labels and weights, else the declared one."""
        types = {column.name: column.dtype for column in self.columns}
        return types | dict.fromkeys((*self.labels, *self.weights), "FLOAT")


def with_slices(schema: Schema, name: str, option: str = "by") -> Schema:
    """Returns the schema with one more column handed out beside the users, such as one to evaluate by.

    Args:
        schema: schema of an evaluation.
        name: the column.
        option: name of the option that names it, for a message.

    Raises:
        ConfigError: the column is not in input_fields, is a label, or has a type without distinct values.
    """
    column = schema.column(name)
    if column is None:
        known = [item.name for item in schema.declared]
        hint = did_you_mean(nearest(name, known))
        raise ConfigError(f'{option}: expected a column of data_config.input_fields, got "{name}"; add it there.{hint}')
    if name in schema.labels:
        raise ConfigError(
            f'{option}: "{name}" is a label: within one of its values a task has one class, and no metric'
        )
    if DTYPES[column.dtype].kind == REAL:
        raise ConfigError(
            f'{option}: "{name}" is a {column.dtype}, nearly each value of which is another; expected a column of '
            "type STRING, INT32, INT64 or BOOL"
        )
    columns = schema.columns if column in schema.columns else (*schema.columns, column)
    return replace(schema, columns=columns, users=tuple(dict.fromkeys((*schema.users, name))))

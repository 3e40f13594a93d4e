"""Features as plain values: `build.py` makes them from the config, Preprocessor and Embedder read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class HashIds:
    """Ids from a hash of the value's text: FarmHash64 modulo `size`."""

    size: int

    @property
    def num_ids(self) -> int:
        """Returns the number of rows that a table for these ids needs."""
        return self.size


@dataclass(frozen=True)
class NumberIds:
    """Ids that are the number itself where 0 <= number < `size`; any other number gets the unknown id `size`."""

    size: int

    @property
    def num_ids(self) -> int:
        """Returns the number of rows that a table for these ids needs."""
        return self.size + 1


@dataclass(frozen=True)
class VocabularyIds:
    """Ids that are the place of the word in `words`; any other word gets the unknown id `len(words)`."""

    words: tuple[str, ...]

    @property
    def num_ids(self) -> int:
        """Returns the number of rows that a table for these ids needs."""
        return len(self.words) + 1


@dataclass(frozen=True)
class CutIds:
    """Ids of numbers: i where boundaries[i-1] <= number < boundaries[i]."""

    boundaries: tuple[float, ...]

    @property
    def num_ids(self) -> int:
        """Returns the number of rows that a table for these ids needs."""
        return len(self.boundaries) + 1


IdMapping = HashIds | NumberIds | VocabularyIds | CutIds


@dataclass(frozen=True)
class AttentionSpec:
    """Pooling of a sequence by attention against the embedding of feature `key`."""

    key: str
    hidden_units: tuple[int, ...] = (32,)
    activation: str = "relu"
    use_bn: bool = False
    dropout: tuple[float, ...] = ()


@dataclass(frozen=True)
class SelfAttentionSpec:
    """Pooling of a sequence by attention that compares its items with nothing else."""


@dataclass(frozen=True)
class SequenceSpec:
    """Lists joined item by item and pooled together, by attention against features joined to one key.

    Attributes:
        name: a name of its own; parts of a model read the result by it, see `output`.
        keys: features whose embeddings, or numbers, are the key.
        lists: lists whose items are joined; the items of the first are those that are there.
        auxiliary: lists that are added up with the same weights, each by itself.
        hidden_units: layers of the network that weighs; one logit follows.
        transform: see `TargetAttention`.
        with_key: whether the key is joined behind.
    """

    name: str
    keys: tuple[str, ...]
    lists: tuple[str, ...]
    auxiliary: tuple[str, ...] = ()
    hidden_units: tuple[int, ...] = (128, 64, 32)
    activation: str = "relu"
    use_bn: bool = True
    dropout: tuple[float, ...] = ()
    transform: str | None = None
    with_key: bool = True

    @property
    def output(self) -> str:
        """Returns the name by which a part of a model reads the result, which no feature has."""
        return f"sequence_features/{self.name}"


class _WithIds:
    """A feature whose table has a row for each of `ids`."""

    ids: IdMapping

    @property
    def num_ids(self) -> int:
        """Returns the number of rows that a table for these ids needs."""
        return self.ids.num_ids


@dataclass(frozen=True)
class IdFeature(_WithIds):
    """One id from one column; of a number with a point, `precision` digits behind it count."""

    name: str
    column: str
    ids: IdMapping
    table: str
    dim: int
    is_position: bool = False
    precision: int = -1


@dataclass(frozen=True)
class CrossFeature(_WithIds):
    """One id from the values of several columns, joined by `separator` and hashed."""

    name: str
    columns: tuple[str, ...]
    separator: str
    ids: HashIds
    table: str
    dim: int
    is_position: bool = False


@dataclass(frozen=True)
class BucketFeature:
    """One id from a number: i where boundaries[i-1] <= value < boundaries[i]."""

    name: str
    column: str
    boundaries: tuple[float, ...]
    table: str
    dim: int
    is_position: bool = False

    @property
    def num_ids(self) -> int:
        """Returns the number of rows that a table for these ids needs."""
        return len(self.boundaries) + 1


@dataclass(frozen=True)
class NumberFeature:
    """A number, or `size` numbers from one text cell: (log1p(value) - shift) / scale.

    If dim > 0, the sum of the numbers, each times a vector of its own.
    """

    name: str
    column: str
    dim: int = 0
    size: int = 1
    separator: str = "|"
    log1p: bool = False
    shift: float = 0.0
    scale: float = 1.0
    is_position: bool = False


# A column's name, a number, or an operator or function with its arguments: ("+", "a", 1.0) is a + 1.
Expression = str | float | tuple[Any, ...]


@dataclass(frozen=True)
class ExpressionFeature:
    """A number that is computed of columns, see `expression.evaluate`; if dim > 0, times a vector."""

    name: str
    expression: Expression
    dim: int = 0
    is_position: bool = False

    @property
    def size(self) -> int:
        """Returns the number of its numbers."""
        return 1


@dataclass(frozen=True)
class LookupNumberFeature:
    """A number from a cell that maps keys to numbers: those of the key in another column, added up or averaged.

    Without any it is 0. Then (log1p(value) - shift) / scale, and if dim > 0 times a vector.
    """

    name: str
    key: str
    map: str
    separator: str
    kv_separator: str
    combiner: str = "sum"
    dim: int = 0
    log1p: bool = False
    shift: float = 0.0
    scale: float = 1.0
    is_position: bool = False

    @property
    def size(self) -> int:
        """Returns the number of its numbers."""
        return 1


@dataclass(frozen=True)
class ListFeature(_WithIds):
    """Up to `max_length` ids from one text cell, pooled into one embedding.

    With `multi_separator`, up to `max_length` steps of any number of ids; the embeddings of a step are combined by
    `step_combiner`.
    """

    name: str
    column: str
    ids: IdMapping
    table: str
    dim: int
    max_length: int
    separator: str = "|"
    kv_separator: str | None = None
    weight_column: str | None = None
    combiner: str = "mean"
    attention: AttentionSpec | SelfAttentionSpec | None = None
    is_position: bool = False
    multi_separator: str | None = None
    step_combiner: str = "sum"


@dataclass(frozen=True)
class LookupFeature(_WithIds):
    """Up to `max_length` ids from one cell that maps keys to values: those of the key in another column, pooled."""

    name: str
    key: str
    map: str
    ids: IdMapping
    table: str
    dim: int
    max_length: int
    separator: str
    kv_separator: str
    combiner: str = "sum"
    attention: AttentionSpec | None = None
    is_position: bool = False


@dataclass(frozen=True)
class CrossListFeature(_WithIds):
    """Up to `max_length` ids: each value of a column crossed with each of the others, hashed and pooled.

    Attributes:
        separators: separator of the lists of each column; "": a cell is one value.
        separator: text between crossed values.
    """

    name: str
    columns: tuple[str, ...]
    separators: tuple[str, ...]
    separator: str
    ids: HashIds
    table: str
    dim: int
    max_length: int
    combiner: str = "sum"
    attention: AttentionSpec | None = None
    is_position: bool = False


@dataclass(frozen=True)
class NumberListFeature:
    """Up to `max_length` steps of `size` numbers from one text cell, pooled: (log1p(value) - shift) / scale each.

    If dim > 0, a step is the sum of its numbers, each times a vector of its own; else it is the numbers.
    """

    name: str
    column: str
    max_length: int
    dim: int = 0
    size: int = 1
    separator: str = "|"
    multi_separator: str | None = None
    log1p: bool = False
    shift: float = 0.0
    scale: float = 1.0
    attention: AttentionSpec | SelfAttentionSpec | None = None
    is_position: bool = False

    @property
    def combiner(self) -> str:
        """Returns how its steps are pooled without attention."""
        return "mean"


SingleIdFeature = IdFeature | CrossFeature | BucketFeature
AnyNumberFeature = NumberFeature | ExpressionFeature | LookupNumberFeature
AnyListFeature = ListFeature | LookupFeature | CrossListFeature | NumberListFeature
FeatureSpec = SingleIdFeature | AnyNumberFeature | AnyListFeature
SINGLE_ID_FEATURES = (IdFeature, CrossFeature, BucketFeature)
NUMBER_FEATURES = (NumberFeature, ExpressionFeature, LookupNumberFeature)
LIST_FEATURES = (ListFeature, LookupFeature, CrossListFeature, NumberListFeature)
# Those whose values are no ids.
WITHOUT_TABLE = (*NUMBER_FEATURES, NumberListFeature)


def columns_of(spec: FeatureSpec) -> tuple[str, ...]:
    """Returns the names of the columns that a feature reads."""
    if isinstance(spec, CrossFeature | CrossListFeature):
        return spec.columns
    if isinstance(spec, LookupFeature | LookupNumberFeature):
        return (spec.key, spec.map)
    if isinstance(spec, ExpressionFeature):
        return tuple(dict.fromkeys(_columns_in(spec.expression)))
    if isinstance(spec, ListFeature) and spec.weight_column:
        return (spec.column, spec.weight_column)
    return (spec.column,)


def _columns_in(part: Expression) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, tuple):
        for argument in part[1:]:
            yield from _columns_in(argument)

"""Tells the weights of a model apart: which are embeddings, and which are frozen.

Tables of one width share a variable here, and first-order weights are one of its columns. `freeze_gradient` goes by the
names that EasyRec gives them, so a frozen table is a part of a variable: rows and columns.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from apps_rec.errors import ConfigError
from apps_rec.features.specs import WITHOUT_TABLE
from apps_rec.models import RankModel

FIELD = "train_config.freeze_gradient"
# Number of names that a message shows.
_MOST_SHOWN = 40
log = logging.getLogger("apps_rec")


@dataclass(frozen=True, eq=False)
class FrozenRows:
    """The frozen elements of a variable that holds several tables.

    Attributes:
        ends: row behind the last one of each table, ascending, `(tables,)` int64.
        frozen: whether an element is frozen, by table and column; the last line is for rows behind all tables,
            `(tables + 1, columns)`.
    """

    ends: np.ndarray
    frozen: np.ndarray

    def keep(self, rows: tf.Tensor, new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
        """Returns the new values of rows, with the old ones where they are frozen.

        Args:
            rows: row numbers, `(n,)`.
            new: new values, `(n, columns)`.
            old: values before, `(n, columns)`, or one for all.
        """
        tables = tf.searchsorted(tf.constant(self.ends, rows.dtype), rows, side="right")
        return tf.where(tf.gather(tf.constant(self.frozen), tables), old, new)

    def part(self, columns: slice) -> FrozenRows:
        """Returns the same for some of the columns."""
        return FrozenRows(self.ends, self.frozen[:, columns])

    def piece(self, start: int, rows: int) -> FrozenRows:
        """Returns the same for a piece of the variable, whose rows are counted from its first."""
        return FrozenRows(np.clip(self.ends - start, 0, rows), self.frozen)


@dataclass
class Roles:
    """The roles of a model's weights; what is in none is trained as any dense weight.

    Attributes:
        embeddings: variables of embeddings and first-order weights; of a divided table, its pieces.
        frozen: variables that are frozen as a whole.
        partly_frozen: variables of which some elements are frozen, with these elements.
        first_order: variables of embeddings that have first-order weights, with the first of their columns.
    """

    embeddings: Sequence[tf.Variable] = ()
    frozen: list[tf.Variable] = field(default_factory=list)
    partly_frozen: list[tuple[tf.Variable, FrozenRows]] = field(default_factory=list)
    first_order: Sequence[tuple[tf.Variable, int]] = ()


@dataclass(frozen=True)
class _Part:
    """A table's embeddings or first-order weights: columns `first` to `end` of its rows, and the names they go by."""

    table: str
    first: int
    end: int
    names: tuple[str, ...]
    is_of_embeddings: bool


def roles_of(model: RankModel, patterns: Sequence[str] = (), frozen_tables: Collection[str] = ()) -> Roles:
    """Returns the roles of a model's weights. A weight is frozen if a pattern fits a part of one of its names.

    Args:
        model: model whose variables are made.
        patterns: regular expressions, in RE2's syntax.
        frozen_tables: names of tables whose embeddings are frozen too; their first-order weights are not.

    Raises:
        ConfigError: a pattern fits no name, or nothing is left to train.
    """
    roles = Roles(model.embedder.embeddings(), first_order=model.embedder.first_order_weights())
    if not patterns and not frozen_tables:
        return roles
    parts = _parts(model)
    tables = {id(piece) for key in model.embedder.tables for piece in _pieces(model, key)}
    vectors = {id(variable): feature for feature, variable in model.embedder.vectors.items()}
    others = [
        (variable, (variable.name, *_easyrecs([vectors[id(variable)]], "input_layer")))
        if id(variable) in vectors
        else (variable, (variable.name,))
        for variable in model.trainable_variables
        if id(variable) not in tables
    ]
    names = list(
        dict.fromkeys(name for names in (*(p.names for p in parts), *(n for _, n in others)) for name in names)
    )
    chosen = _fitting(patterns, names)
    roles.frozen += [variable for variable, own in others if chosen.intersection(own)]
    frozen_parts = [
        part
        for part in parts
        if chosen.intersection(part.names) or (part.table in frozen_tables and part.is_of_embeddings)
    ]
    for key in model.embedder.tables:
        _freeze_tables(model, key, frozen_parts, roles)
    if len(roles.frozen) == len(model.trainable_variables):
        raise ConfigError(f"{FIELD}: nothing would be trained: the patterns fit the names of all weights")
    _say([part.names[0] for part in frozen_parts] + [variable.name for variable, own in others if chosen & set(own)])
    return roles


def _parts(model: RankModel) -> list[_Part]:
    """Returns the tables of a model by EasyRec's names: where there are first-order weights, their layer is first."""
    embedder = model.embedder
    users: dict[str, list[str]] = {}
    for spec in embedder.specs:
        if not isinstance(spec, WITHOUT_TABLE):
            users.setdefault(spec.table, []).append(spec.name)
    deep = "input_layer_1" if embedder.first_order else "input_layer"
    parts = []
    for table, place in embedder.table_places().items():
        names = dict.fromkeys([table, *users[table]])
        if place.dim:
            parts.append(_Part(table, 0, place.dim, tuple(_easyrecs(names, deep)), True))
        if place.columns > place.dim:
            parts.append(_Part(table, place.dim, place.columns, tuple(_easyrecs(names, "input_layer")), False))
    return parts


def _easyrecs(names: Iterable[str], layer: str) -> list[str]:
    return [f"{layer}/{name}_embedding/embedding_weights:0" for name in names]


def _pieces(model: RankModel, key: str) -> list[tf.Variable]:
    """Returns a variable of tables; of one that is divided over servers, its pieces in order."""
    variable = model.embedder.tables[key]
    return list(getattr(variable, "variables", [variable]))


def _freeze_tables(model: RankModel, key: str, frozen: Sequence[_Part], roles: Roles) -> None:
    """Adds the frozen parts of one variable of tables to the roles."""
    places = {name: place for name, place in model.embedder.table_places().items() if place.key == key}
    flags = np.zeros((len(places) + 1, next(iter(places.values())).columns), bool)
    for at, name in enumerate(places):
        for part in frozen:
            if part.table == name:
                flags[at, part.first : part.end] = True
    pieces = _pieces(model, key)
    if flags[:-1].all():
        roles.frozen += pieces
    elif flags.any():
        rows = FrozenRows(np.array([place.offset + place.rows for place in places.values()]), flags)
        start = 0
        for piece in pieces:
            roles.partly_frozen.append((piece, rows.piece(start, piece.shape[0])))
            start += piece.shape[0]


def _fitting(patterns: Sequence[str], names: Sequence[str]) -> set[str]:
    """Returns the names that a pattern fits a part of. RE2 takes a time that grows with the name, whatever it is."""
    found: set[str] = set()
    for pattern in patterns:
        try:
            fits = tf.strings.regex_full_match(list(names), f"(?s:.*)(?:{pattern})(?s:.*)").numpy()
        except tf.errors.InvalidArgumentError as error:
            raise ConfigError(f'{FIELD}: "{pattern}" cannot be read as a regular expression: {error.message}') from None
        if not fits.any():
            shown = ", ".join(names[:_MOST_SHOWN])
            more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
            raise ConfigError(f'{FIELD}: "{pattern}" fits the name of no weight. Expected a part of {shown}{more}')
        found.update(name for name, fit in zip(names, fits, strict=True) if fit)
    return found


def _say(frozen: Sequence[str]) -> None:
    for name in frozen:
        log.info("frozen: %s", name)

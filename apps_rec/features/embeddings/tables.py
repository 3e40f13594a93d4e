"""The tables of a model: which of them share a variable, and where each stands in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from apps_rec.features.embeddings.initial import Initial, TableInitializer
from apps_rec.features.specs import WITHOUT_TABLE, FeatureSpec


@dataclass(frozen=True)
class TablePlace:
    """The place of a table of the config: rows `offset` to `offset + rows` of `Embedder.tables[key]`.

    A row has `dim` columns of its embedding, and those of its first-order weight if it has one; `columns` counts both.
    """

    key: str
    offset: int
    rows: int
    dim: int
    columns: int


@dataclass(frozen=True)
class Variable:
    """A variable that tables of one width share; its last row is for padding.

    Attributes:
        rows: rows of all its tables together, the one for padding not counted.
        dim: columns of an embedding.
        columns: all columns, those of first-order weights counted.
    """

    rows: int
    dim: int
    columns: int


class TablePlan:
    """Places the tables of features in variables, one for each width, in the order of the features.

    Args:
        specs: the features.
        first_order: names of the features with a first-order weight. Others that share their table have it too.
        wide_dim: length of a first-order weight.

    Attributes:
        places: the place of every table of the config, by its name.
        variables: the variables, by their keys.
    """

    def __init__(self, specs: Sequence[FeatureSpec], first_order: Collection[str], wide_dim: int) -> None:
        with_table = [spec for spec in specs if not isinstance(spec, WITHOUT_TABLE)]
        wide = {spec.table for spec in with_table if spec.name in first_order}
        self.places: dict[str, TablePlace] = {}
        self.variables: dict[str, Variable] = {}
        self._tables: dict[str, str] = {}  # feature -> its table
        for spec in with_table:
            self._tables[spec.name] = spec.table
            if spec.table in self.places:
                continue
            columns = spec.dim + wide_dim * (spec.table in wide)
            key = f"tables_{spec.dim}" + ("_first_order" if spec.table in wide else "")
            start = self.variables[key].rows if key in self.variables else 0
            self.places[spec.table] = TablePlace(key, start, spec.num_ids, spec.dim, columns)
            self.variables[key] = Variable(start + spec.num_ids, spec.dim, columns)

    def initializer(self, key: str, seed: int, default: Initial, initial: Mapping[str, Initial]) -> TableInitializer:
        """Returns what draws the first values of a variable.

        Args:
            key: key of the variable.
            seed: seed of the whole model.
            default: how a table begins of which `initial` says nothing.
            initial: how the tables of features begin, by the name of one of each table's features.
        """
        of_tables = {self._tables[name]: one for name, one in initial.items() if name in self._tables}
        parts = [
            (place.rows, of_tables.get(table, default)) for table, place in self.places.items() if place.key == key
        ]
        return TableInitializer(seed, key, self.variables[key].dim, parts)

"""Shapes of cells: single values, lists, vectors and maps, and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps_rec.simulation.of_config.pools import Pool

# Weights of listed values.
_WEIGHTS = np.array(["0.5", "1", "1.5", "2"], object)
# Share of rows whose key is in the row's map.
_FOUND = 0.9


@dataclass(frozen=True)
class Drawn:
    """The cells of a column, and the places in its pool that the signal depends on.

    Attributes:
        cells: texts, `(rows,)`.
        places: places in the pool, `(values,)`.
        rows: row of each place, ascending.
        weights: weight of each.
        partner: cells of a second column that belongs to it, such as weights; None: there is none.
    """

    cells: np.ndarray
    places: np.ndarray
    rows: np.ndarray
    weights: np.ndarray
    partner: np.ndarray | None = None

    def latent(self, effects: np.ndarray) -> np.ndarray:
        """Returns the weighted mean of the effects of each row's values, `(rows,)`; 0 where it has none."""
        count = len(self.cells)
        total = np.bincount(self.rows, self.weights * effects[self.places], count)
        return total / np.maximum(np.bincount(self.rows, self.weights, count), 1e-9)


class Draw:
    """The random numbers of some rows, and what several columns share.

    Args:
        rng: random numbers.
        rows: number of rows.
    """

    def __init__(self, rng: np.random.Generator, rows: int) -> None:
        self.rng = rng
        self.rows = rows
        self._lengths: dict[str, np.ndarray] = {}

    def places(self, pool: Pool, count: int) -> np.ndarray:
        """Draws places in a pool."""
        return self.rng.choice(len(pool.values), count, p=pool.probabilities)

    def lengths(self, group: str, longest: int) -> np.ndarray:
        """Draws the lengths of lists; lists of one group have the same."""
        if group not in self._lengths:
            self._lengths[group] = self.rng.integers(1, longest + 1, self.rows)
        return self._lengths[group]


@dataclass(frozen=True)
class Single:
    """Cells of one value."""

    pool: Pool

    def draw(self, draw: Draw, keys: np.ndarray | None) -> Drawn:
        """Draws a value a row."""
        places = draw.places(self.pool, draw.rows)
        cells = np.array(self.pool.values, object)[places]
        return Drawn(cells, places, np.arange(draw.rows), np.ones(draw.rows))


@dataclass(frozen=True)
class Serial:
    """Cells that number the rows."""

    stem: str
    pool: Pool

    def draw(self, draw: Draw, keys: np.ndarray | None) -> Drawn:
        """Returns the numbers of the rows."""
        cells = np.array([f"{self.stem}{row}" for row in range(draw.rows)], object)
        nothing = np.zeros(0, np.int64)
        return Drawn(cells, nothing, nothing, np.zeros(0))


@dataclass(frozen=True)
class Listing:
    """Cells of several values.

    Attributes:
        pool: pool of the values.
        separator: text between the values.
        longest: most values of a cell.
        group: name of the group of lists that have one length in a row.
        kv_separator: text between a value and its weight; "": the cells hold no weights.
        weight_column: column with the weights; "": none.
        inner: text between the parts of a value that is a list itself; "": it is none.
        parts: number of these parts.
    """

    pool: Pool
    separator: str
    longest: int
    group: str
    kv_separator: str = ""
    weight_column: str = ""
    inner: str = ""
    parts: int = 1

    def draw(self, draw: Draw, keys: np.ndarray | None) -> Drawn:
        """Draws lists, with weights where they have any."""
        lengths = draw.lengths(self.group, self.longest)
        rows = np.repeat(np.arange(draw.rows), lengths)
        values = np.array(self.pool.values, object)
        places = draw.places(self.pool, len(rows))
        items, weights = values[places], np.ones(len(rows))
        for _ in range(1, self.parts if self.inner else 1):
            items = items + self.inner + values[draw.places(self.pool, len(rows))]
        texts = np.full(len(rows), "1", object)
        if self.kv_separator or self.weight_column:
            texts = _WEIGHTS[draw.rng.integers(0, len(_WEIGHTS), len(rows))]
            weights = texts.astype(float)
        if self.kv_separator:
            items = items + self.kv_separator + texts
        partner = _joined(texts, lengths, self.separator) if self.weight_column else None
        return Drawn(_joined(items, lengths, self.separator), places, rows, weights, partner)


@dataclass(frozen=True)
class Vector:
    """Cells of a fixed number of numbers; the signal depends on the first."""

    pool: Pool
    separator: str
    size: int

    def draw(self, draw: Draw, keys: np.ndarray | None) -> Drawn:
        """Draws vectors."""
        places = draw.places(self.pool, draw.rows * self.size)
        lengths = np.full(draw.rows, self.size)
        cells = _joined(np.array(self.pool.values, object)[places], lengths, self.separator)
        return Drawn(cells, places[:: self.size], np.arange(draw.rows), np.ones(draw.rows))


@dataclass(frozen=True)
class MapCells:
    """Cells that map keys of another column to values.

    Attributes:
        pool: pool of the values.
        key: column of the keys.
        keys: pool of the keys.
        separator: text between pairs.
        kv_separator: text between key and value.
    """

    pool: Pool
    key: str
    keys: Pool
    separator: str
    kv_separator: str

    def draw(self, draw: Draw, keys: np.ndarray | None) -> Drawn:
        """Draws maps of a few keys, in most of which the row's own key stands."""
        wanted = np.zeros(draw.rows, object) if keys is None else keys
        others = np.array(self.keys.values, object)[draw.places(self.keys, 3 * draw.rows)].reshape(-1, 3)
        places = draw.places(self.pool, 4 * draw.rows).reshape(-1, 4)
        values = np.array(self.pool.values, object)[places]
        is_there = draw.rng.random(draw.rows) < _FOUND
        cells = np.empty(draw.rows, object)
        for row in range(draw.rows):
            pairs = dict(zip(others[row], values[row, 1:], strict=True))
            pairs.pop(wanted[row], None)
            if is_there[row]:
                pairs[wanted[row]] = values[row, 0]
            cells[row] = self.separator.join(f"{key}{self.kv_separator}{value}" for key, value in pairs.items())
        rows = np.flatnonzero(is_there)
        return Drawn(cells, places[rows, 0], rows, np.ones(len(rows)))


Shape = Single | Serial | Listing | Vector | MapCells


def _joined(items: np.ndarray, lengths: np.ndarray, separator: str) -> np.ndarray:
    """Joins the values of each row."""
    ends = np.cumsum(lengths)
    texts = items.tolist()
    cells = np.empty(len(lengths), object)
    for row, (start, end) in enumerate(zip(ends - lengths, ends, strict=True)):
        cells[row] = separator.join(texts[start:end])
    return cells

"""Order of rows and the holdout, from hashes of row numbers: the same in every process and every numpy version."""

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
# Keeps the holdout apart from every shuffle, and the same under every seed.
_HOLDOUT = 0x5F3C0DE5


def mix(values: np.ndarray) -> np.ndarray:
    """Spreads each 64-bit number over all 64-bit numbers, one to one (splitmix64).

    Args:
        values: uint64 array of any shape with at least one dimension.

    References: Steele, Lea, Flood 2014, Fast Splittable Pseudorandom Number Generators, figure 14.
    """
    z = values + _STEP
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


def combine(*parts: int) -> np.ndarray:
    """One uint64 (as an array of one) out of several whole numbers, in which their order matters."""
    state = np.zeros(1, np.uint64)
    for part in parts:
        state = mix(state ^ np.array([part & 0xFFFFFFFFFFFFFFFF], np.uint64))
    return state


def random_order(size: int, *key: int) -> np.ndarray:
    """A permutation of 0 .. size - 1 that depends on the key and nothing else.

    numpy's own generators may draw other numbers in another numpy version, and a run that is resumed after an upgrade
    would then read other rows.

    Example:
        >>> sorted(random_order(4, 42, 0).tolist())
        [0, 1, 2, 3]
    """
    # No two numbers are mixed to the same one, so any way of sorting gives this order; numpy's default is the quickest.
    return np.argsort(mix(combine(*key) + np.arange(size, dtype=np.uint64)))


def in_holdout(file_index: int, rows: np.ndarray, fraction: float) -> np.ndarray:
    """Which rows of a file belong to the holdout, by their number alone.

    Args:
        file_index: place of the file in the sorted list of files.
        rows: row numbers in that file, int64 `[N]`.
        fraction: share of rows in the holdout, 0 to 1.

    Returns: bool `[N]`.
    """
    if fraction >= 1:
        return np.ones(len(rows), bool)
    hashed = mix(combine(_HOLDOUT, file_index) + rows.astype(np.uint64))
    return hashed < np.uint64(int(fraction * 2.0**64))

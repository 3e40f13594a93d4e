"""Derives the order of rows and the holdout from hashes: the same in every process and every numpy version."""

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
# Keep the holdout apart from every shuffle, and the same under every seed.
_HOLDOUT, _HOLDOUT_BY = 0x5F3C0DE5, 0x5F3C0DE6


def mix(values: np.ndarray) -> np.ndarray:
    """Spreads each 64-bit number over all 64-bit numbers, one to one (splitmix64).

    Args:
        values: uint64 array with at least one dimension.

    References: Steele, Lea, Flood 2014, Fast Splittable Pseudorandom Number Generators, figure 14.
    """
    z = values + _STEP
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


def combine(*parts: int) -> np.ndarray:
    """Combines several whole numbers, whose order matters, into one uint64 (an array of one)."""
    state = np.zeros(1, np.uint64)
    for part in parts:
        state = mix(state ^ np.array([part & 0xFFFFFFFFFFFFFFFF], np.uint64))
    return state


def random_order(size: int, *key: int) -> np.ndarray:
    """Returns a permutation of 0 .. size - 1 that depends on the key and nothing else.

    numpy's own generators may draw other numbers in another numpy version. A run that is resumed after an upgrade would
    then read other rows.

    Example:
        >>> sorted(random_order(4, 42, 0).tolist())
        [0, 1, 2, 3]
    """
    # No two numbers are mixed to the same one, so any sorting gives the same order. numpy's default is the quickest.
    return np.argsort(mix(combine(*key) + np.arange(size, dtype=np.uint64)))


def in_holdout(file_index: int, rows: np.ndarray, fraction: float) -> np.ndarray:
    """Tells for each row of a file whether it belongs to the holdout, by its number alone.

    Args:
        file_index: place of the file in the sorted list of files.
        rows: numbers of the rows in that file, int64 `[N]`.
        fraction: share of rows in the holdout, 0 to 1.

    Returns: bool `[N]`.
    """
    if fraction >= 1:
        return np.ones(len(rows), bool)
    return _lowest(mix(combine(_HOLDOUT, file_index) + rows.astype(np.uint64)), fraction)


def group_in_holdout(groups: np.ndarray, fraction: float) -> np.ndarray:
    """Tells for each group whether it belongs to the holdout, by its value alone: not by file, place or seed.

    Args:
        groups: whole numbers that stand for the groups, see `hash_texts`; int64 or uint64 `[N]`.
        fraction: share of groups in the holdout, in [0, 1).

    Returns: bool `[N]`.
    """
    return _lowest(mix(combine(_HOLDOUT_BY) ^ mix(groups.astype(np.uint64))), fraction)


def _lowest(hashed: np.ndarray, fraction: float) -> np.ndarray:
    return hashed < np.uint64(int(fraction * 2.0**64))


def hash_texts(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Hashes each text by its bytes alone: the sum of its bytes, each times a number of its place, then mixed.

    Args:
        data: bytes of all texts, uint8.
        offsets: start of each text, and end of the last one; int64 `[N + 1]`.

    Returns: uint64 `[N]`.

    References: Carter, Wegman 1979, Universal Classes of Hash Functions, section 2 (H3 and sums like it).
    """
    lengths = np.diff(offsets)
    sums = np.zeros(len(lengths), np.uint64)
    is_filled = lengths > 0
    if is_filled.any():
        starts = (offsets[:-1] - offsets[0])[is_filled]
        places = np.arange(offsets[-1] - offsets[0]) - np.repeat(starts, lengths[is_filled])
        keys = mix(np.arange(lengths.max(), dtype=np.uint64))
        sums[is_filled] = np.add.reduceat((data[offsets[0] : offsets[-1]] + np.uint64(1)) * keys[places], starts)
    return mix(sums ^ mix(lengths.astype(np.uint64)))

r"""Finds, by patterns, serialized tf.train.Examples that TensorFlow's parser of one kind of list a column cannot read.

Protobuf writes an entry of the map of features as 0x0a, length, name, 0x12, length, value. It writes a value as a tag
for the kind of list, length, list. A length is seven bits a byte, the lowest first; all but the last byte have the
eighth bit set. TensorFlow's patterns (RE2) match bytes below 0x80 by value, and others only as any byte, `\C`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from apps_rec.data import Column
from apps_rec.data.tfrecords.graph_checks import READABLE_KINDS

# First byte of a tf.train.Feature, protobuf's tag of its list, and what all of it is without values.
TAGS = {"bytes_list": b"\x0a", "float_list": b"\x12", "int64_list": b"\x1a"}
EMPTY = {
    kind: [tag + b"\x00", *([tag + b"\x02\x0a\x00"] if kind != "bytes_list" else [])] for kind, tag in TAGS.items()
}
# Bytes of names in one pattern. RE2 keeps a state for each, and far more than it can keep make it many times slower.
_MOST_BYTES = 1500


def unusual_patterns(columns: Sequence[Column]) -> list[str]:
    """Returns patterns, one of which matches a whole record if a column is an empty list or not as `convert` writes it.

    Records whose columns are all as `convert` writes them match no pattern, unless a text in them looks like a feature.
    """
    chunks: list[list[Column]] = [[]]
    size = 0
    for column in sorted(columns, key=_alike):
        size += len(column.stored.encode())
        if size > _MOST_BYTES and chunks[-1]:
            chunks.append([])
            size = len(column.stored.encode())
        chunks[-1].append(column)
    return [rf"(?s)\C*\x0a(?:{'|'.join(_entries(chunk))})\C*" for chunk in chunks if chunk]


def escaped(text: bytes) -> str:
    """Returns a pattern that matches a UTF-8 text and nothing else."""
    return "".join(letter if letter.isalnum() else f"\\x{{{ord(letter):x}}}" for letter in text.decode())


def _alike(column: Column) -> tuple[str, bool]:
    return READABLE_KINDS[column.dtype][0], column.list_separator is not None


def _entries(columns: Sequence[Column]) -> Iterator[str]:
    for (kind, is_list), group in groupby(columns, _alike):
        names = "|".join(_length(len(name)) + escaped(name) for name in (column.stored.encode() for column in group))
        yield rf"(?:{names})\x12(?:{'|'.join(_values(kind, is_list))})"


def _length(number: int) -> str:
    pattern = ""
    while number >= 0x80:
        pattern, number = pattern + r"\C", number >> 7
    return pattern + f"\\x{{{number:x}}}"


def _values(kind: str, is_list: bool) -> Iterator[str]:
    """Yields patterns of length and value for an empty list, or the start of a list of another kind."""
    yield r"\x00"
    for empty in EMPTY[kind]:
        yield escaped(bytes([len(empty)]) + empty)
    usual = TAGS[kind]
    others = f"[{''.join(escaped(tag) for tag in TAGS.values() if tag != usual)}]"
    yield rf"[\x00-\x7f]{others}"
    if is_list:
        # A length of several bytes. Where the last is the usual kind's tag, the bytes may be a short length, that tag
        # and a length that is as large as a tag; but then the list's length cannot follow, nor its first value.
        for more in (r"\C", r"\C\C", r"\C\C\C"):
            yield rf"{more}[\x00-\x09\x0b-\x7f]{others}"
            yield rf"{more}\x0a{others}{more}[\x09\x0a][\x08\x0a\x0d]"
    elif kind != "bytes_list":
        # One number takes no length of two bytes, but its text may, with many zeros or spaces.
        last = rf"[\x00-\x{usual[0] - 1:02x}\x{usual[0] + 1:02x}-\x7f]"
        yield rf"\C{last}\x0a"
        yield rf"\C{escaped(usual)}\x0a\C[\x{usual[0] - 1:02x}{escaped(usual)}]\x0a"

"""Words that can be the value of a column, and numbers that 32 bits can hold."""

from __future__ import annotations

import json
import math
import re
import struct

from apps_rec.config.checks.context import INTEGERS
from apps_rec.protos.data_pb2 import DataConfig

_TRUTHS = {"true": "true", "1": "true", "false": "false", "0": "false"}
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# A whole number as a table with gaps writes it.
_WHOLE_AS_FLOAT = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")
_BLANKS = " \t\r\n\v\f"
# Python refuses to read more digits, and no type of a column holds them.
_MOST_DIGITS = 400
# The least number of values that a column of 32 bits must tell apart between min_val and max_val or in one stddev.
_LEAST_STEPS = 1000


def parses(text: str, kind: int) -> bool:
    """Tells whether a text is a value of a column type: in form, in range, and finite in the type's bits."""
    if kind == DataConfig.STRING:
        return True
    word = text.strip()
    if kind == DataConfig.BOOL:
        return word.lower() in _TRUTHS
    if len(word) > _MOST_DIGITS:
        return False
    if kind in INTEGERS:
        return bool(_WHOLE.fullmatch(word)) and _holds(int(word), kind)
    if not _NUMBER.fullmatch(word):
        return False
    return math.isfinite(as_float32(float(word)) if kind == DataConfig.FLOAT else float(word))


def word_mistake(word: str, kind: int, in_list: str = "") -> str:
    """Returns why a word of a vocabulary can never be a value's text, and what to write; "" where it can be.

    Args:
        word: word of the vocabulary.
        kind: type of the column.
        in_list: separator of the column's lists; "": a cell is one value.
    """
    if kind == DataConfig.STRING:
        if not word and in_list:
            return '"" is no value of a list, whose empty values are left out; expected a word.'
        if in_list and in_list in word:
            return f'"{word}" holds the separator "{in_list}", so no value of a list can be it; expected its parts.'
        return blanks_mistake(word)
    name, text = DataConfig.FieldType.Name(kind), _written(word, kind)
    if text and text == word:
        return ""
    if text:
        return f'"{word}" can never match: a value of the {name} column is read as "{text}"; write that.'
    wanted = '"true" or "false"' if kind == DataConfig.BOOL else "a whole number in its range"
    return f'"{word}" can never match a value of the {name} column; expected {wanted}.'


def blanks_mistake(word: str) -> str:
    """Says that a word of a STRING column has blanks around it; "" where it has none."""
    bare = word.strip(_BLANKS)
    # As a config writes it, so that a tab is seen.
    told, wanted = (json.dumps(text, ensure_ascii=False) for text in (word, bare))
    return "" if bare == word else f"{told} begins or ends with blanks; expected {wanted}."


def as_float32(value: float) -> float:
    """Returns the nearest number of 32 bits, infinite where the value is too large."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def is_too_coarse(largest: float, width: float) -> bool:
    """Tells whether neighbouring numbers of 32 bits at `largest` are more than a thousandth of `width` apart."""
    if not largest or not math.isfinite(largest) or not math.isfinite(width):
        return False
    spacing = math.ldexp(1.0, math.frexp(abs(largest))[1] - 24)
    return spacing * _LEAST_STEPS > width


def _holds(number: int, kind: int) -> bool:
    bits = 31 if kind == DataConfig.INT32 else 63
    return -(2**bits) <= number < 2**bits


def _written(word: str, kind: int) -> str:
    """Returns the text of the value that a word means; "" where it means none."""
    bare = word.strip(_BLANKS)
    if kind == DataConfig.BOOL:
        return _TRUTHS.get(bare.lower(), "")
    match = _WHOLE_AS_FLOAT.fullmatch(bare) if len(bare) <= _MOST_DIGITS else None
    number = int(match[1]) if match else None
    return str(number) if number is not None and _holds(number, kind) else ""

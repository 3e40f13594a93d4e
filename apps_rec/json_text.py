"""Reading of JSON that others may have written, in files and variables: JSON that cannot be read is a ValueError."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
_SHOWN = 40


def read_json(data: str | bytes) -> Any:
    r"""Returns the value of a JSON text, with numbers of 64 bits and texts that UTF-8 can hold.

    Args:
        data: text, or bytes in UTF-8.

    Raises:
        ValueError: it is not JSON, or holds NaN or Infinity, which only Python takes for JSON; its brackets are too
            deep
            to read; a number is too large for a float64; a text has half of a UTF-16 pair; an object has a name twice.

    Example:
        >>> read_json(b'{"rows": [1, 2.5]}')
        {'rows': [1, 2.5]}
    """
    text = data.decode() if isinstance(data, bytes) else data
    try:
        value = json.loads(
            text, parse_int=_whole_number, parse_float=_number, parse_constant=_no_number, object_pairs_hook=_once_each
        )
    except RecursionError:
        raise ValueError("its brackets are too deep to read") from None
    if _HALF.search(text) or _ESCAPED_HALF.search(text):
        _check_texts(value)
    return value


def _number(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(f"a number is too large: {word[:_SHOWN]}{'...' if len(word) > _SHOWN else ''}")
    return number


def _whole_number(word: str) -> int:
    # First those that no float64 holds: Python refuses to read some of them, and to compare others with floats.
    _number(word)
    return int(word)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name[:_SHOWN]!a} stands there twice")
        found[name] = value
    return found


def _check_texts(value: Any) -> None:
    """Raises ValueError for a lone surrogate; does not recurse, since `value` may be as deep as Python's calls."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one
        elif isinstance(one, str) and (half := _HALF.search(one)):
            raise ValueError(f"a text holds half of a UTF-16 pair, {half[0]!a}")

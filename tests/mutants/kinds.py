"""Mutants of a config file by the seven mistakes that people and editors make; each is the bytes of a file."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_WORD = re.compile(r"[A-Za-z_]\w*")
_NAME = re.compile(r"[A-Za-z_]\w*(?=\s*[:{])")
_NUMBER = re.compile(r"(?<=[:,\[ ])-?\d[\w.+-]*")
_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_SCALAR = re.compile(rf"(?<=: )({_TEXT.pattern}|-?[\w.+-]+)")
_HUGE = ("9" * 400, "2147483648", "4294967296", "18446744073709551616", "1e39", "1e309", "1" + "0" * 20_000)
_OTHER_TYPES = ('"word"', "7", "0.5", "true", "WORD", "{ }", "[1, 2]", '["a", "b"]', "nan", "inf", '""', "{ a: 1 }")
_CODECS = ("utf-16", "utf-16-le", "utf-32", "gbk", "latin-1", "utf-8-sig", "cp037", "shift_jis")


def _delete(text: str, draw: random.Random) -> str:
    """Leaves out a letter, a word, a line or the rest."""
    kind = draw.randrange(4)
    if kind == 0:
        at = draw.randrange(len(text))
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return _replaced(text, _WORD, draw, lambda word: "")
    if kind == 2:
        return _of_lines(text, draw, lambda line: [])
    return text[: draw.randrange(len(text))]


def _double(text: str, draw: random.Random) -> str:
    """Writes a letter, a word, a line or the whole twice."""
    kind = draw.randrange(4)
    if kind == 0:
        at = draw.randrange(len(text))
        return text[:at] + text[at] + text[at:]
    if kind == 1:
        return _replaced(text, _WORD, draw, lambda word: f"{word} {word}")
    return _of_lines(text, draw, lambda line: [line, line]) if kind == 2 else text + text


def misspelt(word: str, draw: random.Random) -> str:
    """Returns a word with a letter left out, doubled, exchanged with its neighbour, or another."""
    at = draw.randrange(len(word))
    kind = draw.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[: at + 1] + word[at:]
    if kind == 2 and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + draw.choice("aeiourstn_") + word[at + 1 :]


def _misspell(text: str, draw: random.Random) -> str:
    return _replaced(text, draw.choice((_NAME, _WORD)), draw, lambda word: misspelt(word, draw))


def _wrong_type(text: str, draw: random.Random) -> str:
    return _replaced(text, _SCALAR, draw, lambda value: draw.choice(_OTHER_TYPES))


def _huge(text: str, draw: random.Random) -> str:
    """Makes a number, a text, a list, or the nesting of messages huge."""
    kind = draw.randrange(5)
    if kind == 0:
        return _replaced(text, _TEXT, draw, lambda value: '"' + "long" * 50_000 + '"')
    if kind == 1:
        return _replaced(text, _SCALAR, draw, lambda value: "[" + ", ".join([value] * 20_000) + "]")
    if kind == 2:
        return _replaced(text, _NAME, draw, lambda name: f"{name} {{ " * 5_000 + name)
    return _replaced(text, _NUMBER, draw, lambda value: draw.choice(_HUGE))


def _negative(text: str, draw: random.Random) -> str:
    return _replaced(text, _NUMBER, draw, lambda value: "-" * draw.choice((1, 1, 1, 2)) + value)


def _other_encoding(text: str, draw: random.Random) -> bytes:
    """Writes the file, with a word of another alphabet in it, in another encoding; or with bytes of none."""
    kind = draw.randrange(4)
    word = draw.choice(("é", "工具", "ｎａｍｅ", "\u202eabc", "\u200b", "\ufeff", "\u00a0"))
    if kind == 0:
        at = draw.randrange(len(text))
        data = text.encode()
        return data[:at] + bytes(draw.randrange(256) for _ in range(draw.choice((1, 1, 3)))) + data[at:]
    text = _replaced(text, _TEXT if kind < 3 else _WORD, draw, lambda value: value[:-1] + word + value[-1:])
    return text.encode(draw.choice(_CODECS), "replace") if kind == 1 else text.encode("utf-8")


KINDS: dict[str, Callable[[str, random.Random], str | bytes]] = {
    "delete": _delete,
    "double": _double,
    "misspell": _misspell,
    "wrong type": _wrong_type,
    "huge": _huge,
    "negative": _negative,
    "other encoding": _other_encoding,
}


def mutant(text: str, kind: str, draw: random.Random) -> bytes:
    """Returns the bytes of a config file with a mistake of a kind."""
    made = KINDS[kind](text, draw)
    return made if isinstance(made, bytes) else made.encode()


def misspelt_name(text: str, draw: random.Random) -> tuple[str, str, str]:
    """Returns a config's text with the name of a field misspelt, and that name right and wrong."""
    found = draw.choice(list(_NAME.finditer(text)))
    wrong = misspelt(found.group(), draw)
    return text[: found.start()] + wrong + text[found.end() :], found.group(), wrong


def _replaced(text: str, pattern: re.Pattern[str], draw: random.Random, change: Callable[[str], str]) -> str:
    """Returns the text with one match of a pattern changed."""
    matches = list(pattern.finditer(text))
    if not matches:
        return text
    found = draw.choice(matches)
    return text[: found.start()] + change(found.group()) + text[found.end() :]


def _of_lines(text: str, draw: random.Random, change: Callable[[str], list[str]]) -> str:
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    return "\n".join([*lines[:at], *change(lines[at]), *lines[at + 1 :]])

"""The form of a text's cells: numbers, days, lists, lists with weights, vectors, prose, or words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

WORD, DECIMALS, DIGITS, DATED, SPLIT, WEIGHTED, VECTOR, PROSE, GROUPED = (
    *("word", "decimals", "digits", "dated", "split", "weighted", "vector", "prose", "grouped"),
)
# Between the values of a list, the likeliest first.
SEPARATORS = ("|", ";", ",", "^", "#", "&", "\x02", " ")
# Share of the cells that must hold a separator, for lists of one value do not.
_LEAST_LISTS = 0.05
# Cells of a list repeat their parts: the different parts are at most this many a different cell, or are whole numbers.
_MOST_PARTS_A_CELL = 0.5
# Text of so many characters with so many blanks in it, on average, is written for people.
_PROSE_LENGTH, _PROSE_BLANKS = 40, 4

_CLOCK = r"([ T]\d{1,2}:\d{2}.*)?"
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY = re.compile(
    rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}{_CLOCK}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}{_CLOCK}"
    rf"|\d{{4}}年\d{{1,2}}月\d{{1,2}}日.*"
    rf"|\d{{1,2}}[- ]{_MONTH}[- ,]*\d{{4}}{_CLOCK}|{_MONTH} \d{{1,2}},? \d{{4}}{_CLOCK}",
    re.IGNORECASE,
)
_ISO = re.compile(r"\d{4}([-/.])\d{2}\1\d{2}([ T]\d{2}:\d{2}.*)?")
_DIGITS = re.compile(r"\d+")
_DECIMAL = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
# Numbers, perhaps with marks between their thousands; and those of them that can be nothing else: a list of ids has no
# 012 in it.
_MARK = r"[,' \u00a0\u202f]"
_GROUPS = r"[-+]?\d{1,3}(?:([,.' \u00a0\u202f])\d{3})(?:\1\d{3})*"
_GROUPABLE = re.compile(rf"{_GROUPS}([.,]\d+)?|[-+]?\d+([.,]\d+)?")
_SURELY_GROUPED = re.compile(rf"{_GROUPS}(?!\1)[.,]\d+|[-+]?\d{{1,3}}(?:{_MARK}\d{{3}})*{_MARK}0\d\d.*")


@dataclass(frozen=True)
class Form:
    """The form of a column of text.

    Attributes:
        what: one of the words above.
        separator: between the values of a list.
        parts: the different values of the lists that were looked at.
        longest: values of the longest list that was looked at.
        is_iso: whether days are all written as 2026-01-31 or 2026/01/31, so that they compare as text.
    """

    what: str
    separator: str = ""
    parts: frozenset[str] = frozenset()
    longest: int = 1
    is_iso: bool = False


def form_of(cells: Sequence[tuple[str, int]]) -> Form:
    """Returns the form of a column's cells, given with their rows."""
    texts = [cell for cell, _ in cells]
    if not texts:
        return Form(WORD)
    if all(_DAY.fullmatch(text) for text in texts):
        return Form(DATED, is_iso=_are_iso(texts))
    if all(_DIGITS.fullmatch(text) for text in texts):
        return Form(DIGITS)
    if all(_DECIMAL.fullmatch(text) for text in texts):
        return Form(DECIMALS)
    if all(_GROUPABLE.fullmatch(text) for text in texts) and any(_SURELY_GROUPED.fullmatch(text) for text in texts):
        return Form(GROUPED)
    lists = _lists(cells)
    if lists is not None:
        return lists
    length = sum(len(text) for text in texts) / len(texts)
    blanks = sum(text.count(" ") for text in texts) / len(texts)
    # Languages without blanks are not told from words here, but for their length.
    if length > _PROSE_LENGTH and (blanks > _PROSE_BLANKS or not texts[0].isascii()) and len(texts) > 1_000:
        return Form(PROSE)
    return Form(WORD)


def _are_iso(texts: Sequence[str]) -> bool:
    """Returns whether days are written in one way, the year first, so that their order is that of the text."""
    return all(_ISO.fullmatch(text) for text in texts) and len({text[4] for text in texts}) == 1


def _lists(cells: Sequence[tuple[str, int]]) -> Form | None:
    rows = sum(n for _, n in cells)
    for separator in SEPARATORS:
        if sum(n for cell, n in cells if separator in cell) < _LEAST_LISTS * rows:
            continue
        split = [[part for part in cell.split(separator) if part] for cell, _ in cells]
        parts = frozenset(part for one in split for part in one)
        longest = max(len(one) for one in split)
        if any(part != part.strip() for part in parts) or longest < 2:
            continue
        if all(_DECIMAL.fullmatch(part) for part in parts) and not all(_DIGITS.fullmatch(part) for part in parts):
            lengths = {len(one) for one in split}
            if len(lengths) == 1:
                return Form(VECTOR, separator, parts, longest)
            continue
        weighted = [part.rpartition(":") for part in parts]
        if all(word and _DECIMAL.fullmatch(weight) for word, _, weight in weighted):
            return Form(WEIGHTED, separator, frozenset(word for word, _, _ in weighted), longest)
        are_digits = all(_DIGITS.fullmatch(part) for part in parts)
        if are_digits or (separator != " " and len(parts) <= _MOST_PARTS_A_CELL * len(cells)):
            return Form(SPLIT, separator, parts, longest)
    return None

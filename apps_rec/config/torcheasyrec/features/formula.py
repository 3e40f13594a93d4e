"""Expressions of TorchEasyRec's feature generator, in the words of an ExprFeature."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<word>[^\W\d]\w*)"
    r"|(?P<sign>&&|\|\||<=|>=|==|!=|[-+*/^<>!?:(),&|]))"
)
# Functions under another name, and those that are made of others, of their argument.
_NAMES = {"ln": "log"}
_MADE = {
    "log10": "(log({0}) * 0.4342944819032518)",
    "log2": "(log({0}) * 1.4426950408889634)",
    "sigmoid": "(1 / (1 + exp(-{0})))",
    "sign": "(({0} > 0) - ({0} < 0))",
    "round": "(where({0} < 0, ceil({0} - 0.5), floor({0} + 0.5)))",
    "trunc": "where({0} < 0, ceil({0}), floor({0}))",
}
_SIGNS = {"&&": "&", "||": "|"}


class FormulaError(ValueError):
    """An expression that has no like here; the text says what."""


def formula(text: str, names: dict[str, str] | None = None) -> str:
    """Returns an expression in the words of this package.

    Args:
        text: an expression of the feature generator, such as "a > 0 && b < 3 ? log10(a) : 0".
        names: other names for some of its variables.

    Raises:
        FormulaError: it holds something that has no like here.

    Example:
        >>> formula("a > 0 && b < 3 ? a : 0")
        'where(a > 0 & b < 3, a, 0)'
    """
    return _Reader(text, names or {}).whole()


class _Reader:
    def __init__(self, text: str, names: dict[str, str]) -> None:
        self._words: list[tuple[str, str]] = []
        self._names, self._at, place = names, 0, 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None:
                raise FormulaError(f'"{text[place:].strip()[:20]}" has no like in an ExprFeature')
            self._words.append((str(match.lastgroup), match[str(match.lastgroup)]))
            place = match.end()

    def whole(self) -> str:
        made = self._choice()
        if self._at < len(self._words):
            raise FormulaError(f'"{self._words[self._at][1]}" is not expected there')
        return made

    def _peek(self) -> str:
        return self._words[self._at][1] if self._at < len(self._words) else ""

    def _take(self, word: str) -> None:
        if self._peek() != word:
            raise FormulaError(f'expected "{word}", got "{self._peek() or "the end"}"')
        self._at += 1

    def _choice(self) -> str:
        """Reads operands and operators up to a bracket or comma, and what `?` makes of them."""
        condition = self._run()
        if self._peek() != "?":
            return condition
        self._at += 1
        first = self._choice()
        self._take(":")
        return f"where({condition}, {first}, {self._choice()})"

    def _run(self) -> str:
        pieces: list[str] = []
        while (word := self._peek()) and word not in (")", ",", "?", ":"):
            kind = self._words[self._at][0]
            self._at += 1
            if word == "^":
                raise FormulaError('"^" has no like in an ExprFeature; write products')
            if word == "(":
                pieces.append(f"({self._choice()})")
                self._take(")")
            elif kind == "word" and self._peek() == "(":
                pieces.append(self._call(word))
            else:
                pieces.append(self._names.get(word, word) if kind == "word" else _SIGNS.get(word, word))
        return " ".join(pieces).replace("! ", "!")

    def _call(self, name: str) -> str:
        self._take("(")
        arguments = [self._choice()]
        while self._peek() == ",":
            self._at += 1
            arguments.append(self._choice())
        self._take(")")
        if name in _MADE and len(arguments) == 1:
            argument = arguments[0] if re.fullmatch(r"\w+", arguments[0]) else f"({arguments[0]})"
            return _MADE[name].format(argument)
        return f"{_NAMES.get(name, name)}({', '.join(arguments)})"

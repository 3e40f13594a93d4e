"""A place in the tokens of a config: what comes next, and how to get past what cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

from apps_rec.config.text.tokens import SYMBOL, WORD, Token

CLOSERS = {"{": "}", "<": ">", "[": "]"}


class Cursor:
    """A place in the tokens of a config.

    Args:
        tokens: all of them, in order.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def peek(self, ahead: int = 0) -> Token | None:
        """Returns the next token, or the one so many behind it; None behind the last."""
        at = self._next + ahead
        return self._tokens[at] if at < len(self._tokens) else None

    def pop(self) -> Token:
        """Returns the next token and goes past it."""
        self._next += 1
        return self._tokens[self._next - 1]

    def looking_at(self, *symbols: str) -> bool:
        """Tells whether one of the symbols comes next."""
        token = self.peek()
        return token is not None and token.kind == SYMBOL and token.text in symbols

    def take(self, *symbols: str) -> bool:
        """Takes the next token if it is one of the symbols; returns whether it is."""
        if self.looking_at(*symbols):
            self._next += 1
            return True
        return False

    def starts_field(self) -> bool:
        """Tells whether a name and its value come next."""
        name, after = self.peek(), self.peek(1)
        return bool(name and after and name.kind == WORD and after.kind == SYMBOL and after.text in ":{<")

    def skip_value(self, depth: int = 0) -> None:
        """Skips one value: a scalar, a list, or a message with all it holds.

        Args:
            depth: number of brackets of the value that are taken already.
        """
        while token := self.peek():
            self._next += 1
            if token.kind == SYMBOL and token.text in CLOSERS:
                depth += 1
            elif token.kind == SYMBOL and token.text in "}]>":
                depth -= 1
            if depth <= 0:
                return

    def skip_line(self, line: int) -> None:
        """Skips to the next line, or to a closing brace on this one."""
        while (token := self.peek()) and token.line == line and not self.looking_at("}", ">"):
            self.skip_value()

    def skip_rest(self, line: int) -> bool:
        """Skips the rest of a value without quotes on its line, up to the next field or the end of a list.

        Returns:
            True if there was any.
        """
        start = self._next
        while (token := self.peek()) and token.line == line and not self.looking_at(*"{}<>[],;"):
            if token.kind == WORD and self.starts_field():
                break
            self._next += 1
        return self._next > start

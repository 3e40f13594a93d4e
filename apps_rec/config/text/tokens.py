"""Tokens of a config's text, with line numbers, by protobuf's own tokenizer in one pass."""

from __future__ import annotations

import json
from dataclasses import dataclass

from google.protobuf import text_format
from google.protobuf.text_encoding import CUnescape

STRING, WORD, NUMBER, SYMBOL, BAD = "string", "word", "number", "symbol", "bad"


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Attributes:
        kind: STRING, WORD, NUMBER, SYMBOL, or BAD for a string that cannot be read.
        text: the token as written; of a STRING its value, of a BAD token the reason.
        line: number of the line, from 1.
    """

    kind: str
    text: str
    line: int

    def shown(self) -> str:
        """Returns the token for a message, cut where it is long."""
        return json.dumps(cut(self.text), ensure_ascii=False) if self.kind == STRING else cut(self.text)


def cut(text: str, limit: int = 200) -> str:
    """Cuts a text longer than `limit` to its beginning and its length.

    Example:
        >>> cut("1" * 300, limit=5)
        '11111... (300 characters)'
    """
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters)"


def tokenize(text: str, as_json: bool = False) -> list[Token]:
    """Returns all tokens of a text proto, with neighbouring strings joined, or with `as_json` of JSON.

    The time is linear in the text, also where its lines are long.
    """
    lines = _CountedLines(text)
    tokenizer = text_format.Tokenizer(lines)
    tokens: list[Token] = []
    while not tokenizer.AtEnd():
        word, line = tokenizer.token, lines.taken
        first = word[0]
        if first in "\"'":
            tokens.append(_json_string(tokenizer, line) if as_json else _string(tokenizer, line))
            continue
        if first.isalpha() or first == "_":
            kind = WORD
        elif first.isdigit() or (len(word) > 1 and first in "+-."):
            kind = NUMBER
        else:
            kind = SYMBOL
        tokens.append(Token(kind, word, line))
        tokenizer.NextToken()
    return tokens


class _CountedLines:
    """Lines of a text, and the number of lines taken: the tokenizer takes a line when it comes to it.

    The tokenizer tells its line number only with an error, whose text holds the whole line.
    """

    def __init__(self, text: str) -> None:
        self._lines = iter(text.split("\n"))
        self.taken = 0

    def __iter__(self) -> _CountedLines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken += 1
        return line


def _json_string(tokenizer: text_format.Tokenizer, line: int) -> Token:
    word = tokenizer.token
    value = json.loads(word)
    tokenizer.NextToken()
    lone = _lone_surrogate(value)
    if lone is not None:
        return Token(BAD, f"text holds half of a UTF-16 pair, \\u{lone:04x}: {cut(word)}", line)
    return Token(STRING, value, line)


def _lone_surrogate(text: str) -> int | None:
    """Returns the first code that is half of a UTF-16 pair, which UTF-8 cannot hold; None where there is none."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return ord(text[error.start])
    return None


def _string(tokenizer: text_format.Tokenizer, line: int) -> Token:
    """Reads one string; strings that follow each other are one, as in C."""
    parts: list[bytes] = []
    words: list[str] = []
    reason = ""
    while (word := tokenizer.token) and word[0] in "\"'":
        words.append(word)
        tokenizer.NextToken()
        if len(word) < 2 or word[-1] != word[0]:
            reason = reason or f"has no closing {word[0]}"
            break
        try:
            parts.append(CUnescape(word[1:-1]))
        except ValueError:
            reason = reason or "has an escape that cannot be read"
    value = ""
    try:
        value = b"".join(parts).decode()
    except UnicodeDecodeError as error:
        reason = reason or f"is no UTF-8 (its escapes give the byte 0x{error.object[error.start]:02x})"
    if reason:
        return Token(BAD, f"text {reason}: {cut(' '.join(words))}", line)
    return Token(STRING, value, line)

"""Text of a config -> tokens with line numbers, by protobuf's own tokenizer, in one pass."""

from __future__ import annotations

import json
from dataclasses import dataclass

from google.protobuf import text_format

STRING, WORD, NUMBER, SYMBOL, BAD = "string", "word", "number", "symbol", "bad"


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Attributes:
        kind: STRING, WORD, NUMBER, SYMBOL, or BAD for a string that cannot be read.
        text: as written; of a STRING its value, of a BAD token the reason.
        line: counted from 1.
    """

    kind: str
    text: str
    line: int

    def shown(self) -> str:
        """For a message."""
        return json.dumps(self.text, ensure_ascii=False) if self.kind == STRING else self.text


def tokenize(text: str, as_json: bool = False) -> list[Token]:
    """All tokens of a text proto, neighbouring strings joined; of JSON with `as_json`, its own escapes in strings."""
    tokenizer = text_format.Tokenizer(text.split("\n"))
    tokens = []
    while not tokenizer.AtEnd():
        line = tokenizer.ParseError("").GetLine() or 1  # type: ignore[arg-type]
        word = tokenizer.token
        first = word[0]
        if first in "\"'":
            tokens.append(_string(tokenizer, line, as_json))
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


def _string(tokenizer: text_format.Tokenizer, line: int, as_json: bool) -> Token:
    if as_json:
        value = json.loads(tokenizer.token)
        tokenizer.NextToken()
        return Token(STRING, value, line)
    try:
        return Token(STRING, tokenizer.ConsumeString(), line)
    except text_format.ParseError:
        word = tokenizer.token
        closed = len(word) > 1 and word[-1] == word[0]
        reason = "has an escape that cannot be read" if closed else f"has no closing {word[:1]}"
        tokenizer.NextToken()
        return Token(BAD, f"text {reason}: {word}", line)

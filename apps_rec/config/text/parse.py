"""Parsing of a text proto or of JSON into a message, with the line of every config path and every mistake of form.

protobuf's own parser stops at the first mistake and keeps no lines. This one reads the same language from the tokens of
protobuf's public tokenizer, and goes on after a mistake. It reports a misspelt name and then reads it as its nearest
name, so that everything that depends on it is not reported as well.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

from google.protobuf.message import Message

from apps_rec.config.easyrec.dialect import is_easyrecs
from apps_rec.config.report import Report, quoted
from apps_rec.config.text.cursor import CLOSERS
from apps_rec.config.text.grammar import Parser
from apps_rec.config.text.tokens import SYMBOL, WORD, Token, tokenize
from apps_rec.config.torcheasyrec.dialect import is_torcheasyrecs, names_in, redirection


def parse_text(text: str, message: Message, report: Report, path: str = "") -> None:
    """Reads a text proto into `message`; mistakes and lines go to `report`."""
    tokens = tokenize(text)
    if not tokens:
        if not path:
            report.at(1, "", "the config is empty.")
        return
    strange = next((token for token in tokens if token.kind == SYMBOL and token.text < " "), None)
    if strange is not None:
        report.at(strange.line, "", f"expected text, got the control character 0x{ord(strange.text):02x}.")
        return
    if not path and not _looks_like_config(tokens, message.DESCRIPTOR):
        first = tokens[0].shown()
        report.at(
            tokens[0].line,
            "",
            f"this is no config: expected `name: value` or `name {{ ... }}` with names such as"
            f" {quoted(list(message.DESCRIPTOR.fields_by_name)[:5])}, got {first[:60]}.",
        )
        return
    names = names_in(tokens)
    if not path and is_torcheasyrecs(names):
        report.at(1, "", redirection(report.places.name))
        return
    Parser(tokens, report, as_json=False, easyrecs=not path and is_easyrecs(names)).parse(message, path)


def parse_json(text: str, message: Message, report: Report) -> None:
    """Reads JSON into `message`; names are those of the proto or their camelCase."""
    try:
        # The values are read from the tokens; Python refuses an int of thousands of digits.
        top = json.loads(text, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        report.at(error.lineno, "", f"this is no JSON: {error.msg} (column {error.colno}).")
        return
    except RecursionError:
        report.at(1, "", "this is no config: lists or objects within each other hundreds of levels deep.")
        return
    if not isinstance(top, dict):
        report.at(1, "", f"this is no config: expected an object in {{ }}, got {str(top)[:60]}.")
        return
    tokens = tokenize(text, as_json=True)
    if is_torcheasyrecs(names_in(tokens, as_json=True)):
        report.at(1, "", redirection(report.places.name))
        return
    Parser(tokens, report, as_json=True).parse(message, "")


def _looks_like_config(tokens: list[Token], descriptor: Any) -> bool:
    """Tells whether the text starts with a word and `:`, `=` or `{`, or holds a known top name anywhere."""
    starts = len(tokens) > 1 and tokens[0].kind == WORD and tokens[1].text in (":", "=", *CLOSERS)
    starts = starts or tokens[0].text in descriptor.fields_by_name
    return starts or any(
        token.kind == WORD and token.text in descriptor.fields_by_name and after.text in (":", "{")
        for token, after in itertools.pairwise(tokens)
    )

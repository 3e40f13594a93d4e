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

from apps_rec.config.easyrec import EASYREC_NAMES
from apps_rec.config.report import Report, quoted
from apps_rec.config.text.tokens import BAD, NUMBER, STRING, SYMBOL, WORD, Token, tokenize
from apps_rec.config.text.values import BadValueError, Field, convert, expected, is_message
from apps_rec.nearest import did_you_mean

_CLOSER = {"{": "}", "<": ">", "[": "]"}


def parse_text(text: str, message: Message, report: Report, path: str = "") -> None:
    """Reads a text proto into `message`; mistakes and lines go to `report`."""
    tokens = tokenize(text)
    if not tokens:
        if not path:
            report.at(1, "", "the config is empty.")
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
    _Parser(tokens, report, as_json=False).parse(message, path)


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
    _Parser(tokenize(text, as_json=True), report, as_json=True).parse(message, "")


def _looks_like_config(tokens: list[Token], descriptor: Any) -> bool:
    """Tells whether the text starts with a word and `:`, `=` or `{`, or holds a known top name anywhere."""
    starts = len(tokens) > 1 and tokens[0].kind == WORD and tokens[1].text in (":", "=", *_CLOSER)
    starts = starts or tokens[0].text in descriptor.fields_by_name
    return starts or any(
        token.kind == WORD and token.text in descriptor.fields_by_name and after.text in (":", "{")
        for token, after in itertools.pairwise(tokens)
    )


class _Parser:
    def __init__(self, tokens: list[Token], report: Report, as_json: bool) -> None:
        self._tokens = tokens
        self._next = 0
        self._report = report
        self._places = report.places
        self._json = as_json
        # Messages being read, outermost first: (descriptor, path, line of its brace).
        self._open: list[tuple[Any, str, int]] = []
        symbols = [token.text for token in tokens if token.kind == SYMBOL]
        self._lost_closers = sum(s in "{<" for s in symbols) - sum(s in "}>" for s in symbols)
        self._quiet = 0

    # -- tokens ----------------------------------------------------------------------------------------------------

    def _peek(self, ahead: int = 0) -> Token | None:
        at = self._next + ahead
        return self._tokens[at] if at < len(self._tokens) else None

    def _looking_at(self, *symbols: str) -> bool:
        token = self._peek()
        return token is not None and token.kind == SYMBOL and token.text in symbols

    def _take(self, *symbols: str) -> bool:
        if self._looking_at(*symbols):
            self._next += 1
            return True
        return False

    def _skip_line(self, line: int) -> None:
        """Skips to the next line, or to a closing brace on this one."""
        while (token := self._peek()) and token.line == line and not self._looking_at("}", ">"):
            self._skip_value()

    def _skip_rest(self, line: int) -> None:
        """Skips the rest of a value without quotes on its line, up to the next field or the end of a list."""
        while (token := self._peek()) and token.line == line and not self._looking_at(*"{}<>[],;"):
            if token.kind == WORD and self._starts_field():
                return
            self._next += 1

    def _starts_field(self) -> bool:
        """Tells whether a name and its value come next."""
        name, after = self._peek(), self._peek(1)
        return bool(name and after and name.kind == WORD and after.kind == SYMBOL and after.text in ":{<")

    def _skip_value(self) -> None:
        """Skips one value: a scalar, a list, or a message with all it holds."""
        depth = 0
        while token := self._peek():
            self._next += 1
            if token.kind == SYMBOL and token.text in _CLOSER:
                depth += 1
            elif token.kind == SYMBOL and token.text in "}]>":
                depth -= 1
            if depth <= 0:
                return

    def _say(self, line: int, path: str, text: str) -> None:
        if not self._quiet:
            self._report.at(line, path, text)

    # -- grammar ---------------------------------------------------------------------------------------------------

    def parse(self, message: Message, path: str) -> None:
        if self._json:
            self._take("{")
            self._fields(message, path, "}", 1)
            return
        self._fields(message, path, "", 1)
        while token := self._peek():
            self._say(token.line, path, f'there is nothing open that this "{token.text}" could close.')
            self._next += 1
            self._fields(message, path, "", 1)

    def _fields(self, message: Message, path: str, closer: str, line: int) -> None:
        """Reads fields up to the closing brace, or to the end of the text where `closer` is empty."""
        self._open.append((message.DESCRIPTOR, path, line))
        while True:
            token = self._peek()
            if token is None:
                if closer:
                    self._say(line, path, f'the "{{" of line {line} is never closed.')
                break
            if self._looking_at("}", ">"):
                if closer:
                    if token.text != closer:
                        self._say(token.line, path, f'expected "{closer}", got "{token.text}".')
                    self._next += 1
                break
            if closer and self._closer_was_lost(token, message.DESCRIPTOR):
                self._lost_closers -= 1
                self._say(line, path, f'the "{{" of line {line} is not closed before line {token.line}.')
                break
            self._field(message, path)
        self._open.pop()

    def _closer_was_lost(self, token: Token, here: Any) -> bool:
        """Tells whether braces do not balance and a name comes that only an enclosing message has."""
        if self._lost_closers <= 0 or token.kind != WORD or token.text in here.fields_by_name:
            return False
        return any(token.text in descriptor.fields_by_name for descriptor, _, _ in self._open[:-1])

    def _field(self, message: Message, path: str) -> None:
        token = self._tokens[self._next]
        self._next += 1
        if token.kind != (STRING if self._json else WORD):
            got = token.text if token.kind == BAD else token.shown()
            self._say(token.line, path, f"expected the name of a field, got {got}.")
            if token.kind == SYMBOL and token.text == "[":
                self._next -= 1
                self._skip_value()
            if self._json and self._take(":"):
                self._skip_value()
                self._take(",")
            else:
                self._skip_line(token.line)
            return
        field = self._lookup(message.DESCRIPTOR, token.text)
        name = field.name if field else token.text
        here = f"{path}.{name}" if path else name
        if not self._separator(field, token, here):
            self._take(",", ";")
            return
        if field is None:
            self._unknown(message, token, path)
        elif is_message(field):
            self._messages(message, field, here, token.line)
        else:
            self._scalars(message, field, here, token.line)
        self._take(",", ";")

    def _lookup(self, descriptor: Any, name: str) -> Field | None:
        known = descriptor.fields_by_name.get(name)
        return descriptor.fields_by_camelcase_name.get(name) if known is None and self._json else known

    def _separator(self, field: Field | None, name: Token, path: str) -> bool:
        """Reads the `:` between name and value; returns False where no value follows."""
        after = self._peek()
        if self._take(":") or self._looking_at("{", "<"):
            follows = self._peek()
            next_field = follows is not None and follows.line > name.line and self._starts_field()
            if follows is not None and not next_field and not self._looking_at(*"}>],;:"):
                return True
            self._say(name.line, path, "has no value.")
            self._places.broken.add(path)
            return False
        got = after.shown() if after and after.kind != BAD and after.line == name.line else "the end of the line"
        self._say(name.line, path, f'expected ":" or "{{" after the name, got {got}.')
        if self._take("=") and self._peek() is not None and not self._looking_at("}", ">"):
            return True
        after = self._peek()
        if after is None or after.line != name.line or field is None or after.kind == SYMBOL:
            self._places.broken.add(path)
            self._skip_line(name.line)
            return False
        return True

    def _unknown(self, message: Message, token: Token, path: str) -> None:
        """Reports a name that is not a field here, and reads its value as the nearest field's where that fits."""
        fields = message.DESCRIPTOR.fields_by_name
        guess = self._report.guess(token.text, fields)
        here = f"{path}.{token.text}" if path else token.text
        text = f'unknown name; {message.DESCRIPTOR.name} has no field "{token.text}".'
        advice = EASYREC_NAMES.get(token.text)
        outer = [(d, p) for d, p, _ in self._open[:-1] if token.text in d.fields_by_name]
        if advice:
            text, guess = f"{text} {advice}", None
        elif guess:
            text += did_you_mean(guess)
        elif outer:
            text += f" It belongs in {outer[-1][1] or 'the outermost level'}."
        elif fields:
            text += f" Expected one of {quoted(fields, 40)}."
        self._say(token.line, here, text)
        field = fields.get(guess) if guess else None
        known = f"{path}.{guess}" if path else str(guess)
        if field is None:
            if self._looking_at("{", "<"):
                self._places.strange.add(path)
            self._skip_value()
            return
        fits = is_message(field) == self._looking_at("{", "<") or (self._looking_at("[") and field.is_repeated)
        rival = field.containing_oneof and message.WhichOneof(field.containing_oneof.name)
        if not fits or rival or (not field.is_repeated and message.HasField(field.name)):
            if not fits:
                self._places.broken.add(known)
            self._skip_value()
            return
        if not field.is_repeated:
            self._places.adopted.add(known)
        if is_message(field):
            self._messages(message, field, known, token.line)
        else:
            self._quiet += 1
            self._scalars(message, field, known, token.line)
            self._quiet -= 1

    # -- values ----------------------------------------------------------------------------------------------------

    def _messages(self, message: Message, field: Field, path: str, line: int) -> None:
        if not field.is_repeated:
            if self._twice(message, field, path, line):
                lines = dict(self._places.lines)
                self._places.forget(path)
                self._message(type(getattr(message, field.name))(), path, line)
                self._places.lines = lines
                return
            self._message(getattr(message, field.name), path, line)
            return
        if self._json and len(getattr(message, field.name)) and not self._looking_at("]"):
            self._say(line, path, f"given twice, first at line {self._places.lines.get(path, line)}.")
        self._places.lines.setdefault(path, line)
        items = getattr(message, field.name)
        if not self._take("["):
            self._message(items.add(), f"{path}[{len(items) - 1}]", line)
            return
        while (token := self._peek()) and not self._take("]"):
            self._message(items.add(), f"{path}[{len(items) - 1}]", token.line)
            if not self._take(",") and not self._looking_at("]"):
                self._say(token.line, path, 'expected "," or "]" in the list.')
                self._skip_line(token.line)
                return

    def _message(self, message: Message, path: str, line: int) -> None:
        token = self._peek()
        self._places.lines.setdefault(path, line)
        if token is not None and self._looking_at("{", "<"):
            self._next += 1
            message.SetInParent()
            self._fields(message, path, _CLOSER[token.text], token.line)
            return
        if self._json and token is not None and token.text == "null" and token.kind == WORD:
            self._next += 1
            return
        got = token.shown() if token else "the end of the file"
        self._say(line, path, f"expected a message in {{ }}, got {got}.")
        self._places.broken.add(path)
        if token is not None:
            self._skip_value()

    def _twice(self, message: Message, field: Field, path: str, line: int) -> bool:
        if path in self._places.adopted and path in self._places.lines:
            self._places.forget(path)
            message.ClearField(field.name)
            return False
        if message.HasField(field.name) or path in self._places.lines:
            first = self._places.lines.get(path, line)
            self._say(line, path, f"given twice, at line {first} and at line {line}; expected it once.")
            return True
        oneof = field.containing_oneof
        rival = message.WhichOneof(oneof.name) if oneof else None
        if rival:
            rival_path = path[: -len(field.name)] + rival
            first = self._places.lines.get(rival_path, line)
            self._say(
                line,
                path,
                f"{rival} is given already at line {first}; expected one of {rival} and {field.name}, not both.",
            )
            return True
        return False

    def _scalars(self, message: Message, field: Field, path: str, line: int) -> None:
        if not field.is_repeated:
            self._scalar(message, field, path, line)
            return
        if self._json and path in self._places.lines:
            self._say(line, path, f"given twice, first at line {self._places.lines[path]}.")
        self._places.lines.setdefault(path, line)
        if not self._take("["):
            self._append(message, field, path)
            return
        while (token := self._peek()) and not self._take("]"):
            if self._looking_at("}", ">"):
                self._say(line, path, 'the "[" of the list is never closed.')
                return
            self._append(message, field, path)
            if not self._take(",") and not self._looking_at("]"):
                self._say(token.line, path, 'expected "," or "]" in the list.')
                self._skip_line(token.line)
                self._take("]")
                return

    def _append(self, message: Message, field: Field, path: str) -> None:
        items = getattr(message, field.name)
        token = self._tokens[self._next]
        here = f"{path}[{len(items)}]"
        self._places.lines.setdefault(here, token.line)
        value = self._value(field, path, token.line)
        if value is not None:
            items.append(value)

    def _scalar(self, message: Message, field: Field, path: str, line: int) -> None:
        token = self._peek()
        if self._json and token is not None and token.kind == WORD and token.text == "null":
            self._next += 1
            return
        twice = self._twice(message, field, path, line)
        if not twice:
            self._places.lines[path] = line
        value = self._value(field, path, line)
        if value is not None and not twice:
            setattr(message, field.name, value)

    def _value(self, field: Field, path: str, line: int) -> Any:
        """Reads the value that comes next; reports one that does not fit, and returns None."""
        token = self._peek()
        if token is None or token.kind == SYMBOL:
            got = f'"{token.text}"' if token else "the end of the file"
            self._say(line, path, f"expected {expected(field)}, got {got}.")
            self._places.broken.add(path)
            if token is not None:
                self._skip_value()
            return None
        self._next += 1
        if token.kind == BAD:
            self._say(token.line, path, f"{token.text}.")
            self._places.broken.add(path)
            return None
        after = self._peek()
        runs_on = after is not None and after.line == token.line and after.kind == token.kind == NUMBER
        try:
            if after is not None and runs_on:
                raise BadValueError(f"expected {expected(field)}, got {token.shown()} {after.shown()}.")
            return convert(field, token, self._json)
        except BadValueError as error:
            self._say(token.line, path, str(error))
            before = self._next
            self._skip_rest(token.line)
            whole = self._next == before
            if error.guess is None or not whole:
                self._places.broken.add(path)
                return None
            return error.guess

"""The grammar of text proto and of JSON: fields, messages and values, going on after a mistake."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from apps_rec.config.easyrec import table as easyrec_table
from apps_rec.config.easyrec.verdict import REFUSED, Table, Verdict
from apps_rec.config.report import Report, quoted
from apps_rec.config.text.cursor import CLOSERS, Cursor
from apps_rec.config.text.tokens import BAD, NUMBER, STRING, SYMBOL, WORD, Token
from apps_rec.config.text.values import BadValueError, Field, convert, expected, is_message, snake_case
from apps_rec.nearest import did_you_mean


class Parser:
    """A reader of one text. What it reads goes into a message, what it cannot read into the report.

    Args:
        tokens: all tokens of the text.
        report: receiver of the mistakes, and of the line of each path.
        as_json: true if the tokens are of JSON.
        easyrecs: true if the text is in EasyRec's dialect, in which the later of two scalars holds.
        table: verdicts on the fields of the package whose config it is.
    """

    def __init__(
        self,
        tokens: list[Token],
        report: Report,
        as_json: bool,
        easyrecs: bool = False,
        table: Table = easyrec_table,
    ) -> None:
        self._tokens = Cursor(tokens)
        self._report = report
        self._places = report.places
        self._json = as_json
        self._easyrecs = easyrecs
        self._table = table
        # Messages being read, outermost first: (descriptor, path, line of its brace).
        self._open: list[tuple[Any, str, int]] = []
        symbols = [token.text for token in tokens if token.kind == SYMBOL]
        self._lost_closers = sum(s in "{<" for s in symbols) - sum(s in "}>" for s in symbols)
        self._quiet = 0

    def _say(self, line: int, path: str, text: str) -> None:
        if not self._quiet:
            self._report.at(line, path, text)

    def parse(self, message: Message, path: str) -> None:
        """Reads the text into `message`, whose own place in the config is `path`."""
        if self._json:
            self._tokens.take("{")
            self._fields(message, path, "}", 1)
            return
        self._fields(message, path, "", 1)
        while token := self._tokens.peek():
            self._say(token.line, path, f'there is nothing open that this "{token.text}" could close.')
            self._tokens.pop()
            self._fields(message, path, "", 1)

    def _fields(self, message: Message, path: str, closer: str, line: int) -> None:
        """Reads fields up to the closing brace, or to the end of the text where `closer` is empty."""
        self._open.append((message.DESCRIPTOR, path, line))
        while True:
            token = self._tokens.peek()
            if token is None:
                if closer:
                    self._say(line, path, f'the "{{" of line {line} is never closed.')
                break
            if self._tokens.looking_at("}", ">"):
                if closer:
                    if token.text != closer:
                        self._say(token.line, path, f'expected "{closer}", got "{token.text}".')
                    self._tokens.pop()
                break
            if closer and self._closer_was_lost(token, message.DESCRIPTOR):
                self._lost_closers -= 1
                self._say(line, path, f'the "{{" of line {line} is not closed before line {token.line}.')
                break
            self._field(message, path)
        self._open.pop()

    def _closer_was_lost(self, token: Token, here: Any) -> bool:
        """Tells whether braces do not balance and a name comes that only an enclosing message has."""
        if self._lost_closers <= 0 or token.kind != WORD:
            return False
        if token.text in here.fields_by_name or token.text in self._table.fields_of(here):
            return False
        return any(token.text in descriptor.fields_by_name for descriptor, _, _ in self._open[:-1])

    def _field(self, message: Message, path: str) -> None:
        token = self._tokens.pop()
        if token.kind != (STRING if self._json else WORD):
            got = token.text if token.kind == BAD else token.shown()
            self._say(token.line, path, f"expected the name of a field, got {got}.")
            if token.kind == SYMBOL and token.text == "[":
                self._tokens.skip_value(depth=1)
            if self._json and self._tokens.take(":"):
                self._tokens.skip_value()
                self._tokens.take(",")
            else:
                self._tokens.skip_line(token.line)
            return
        field = self._lookup(message.DESCRIPTOR, token.text)
        name = field.name if field else token.text
        here = f"{path}.{name}" if path else name
        if not self._separator(field, token, here):
            self._tokens.take(",", ";")
            return
        if field is not None:
            self._report.use(message.DESCRIPTOR, field.name)
        if field is None:
            self._unknown(message, token, path)
        elif is_message(field):
            self._messages(message, field, here, token.line)
        else:
            self._scalars(message, field, here, token.line)
        self._tokens.take(",", ";")

    def _lookup(self, descriptor: Any, name: str) -> Field | None:
        known = descriptor.fields_by_name.get(name)
        return descriptor.fields_by_camelcase_name.get(name) if known is None and self._json else known

    def _separator(self, field: Field | None, name: Token, path: str) -> bool:
        """Reads the `:` between name and value; returns False where no value follows."""
        after = self._tokens.peek()
        if self._tokens.take(":") or self._tokens.looking_at("{", "<"):
            follows = self._tokens.peek()
            next_field = follows is not None and follows.line > name.line and self._tokens.starts_field()
            if follows is not None and not next_field and not self._tokens.looking_at(*"}>],;:"):
                return True
            self._say(name.line, path, "has no value.")
            self._places.broken.add(path)
            return False
        got = after.shown() if after and after.kind != BAD and after.line == name.line else "the end of the line"
        self._say(name.line, path, f'expected ":" or "{{" after the name, got {got}.')
        if self._tokens.take("=") and self._tokens.peek() is not None and not self._tokens.looking_at("}", ">"):
            return True
        after = self._tokens.peek()
        if after is None or after.line != name.line or field is None or after.kind == SYMBOL:
            self._places.broken.add(path)
            self._tokens.skip_line(name.line)
            return False
        return True

    def _unknown(self, message: Message, token: Token, path: str) -> None:
        """Reports a name that is not a field here, and reads its value as the nearest field's where that fits."""
        fields, theirs = message.DESCRIPTOR.fields_by_name, self._table.fields_of(message.DESCRIPTOR)
        here = f"{path}.{token.text}" if path else token.text
        if verdict := theirs.get(snake_case(token.text) if self._json else token.text):
            self._foreign(verdict, token.line, here)
            return
        text = f'unknown name; {message.DESCRIPTOR.name} has no field "{token.text}".'
        outer = [
            (d, p)
            for d, p, _ in self._open[:-1]
            if token.text in d.fields_by_name or token.text in self._table.fields_of(d)
        ]
        elsewhere = self._table.messages_with(token.text)
        guess = None if elsewhere else self._report.guess(token.text, dict.fromkeys((*fields, *theirs)))
        if guess:
            text += did_you_mean(guess)
        elif outer:
            text += f" It belongs in {outer[-1][1] or 'the outermost level'}."
        elif elsewhere:
            text += f" {self._table.OWNER} has it in {quoted(elsewhere, 5)}."
        elif fields:
            text += f" Expected one of {quoted(fields, 40)}."
        self._say(token.line, here, text)
        field = fields.get(guess) if guess else None
        known = f"{path}.{guess}" if path else str(guess)
        if field is None:
            if self._tokens.looking_at("{", "<"):
                self._places.strange.add(path)
            self._tokens.skip_value()
            return
        fits = is_message(field) == self._tokens.looking_at("{", "<") or (
            self._tokens.looking_at("[") and field.is_repeated
        )
        rival = field.containing_oneof and message.WhichOneof(field.containing_oneof.name)
        if not fits or rival or (not field.is_repeated and message.HasField(field.name)):
            if not fits:
                self._places.broken.add(known)
            self._tokens.skip_value()
            return
        if not field.is_repeated:
            self._places.adopted.add(known)
        if is_message(field):
            self._messages(message, field, known, token.line)
        else:
            self._quiet += 1
            self._scalars(message, field, known, token.line)
            self._quiet -= 1

    def _foreign(self, verdict: Verdict, line: int, path: str) -> None:
        """Skips the value of a field that EasyRec has and this package has not, and says what becomes of it."""
        value = self._tokens.peek()
        self._tokens.skip_value()
        written = None if value is None or value.kind in (SYMBOL, BAD) else value.text
        self._report.judge(line, path, verdict.of(written))

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
        if self._json and len(getattr(message, field.name)) and not self._tokens.looking_at("]"):
            self._say(line, path, f"given twice, first at line {self._places.lines.get(path, line)}.")
        self._places.lines.setdefault(path, line)
        items = getattr(message, field.name)
        if not self._tokens.take("["):
            self._message(items.add(), f"{path}[{len(items) - 1}]", line)
            return
        while (token := self._tokens.peek()) and not self._tokens.take("]"):
            self._message(items.add(), f"{path}[{len(items) - 1}]", token.line)
            if not self._tokens.take(",") and not self._tokens.looking_at("]"):
                self._say(token.line, path, 'expected "," or "]" in the list.')
                self._tokens.skip_line(token.line)
                return

    def _message(self, message: Message, path: str, line: int) -> None:
        token = self._tokens.peek()
        self._places.lines.setdefault(path, line)
        if token is not None and self._tokens.looking_at("{", "<"):
            self._tokens.pop()
            message.SetInParent()
            self._fields(message, path, CLOSERS[token.text], token.line)
            return
        if self._json and token is not None and token.text == "null" and token.kind == WORD:
            self._tokens.pop()
            return
        got = token.shown() if token else "the end of the file"
        self._say(line, path, f"expected a message in {{ }}, got {got}.")
        self._places.broken.add(path)
        if token is not None:
            self._tokens.skip_value()

    def _twice(self, message: Message, field: Field, path: str, line: int) -> bool:
        if path in self._places.adopted and path in self._places.lines:
            self._places.forget(path)
            message.ClearField(field.name)
            return False
        if message.HasField(field.name) or path in self._places.lines:
            first = self._places.lines.get(path, line)
            if self._easyrecs and not is_message(field):
                self._report.note_at(line, path, f"given at line {first} already; the later one holds, as in EasyRec")
                return False
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
        if not self._tokens.take("["):
            self._append(message, field, path, line)
            return
        while (token := self._tokens.peek()) and not self._tokens.take("]"):
            if self._tokens.looking_at("}", ">"):
                self._say(line, path, 'the "[" of the list is never closed.')
                return
            self._append(message, field, path, line)
            if not self._tokens.take(",") and not self._tokens.looking_at("]"):
                self._say(token.line, path, 'expected "," or "]" in the list.')
                self._tokens.skip_line(token.line)
                self._tokens.take("]")
                return

    def _append(self, message: Message, field: Field, path: str, line: int) -> None:
        items = getattr(message, field.name)
        token = self._tokens.peek()
        line = token.line if token else line
        self._places.lines.setdefault(f"{path}[{len(items)}]", line)
        value = self._value(field, path, line)
        if value is not None:
            items.append(value)

    def _scalar(self, message: Message, field: Field, path: str, line: int) -> None:
        token = self._tokens.peek()
        if self._json and token is not None and token.kind == WORD and token.text == "null":
            self._tokens.pop()
            return
        twice = self._twice(message, field, path, line)
        if not twice:
            self._places.lines[path] = line
        value = self._value(field, path, line)
        if value is not None and not twice:
            setattr(message, field.name, value)

    def _value(self, field: Field, path: str, line: int) -> Any:
        """Reads the value that comes next; reports one that does not fit, and returns None."""
        token = self._tokens.peek()
        if token is None or token.kind == SYMBOL:
            got = f'"{token.text}"' if token else "the end of the file"
            self._say(line, path, f"expected {expected(field)}, got {got}.")
            self._places.broken.add(path)
            if token is not None:
                self._tokens.skip_value()
            return None
        self._tokens.pop()
        if token.kind == BAD:
            self._say(token.line, path, f"{token.text}.")
            self._places.broken.add(path)
            return None
        if field.enum_type is not None and (verdict := self._table.verdict_of(field.enum_type, token.text)):
            if verdict.reads_as or verdict.kind == REFUSED:
                self._report.judge(token.line, path, verdict, token.text)
            if verdict.reads_as:
                return field.enum_type.values_by_name[verdict.reads_as].number
            if verdict.kind == REFUSED:
                self._places.broken.add(path)
                return None
        after = self._tokens.peek()
        runs_on = after is not None and after.line == token.line and after.kind == token.kind == NUMBER
        try:
            if after is not None and runs_on:
                raise BadValueError(f"expected {expected(field)}, got {token.shown()} {after.shown()}.")
            return convert(field, token, self._json)
        except BadValueError as error:
            self._say(token.line, path, str(error))
            if self._tokens.skip_rest(token.line) or error.guess is None:
                self._places.broken.add(path)
                return None
            return error.guess

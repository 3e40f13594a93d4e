"""`--set path=value` and `path+=value`: changes of a message as it was written, before shorthands are rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from apps_rec.config.easyrec.table import verdict_of
from apps_rec.config.easyrec.verdict import REFUSED, Verdict
from apps_rec.config.report import Places, Report, quoted
from apps_rec.config.text.parse import parse_text
from apps_rec.config.text.paths import PathError, Step, field_of, parse_path, select, split_assignment
from apps_rec.config.text.tokens import NUMBER, STRING, WORD, Token, cut, tokenize
from apps_rec.config.text.values import BadValueError, Field, convert, is_message

# Number of replaced items that a warning shows.
_MOST_SHOWN = 3
# Lists that hold one message in most configs: then its place needs no brackets.
_MOSTLY_ONE = ("optimizer_config",)
_OLD_FEATURES, _NEW_FEATURES = "feature_configs", "feature_config"


def apply_overrides(message: Message, overrides: Sequence[str], report: Report) -> None:
    """Sets each `path=value` in order; reports those that cannot be set.

    `path=value` replaces a list, and a warning names the messages that this removes; `path+=value` appends to it.

    Args:
        message: the PipelineConfig, changed in place.
        overrides: assignments. A list of scalars takes `1,2,3`, a message takes text proto, with or without braces.
        report: receiver of the mistakes; its places learn which paths were set here.
    """
    for text in overrides:
        number = len(report.places.override_texts)
        report.places.override_texts.append(text)
        try:
            _refuse_bytes(text)
            path, value, appends = split_assignment(text)
            _Setter(report, number, appends).assign(message, _spelling(message, parse_path(path)), value, "")
        except (PathError, BadValueError) as error:
            report.override(number, str(error))


def _refuse_bytes(text: str) -> None:
    """Refuses bytes that are not UTF-8; Python holds those of a shell as halves of UTF-16 pairs."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        byte = ord(text[error.start]) - 0xDC00
        got = f"the byte 0x{byte:02x}" if 0x80 <= byte <= 0xFF else "half of a UTF-16 pair"
        raise PathError(f"expected UTF-8 text, got {got} behind {error.start} characters.") from None


def _spelling(message: Any, steps: list[Step]) -> list[Step]:
    """Returns the path in the spelling of features that the file uses."""
    if steps[0].name == _OLD_FEATURES and not message.feature_configs and message.feature_config.features:
        return [Step(_NEW_FEATURES), Step("features", steps[0].selector), *steps[1:]]
    under_new = len(steps) > 1 and steps[0] == Step(_NEW_FEATURES) and steps[1].name == "features"
    if under_new and message.feature_configs and not message.feature_config.features:
        return [Step(_OLD_FEATURES, steps[1].selector), *steps[2:]]
    return steps


class _Setter:
    def __init__(self, report: Report, number: int, appends: bool) -> None:
        self._report = report
        self._places = report.places
        self._number = number
        self._appends = appends

    def assign(self, message: Message, steps: list[Step], value: str, path: str) -> None:
        step, rest = steps[0], steps[1:]
        known = step.name in message.DESCRIPTOR.fields_by_name
        if not known and (verdict := verdict_of(message.DESCRIPTOR, step.name)):
            is_value = not rest and step.selector is None
            verdict = verdict.of(value.strip("\"' ") if is_value else None)
            self._foreign(f"{path}.{step.name}" if path else step.name, verdict)
            return
        field = field_of(message, step.name)
        here = f"{path}.{field.name}" if path else field.name
        if step.selector is not None:
            self._items(message, field, steps, value, here)
        elif not rest:
            self._whole(message, field, value, here)
        elif not is_message(field):
            raise PathError(f"{here} is no message, so it has no {rest[0].name}.")
        elif field.is_repeated and _holds_one(message, field):
            items = getattr(message, field.name)
            self.assign(items[0] if items else items.add(), rest, value, f"{here}[0]")
        elif field.is_repeated:
            raise PathError(f"{here} is a list: say which item, as in {here}[0] or by its name in the brackets.")
        else:
            self._refuse_rival(message, field, here)
            self.assign(getattr(message, field.name), rest, value, here)

    def _foreign(self, path: str, verdict: Verdict) -> None:
        """Says what becomes of a field that EasyRec has and this package has not."""
        if verdict.kind == REFUSED:
            raise PathError(f"{path}: refused: {verdict.reason}.")
        self._places.overrides[path] = self._number
        self._report.note(path, verdict.reason)

    def _refuse_rival(self, message: Message, field: Field, path: str) -> None:
        """Refuses a path into one choice of a oneof where the file made another, which would be lost."""
        oneof = field.containing_oneof
        taken = message.WhichOneof(oneof.name) if oneof else None
        if taken and taken != field.name:
            raise PathError(
                f"the config has {taken}, not {field.name}. To set {field.name} in its place, give all of it:"
                f" {path}='{{ ... }}'."
            )

    def _items(self, message: Message, field: Field, steps: list[Step], value: str, path: str) -> None:
        step, rest = steps[0], steps[1:]
        if not field.is_repeated:
            raise PathError(f"{path} is no list, so it has no [{step.selector}].")
        if self._appends and not rest:
            raise PathError(f"+= appends to a list; {path}[{step.selector}] is one item of it.")
        items = getattr(message, field.name)
        found = select(items, step)
        if len(found) > 1 and step.selector != "*":
            numbers = [f"[{at}]" for at in found]
            raise PathError(
                f"{path}[{step.selector}] fits {len(found)} items, {quoted(numbers[:-1])} and {numbers[-1]};"
                " say which, or [*] for all."
            )
        for at in found:
            here = f"{path}[{at}]"
            if rest and not is_message(field):
                raise PathError(f"{path} is a list of plain values, so its items have no {rest[0].name}.")
            if rest:
                self.assign(items[at], rest, value, here)
            elif is_message(field):
                fresh = self._read_message(type(items[at])(), value, here)
                items[at].CopyFrom(fresh)
            else:
                items[at] = _scalar(field, value)
                self._set(here)

    def _whole(self, message: Message, field: Field, value: str, path: str) -> None:
        if self._appends and not field.is_repeated:
            raise PathError(f"+= appends to a list; {path} is none.")
        if (
            field.is_repeated
            and _holds_one(message, field)
            and not self._appends
            and value.strip()[:1] not in ("", "[")
        ):
            fresh = self._read_message(getattr(type(message)(), field.name).add(), value, path)
            message.ClearField(field.name)
            getattr(message, field.name).append(fresh)
        elif field.is_repeated:
            self._list(message, field, value, path)
        elif is_message(field):
            fresh = self._read_message(type(getattr(message, field.name))(), value, path)
            target = getattr(message, field.name)
            target.CopyFrom(fresh)
            target.SetInParent()
        else:
            setattr(message, field.name, _scalar(field, value))
            self._set(path)

    def _list(self, message: Message, field: Field, value: str, path: str) -> None:
        if is_message(field):
            text = value.strip() or "[]"
            holder = path.rpartition(".")[0] or " "
            scratch = self._read_message(type(message)(), f"{field.name}: {text}", holder, strip=False)
            fresh = list(getattr(scratch, field.name))
        else:
            fresh = [_scalar(field, piece) for piece in _pieces(value)]
        items = getattr(message, field.name)
        if self._appends:
            if not fresh:
                raise PathError(f"there is nothing to append to {path}.")
            for at in range(len(items), len(items) + len(fresh)):
                self._set(f"{path}[{at}]")
        else:
            self._set(path)
            if is_message(field):
                self._say_replaced([item for item in items if item not in fresh], path, field.name)
            message.ClearField(field.name)
        getattr(message, field.name).extend(fresh)

    def _say_replaced(self, gone: list[Message], path: str, name: str) -> None:
        """Warns of messages that an assignment removes from a list: that is seldom meant."""
        if not gone:
            return
        texts = [cut(text_format.MessageToString(item, as_one_line=True, as_utf8=True)) for item in gone[:_MOST_SHOWN]]
        rest = f"; and {len(gone) - _MOST_SHOWN} more" if len(gone) > _MOST_SHOWN else ""
        self._report.warn(path, f"replaced {len(gone)} {name}: {'; '.join(texts)}{rest} ({name}+=... appends).")

    def _set(self, path: str) -> None:
        self._places.forget(path)
        self._places.overrides[path] = self._number

    def _read_message(self, scratch: Message, text: str, path: str, strip: bool = True) -> Message:
        """Reads a text proto, with or without braces, into a message of its own; its mistakes name the --set."""
        text = text.strip()
        if strip and text.startswith("{"):
            if not text.endswith("}"):
                raise PathError(f'the "{{" of {path} is never closed.')
            text = text[1:-1]
        aside = Report(Places("value"))
        parse_text(text, scratch, aside, path)
        self._report.take_notes(aside, self._number)
        if aside.errors:
            raise PathError(" ".join(error.partition(": ")[2].strip() for error in aside.errors))
        if strip:
            self._set(path)
        return scratch


def _holds_one(message: Message, field: Field) -> bool:
    """Tells whether a list is one of those that mostly hold one message, and holds no second one."""
    return field.name in _MOSTLY_ONE and len(getattr(message, field.name)) < 2


def _pieces(text: str) -> list[str]:
    """Splits `a,b` or `[a, b]` into items."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    pieces, quote, piece = [], "", ""
    for char in text:
        if char in "\"'" and (not quote or quote == char):
            quote = "" if quote else char
        if char == "," and not quote:
            pieces.append(piece)
            piece = ""
        else:
            piece += char
    return [] if not text.strip() else [item.strip() for item in [*pieces, piece]]


def _scalar(field: Field, text: str) -> Any:
    """Reads a value as typed in a shell: texts need no quotes."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        stripped = text.strip()
        if len(stripped) > 1 and stripped[0] == stripped[-1] and stripped[0] in "\"'":
            tokens = tokenize(stripped)
            if len(tokens) == 1 and tokens[0].kind == STRING:
                return tokens[0].text
        return text
    text = text.strip()
    kind = WORD if text[:1].isalpha() else NUMBER
    return convert(field, Token(kind, text or "nothing", 0))

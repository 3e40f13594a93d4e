"""Config paths as a person writes them: `feature_config.features[feature_name=age].embedding_dim`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from apps_rec.config.easyrec.table import verdict_of
from apps_rec.config.report import item_name, quoted
from apps_rec.config.text.tokens import cut
from apps_rec.config.text.values import is_message
from apps_rec.nearest import did_you_mean, nearest


class PathError(ValueError):
    """A config path that cannot be read, or leads nowhere."""


@dataclass(frozen=True)
class Step:
    """One name of a path.

    Attributes:
        name: name of the field.
        selector: text in the brackets behind the name; None where there are none.
    """

    name: str
    selector: str | None = None


def _pieces(text: str, separator: str) -> Iterator[str]:
    """Splits a text at a separator, except inside brackets and quotes."""
    depth, quote, piece = 0, "", ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "[]":
            depth += 1 if char == "[" else -1
        if char == separator and depth == 0 and not quote:
            yield piece
            piece = ""
        else:
            piece += char
    if depth or quote:
        raise PathError(f'"{text}" is no config path: a bracket or a quote is not closed.')
    yield piece


def split_assignment(text: str) -> tuple[str, str, bool]:
    """Splits `path=value` into path, value, and whether it is `path+=value`; an equals sign in brackets is of the path.

    Example:
        >>> split_assignment("feature_config.features[feature_name=age].embedding_dim=8")
        ('feature_config.features[feature_name=age].embedding_dim', '8', False)
        >>> split_assignment("data_config.label_fields+=pay")
        ('data_config.label_fields', 'pay', True)
    """
    depth, quote = 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif depth and char in "\"'":
            quote = char
        elif char in "[]":
            depth += 1 if char == "[" else -1
        elif char == "=" and not depth:
            path = text[:at].strip()
            return path.removesuffix("+").rstrip(), text[at + 1 :], path.endswith("+")
    raise PathError("expected path=value, such as train_config.num_steps=500.")


def parse_path(text: str) -> list[Step]:
    """Splits a path into its steps.

    Example:
        >>> parse_path("model_config.score[0].weight")[1]
        Step(name='score', selector='0')
    """
    steps = []
    for piece in _pieces(text, "."):
        name, bracket, rest = piece.strip().partition("[")
        if not name or (bracket and not rest.endswith("]")):
            raise PathError(f'"{text}" is no config path: expected names joined by dots, list items in brackets.')
        steps.append(Step(name, rest[:-1].strip() if bracket else None))
    return steps


def field_of(message: Message, name: str) -> Any:
    """Returns the descriptor of a field, or raises PathError with the nearest name."""
    fields = message.DESCRIPTOR.fields_by_name
    if name not in fields:
        if verdict := verdict_of(message.DESCRIPTOR, name):
            raise PathError(f"{name}: {verdict.kind}: {verdict.reason}.")
        hint = did_you_mean(nearest(name, fields)) or f" Expected one of {quoted(fields, 40)}."
        raise PathError(f'{message.DESCRIPTOR.name} has no field "{name}".{hint}')
    return fields[name]


def select(items: Any, step: Step) -> list[int]:
    """Returns the numbers of the list items that a selector picks: `[2]`, `[name=value]` or `[*]`.

    Raises:
        PathError: it picks nothing; the text says what there is.
    """
    selector = step.selector or ""
    if selector == "*" and len(items):
        return list(range(len(items)))
    if selector.isdecimal():
        # Python refuses an int of thousands of digits.
        number = int(selector) if len(selector) < 12 else len(items)
        if number < len(items):
            return [number]
        if not len(items):
            raise PathError(f"{step.name} has no items; there is no [{cut(selector)}].")
        raise PathError(f"{step.name} has {len(items)} items, numbered from 0; there is no [{cut(selector)}].")
    name, equals, wanted = split_selector(selector)
    if not equals or not len(items) or isinstance(items[0], (str, int, float)):
        raise PathError(
            f"[{selector}] picks no item of {step.name}, which has {len(items)}:"
            " expected a number, or the name of one of its items, such as [feature_name=age]."
        )
    field = field_of(items[0], name)
    if is_message(field):
        raise PathError(f"items of {step.name} cannot be picked by {name}, which is a message.")
    found = [at for at, item in enumerate(items) if wanted in _texts(item, field)]
    if not found:
        there = list(dict.fromkeys(text for item in items for text in _texts(item, field)))
        hint = did_you_mean(nearest(wanted, there))
        raise PathError(f'no item of {step.name} has {name} "{wanted}"; there are {quoted(there)}.{hint}')
    return found


def split_selector(selector: str) -> tuple[str, bool, str]:
    """Splits `input_names[0]=x` into ("input_names", True, "x"), without quotes around the value."""
    name, equals, wanted = selector.partition("=")
    wanted = wanted.strip()
    if len(wanted) > 1 and wanted[0] == wanted[-1] and wanted[0] in "\"'":
        wanted = wanted[1:-1]
    return name.strip().removesuffix("[0]"), bool(equals), wanted


def _texts(item: Message, field: Any) -> list[str]:
    """Returns the values of a field as a person writes them.

    A feature without a name has that of its first input. A list of texts stands for its first, one of words of an enum
    for all of them.
    """
    value = getattr(item, field.name)
    if field.enum_type is not None:
        numbers = value if field.is_repeated else [value]
        return [field.enum_type.values_by_number[number].name for number in numbers]
    if field.is_repeated:
        return [str(text) for text in value[:1]]
    key = item_name(item)
    if not item.HasField(field.name) and key and key[0] == field.name:
        return [key[1]]
    return [str(value).lower() if isinstance(value, bool) else str(value)] if item.HasField(field.name) else []

"""Conversion of one written value to a value of a field, with its range checked."""

from __future__ import annotations

import math
from typing import Any

from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor

from apps_rec.config.report import quoted
from apps_rec.config.text.tokens import NUMBER, STRING, WORD, Token
from apps_rec.nearest import did_you_mean, nearest

# Any: protobuf's stubs give descriptors two unrelated types.
Field = Any

_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_LARGEST_FLOAT = 3.4028234663852886e38


class BadValueError(ValueError):
    """A value that does not fit its field; `guess` is the value most likely meant, to go on with."""

    def __init__(self, text: str, guess: Any = None) -> None:
        super().__init__(text)
        self.guess = guess


def is_message(field: Field) -> bool:
    """Tells whether a field holds a message."""
    return field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE


def snake_case(name: str) -> str:
    """Returns the name of a field that JSON may write in camelCase.

    Example:
        >>> snake_case("syncReplicas")
        'sync_replicas'
    """
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def expected(field: Field) -> str:
    """Says in words which values a field takes."""
    if is_message(field):
        return "a message in { }"
    if field.cpp_type in _INTEGERS:
        low, high = _INTEGERS[field.cpp_type]
        return f"a whole number from {low} to {high}"
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return "true or false"
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return f"one of {quoted(field.enum_type.values_by_name, 20)}"
    return "text in quotes" if field.cpp_type == FieldDescriptor.CPPTYPE_STRING else "a number"


def convert(field: Field, token: Token, as_json: bool = False) -> Any:
    """Returns the value of a scalar field.

    Args:
        field: descriptor of the field.
        token: the value as written.
        as_json: whether it is JSON, which puts enum names and whole numbers of 64 bits in quotes.

    Raises:
        BadValueError: the value does not fit; the text says what was expected and what came.
    """
    wrong = BadValueError(f"expected {expected(field)}, got {token.shown()}.")
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        if token.kind != STRING:
            raise BadValueError(str(wrong), token.text)
        return token.text
    wide = field.cpp_type in (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64)
    may_quote = as_json and (wide or field.cpp_type == FieldDescriptor.CPPTYPE_ENUM)
    if token.kind == STRING and not may_quote:
        raise BadValueError(str(wrong), _unquoted(field, token))
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return _enum(field, token, as_json, wrong)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        try:
            return text_format.ParseBool(token.text)
        except ValueError:
            raise wrong from None
    if field.cpp_type in _INTEGERS:
        return _integer(field, token, wrong)
    return _float(field, token, wrong)


def _unquoted(field: Field, token: Token) -> Any:
    """Returns the value without its quotes; None where that does not fit either."""
    kind = WORD if token.text[:1].isalpha() else NUMBER
    try:
        return convert(field, Token(kind, token.text, token.line))
    except BadValueError:
        return None


def _enum(field: Field, token: Token, as_json: bool, wrong: BadValueError) -> int:
    names = field.enum_type.values_by_name
    if token.kind == WORD or (as_json and token.kind == STRING):
        if token.text in names:
            return names[token.text].number
        guess = nearest(token.text, names, cutoff=0.72)
        raise BadValueError(f"{wrong}{did_you_mean(guess)}", names[guess].number if guess else None)
    by_number = {str(number): number for number in field.enum_type.values_by_number}
    if token.kind == NUMBER and token.text in by_number:
        return by_number[token.text]
    raise wrong


def _integer(field: Field, token: Token, wrong: BadValueError) -> int:
    try:
        value = int(token.text, 0)
    except ValueError:
        raise wrong from None
    low, high = _INTEGERS[field.cpp_type]
    if not low <= value <= high:
        raise wrong
    return value


def _float(field: Field, token: Token, wrong: BadValueError) -> float:
    try:
        value = text_format.ParseFloat(token.text)
    except ValueError:
        raise wrong from None
    narrow = field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT
    if not math.isfinite(value) or (narrow and abs(value) > _LARGEST_FLOAT):
        raise BadValueError(f"expected a finite number, got {token.shown()}.")
    return value

"""A message as the text of a config, with lists on one line and remarks behind values."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import Message

_WIDTH = 110
_INDENT = "  "
# Larger numbers have more digits than a reader counts.
_LARGEST_AS_DIGITS = 1e15


def written(message: Message, remarks: Mapping[str, str] | None = None) -> str:
    """Returns the text of a message, which reads again as the same one.

    Args:
        message: a config, or a part of one.
        remarks: comment behind a value, by the path of its field, such as `data_config.prefetch_size`, or above a
            message, such as `feature_config.features[3]`.
    """
    lines: list[str] = []
    _fields(message, "", "", remarks or {}, lines)
    return "\n".join(lines) + "\n"


def _fields(message: Message, path: str, indent: str, remarks: Mapping[str, str], lines: list[str]) -> None:
    for field, value in sorted(message.ListFields(), key=lambda pair: pair[0].index):
        here = f"{path}.{field.name}" if path else field.name
        remark = f"  # {remarks[here]}" if here in remarks else ""
        if field.message_type is not None:
            items = [(f"{here}[{at}]", item) for at, item in enumerate(value)] if field.is_repeated else [(here, value)]
            for place, item in items:
                if place in remarks:
                    lines.append(f"{indent}# {remarks[place]}")
                _message(field.name, item, place, indent, remarks, lines)
        elif field.is_repeated:
            lines += _list(field, value, indent)
        else:
            lines.append(f"{indent}{field.name}: {_scalar(field, value)}{remark}")


def _message(name: str, item: Message, path: str, indent: str, remarks: Mapping[str, str], lines: list[str]) -> None:
    inner: list[str] = []
    _fields(item, path, indent + _INDENT, remarks, inner)
    if not inner:
        lines.append(f"{indent}{name} {{ }}")
        return
    short = f"{indent}{name} {{ {' '.join(line.strip() for line in inner)} }}"
    is_flat = len(inner) == 1 or not any("#" in line or line.endswith(("{", "}", "[")) for line in inner)
    if len(inner) <= 5 and len(short) <= _WIDTH and is_flat:
        lines.append(short)
    else:
        lines += [f"{indent}{name} {{", *inner, f"{indent}}}"]


def _list(field: Any, values: Any, indent: str) -> list[str]:
    """Returns the lines of a list: one where it is short."""
    texts = [_scalar(field, value) for value in values]
    if len(texts) == 1:
        return [f"{indent}{field.name}: {texts[0]}"]
    short = f"{indent}{field.name}: [{', '.join(texts)}]"
    if len(short) <= _WIDTH:
        return [short]
    lines, row = [f"{indent}{field.name}: ["], ""
    for at, text in enumerate(texts):
        piece = text + ("," if at + 1 < len(texts) else "")
        if row and len(indent) + len(_INDENT) + len(row) + 1 + len(piece) > _WIDTH:
            lines.append(f"{indent}{_INDENT}{row}")
            row = ""
        row = f"{row} {piece}" if row else piece
    return [*lines, f"{indent}{_INDENT}{row}", f"{indent}]"]


def _scalar(field: Any, value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_AS_DIGITS:
        return str(int(value))
    out = io.StringIO()
    text_format.PrintFieldValue(field, value, out, as_utf8=True)
    return out.getvalue()

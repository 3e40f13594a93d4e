"""The table of verdicts on TorchEasyRec's configs, and messages made of it, into which such a config is read."""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from apps_rec.config.easyrec.verdict import Verdict
from apps_rec.config.torcheasyrec.fields import FLAG, REAL, TEXT, WHOLE, Given
from apps_rec.config.torcheasyrec.rows import ENUMS, MESSAGES

OWNER = "TorchEasyRec"
_PACKAGE = "torcheasyrec"
_TYPES = {
    TEXT: FieldDescriptorProto.TYPE_STRING,
    WHOLE: FieldDescriptorProto.TYPE_UINT64,
    REAL: FieldDescriptorProto.TYPE_DOUBLE,
    FLAG: FieldDescriptorProto.TYPE_BOOL,
}


def fields_of(descriptor: Any) -> dict[str, Verdict]:
    """Returns the verdicts on the fields of a message, by their names."""
    rows = MESSAGES.get(descriptor.name, {})
    return {name: row.verdict if isinstance(row, Given) else row for name, row in rows.items()}


def verdict_of(descriptor: Any, name: str) -> Verdict | None:
    """Returns the verdict on a value of an enum; None: there is no such value."""
    return ENUMS.get(descriptor.name, {}).get(name)


def messages_with(name: str) -> list[str]:
    """Returns the messages that have a field of this name."""
    return [message for message, rows in MESSAGES.items() if name in rows]


def use_of(message: str, name: str) -> tuple[str, Verdict | None]:
    """Returns a message's name without its package, and the verdict on a field of it."""
    short = message.removeprefix(f"{_PACKAGE}.")
    row = MESSAGES.get(short, {}).get(name)
    return short, row.verdict if isinstance(row, Given) else row


def is_of(message: str) -> bool:
    """Tells whether the full name of a message is that of one of TorchEasyRec."""
    return message.startswith(f"{_PACKAGE}.")


def new_config() -> Any:
    """Returns an empty config of TorchEasyRec: a message with the fields of the table that are read."""
    return _class()()


@cache
def _class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto2")
    for name, values in ENUMS.items():
        enum = file.enum_type.add(name=name)
        for number, value in enumerate(values):
            enum.value.add(name=value, number=number)
    for name, rows in MESSAGES.items():
        _add_message(file, name, rows)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.EasyRecConfig"))


def _add_message(file: descriptor_pb2.FileDescriptorProto, name: str, rows: dict[str, Any]) -> None:
    message = file.message_type.add(name=name)
    oneofs: dict[str, int] = {}
    for number, (field_name, row) in enumerate(rows.items(), start=1):
        if not isinstance(row, Given):
            continue
        label = FieldDescriptorProto.LABEL_REPEATED if row.is_list else FieldDescriptorProto.LABEL_OPTIONAL
        field = message.field.add(name=field_name, number=number, label=label)
        if row.holds in _TYPES:
            field.type = _TYPES[row.holds]
        else:
            is_enum = row.holds in ENUMS
            field.type = FieldDescriptorProto.TYPE_ENUM if is_enum else FieldDescriptorProto.TYPE_MESSAGE
            field.type_name = f".{_PACKAGE}.{row.holds}"
        if row.oneof:
            if row.oneof not in oneofs:
                oneofs[row.oneof] = len(oneofs)
                message.oneof_decl.add(name=row.oneof)
            field.oneof_index = oneofs[row.oneof]

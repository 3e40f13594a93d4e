"""Seeded mutants of configs: of their text, which may be anything, and of their fields, most of which still fit."""

from __future__ import annotations

import random
import re
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import Message

from apps_rec.protos.pipeline_pb2 import PipelineConfig

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[A-Za-z_]\w*|[-+]?[0-9][\w.+-]*|\S|\n|[ \t]+')
_TEXTS = (
    "",
    " ",
    "x",
    "user_id",
    "click",
    "é",
    "工具",
    "😀",
    "\\377",
    "\\000",
    "\\033[2J",
    "\\342\\200\\256",
    "a/../b",
    "1",
    "-1",
    "1e400",
    "NaN",
    "|",
    ",",
    "\\t",
    "s3://k:s@b/x",
    "x" * 300,
    "best",
    "latest",
    "auc_ctr",
    "relu",
)
_NUMBERS = (
    "0",
    "1",
    "-1",
    "2",
    "3",
    "7",
    "0.5",
    "-0.5",
    "1e-30",
    "1e30",
    "1e39",
    "1e400",
    "nan",
    "inf",
    "0x10",
    "007",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "9" * 5000,
    "1.",
    ".5",
    "1e",
    "--1",
    "1f",
)
_WORDS = (
    "true",
    "false",
    "t",
    "null",
    "IdFeature",
    "RawFeature",
    "TagFeature",
    "SequenceFeature",
    "ComboFeature",
    "INT32",
    "INT64",
    "STRING",
    "FLOAT",
    "DOUBLE",
    "BOOL",
    "USER",
    "ITEM",
    "CONTEXT",
    "CSVInput",
    "TFRecordInput",
    "WIDE",
    "SKIP",
    "input_type",
    "features",
    "rank_model",
    "mmoe",
    "fm",
    "dnn",
    "TPUStrategy",
    "unknown",
)
_CHARS = ("{", "}", "[", "]", "<", ">", ":", ",", ";", '"', "'", "#", "\\", "=", "\n", "é", "\u202e", "\x7f", "0")

# What names of columns, features, groups and towers may become belongs to the tests of names.
_NAMES = {"input_name", "feature_name", "tower_name", "group_name", "embedding_name", "output"}
_PATHS = {"train_input_path", "eval_input_path", "model_dir", "vocab_file", "fine_tune_checkpoint"}
_SIZES = (0, 1, 2, 3, 5, 8, 16, 64, 1000, 65_536, 2**20, 2**31 - 1, 2**31, 2**32 - 1, 2**33, 2**63 - 1)
_FLOATS = (0.0, 1.0, -1.0, 0.5, 0.9999999, 1e-8, 1e-30, 1e-45, 0.1, 2.0, 10.0, 1e6, 1e30, 3.4e38, 1e300, -1e300)


def mutate_text(text: str, draw: random.Random) -> str:
    """A config's text with one to three changes, without regard to its language."""
    for _ in range(draw.choice((1, 1, 2, 3))):
        text = draw.choice((_line, _token, _token, _character))(text, draw)
    return text


def _line(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    at, to = draw.randrange(len(lines)), draw.randrange(len(lines))
    line = lines[at]
    kind = draw.choice(("drop", "repeat", "move", "join"))
    if kind != "repeat":
        del lines[at]
    if kind == "join" and lines:
        lines[min(at, len(lines) - 1)] += f" {line}"
    elif kind != "drop":
        lines.insert(to, line)
    return "\n".join(lines)


def _token(text: str, draw: random.Random) -> str:
    tokens = _TOKEN.findall(text)
    at = draw.choice([i for i, token in enumerate(tokens) if not token.isspace()] or [0])
    kind = draw.choice(("value", "value", "value", "drop", "repeat", "swap"))
    if kind == "drop":
        tokens[at] = ""
    elif kind == "repeat":
        tokens.insert(at, tokens[at])
    elif kind == "swap":
        to = draw.randrange(len(tokens))
        tokens[at], tokens[to] = tokens[to], tokens[at]
    elif tokens[at].startswith('"'):
        other = draw.choice([token for token in tokens if token.startswith('"')])
        tokens[at] = draw.choice((other, f'"{draw.choice(_TEXTS)}"'))
    else:
        number = tokens[at][0].isdigit() or tokens[at][0] in "+-"
        tokens[at] = draw.choice(_NUMBERS if number else _WORDS)
    return "".join(tokens)


def _character(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text))
    return text[:at] + draw.choice(_CHARS) + text[at + draw.randrange(2) :]


def mutate_fields(config: PipelineConfig, draw: random.Random) -> str:
    """A config's text after one to four of its fields were set, taken away, repeated or moved."""
    mutant = PipelineConfig()
    mutant.CopyFrom(config)
    texts = sorted({text for message in _messages(mutant) for text in _strings(message)})
    for _ in range(draw.choice((1, 1, 2, 3, 4))):
        messages = _messages(mutant)
        # As many of a kind, however often the config has it: features and columns are most of the messages.
        kinds = sorted({message.DESCRIPTOR.name for message in messages})
        kind = draw.choice(kinds)
        _change(draw.choice([m for m in messages if m.DESCRIPTOR.name == kind]), texts, draw)
    return text_format.MessageToString(mutant, as_utf8=True)


def _messages(message: Message) -> list[Message]:
    found = [message]
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if field.is_repeated else [value]:
                found += _messages(item)
    return found


def _strings(message: Message) -> list[str]:
    return [
        text
        for field, value in message.ListFields()
        if field.cpp_type == field.CPPTYPE_STRING
        for text in (value if field.is_repeated else [value])
    ]


def _change(message: Message, texts: list[str], draw: random.Random) -> None:
    if not message.DESCRIPTOR.fields:
        return
    given = [field for field, _ in message.ListFields()]
    field = draw.choice(given if given and draw.random() < 0.4 else list(message.DESCRIPTOR.fields))
    if field.name in _PATHS:
        return
    kind = draw.random()
    if field.is_repeated:
        items = getattr(message, field.name)
        if kind < 0.3 and len(items):
            del items[draw.randrange(len(items))]
        elif field.message_type is not None:
            other = items.add()
            if kind < 0.8 and len(items) > 1:
                other.CopyFrom(items[draw.randrange(len(items) - 1)])
            else:
                _change(other, texts, draw)
        elif kind < 0.8 or not len(items):
            items.append(_value(field, texts, draw))
        else:
            items[draw.randrange(len(items))] = _value(field, texts, draw)
    elif kind < 0.15 and field.name not in _NAMES:
        message.ClearField(field.name)
    elif field.message_type is not None:
        inner = getattr(message, field.name)
        inner.SetInParent()
        _change(inner, texts, draw)
    else:
        setattr(message, field.name, _value(field, texts, draw))


def _value(field: Any, texts: list[str], draw: random.Random) -> Any:
    if field.cpp_type == field.CPPTYPE_BOOL:
        return draw.random() < 0.5
    if field.enum_type is not None:
        return draw.choice(field.enum_type.values).number
    if field.cpp_type == field.CPPTYPE_STRING:
        return draw.choice(
            (*texts, draw.choice(("0", "a", "mean", "sum", "sqrtn", "log1p", "tanh", "best", "|", ";", "工具")))
        )
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        value = draw.choice(_FLOATS)
        return value if field.cpp_type == field.CPPTYPE_DOUBLE else max(-3.4e38, min(3.4e38, value))
    top = {field.CPPTYPE_INT32: 2**31 - 1, field.CPPTYPE_UINT32: 2**32 - 1, field.CPPTYPE_INT64: 2**63 - 1}
    return min(draw.choice((*_SIZES[:9], *_SIZES)), top.get(field.cpp_type, 2**64 - 1))


def mutants(samples: list[str], count: int, seed: int) -> list[str]:
    """Texts of mutants, each third of the text of a sample, the others of its fields."""
    draw = random.Random(seed)
    made = []
    parsed = [text_format.Parse(sample, PipelineConfig()) for sample in samples]
    for number in range(count):
        at = draw.randrange(len(samples))
        made.append(mutate_text(samples[at], draw) if number % 3 == 0 else mutate_fields(parsed[at], draw))
    return made

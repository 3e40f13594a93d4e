"""docs/reference/, made of the comments and options in protos/: `python -m website.reference SET FOLDER` writes it.

SET is a file of descriptors with their comments, as `protoc --include_source_info --descriptor_set_out` writes it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet

from apps_rec.config.easyrec.table import use_of
from apps_rec.config.easyrec.verdict import USED
from apps_rec.protos import options_pb2

# The pages in their order: the source of each, and its title.
PAGES = {
    "pipeline": "The whole of a config",
    "data": "Columns and rows",
    "feature": "Features",
    "model": "Models",
    "network": "Networks",
    "dnn": "Stacks of layers",
    "named": "Models with a name",
    "loss": "Losses",
    "train": "Training",
    "eval": "Metrics",
    "export": "Export",
}
# What a page of no source says.
_HEAD = """\
# Config reference

Written by `make docs` from the comments in `protos/`. Every message of a config, every field and every
value of an enum stands here, with its default. [How a config is written](../config.md) explains them in their order of
use, with examples; [EasyRec's fields](../easyrec-fields.md) has those that this package does not know too.

In the tables, the third column says what a field is where a config leaves it out, and which values it may have: a
number in `[0, 1)` is 0 or more and less than 1. Without a field that is **required** `apps-rec check` reports a
mistake. Where the column is empty, the field is empty by default, or the text says what its absence means. The last
column says whether EasyRec has the field: _same_, _ours_, or what differs.
"""
_WHOLE = dict.fromkeys(("INT32", "INT64", "UINT32", "UINT64"), "whole number")
_TYPES = {**_WHOLE, "FLOAT": "number", "DOUBLE": "number", "STRING": "text", "BOOL": "true or false"}
_PACKAGE = ".apps_rec.protos."


@dataclass
class Part:
    """A message or an enum with its comments.

    Attributes:
        name: its name, with those of the messages around it.
        comment: what stands above it.
        page: the source it stands in, such as `train`.
        fields: pairs of a field's, or a value's, descriptor and comment, in the order of the source.
        is_enum: whether it is an enum.
    """

    name: str
    comment: str
    page: str
    is_enum: bool
    fields: list[tuple[Any, str]] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Returns the link to it from another page."""
        return f"{self.page}.md#{self.name.lower().replace('.', '')}"


def parts(descriptors: FileDescriptorSet) -> list[Part]:
    """Returns all messages and enums of the sources, those of a message behind it."""
    return [part for file in descriptors.file for part in _parts_of_file(file)]


def pages(descriptors: FileDescriptorSet) -> dict[str, str]:
    """Returns the text of each page by the name of its file."""
    known = {part.name: part for part in parts(descriptors)}
    comments = {Path(file.name).stem: _comments(file).get((12,), "") for file in descriptors.file}
    listed = [f"- [{title}]({stem}.md): {_inline(comments[stem])}" for stem, title in PAGES.items()]
    found = {"index.md": "\n".join([_HEAD, *listed]) + "\n"}
    for stem, title in PAGES.items():
        sections = [_section(part, known) for part in known.values() if part.page == stem]
        found[f"{stem}.md"] = "\n".join([f"# {title}\n", f"{_text(comments[stem])}\n", *sections])
    return found


def _parts_of_file(file: FileDescriptorProto) -> Iterator[Part]:
    comments, page = _comments(file), Path(file.name).stem
    for at, message in enumerate(file.message_type):
        yield from _parts_of_message(message, (4, at), "", comments, page)
    for at, enum in enumerate(file.enum_type):
        yield _enum(enum, (5, at), "", comments, page)


def _parts_of_message(message: Any, path: tuple[int, ...], outer: str, comments: Any, page: str) -> Iterator[Part]:
    if message.options.map_entry:
        return
    name = f"{outer}{message.name}"
    fields = [(one, comments.get((*path, 2, at), "")) for at, one in enumerate(message.field)]
    yield Part(name, comments.get(path, ""), page, False, fields)
    for at, enum in enumerate(message.enum_type):
        yield _enum(enum, (*path, 4, at), f"{name}.", comments, page)
    for at, inner in enumerate(message.nested_type):
        yield from _parts_of_message(inner, (*path, 3, at), f"{name}.", comments, page)


def _enum(enum: Any, path: tuple[int, ...], outer: str, comments: Any, page: str) -> Part:
    values = [(one, comments.get((*path, 2, at), "")) for at, one in enumerate(enum.value)]
    return Part(f"{outer}{enum.name}", comments.get(path, ""), page, True, values)


def _comments(file: FileDescriptorProto) -> dict[tuple[int, ...], str]:
    """Returns the comment above each declaration, by the path that descriptor.proto gives it."""
    return {tuple(place.path): place.leading_comments.strip() for place in file.source_code_info.location}


def _section(part: Part, known: dict[str, Part]) -> str:
    uses = {one.name: use_of(f"{_PACKAGE[1:]}{part.name}", one.name) for one, _ in part.fields}
    has_easyrec = any(verdict for _, verdict in uses.values())
    lines = [f"## {part.name}\n", f"{_text(part.comment)}\n"]
    theirs = next((name for name, verdict in uses.values() if verdict), part.name)
    if theirs != part.name:
        lines.append(f"EasyRec calls it {theirs}.\n")
    if not part.fields:
        return "\n".join(lines)
    heads = ["value" if part.is_enum else "field", *([] if part.is_enum else ["type", "default, range"]), "meaning"]
    heads += ["EasyRec"] if has_easyrec else []
    lines += [_row(heads), _row(["---"] * len(heads))]
    for one, comment in part.fields:
        cells = [f"`{one.name}`"]
        cells += [] if part.is_enum else [_type(one, part, known), _default(one)]
        cells.append(_inline(comment))
        cells += [_easyrec(uses[one.name][1])] if has_easyrec else []
        lines.append(_row(cells))
    return "\n".join(lines) + "\n"


def _type(one: FieldDescriptorProto, part: Part, known: dict[str, Part]) -> str:
    name = FieldDescriptorProto.Type.Name(one.type).removeprefix("TYPE_")
    text = _TYPES.get(name, "")
    if name in ("MESSAGE", "ENUM"):
        other = known[one.type_name.removeprefix(_PACKAGE)]
        place = f"#{other.place.partition('#')[2]}" if other.page == part.page else other.place
        text = f"[{other.name}]({place})"
    return f"list of {text}" if one.label == FieldDescriptorProto.LABEL_REPEATED else text


def _default(one: FieldDescriptorProto) -> str:
    options: Any = one.options.Extensions
    said: list[str] = []
    if options[options_pb2.required]:
        said.append("**required**")
    elif one.HasField("default_value"):
        is_text = one.type == FieldDescriptorProto.TYPE_STRING
        said.append(f'`"{one.default_value}"`' if is_text else f"`{one.default_value}`")
    if options[options_pb2.range]:
        said.append(_interval(options[options_pb2.range]))
    if options[options_pb2.choices]:
        said.append("one of " + ", ".join(f"`{choice}`" for choice in options[options_pb2.choices]))
    return _cell("; ".join(said))


def _interval(interval: str) -> str:
    """Returns an interval such as `(0, inf)` in words."""
    low, high = interval[1:-1].split(", ")
    if high == "inf":
        return f"{low} or more" if interval[0] == "[" else "any" if low == "-inf" else f"more than {low}"
    if low == "-inf":
        return f"{high} or less" if interval[-1] == "]" else f"less than {high}"
    return f"in {interval}"


def _easyrec(verdict: Any) -> str:
    if verdict is None:
        return "_ours_"
    if verdict.kind == USED and verdict.reason == "as in EasyRec":
        return "_same_"
    return _inline(verdict.reason if verdict.kind == USED else f"{verdict.kind}: {verdict.reason}")


def _text(comment: str) -> str:
    """Returns a comment as text of a page, in which its letters stand for themselves."""
    lines = [line.strip() for line in comment.splitlines()]
    text = "\n".join(lines).replace("\\", "\\\\")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("*", "\\*")


def _inline(comment: str) -> str:
    """Returns a comment as one line of a table."""
    return _cell(" ".join(_text(comment).split()))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Writes the pages, and removes those of sources that are gone."""
    descriptors, folder = FileDescriptorSet.FromString(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    written = pages(descriptors)
    for page in folder.glob("*.md"):
        if page.name not in written:
            page.unlink()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Assignments written into the text of a config, in which comments and order stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from apps_rec.config.imports.written import written
from apps_rec.config.report import Places, Report, parents
from apps_rec.config.text.overrides import apply_overrides
from apps_rec.config.text.parse import parse_text
from apps_rec.config.text.paths import parse_path
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# A list in brackets, a text in quotes, or a word or number.
_VALUE = r"\s*:\s*(?:\[[^\]]*\]|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|[^\s{}\[\],;#\"']+)"


def edited(text: str, overrides: Sequence[str]) -> str | None:
    """Returns the text of a config with assignments written into it.

    A value that is there is replaced where it stands; one that is not is added behind the brace of its message. The
    result is read again, and returned only if it is what `--set` makes of the text.

    Args:
        text: text proto, which has no mistake.
        overrides: assignments `path=value`, as of `--set`.

    Returns:
        The new text; None where an assignment cannot be written in so, such as one of a whole message.
    """
    for override in overrides:
        before, places = _read(text)
        wanted = PipelineConfig()
        wanted.CopyFrom(before)
        asked = Report(Places("config"))
        apply_overrides(wanted, [override], asked)
        if asked.errors:
            return None
        for path in asked.places.overrides:
            # Of a list of values the whole is written.
            step = _one(before, wanted, path)
            candidates = () if step is None else _candidates(text, places, path, step)
            found = next((new for new in candidates if _read(new)[0] == step), None)
            if found is None:
                return None
            text = found
            before, places = _read(text)
        if before != wanted:
            return None
    return text


def _read(text: str) -> tuple[Any, Places]:
    places = Places("config")
    report = Report(places)
    message = PipelineConfig()
    parse_text(text, message, report)
    return message if not report.errors else None, places


def _one(before: Any, wanted: Any, path: str) -> Any:
    """Returns a message with the value at a path taken from the wanted one; None for values that are messages."""
    step = PipelineConfig()
    step.CopyFrom(before)
    here, there = step, wanted
    *outer, last = parse_path(path)
    for part in outer:
        field = here.DESCRIPTOR.fields_by_name[part.name]
        here, there = getattr(here, part.name), getattr(there, part.name)
        if field.is_repeated:
            at = int(part.selector or 0)
            if at >= len(here):
                return None
            here, there = here[at], there[at]
    field = here.DESCRIPTOR.fields_by_name[last.name]
    if field.message_type is not None or last.selector is not None:
        return None
    here.ClearField(last.name)
    if field.is_repeated:
        getattr(here, last.name).extend(getattr(there, last.name))
    else:
        setattr(here, last.name, getattr(there, last.name))
    return step


def _candidates(text: str, places: Places, path: str, step: Any) -> Iterator[str]:
    """Yields texts that may hold the value at a path: first those with it replaced, then those with it added."""
    name = parse_path(path)[-1].name
    value = _entry(step, path)
    starts = _starts(text)
    if path in places.lines:
        begin = starts[places.lines[path] - 1]
        end = starts[places.lines[path]] if places.lines[path] < len(starts) else len(text)
        for match in re.finditer(rf"(?<![\w.]){re.escape(name)}{_VALUE}", text[begin:]):
            if begin + match.start() >= end:
                break
            yield text[: begin + match.start()] + value + text[begin + match.end() :]
        return
    holder = next((one for one in list(parents(path))[1:] if one in places.lines), None)
    if holder is None:
        yield f"{text.rstrip()}\n\n{_wrapped(path.split('.')[:-1], value)}\n"
        return
    inner = path[len(holder) :].lstrip(".").split(".")[:-1]
    line = places.lines[holder] - 1
    begin, end = starts[line], starts[line + 1] if line + 1 < len(starts) else len(text)
    for brace in re.finditer(r"\{", text[begin:end]):
        at = begin + brace.end()
        is_last = not text[at:end].strip()
        indent = re.match(r"\s*", text[begin:end])[0].rstrip("\n")  # type: ignore[index]
        addition = _wrapped(inner, value)
        yield f"{text[:at]}\n{indent}  {addition}{text[at:]}" if is_last else f"{text[:at]} {addition}{text[at:]}"


def _wrapped(names: Iterable[str], entry: str) -> str:
    for name in reversed(list(names)):
        entry = f"{name.partition('[')[0]} {{ {entry} }}"
    return entry


def _entry(message: Any, path: str) -> str:
    """Returns `name: value` of the value at a path."""
    here = message
    *outer, last = parse_path(path)
    for part in outer:
        here = getattr(here, part.name)
        here = here[int(part.selector or 0)] if part.selector is not None else here
    alone = type(here)()
    value = getattr(here, last.name)
    if here.DESCRIPTOR.fields_by_name[last.name].is_repeated:
        getattr(alone, last.name).extend(value)
    else:
        setattr(alone, last.name, value)
    return " ".join(written(alone).split("\n")).strip()


def _starts(text: str) -> list[int]:
    """Returns the place at which each line begins."""
    return [0, *(match.end() for match in re.finditer("\n", text))]

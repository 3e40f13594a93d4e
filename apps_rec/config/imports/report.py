"""The report on an import: what is used, noted, and means something else here."""

from __future__ import annotations

from collections.abc import Mapping

from apps_rec.config.easyrec import table as easyrec
from apps_rec.config.load import Config
from apps_rec.config.torcheasyrec import table as torcheasyrec


def report_text(config: Config, output: str, remarks: Mapping[str, str]) -> str:
    """Returns the report as Markdown.

    Args:
        config: the config that was imported.
        output: name of the new file.
        remarks: remarks by path on defaults that are written out.
    """
    same, other, ours = [], [], []
    owner = owner_of(config)
    for (message, name), count in sorted(config.tally.used.items()):
        table = torcheasyrec if torcheasyrec.is_of(message) else easyrec
        theirs, verdict = table.use_of(message, name)
        field = f"`{theirs}.{name}`"
        if verdict is None:
            ours.append(field)
        elif verdict.reason == f"as in {table.OWNER}":
            same.append(field)
        else:
            other.append(f"| {field} | {count} | {_cell(verdict.reason)} |")
    parts = [
        f"# {output}, from {config.path}",
        f"{len(config.tally.used)} fields are used, {len(config.notes)} are noted, none is refused. Comments of the old"
        " file are not taken over.",
        *_section("Used, with what is made of it", ["| field | times | |", "| --- | --- | --- |", *other], bool(other)),
        *_section(f"Used as in {owner}", [f"{', '.join(same)}."], bool(same)),
        *_section("Fields of this package alone", [f"{', '.join(ours)}."], bool(ours)),
        *_section(
            "Defaults that differ",
            [
                "They were not given; the new config writes out the value that holds here.",
                "",
                *(f"- `{path}`: {text}" for path, text in remarks.items()),
            ],
            bool(remarks),
        ),
        *_section("Without an effect here, and left out", _items(config.notes), bool(config.notes)),
        *_section("Warnings", _items(config.warnings), bool(config.warnings)),
    ]
    return "\n\n".join(parts) + "\n"


def owner_of(config: Config) -> str:
    """Returns the package in whose dialect a config was written."""
    is_torch = any(torcheasyrec.is_of(message) for message, _ in config.tally.used)
    return torcheasyrec.OWNER if is_torch else easyrec.OWNER


def _section(heading: str, lines: list[str], is_there: bool) -> list[str]:
    return [f"## {heading}", "\n".join(lines)] if is_there else []


def _items(lines: list[str]) -> list[str]:
    return [f"- {line}" for line in lines]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

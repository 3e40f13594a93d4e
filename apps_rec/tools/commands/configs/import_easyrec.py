"""Writes a config of EasyRec, or of TorchEasyRec, in this package's own spelling."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apps_rec.atomic_file import replace_text
from apps_rec.config import Config
from apps_rec.config.imports.report import owner_of, report_text
from apps_rec.config.imports.spelling import own_spelling
from apps_rec.config.imports.written import written
from apps_rec.config.load import parse_text, read_text_of
from apps_rec.config.torcheasyrec.dialect import is_torcheasyrecs_text
from apps_rec.config.torcheasyrec.read import read_torcheasyrec
from apps_rec.errors import ArgumentError, RunError
from apps_rec.tools.commands.common import command, require_local


@dataclass(frozen=True)
class Imported:
    """The files that an import wrote, and what it read.

    Attributes:
        config: the config that was read.
        output: path of the new config.
        report: path of the report.
        report_text: text of the report, in Markdown.
    """

    config: Config
    output: Path
    report: Path
    report_text: str


@command
def import_easyrec(
    config: str | Path,
    output: str | Path,
    overrides: Sequence[str] = (),
    overwrite: bool = False,
    lists: Sequence[str] = (),
) -> Imported:
    """Writes a config of EasyRec or TorchEasyRec anew: the same model in this package's spelling, with a report.

    The new config loads to the same model as the old one. Files that the config names need not be there.

    Args:
        config: path of the config of EasyRec or TorchEasyRec.
        output: path of the new config; its report is called the same with `.report.md` at the end.
        overrides: changes to the config of EasyRec, `path=value` each.
        overwrite: whether files that are there may be replaced.
        lists: features, or columns, of TorchEasyRec whose cells hold several values where the config does not say so.

    Raises:
        ConfigError: something in the config is refused or wrong, one line for each; nothing is written.
        RunError: a file is there already, or cannot be written; an argument is of the other dialect.
    """
    require_local(output, "output")
    new = Path(output)
    if new.suffix.lower() == ".json":
        raise ArgumentError(
            "{output}: a config is written as text; expected a name that does not end in .json", "output"
        )
    report = Path(f"{new}.report.md")
    read = _read(config, overrides, lists)
    for path in (new, report):
        if new.is_dir() or (path.exists() and not overwrite):
            raise RunError(f"{path} is there already; name another file, or replace it with --overwrite")
    message, remarks = own_spelling(read, owner_of(read))
    head = (
        f"# From {Path(read.path).name} by `apps-rec import-easyrec`; {report.name} says what became of each field.\n"
    )
    text = report_text(read, new.name, remarks)
    try:
        new.parent.mkdir(parents=True, exist_ok=True)
        replace_text(report, text)
        replace_text(new, head + written(message, remarks))
    except OSError as error:
        raise RunError(f"{error.filename or new}: cannot be written: {error.strerror}") from None
    return Imported(read, new, report, text)


def _read(config: str | Path, overrides: Sequence[str], lists: Sequence[str]) -> Config:
    text, name = read_text_of(config), str(config)
    if _is_torcheasyrecs(text, name.lower().endswith(".json")):
        if overrides:
            raise ArgumentError("{set}: a config of TorchEasyRec is imported as it is; change the new one", "set")
        return read_torcheasyrec(text, name, lists, files_here=False)
    if lists:
        text = "{lists}: is for configs of TorchEasyRec; in those of EasyRec a TagFeature holds a list"
        raise ArgumentError(text, "lists")
    return parse_text(text, name, overrides, files_here=False)


def _is_torcheasyrecs(text: str, as_json: bool) -> bool:
    if as_json:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            # What is wrong with it is said where it is read.
            return False
    return is_torcheasyrecs_text(text, as_json)

"""Writes a config of EasyRec in this package's own spelling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apps_rec.atomic_file import replace_text
from apps_rec.config import Config, load_config
from apps_rec.config.imports.report import report_text
from apps_rec.config.imports.spelling import own_spelling
from apps_rec.config.imports.written import written
from apps_rec.errors import RunError
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
    config: str | Path, output: str | Path, overrides: Sequence[str] = (), overwrite: bool = False
) -> Imported:
    """Writes a config of EasyRec anew: the same model in this package's own spelling, and a report beside it.

    The new config loads to the same model as the old one. Files that the config names need not be there.

    Args:
        config: path of the config of EasyRec.
        output: path of the new config; its report is called the same with `.report.md` at the end.
        overrides: changes to the config, `path=value` each.
        overwrite: whether files that are there may be replaced.

    Raises:
        ConfigError: something in the config is refused or wrong, one line for each; nothing is written.
        RunError: a file is there already, or cannot be written.
    """
    require_local(output, "output")
    new = Path(output)
    report = Path(f"{new}.report.md")
    read = load_config(config, overrides, files_here=False)
    for path in (new, report):
        if new.is_dir() or (path.exists() and not overwrite):
            raise RunError(f"{path} is there already; name another file, or replace it with --overwrite")
    message, remarks = own_spelling(read)
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

"""Checks the data of a config before training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apps_rec.atomic_file import replace_text
from apps_rec.errors import RunError
from apps_rec.tools.commands.common import checked_config, command, require_local
from apps_rec.tools.commands.configs.check import ConfigLike

if TYPE_CHECKING:
    from apps_rec.profile.findings.finding import DataReport


@command
def check_data(
    config: ConfigLike,
    overrides: Sequence[str] = (),
    *,
    quarantine: str | Path | None = None,
    json_output: str | Path | None = None,
    html_output: str | Path | None = None,
) -> DataReport:
    """Reads all rows of a config's train_input_path and eval_input_path, and returns what is wrong or odd about them.

    What it looks at is in docs/check-data.md.

    Args:
        config: path of a config, or a config that is read already.
        overrides: changes to the config, `path=value` each; only for a path.
        quarantine: Parquet file to write bad rows to: file, row, column, reason, text, pass.
        json_output: JSON file to write the report to.
        html_output: HTML file to write the report to.

    Returns:
        Numbers of rows, rates of labels, facts of features and `findings`, errors first.

    Raises:
        ConfigError: the config has a mistake.
        DataError: a path names no file.
        RunError: an output cannot be written.

    Example:
        >>> report = apps_rec.check_data("my.config")  # doctest: +SKIP
        >>> [finding.text for finding in report.of_level("error")]  # doctest: +SKIP
    """
    outputs = {"quarantine": quarantine, "json_output": json_output, "html_output": html_output}
    for name, output in outputs.items():
        if output is not None:
            require_local(output, name)
            if Path(output).is_dir():
                raise RunError(f"{output}: expected a file to write, got a folder")
    checked = checked_config(config, overrides)
    # pyarrow stands behind them.
    from apps_rec.profile.findings.check import check_data as find
    from apps_rec.profile.findings.html import html_of

    report = find(checked, None if quarantine is None else Path(quarantine))
    if json_output is not None:
        _write(Path(json_output), json.dumps(report.as_json(), ensure_ascii=False, indent=2) + "\n")
    if html_output is not None:
        _write(Path(html_output), html_of(report))
    return report


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)
    except OSError as error:
        raise RunError(f"{error.filename or path}: cannot be written: {error.strerror}") from None

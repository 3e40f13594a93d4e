"""The config with the values of the best trial, as text."""

from __future__ import annotations

from collections.abc import Sequence

from apps_rec.config.imports.written import written
from apps_rec.config.load import Config, changed, parse_text, read_text_of
from apps_rec.config.text.edit import edited
from apps_rec.errors import ConfigError


def best_text(config: Config, overrides: Sequence[str], remark: str) -> str:
    """Returns the text of a config with overrides written into it.

    Comments stay where the config is a text proto into which the values can be written in place; else the text is
    written anew. Read again, it is the same config as with the overrides.

    Args:
        config: config of the study.
        overrides: assignments of the best trial.
        remark: line that stands above it as a comment.
    """
    wanted = changed(config, overrides)
    text = None
    if not config.path.lower().endswith(".json"):
        try:
            text = edited(read_text_of(config.path), [*config.overrides, *overrides])
            if text is not None and parse_text(text, config.path).message != wanted.message:
                text = None
        except ConfigError:  # no file, or days in its paths that --date filled
            text = None
    return f"# {remark}\n{text if text is not None else written(wanted.written)}"

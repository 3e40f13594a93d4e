"""Reports the mistakes of a config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from apps_rec.config import Config, load_config

ConfigLike = Config | str | Path


def check(config: ConfigLike, overrides: Sequence[str] = (), date: str | None = None) -> Config:
    """Reads a config and reports every mistake in it. Reads no data.

    Args:
        config: path of a config, or a config that is read already.
        overrides: changes to the config, `path=value` each; only for a path.
        date: day such as "2026-11-08" that fills `{date}` in the config's paths; only for a path.

    Returns:
        The config with its shorthands rewritten and its defaults filled in: `message`, `warnings` about settings that
        are allowed but most likely not meant, and `notes` on fields that have no effect here.

    Raises:
        ConfigError: the config has mistakes; the text has a line for each, and `tally.notes` holds the notes.
    """
    return config if isinstance(config, Config) else load_config(config, overrides, date=date)

"""Writes the rows of a table as two Parquet files, those to train on and those to measure on."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from apps_rec.atomic_file import replacing
from apps_rec.errors import RunError
from apps_rec.profile.choices.split import Split
from apps_rec.profile.engine import Engine, text
from apps_rec.profile.source import Source


def split_paths(config: Path) -> tuple[Path, Path]:
    """Returns the paths of the two files, beside the config and called like it."""
    return config.with_name(f"{config.stem}.train.parquet"), config.with_name(f"{config.stem}.eval.parquet")


def write_split(engine: Engine, source: Source, split: Split, paths: tuple[Path, Path]) -> None:
    """Writes the two files, both whole or none. Rows keep their order.

    Args:
        engine: a database.
        source: files of the table.
        split: division of the rows.
        paths: files of the rows to train on, and to measure on.

    Raises:
        RunError: a file cannot be written.
    """
    try:
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            for path, is_eval in zip(paths, (False, True), strict=True):
                aside = stack.enter_context(replacing(path))
                # A row without a time trains.
                rows = f"SELECT * FROM {source.sql()} WHERE COALESCE({split.eval_sql}, false) = {str(is_eval).lower()}"
                engine.run(f"COPY ({rows}) TO {text(str(aside))} (FORMAT parquet, COMPRESSION zstd)")
    except OSError as error:
        raise RunError(f"{error.filename or paths[0]}: cannot be written: {error.strerror}") from None

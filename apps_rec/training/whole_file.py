"""Files of which nobody ever finds half."""

from __future__ import annotations

from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Writes a file aside, as `.<name>.partial`, and renames it.

    Raises:
        OSError: it cannot be written; what was there before is there still.
    """
    aside = path.with_name(f".{path.name}.partial")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)

"""Files of which nobody ever finds half."""

from __future__ import annotations

import os
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Writes a file aside, as `.<name>.partial`, and renames it.

    Raises:
        OSError: it cannot be written; what was there before is there still.
    """
    aside = path.with_name(f".{path.name}.partial")
    # Of a write that was cut short; or a link that somebody put there, which is removed and not followed.
    aside.unlink(missing_ok=True)
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as file:
        file.write(text)
    aside.replace(path)

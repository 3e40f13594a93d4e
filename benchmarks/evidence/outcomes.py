"""Outcomes as files, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apps_rec.atomic_file import replace_text


def kept(file: Path, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the outcome that a file keeps of what is asked; None: it keeps none, or of something else."""
    if not file.is_file():
        return None
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return known if known["asked"] == asked else None


def keep(file: Path, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Writes an outcome, with what was asked as `asked`, and returns it as `kept` will."""
    text = json.dumps(outcome, indent=1) + "\n"
    replace_text(file, text)
    return dict(json.loads(text))

"""Repeats the proof of an export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from apps_rec.tools.commands.common import command
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.serving.parity.verify import Verification


@command
def verify_export(
    export: str | Path, rows: str | None = None, latency: bool = True, trust: bool = False
) -> Verification:
    """Repeats the proof of an export. See `apps_rec.serving.parity.verify.verify_export`.

    Args:
        export: folder of one version, as `export` returned it.
        rows: labelled files to measure it on; None: the proof alone.
        latency: true measures the latency.
        trust: true runs the export even if it holds operations that are in no export of apps-rec.

    Returns:
        Differences from the model, metrics on `rows`, and times. `failures` is empty if the proof holds. Printed, it
        is a table.

    Raises:
        RunError: the export cannot be read, is damaged, or holds operations that are in no export of apps-rec.
    """
    from apps_rec.data.files import data_files
    from apps_rec.serving.export_folder import open_export

    _, exported = open_export(export)
    if rows is not None:
        data_files(rows, "rows", exported.data_config.input_timeout_seconds)
    quiet_tensorflow()
    from apps_rec.serving.parity import verify

    return verify.verify_export(export, rows, latency, trust)

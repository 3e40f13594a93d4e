"""`python -m apps_rec.export`: writes a trained model as a SavedModel."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import apps_rec
from apps_rec.cli.easyrec import flags
from apps_rec.cli.main import execute
from apps_rec.cli.options import write


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads EasyRec's flags, exports, and returns the exit code."""
    parser = flags.command("export", "Export a trained model.")
    flags.add_config(parser)
    parser.add_argument("--export_dir", required=True, metavar="DIR", help="folder of the versions")
    parser.add_argument("--asset_files", metavar="PATHS", help="files to copy into assets/ of the export, with commas")
    return execute(argparse.Namespace(run=_run, **vars(flags.parse(parser, arguments))))


def _run(options: argparse.Namespace) -> None:
    config = flags.config_of(options, of_run=True, changes={"export_config.asset_files": options.asset_files})
    write(apps_rec.export(config, options.export_dir))

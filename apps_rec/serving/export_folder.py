"""Opens the folder of an export and reads its config, without TensorFlow: a wrong path is refused at once."""

from __future__ import annotations

import logging
from pathlib import Path

from apps_rec.config import load_config
from apps_rec.errors import ConfigError, RunError
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.json_asset import MOST_BYTES, check_regular
from apps_rec.serving.versions import versions

CONFIG_ASSET = "pipeline.config"
_MODEL = "saved_model.pb"
_LOG = logging.getLogger("apps_rec")


def newest_version(export: str | Path) -> str:
    """Returns the newest version in a folder of versions, and logs it; any other path as it is."""
    folder = Path(export)
    if (folder / _MODEL).exists():
        return str(export)
    there = [path for path in versions(folder) if (path / _MODEL).exists()]
    if not there:
        return str(export)
    _LOG.info("%s: the newest version is taken, %s", export, there[-1].name)
    return str(there[-1])


def open_export(export: str | Path) -> tuple[Path, PipelineConfig]:
    """Returns the folder of a version, and the config that it was exported with.

    Raises:
        RunError: there is no export, or another program wrote it.
    """
    folder = Path(export)
    if not (folder / _MODEL).exists():
        there = [path for path in versions(folder) if (path / _MODEL).exists()]
        hint = f" Did you mean {there[-1]}?" if there else " Make one with: apps-rec export CONFIG -o FOLDER"
        raise RunError(f"{export} is no export: it holds no {_MODEL}.{hint}")
    asset = folder / "assets" / CONFIG_ASSET
    try:
        check_regular(asset, MOST_BYTES)
        return folder, load_config(asset, files_here=False).message
    except FileNotFoundError:
        raise RunError(f"{export} was not written by apps-rec export: it has no assets/{CONFIG_ASSET}") from None
    except ConfigError as error:
        raise RunError(f"{error}\nThat is the config of the export {export}. Export again") from error

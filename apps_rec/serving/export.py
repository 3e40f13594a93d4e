"""Writes a SavedModel that TensorFlow Serving loads as it is."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from apps_rec.data import Column, build_schema
from apps_rec.errors import RunError
from apps_rec.features import Preprocessor
from apps_rec.models import RankModel
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.module import SIGNATURE, ServingModule, to_tensors

log = logging.getLogger("apps_rec")
CONFIG_ASSET = "pipeline.config"


def build_serving_module(config: PipelineConfig, model: RankModel, preprocessor: Preprocessor) -> ServingModule:
    """The module for a config's model: its inputs are the columns of all features but the position features."""
    asked = build_schema(config, "predict")
    filled = [column for column in build_schema(config, "train").columns if column not in asked.columns]
    return ServingModule(model, preprocessor, asked.columns, tuple(filled))


def export_model(
    config: PipelineConfig, config_text: str, model: RankModel, preprocessor: Preprocessor, folder: str
) -> Path:
    """Writes `<folder>/<version>/`: aside first, renamed when whole.

    Args:
        config: checked and normalised.
        config_text: it, as text, kept as an asset.
        model: with the weights to export.
        preprocessor: of its features.
        folder: that a server watches; the version is seconds since the epoch, larger than any that is there.

    Returns: the folder of the version.

    Raises:
        RunError: the folder cannot be written.
    """
    module = build_serving_module(config, model, preprocessor)
    signature = module.signature()
    target = Path(folder)
    aside = None
    try:
        target.mkdir(parents=True, exist_ok=True)
        version = _next_version(target)
        # A name that is no number: a server that watches the folder passes over it.
        aside = target / f".{version}.partial"
        tf.saved_model.save(module, str(aside), signatures={SIGNATURE: signature})
        _write_assets(aside / "assets", config, config_text, preprocessor)
        _check_loads(aside, module.columns, signature)
        aside.rename(target / str(version))
    except (OSError, tf.errors.OpError) as error:
        # TensorFlow's own files fail with errors of its own, a full disk for one.
        reason = error.message if isinstance(error, tf.errors.OpError) else error.strerror or error
        raise RunError(f"cannot export to {folder}: {reason}; choose another folder with -o") from error
    finally:
        if aside is not None and aside.exists():
            shutil.rmtree(aside)
    log.info("exported %s", target / str(version))
    return target / str(version)


def _next_version(folder: Path) -> int:
    present = [int(path.name) for path in folder.iterdir() if path.name.isdigit()]
    return max([int(time.time()), *(version + 1 for version in present)])


def _write_assets(folder: Path, config: PipelineConfig, config_text: str, preprocessor: Preprocessor) -> None:
    folder.mkdir(exist_ok=True)
    (folder / CONFIG_ASSET).write_text(config_text, encoding="utf-8")
    for name, words in preprocessor.vocabularies().items():
        (folder / f"vocabulary_{name}.txt").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")


def _check_loads(path: Path, columns: Sequence[Column], live: tf.types.experimental.ConcreteFunction) -> None:
    """Loads what was written and compares its scores with the live model's on a row of defaults.

    Graph beside graph: operation by operation, half precision may round at other places.
    """
    loaded = tf.saved_model.load(str(path))
    row = to_tensors({column.name: [column.default] for column in columns}, columns)
    expected, got = live(**row), loaded.signatures[SIGNATURE](**row)
    for name, value in expected.items():
        if not np.allclose(value, got[name], rtol=0, atol=1e-6):
            raise RunError(f"the export differs from the model in {name}: {got[name].numpy()} for {value.numpy()}")

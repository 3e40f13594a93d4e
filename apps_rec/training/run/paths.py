"""Checks the paths of a training before TensorFlow is loaded."""

from __future__ import annotations

from pathlib import Path

from apps_rec.data.files import data_files, guess_input_type
from apps_rec.errors import DataError, RunError
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.run.folder import check_free
from apps_rec.training.run.lock import hold


def check_paths(config: PipelineConfig, resume: bool, restart: bool) -> None:
    """Checks the paths that a training reads and writes. Changes nothing.

    Args:
        config: config, checked and normalised.
        resume: true goes on with the run in model_dir.
        restart: true moves it aside.

    Raises:
        RunError: model_dir is a file, or holds a run and neither flag is set, or another training is at work there;
            fine_tune_checkpoint is not there.
        DataError: there is no training file, or no file of an embedding_init.
    """
    path = Path(config.model_dir)
    try:
        folder = check_free(config.model_dir, resume, restart)
    except RunError:
        if path.is_dir():
            # Another training at work there is the better reason.
            with hold(path):
                raise
        raise
    data_files(config.train_input_path, "train_input_path", config.data_config.input_timeout_seconds)
    if not restart and folder.holds_run():
        return  # What a run begins with is not read again.
    for feature in config.feature_config.features:
        if feature.HasField("embedding_init"):
            vector_files(config, feature)
    source = config.train_config.fine_tune_checkpoint
    if source and not Path(source).exists() and not Path(f"{source}.index").exists():
        raise RunError(f"train_config.fine_tune_checkpoint: there is no folder and no checkpoint {source}")


def vector_files(config: PipelineConfig, feature: FeatureConfig) -> list[str]:
    """Returns the files of a feature's embedding_init.

    Raises:
        DataError: there is none, or one is no Parquet file by its name.
    """
    where = f"feature_config.features[feature_name={feature.feature_name}].embedding_init.input_path"
    files = data_files(feature.embedding_init.input_path, where, config.data_config.input_timeout_seconds)
    for file in files:
        if guess_input_type(file) != "parquet":
            raise DataError(f"{where}: expected Parquet files, got {file}")
    return files

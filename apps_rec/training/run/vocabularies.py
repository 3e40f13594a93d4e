"""Keeps a run's own copy of the words of every vocab_file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps_rec.errors import RunError
from apps_rec.features.build import read_vocabulary
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.run.folder import RunFolder, write_whole


def freeze_vocabularies(folder: RunFolder, config: PipelineConfig) -> None:
    """Copies the words of every vocab_file into the run, so that ids keep their meaning for the life of the run."""
    for feature in config.feature_config.features:
        if feature.vocab_file:
            folder.vocabularies.mkdir(exist_ok=True)
            write_whole(folder.vocabulary(feature.feature_name), "\n".join(read_vocabulary(feature)) + "\n")


def frozen_vocabularies(folder: RunFolder, config: PipelineConfig) -> Mapping[str, Sequence[str]]:
    """Returns the words of every vocab_file, by feature name, that the run began with.

    Raises:
        RunError: the run has no words for a feature.
    """
    words = {}
    for feature in config.feature_config.features:
        if feature.vocab_file:
            path = folder.vocabulary(feature.feature_name)
            if not path.exists() and "/" not in feature.feature_name:
                path = folder.vocabularies / f"{feature.feature_name}.txt"  # as an older version wrote it
            if not path.exists():
                raise RunError(f"{path} is missing: it holds the words that the run in {folder.path} was trained with")
            words[feature.feature_name] = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    return words

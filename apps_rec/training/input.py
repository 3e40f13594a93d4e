"""The config's files -> batches that a model reads: rows as a stream, then the Preprocessor, inside tf.data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from apps_rec.data import RowStream, open_stream
from apps_rec.data.dataset import Positions, make_dataset
from apps_rec.features import Preprocessor
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def training_dataset(
    config: PipelineConfig, preprocessor: Preprocessor, start: tuple[int, int]
) -> tuple[tf.data.Dataset, Positions]:
    """Batches of (features, labels, row weights) from `start`, an epoch and a row of its order."""
    stream = open_stream(config, "train")
    return _dataset(
        stream, preprocessor, stream.schema.weights, config, epochs=config.data_config.num_epochs, start=start
    )


def evaluation_dataset(
    config: PipelineConfig, preprocessor: Preprocessor, holdout: bool = False
) -> tuple[tf.data.Dataset, Positions]:
    """Batches of (features, labels, users), each row once: of eval_input_path, or of the training files' holdout."""
    stream = open_stream(config, "evaluate", part="holdout" if holdout else None)
    return _dataset(stream, preprocessor, stream.schema.users, config, epochs=1)


def _dataset(
    stream: RowStream, preprocessor: Preprocessor, extras: Sequence[str], config: PipelineConfig, **options: Any
) -> tuple[tf.data.Dataset, Positions]:
    def preprocess(columns: Mapping[str, tf.Tensor]) -> tuple[dict[str, tf.Tensor], ...]:
        labels = {name: columns[name] for name in stream.schema.labels}
        return preprocessor(columns), labels, {name: columns[name] for name in extras}

    dataset, positions = make_dataset(
        stream, prefetch=config.data_config.prefetch_size, transform=preprocess, **options
    )
    # One process reads all rows: under MirroredStrategy a batch is cut into replicas, the files are not.
    sharding = tf.data.Options()
    sharding.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.with_options(sharding), positions

"""The config's files -> batches that a model reads: rows as a stream, then the Preprocessor, inside tf.data."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from apps_rec.data import RowStream, open_stream
from apps_rec.data.dataset import Positions, make_dataset
from apps_rec.features import Preprocessor
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# Batches that are read ahead of preprocessing; data_config.prefetch_size counts those ready for the step.
READ_AHEAD = 2


def training_dataset(
    config: PipelineConfig, preprocessor: Preprocessor, start: tuple[int, int]
) -> tuple[tf.data.Dataset, Positions]:
    """Batches of (features, labels, row weights) from `start`, an epoch and a row of its order."""
    stream = open_stream(config, "train")
    dataset, positions = make_dataset(stream, epochs=config.data_config.num_epochs, start=start, prefetch=READ_AHEAD)
    return _preprocess(dataset, preprocessor, stream, stream.schema.weights, config), positions


def evaluation_dataset(
    config: PipelineConfig, preprocessor: Preprocessor, holdout: bool = False
) -> tuple[tf.data.Dataset, Positions]:
    """Batches of (features, labels, users), each row once: of eval_input_path, or of the training files' holdout."""
    stream = open_stream(config, "evaluate", part="holdout" if holdout else None)
    dataset, positions = make_dataset(stream, epochs=1, prefetch=READ_AHEAD)
    return _preprocess(dataset, preprocessor, stream, stream.schema.users, config), positions


def _preprocess(
    dataset: tf.data.Dataset,
    preprocessor: Preprocessor,
    stream: RowStream,
    extras: Sequence[str],
    config: PipelineConfig,
) -> tf.data.Dataset:
    @tf.autograph.experimental.do_not_convert
    def split(columns: dict[str, tf.Tensor]) -> tuple[dict[str, tf.Tensor], ...]:
        features = preprocessor({name: columns[name] for name in preprocessor.columns})
        labels = {name: columns[name] for name in stream.schema.labels}
        return features, labels, {name: columns[name] for name in extras}

    options = tf.data.Options()
    # One process reads all rows: under MirroredStrategy a batch is cut into replicas, the files are not.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    dataset = dataset.map(split, num_parallel_calls=2, deterministic=True)
    return dataset.prefetch(config.data_config.prefetch_size).with_options(options)

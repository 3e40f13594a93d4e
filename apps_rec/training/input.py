"""Makes batches that a model reads of a config's files: a stream of rows, then the Preprocessor, inside tf.data."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from apps_rec.config.passes import EVALUATE
from apps_rec.data import Column, Schema, open_stream
from apps_rec.data.graph_assert import expect
from apps_rec.data.pipeline.dataset import Positions, make_dataset
from apps_rec.data.pipeline.sharding import ALONE, FileSplit, RowSplit, Share, Source
from apps_rec.data.rows.unseen import Vocabulary
from apps_rec.data.schema import LabelVector
from apps_rec.data.tfrecords.row_counts import estimate_rows
from apps_rec.errors import ConfigError
from apps_rec.features import Preprocessor
from apps_rec.features.columns.cells import numbers_in_cells
from apps_rec.features.specs import IdFeature, ListFeature
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.outlook import Length

log = logging.getLogger("apps_rec")


def training_source(config: PipelineConfig, share: Share = ALONE) -> Source:
    """Returns the source of rows of this process' replicas: its own files if worker_split and the files allow it.

    Raises:
        ConfigError: worker_split is BY_FILE and the files do not allow it.
    """
    stream = open_stream(config, "train", with_number_lists=True)
    wanted = config.data_config.worker_split
    if share.workers == 1 or wanted == DataConfig.BY_ROW:
        return RowSplit(stream, share)
    reason = stream.why_not_by_file(share.workers)
    if reason is None:
        return FileSplit(stream, share)
    if wanted == DataConfig.BY_FILE:
        raise ConfigError(f"data_config.worker_split: BY_FILE is not possible: {reason}; use AUTO or BY_ROW")
    return RowSplit(stream, share)


def log_batches(config: PipelineConfig, share: Share, source: Source) -> None:
    """Logs the division of a batch, if there are several replicas."""
    batch_size = config.data_config.batch_size
    if share.replicas > 1:
        log.info(
            "batches of %d rows over %d replicas on %d workers: %s rows a replica; %s",
            batch_size,
            share.replicas,
            share.workers,
            f"{batch_size / share.replicas:g}",
            "a worker reads files of its own" if isinstance(source, FileSplit) else "every worker reads all files",
        )


def training_length(config: PipelineConfig, source: Source) -> Length:
    """Returns the length of the training, as far as config and files tell it."""
    data, stream = config.data_config, source.stream
    estimate = estimate_rows(stream.files, stream.schema) if data.num_epochs else None
    rows, is_exact = estimate or (None, False)
    loses_rows = stream.schema.filters or stream.schema.bad_rows != "FAIL" or data.holdout_fraction > 0
    steps = None
    if rows and is_exact and not loses_rows and source.split == 1:
        steps = rows // data.batch_size if data.drop_remainder else -(-rows // data.batch_size)
    return Length(config.train_config.num_steps, data.num_epochs, rows, steps)


def rows_to_measure(config: PipelineConfig) -> int | None:
    """Returns the number of rows that `evaluate` reads before filters, most likely; None: not known."""
    stream = open_stream(config, EVALUATE)
    estimate = estimate_rows(stream.files, stream.schema)
    wanted = config.eval_config.num_examples
    return min(estimate[0], wanted or estimate[0]) if estimate else None


def training_dataset(
    config: PipelineConfig, preprocessor: Preprocessor, source: Source, start: tuple[int, int] = (0, 0)
) -> tuple[tf.data.Dataset, Positions]:
    """Makes a dataset of batches (features, labels, row weights) from `start`, an epoch and a row of its order."""
    source.stream.watch(_vocabularies(preprocessor))
    extras = source.stream.schema.weights
    return _dataset(source, preprocessor, extras, config, epochs=config.data_config.num_epochs, start=start)


def evaluation_dataset(
    config: PipelineConfig,
    preprocessor: Preprocessor,
    purpose: str = "evaluate",
    columns: Sequence[str] = (),
    filled: Sequence[Column] = (),
) -> tuple[tf.data.Dataset, Positions]:
    """Makes a dataset of batches (features, labels, users), each row once, for a pass that measures.

    Args:
        config: config, checked and normalised.
        preprocessor: preprocessor of its features.
        purpose: "evaluate" or "validate".
        columns: columns to hand out among the users.
        filled: columns to fill with their default in a second set of features. Features are then a pair: as logged, and
            filled.
    """
    stream = open_stream(config, purpose, columns=columns)
    if purpose == EVALUATE:  # a training validates many times
        stream.watch(_vocabularies(preprocessor))
    split = column_splitter(preprocessor, stream.schema, stream.schema.users)
    if not filled:
        return make_dataset(RowSplit(stream), prefetch=config.data_config.prefetch_size, transform=split)

    def in_pairs(columns: Mapping[str, tf.Tensor]) -> tuple[Any, ...]:
        features, labels, users = split(columns)
        constant = {
            column.name: tf.fill(
                tf.shape(columns[column.name]), tf.constant(column.default, columns[column.name].dtype)
            )
            for column in filled
        }
        return (features, preprocessor({**columns, **constant})), labels, users

    return make_dataset(RowSplit(stream), prefetch=config.data_config.prefetch_size, transform=in_pairs)


def _vocabularies(preprocessor: Preprocessor) -> Iterator[Vocabulary]:
    words = preprocessor.vocabularies()
    for spec in preprocessor.specs:
        if not isinstance(spec, IdFeature | ListFeature) or spec.name not in words:
            continue
        lists = (spec.separator, spec.kv_separator) if isinstance(spec, ListFeature) else (None, None)
        yield Vocabulary(spec.name, spec.column, words[spec.name], *lists)


def _dataset(
    source: Source, preprocessor: Preprocessor, extras: Sequence[str], config: PipelineConfig, **options: Any
) -> tuple[tf.data.Dataset, Positions]:
    split = column_splitter(preprocessor, source.stream.schema, extras)
    return make_dataset(source, prefetch=config.data_config.prefetch_size, transform=split, **options)


def column_splitter(
    preprocessor: Preprocessor, schema: Schema, extras: Sequence[str]
) -> Callable[[Mapping[str, tf.Tensor]], tuple[dict[str, tf.Tensor], ...]]:
    """Returns a function that makes (features, labels, extras) of a batch of raw columns; sessions are extras too."""

    def split(columns: Mapping[str, tf.Tensor]) -> tuple[dict[str, tf.Tensor], ...]:
        labels = {name: columns[name] for name in schema.labels}
        for space in schema.spaces:
            labels[space.name] = tf.cast(tf.equal(columns[space.column.name], space.value), tf.float32)
        labels |= {vector.name: _numbers_of(vector, columns[vector.name]) for vector in schema.vectors}
        sessions = {name: _session_ids(columns[name]) for name in schema.sessions}
        return preprocessor(columns), labels, {**{name: columns[name] for name in extras}, **sessions}

    return split


def _numbers_of(vector: LabelVector, cells: tf.Tensor) -> tf.Tensor:
    """Returns the numbers of a label's cells, `(batch, size)` float32."""
    numbers = numbers_in_cells(cells, vector.separator, vector.size, vector.name, "Label")
    if vector.is_share:
        text = f'Label "{vector.name}" expects probabilities in [0, 1]. Got cells with: '
        is_right = expect(tf.reduce_all((numbers >= 0) & (numbers <= 1)), [text, numbers])
        with tf.control_dependencies([is_right]):
            numbers = tf.identity(numbers)
    return tf.cast(numbers, tf.float32)


def _session_ids(values: tf.Tensor) -> tf.Tensor:
    """Returns a whole number for each value, int64 `[B]`."""
    return tf.strings.to_hash_bucket_fast(values, 2**62) if values.dtype == tf.string else tf.cast(values, tf.int64)

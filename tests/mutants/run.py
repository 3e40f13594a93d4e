"""A small log for whatever columns a config names, and the way of a config from training to scores."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import apps_rec
from apps_rec.config import load_config
from apps_rec.errors import UserError
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

ROWS = 300
_ARROW = {
    DataConfig.INT32: pa.int32(),
    DataConfig.INT64: pa.int64(),
    DataConfig.FLOAT: pa.float32(),
    DataConfig.DOUBLE: pa.float64(),
    DataConfig.BOOL: pa.bool_(),
    DataConfig.STRING: pa.string(),
}
# Weights of the model, 4 bytes each and three times in the optimizer; numbers that one batch holds.
_MOST_WEIGHTS, _MOST_NUMBERS = 5_000_000, 20_000_000
_MOST_EXPERTS = 16


def is_small(message: PipelineConfig) -> bool:
    """Whether a resolved config trains within a test's memory and time."""
    widest, weights = 1, 0
    for feature in message.feature_config.features:
        rows = max(feature.hash_bucket_size, feature.num_buckets, len(feature.vocab_list), len(feature.boundaries), 1)
        length = feature.max_seq_len if feature.feature_type == FeatureConfig.SequenceFeature else 1
        weights += rows * max(feature.embedding_dim, 1)
        widest += max(feature.embedding_dim, 1, feature.raw_input_dim) * length
    rank = message.model_config.rank_model
    experts = rank.body.mmoe.num_expert or 1
    for units in _units(rank):
        weights += experts * widest * units
        widest = max(widest, units)
    # Each expert is a part of the graph of its own, which takes its time to build.
    return experts <= _MOST_EXPERTS and weights <= _MOST_WEIGHTS and widest * experts * 512 <= _MOST_NUMBERS


def _units(message: Any) -> list[int]:
    found: list[int] = []
    for field, value in message.ListFields():
        if field.name == "hidden_units":
            found += value
        elif field.message_type is not None:
            for item in value if field.is_repeated else [value]:
                found += _units(item)
    return found


def write_log(message: PipelineConfig, path: Path, seed: int) -> None:
    """Writes a file that fits the columns of a config: labels of a funnel, lists, vectors, words of filters."""
    draw = random.Random(seed)
    data = message.data_config
    columns: dict[str, list[Any]] = {}
    before = [1] * ROWS
    for column in data.input_fields:
        if column.input_name in data.label_fields:
            continue
        make = _maker(message, column, draw)
        columns[column.input_name] = [make() for _ in range(ROWS)]
    for name in data.label_fields:
        before = [int(one and draw.random() < 0.5) for one in before]
        columns[name] = list(before)
    kinds = {column.input_name: column.input_type for column in data.input_fields}
    columns = {column.input_name: columns[column.input_name] for column in data.input_fields}
    if data.input_type == DataConfig.CSVInput:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=data.separator)
            if data.with_header:
                writer.writerow(columns)
            for row in zip(*columns.values(), strict=True):
                writer.writerow([str(v).lower() if isinstance(v, bool) else v for v in row])
    elif data.input_type == DataConfig.ParquetInput:
        typed = {name: pa.array(_typed(values, kinds[name]), _ARROW[kinds[name]]) for name, values in columns.items()}
        pq.write_table(pa.table(typed), path)
    else:
        _write_records(columns, kinds, path)


def _typed(values: list[Any], kind: int) -> list[Any]:
    return [bool(value) for value in values] if kind == DataConfig.BOOL else values


def _write_records(columns: dict[str, list[Any]], kinds: dict[str, int], path: Path) -> None:
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path)) as writer:
        for row in zip(*columns.values(), strict=True):
            features = {}
            for (name, kind), value in zip(kinds.items(), row, strict=True):
                if kind == DataConfig.STRING:
                    features[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
                elif kind in (DataConfig.FLOAT, DataConfig.DOUBLE):
                    features[name] = tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
                else:
                    features[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=[int(value)]))
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())


def _maker(message: PipelineConfig, column: DataConfig.Field, draw: random.Random) -> Callable[[], Any]:
    """Draws values of one column."""
    kind, name = column.input_type, column.input_name
    filters = [each for each in message.data_config.row_filter if each.column == name]
    if kind == DataConfig.BOOL:
        return lambda: draw.random() < 0.5
    if kind in (DataConfig.FLOAT, DataConfig.DOUBLE):
        return lambda: round(draw.random() * 3, 3)
    if kind != DataConfig.STRING:
        # A few of the values that filters name, were it only to see that rows are left.
        kept = [int(text) for each in filters for text in each.keep]
        return lambda: draw.choice(kept) if kept and draw.random() < 0.8 else draw.randrange(20)
    readers = [f for f in message.feature_config.features if name in f.input_names]
    words = [f"w{at}" for at in range(20)] + [w for f in readers for w in list(f.vocab_list)[:20]]
    words += [text for each in filters for text in each.keep] * 20
    for feature in readers:
        if feature.feature_type == FeatureConfig.RawFeature:
            count = feature.raw_input_dim
            return lambda: feature.separator.join(f"{draw.random():.3f}" for _ in range(count))
        if feature.feature_type == FeatureConfig.TagFeature and list(feature.input_names).index(name) == 1:
            return lambda: feature.separator.join(["0.5"] * 3)
        if feature.feature_type in (FeatureConfig.TagFeature, FeatureConfig.SequenceFeature):
            ids = [str(at) for at in range(5)] if feature.HasField("num_buckets") else words
            weight = f"{feature.kv_separator}0.5" if feature.HasField("kv_separator") else ""
            return lambda: feature.separator.join(f"{draw.choice(ids)}{weight}" for _ in range(3))
    return lambda: draw.choice(words)


def follow(text: str, folder: Path) -> str:
    """Trains 20 steps, exports and scores; returns "done", or what a user is told.

    Raises:
        Anything that is not a UserError: a defect.
        AssertionError: a score that is no number.
    """
    (folder / "m.config").write_text(text, encoding="utf-8")
    config = load_config(folder / "m.config")
    data = config.message.data_config
    ending = {DataConfig.CSVInput: "csv", DataConfig.ParquetInput: "parquet"}.get(data.input_type, "tfrecord")
    write_log(config.message, folder / f"train.{ending}", seed=1)
    write_log(config.message, folder / f"eval.{ending}", seed=2)
    overrides = [
        f"train_input_path={folder}/train.{ending}",
        f"model_dir={folder}/run",
        f"train_config.num_steps={min(config.message.train_config.num_steps or 20, 20)}",
        f"data_config.batch_size={min(data.batch_size, 256)}",
    ]
    if config.message.eval_input_path:
        overrides.append(f"eval_input_path={folder}/eval.{ending}")
    told = ""
    try:
        apps_rec.train(load_config(folder / "m.config", overrides))
        export = apps_rec.export(folder / "m.config", str(folder / "export"), [*overrides])
        apps_rec.predict(export, f"{folder}/eval.{ending}", f"{folder}/scores.parquet", keep=[])
    except UserError as error:
        code, told = error.exit_code, f"{type(error).__name__}: {error}"
    if told:
        assert code in (2, 3), told
        return told
    table = pq.read_table(folder / "scores.parquet")
    assert table.num_rows > 0
    for name in table.column_names:
        values = table.column(name).to_numpy()
        if values.dtype.kind == "f":
            assert np.isfinite(values).all(), name
            assert not name.startswith("probs_") or ((values >= 0) & (values <= 1)).all(), name
    return "done"

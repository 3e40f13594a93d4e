"""Models whose columns and features have any names: `write_run(folder, names)`; run by the tests that need one."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from google.protobuf import text_format

from apps_rec.protos import data_pb2, feature_pb2
from apps_rec.protos.pipeline_pb2 import PipelineConfig

ROWS = 300
KINDS = 6
_TYPES, _FEATURES = data_pb2.DataConfig, feature_pb2.FeatureConfig


def write_run(
    folder: Path,
    names: list[str],
    towers: tuple[str, str] = ("ctr", "cvr"),
    group: str = "all",
    column_names: Mapping[str, str] | None = None,
    ending: str = "parquet",
) -> Path:
    """Writes a log and a config, each column and its feature called by a name; which is what, goes by its place.

    The weights that training begins with, and the data, do not depend on the names. In the log, a .parquet or .csv,
    columns of `column_names` are called by those.

    Returns: the config's path.
    """
    draw = np.random.default_rng(1)
    log = f"log.{ending}"
    config = PipelineConfig(train_input_path=log, eval_input_path=log, model_dir="run")
    data = config.data_config
    data.input_type, data.with_header = (_TYPES.CSVInput, True) if ending == "csv" else (_TYPES.ParquetInput, False)
    data.num_epochs, data.batch_size = 1, 100
    data.label_fields.extend(["click", "download"])
    clicks = draw.integers(0, 2, ROWS)
    table = {"user": draw.integers(0, 40, ROWS), "click": clicks, "download": clicks * draw.integers(0, 2, ROWS)}
    for name in table:
        data.input_fields.add(input_name=name, input_type=_TYPES.INT64)
    config.feature_config.features.add(input_names=["user"], hash_bucket_size=50, embedding_dim=4, side=_FEATURES.USER)
    for place, name in enumerate(names):
        field = data.input_fields.add(input_name=name)
        # Each feature is called as the column of another.
        feature = config.feature_config.features.add(
            feature_name=names[-1 - place], input_names=[name], embedding_dim=4, embedding_name=names[place - 1]
        )
        stored = (column_names or {}).get(name, "")
        if stored:
            field.column_name = stored
        table[stored or name] = _column(place % KINDS, field, feature, draw)
    members = [feature.feature_name or "user" for feature in config.feature_config.features]
    config.model_config.feature_groups.add(group_name=group, feature_names=members)
    rank = config.model_config.rank_model
    rank.body.shared_bottom.groups.add(input=group).dnn.hidden_units.append(8)
    rank.fm.group_name = group
    for tower, label in zip(towers, ("click", "download"), strict=True):
        rank.task_towers.add(tower_name=tower, label_name=label).dnn.hidden_units.append(4)
    (folder / "words.txt").write_text("a\nb\n", encoding="utf-8")
    write = pyarrow.csv.write_csv if ending == "csv" else pq.write_table
    write(pa.table(table), folder / log)
    path = folder / "named.config"
    path.write_text(text_format.MessageToString(config, as_utf8=True), encoding="utf-8")
    return path


def _column(kind: int, field: object, feature: object, draw: np.random.Generator) -> np.ndarray | list[str]:
    """Cells of a column, and what its field and its feature say of them."""
    words = draw.choice(["a", "b", "c"], ROWS)
    if kind == 0:
        field.input_type, feature.num_buckets = _TYPES.INT64, 20
        feature.side = _FEATURES.CONTEXT
        return draw.integers(0, 20, ROWS)
    if kind == 1:
        field.input_type, feature.feature_type = _TYPES.FLOAT, _FEATURES.RawFeature
        feature.boundaries.extend([0.3, 0.6])
        return draw.random(ROWS)
    if kind == 2:
        feature.vocab_list.extend(["a", "b"])
        return words
    if kind == 3:
        feature.feature_type, feature.hash_bucket_size = _FEATURES.TagFeature, 9
        return [f"{word}|{other}" for word, other in zip(words, words[::-1], strict=True)]
    if kind == 4:
        feature.vocab_file = "words.txt"
        return words
    feature.feature_type, feature.hash_bucket_size = _FEATURES.SequenceFeature, 7
    return [f"{word}|{other}" for word, other in zip(words, words[::-1], strict=True)]

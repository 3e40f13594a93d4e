"""Makes awkward rows as a server may get them, and scores them with the live model to compare an export with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import tensorflow as tf

from apps_rec.data import Column, RowStream, build_schema, data_files, open_stream
from apps_rec.data.csv_header import schema_for_rows
from apps_rec.data.dtypes import DTYPES, WHOLE
from apps_rec.features import Preprocessor
from apps_rec.features.specs import (
    FeatureSpec,
    ListFeature,
    LookupFeature,
    LookupNumberFeature,
    NumberFeature,
    columns_of,
)
from apps_rec.models import RankModel
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.raw_columns import to_tensors
from apps_rec.serving.saved_model.export import build_serving_module

ROWS = 200
MISSING, UNSEEN, AS_IT_WAS = 0, 1, 2
UNSEEN_TEXTS = ["", "unseen", "не видано", "没见过 | 应用", 'naïve\t"quoted", comma', "🛒" * 40]
UNSEEN_NUMBERS = [0, -1, 7, 10**6, 2**31 - 1, -(2**31)]


def awkward_rows(config: PipelineConfig, specs: Sequence[FeatureSpec], rows: int = ROWS, seed: int = 0) -> pa.Table:
    """Returns the first rows of the evaluation data with a third of the cells missing, unseen or not ASCII.

    Cells that hold numbers as text stay unchanged, as any other text there is an error by design.

    Returns: the columns that an export asks for, as Parquet would hold them.
    """
    schema = build_schema(config, "predict")
    strict = {name for spec in specs if _reads_number_text(spec) for name in columns_of(spec)}
    batch = next(open_stream(config, "evaluate", batch_size=rows).batches())
    rng = np.random.default_rng(seed)
    columns = {}
    for column in schema.columns:
        values = batch.columns[column.name]
        kind = rng.integers(0, 6, len(values)) if column.name not in strict else np.full(len(values), AS_IT_WAS)
        columns[column.name] = _spoiled(column, values, kind, rng)
    return pa.table(columns)


def _reads_number_text(spec: FeatureSpec) -> bool:
    if isinstance(spec, NumberFeature):
        return spec.size > 1
    # A map too has a form that other texts lack.
    return isinstance(spec, LookupFeature | LookupNumberFeature) or (
        isinstance(spec, ListFeature) and bool(spec.weight_column or spec.kv_separator)
    )


def _spoiled(column: Column, values: np.ndarray, kind: np.ndarray, rng: np.random.Generator) -> pa.Array:
    cells = [value.decode() if isinstance(value, bytes) else value.item() for value in values]
    for i, k in enumerate(kind):
        if k == MISSING:
            cells[i] = None
        elif k == UNSEEN and column.dtype != "BOOL":
            cells[i] = _unseen(column, rng)
    return pa.array(cells, pa.string() if column.dtype == "STRING" else DTYPES[column.dtype].arrow)


def _unseen(column: Column, rng: np.random.Generator) -> object:
    if column.dtype != "STRING":
        number = UNSEEN_NUMBERS[rng.integers(len(UNSEEN_NUMBERS))]
        return number if DTYPES[column.dtype].kind == WHOLE else float(number)
    texts = list(rng.choice(UNSEEN_TEXTS, size=3))
    return column.list_separator.join(texts) if column.list_separator else texts[0]


def score_with_model(
    config: PipelineConfig, model: RankModel, preprocessor: Preprocessor, path: str
) -> dict[str, np.ndarray]:
    """Returns the live model's outputs for the rows of a file. Positions take their default, as in the export."""
    module = build_serving_module(config, model, preprocessor)
    files = data_files(path, "rows")
    schema = schema_for_rows(build_schema(config, "predict"), files[0])
    parts: list[Mapping[str, tf.Tensor]] = []
    for batch in RowStream(files, schema, 4096).batches():
        parts.append(module.score(to_tensors(batch.columns, schema.columns)))
    return {name: np.concatenate([part[name].numpy() for part in parts]) for name in parts[0]}

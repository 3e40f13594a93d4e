"""The evidence that an export is compared with: rows, the live model's outputs for them, and the tolerance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from apps_rec.data import Column, RowStream, open_stream
from apps_rec.errors import DataError, RunError
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.parity.proof_file import read_proof
from apps_rec.serving.raw_columns import filled_rows, to_tensors
from apps_rec.serving.requests import take
from apps_rec.serving.schema import ServingSchema
from apps_rec.serving.score import plain_score

if TYPE_CHECKING:
    from apps_rec.features import Preprocessor
    from apps_rec.models import RankModel

EVIDENCE_ASSET = "assets/proof.json"
ROWS, USERS = 64, 3
# Absolute and relative. A float32 score may differ by the order of additions; one of bfloat16 products by 3 of 8 bits.
TOLERANCE, HALF_TOLERANCE = 1e-5, 0.03

# A number for each row, or a list of them.
Outputs = dict[str, list[Any]]


@dataclass(frozen=True)
class Golden:
    """Rows and the live model's outputs for them.

    Attributes:
        rows: columns by name, bytes for STRING.
        source: description of the rows' origin.
        outputs: outputs of every row by itself.
        users: places of rows. The user and context of each make a request that ranks the items of all rows.
        weights: weights of the score's terms in those requests, other than the config's.
        ranked: outputs of those requests, one for each of `users`.
        tolerance: allowed difference, absolute and relative.
        score_difference: largest and mean difference in the score by export_config.half_precision; None: it is off.
    """

    rows: dict[str, list[Any]]
    source: str
    outputs: Outputs
    users: list[int]
    weights: list[float]
    ranked: list[Outputs]
    tolerance: float
    score_difference: list[float] | None = None

    def to_json(self) -> str:
        """Returns the text that is kept in an export."""
        rows = {
            name: [value.decode() if isinstance(value, bytes) else value for value in values]
            for name, values in self.rows.items()
        }
        return json.dumps({**vars(self), "rows": rows}, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def read(cls, folder: Path, schema: ServingSchema, most_tolerance: float = HALF_TOLERANCE) -> Golden:
        """Reads the evidence of an export.

        Raises:
            RunError: there is none, a field is not of this schema, or the tolerance is too large.
        """
        return cls(**read_proof(folder / EVIDENCE_ASSET, schema, most_tolerance))


def make_golden(config: PipelineConfig, model: RankModel, preprocessor: Preprocessor, schema: ServingSchema) -> Golden:
    """Scores rows of the config's files, and one row of defaults, with the live model.

    Raises:
        RunError: a score of the model is no number.
    """
    rows, source = sample_rows(config, schema)
    live = tf.function(lambda columns: dict(model(preprocessor(columns), training=False)), autograph=False)
    outputs = live_outputs(live, rows, schema, [weight for _, weight in schema.terms])
    for name, values in outputs.items():
        if not np.isfinite(values).all():
            raise RunError(f"the model's {name} is no finite number for a row of {source}; nothing is exported")
    count = len(next(iter(rows.values())))
    users = sorted({round(i * (count - 1) / max(1, USERS - 1)) for i in range(USERS)})
    weights = [weight * (1.5 + i) for i, (_, weight) in enumerate(schema.terms)]
    ranked = []
    for user in users:
        once = {column.name: rows[column.name][user : user + 1] * count for column in schema.shared}
        of_items = live_outputs(live, {**rows, **once}, schema, weights)
        ranked.append({name: of_items[name] for name in schema.rank_outputs if name != "order"})
    return Golden(rows, source, outputs, users, weights, ranked, score_tolerance(config))


def score_tolerance(config: PipelineConfig) -> float:
    """Returns the allowed difference of an export's outputs from the live model's, absolute and relative."""
    return HALF_TOLERANCE if is_half_precision(config) else TOLERANCE


def is_half_precision(config: PipelineConfig) -> bool:
    """Tells whether an export multiplies in bfloat16."""
    return config.train_config.mixed_precision or config.export_config.half_precision


def sample_rows(config: PipelineConfig, schema: ServingSchema) -> tuple[dict[str, list[Any]], str]:
    """Returns the first rows of the evaluation files (else training files), a row of defaults, and their origin."""
    defaults = {column.name: [_plain(column.default)] for column in schema.columns}
    purpose = "evaluate" if config.eval_input_path else "train"
    try:
        stream = open_stream(config, purpose, batch_size=ROWS)
        columns = _columns(stream, schema)
    except DataError as error:
        return defaults, f"defaults alone, as no data could be read ({error})"
    rows = {
        column.name: [_plain(value, column) for value in columns[column.name]] + defaults[column.name]
        for column in schema.columns
    }
    return rows, f"{config.eval_input_path or config.train_input_path}"


def _columns(stream: RowStream, schema: ServingSchema) -> Mapping[str, np.ndarray]:
    """Returns the first batch. Columns that evaluation does not read (the score's value) are read beside it."""
    wanted = [column for column in schema.columns if column not in stream.schema.columns]
    extended = replace(stream.schema, columns=(*stream.schema.columns, *wanted))
    return next(RowStream(stream.files, extended, ROWS).batches()).columns


def _plain(value: Any, column: Column | None = None) -> Any:
    """Turns a value into one of Python. Floats of 64 bits are rounded to the 32 that a tf.Example holds."""
    value = value.item() if isinstance(value, np.generic) else value
    return float(np.float32(value)) if column is not None and column.dtype == "DOUBLE" else value


def live_outputs(live: Any, rows: Mapping[str, Sequence[Any]], schema: ServingSchema, weights: list[float]) -> Outputs:
    """Returns the live model's outputs, with the score by a formula of numpy."""
    count = len(next(iter(rows.values())))
    tensors = {**to_tensors(rows, schema.columns), **filled_rows(schema.filled, count)}
    outputs = {name: value.numpy().astype(np.float64) for name, value in live(tensors).items()}
    outputs["score"] = plain_score(outputs, rows, schema, weights)
    return {name: outputs[name].tolist() for name in schema.outputs}


def first_rows(evidence: Golden, count: int) -> dict[str, list[Any]]:
    """Returns the first `count` rows, repeated if there are fewer."""
    there = len(next(iter(evidence.rows.values())))
    return take(evidence.rows, [place % there for place in range(count)])

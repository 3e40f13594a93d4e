"""Requests: checked columns become arrays of a signature's inputs, and these a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from apps_rec_client.columns import Columns, Rows, Weights, take_row, take_rows, take_weights
from apps_rec_client.errors import RequestError
from apps_rec_client.schema import Column, Schema, Stack
from apps_rec_client.tensors import to_tensor

DEFAULT, RANK, RANK_PACKED = "serving_default", "rank", "rank_packed"
_NUMPY: Mapping[str, type] = {
    "DT_INT32": np.int32,
    "DT_INT64": np.int64,
    "DT_STRING": np.object_,
    "DT_FLOAT": np.float32,
    "DT_DOUBLE": np.float64,
    "DT_BOOL": np.bool_,
}


def score_inputs(rows: Rows, schema: Schema) -> dict[str, np.ndarray]:
    """Returns the inputs of serving_default: every column, `[N]`.

    Raises:
        RequestError: the rows have mistakes; the text has a line for each.
    """
    mistakes: list[str] = []
    columns = take_rows(rows, schema.columns, schema, "rows", mistakes)
    _refuse(mistakes)
    return {column.name: _typed(columns[column.name], column) for column in schema.columns}


def rank_inputs(
    signature: str, user: Mapping[str, Any], items: Rows, weights: Weights | None, schema: Schema
) -> dict[str, np.ndarray]:
    """Returns the inputs of rank (columns of user and context `[1]`, of items `[N]`) or rank_packed (these, stacked).

    Raises:
        RequestError: user, items or weights have mistakes, or the signature is another; the text has a line for each.
    """
    mistakes: list[str] = []
    if signature not in (RANK, RANK_PACKED):
        mistakes.append(f'signature: expected "{RANK}" or "{RANK_PACKED}", got {signature!r}')
    columns = take_row(user, schema.shared, schema, "user", mistakes)
    columns |= take_rows(items, schema.items, schema, "items", mistakes)
    terms = take_weights(weights, schema, mistakes)
    _refuse(mistakes)
    if signature == RANK:
        inputs = {column.name: _typed(columns[column.name], column) for column in schema.columns}
    else:
        inputs = {stack.name: _stacked(columns, stack) for stack in schema.stacks}
    return {**inputs, "weights": np.array(terms, np.float32)}


def predict_request(spec: ModelSpec, signature: str, inputs: Mapping[str, np.ndarray]) -> PredictRequest:
    """Builds a request for a model, or for one of its versions."""
    request = PredictRequest(model_spec=spec)
    request.model_spec.signature_name = signature
    for name, array in inputs.items():
        request.inputs[name].CopyFrom(to_tensor(array))
    return request


def _refuse(mistakes: Sequence[str]) -> None:
    if mistakes:
        raise RequestError("\n".join(mistakes))


def _typed(values: Sequence[Any], column: Column) -> np.ndarray:
    plain = [_text(value) for value in values] if column.dtype == "DT_STRING" else values
    return np.array(plain, _NUMPY[column.dtype])


def _stacked(columns: Columns, stack: Stack) -> np.ndarray:
    """Lays columns side by side, `[N, columns]`: ids as decimal texts, so that no digit is lost; numbers as doubles."""
    if not stack.as_text:
        return np.stack([np.array(columns[column.name], np.float64) for column in stack.columns], axis=1)
    texts = [[_text(value) for value in columns[column.name]] for column in stack.columns]
    return np.stack([np.array(column, np.object_) for column in texts], axis=1)


def _text(value: str | bytes | int) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()

"""Turns rows into requests to each signature, as arrays and in the forms that TensorFlow Serving takes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework.tensor_pb2 import TensorProto

from apps_rec.data import Column
from apps_rec.data.dtypes import DTYPES
from apps_rec.protos.serving_log_pb2 import PredictRequest
from apps_rec.serving.schema import DEFAULT, EXAMPLE, EXAMPLES, ITEM_TEXT, RANK, SHARED_TEXT, WEIGHTS, ServingSchema

# Columns by name, of equal length: bytes for STRING.
Rows = Mapping[str, Sequence[Any] | np.ndarray]
Arrays = dict[str, np.ndarray]
_FIELDS = {
    tf.string: "string_val",
    tf.int32: "int_val",
    tf.int64: "int64_val",
    tf.float32: "float_val",
    tf.float64: "double_val",
    tf.bool: "bool_val",
}


def take(rows: Rows, places: Sequence[int] | slice) -> dict[str, list[Any]]:
    """Returns some of the rows."""
    chosen = range(len(next(iter(rows.values()))))[places] if isinstance(places, slice) else places
    return {name: [values[place] for place in chosen] for name, values in rows.items()}


def request(signature: str, rows: Rows, schema: ServingSchema, weights: Sequence[float] | None = None) -> Arrays:
    """Returns the inputs of a signature for some rows. To rank, user and context are those of the first row.

    Args:
        signature: name of a signature, one of `schema.SIGNATURES`.
        rows: values of every column of the schema.
        schema: schema of the export.
        weights: weights of the score's terms; default: the config's.
    """
    if signature == DEFAULT:
        return {column.name: _array(rows[column.name], column) for column in schema.columns}
    if signature == EXAMPLE:
        count = len(rows[schema.columns[0].name])
        examples = [_example(take(rows, [place]), schema.columns) for place in range(count)]
        return {EXAMPLES: np.array(examples, object)}
    terms = [weight for _, weight in schema.terms] if weights is None else weights
    inputs = {WEIGHTS: np.array(terms, np.float32)}
    once = {column.name: rows[column.name][:1] for column in schema.shared}
    columns = {**{column.name: rows[column.name] for column in schema.items}, **once}
    if signature == RANK:
        return {**{column.name: _array(columns[column.name], column) for column in schema.columns}, **inputs}
    stacked = {
        name: np.stack([_packed(columns[column.name], name in (SHARED_TEXT, ITEM_TEXT)) for column in packed], axis=1)
        for name, packed in schema.packed().items()
    }
    return {**stacked, **inputs}


def _array(values: Sequence[Any] | np.ndarray, column: Column) -> np.ndarray:
    return np.asarray(values, DTYPES[column.dtype].numpy)


def _packed(values: Sequence[Any] | np.ndarray, as_text: bool) -> np.ndarray:
    if not as_text:
        return np.array([float(value) for value in values], np.float64)
    return np.array([value if isinstance(value, bytes) else str(int(value)).encode() for value in values], object)


def _example(row: Rows, columns: Sequence[Column]) -> bytes:
    features = {column.stored: _feature(row[column.name][0], column) for column in columns}
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)


def _feature(value: Any, column: Column) -> tf.train.Feature:
    if column.dtype == "STRING":
        separator = column.list_separator
        values = value.split(separator.encode()) if separator is not None and value else [value]
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if column.dtype == "DOUBLE":
        # As `convert` writes it: a float_list holds 32 bits a value.
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[repr(float(value)).encode()]))
    if column.dtype == "FLOAT":
        return tf.train.Feature(float_list=tf.train.FloatList(value=[float(value)]))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[int(value)]))


def tensor_proto(array: np.ndarray) -> TensorProto:
    """Makes a TensorProto whose values stand in the field of their type, so that people can read it too."""
    dtype = tf.string if array.dtype == object else tf.as_dtype(array.dtype)
    proto = TensorProto(dtype=dtype.as_datatype_enum)
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    getattr(proto, _FIELDS[dtype]).extend(array.ravel().tolist())
    return proto


def predict_request(name: str, signature: str, inputs: Arrays) -> PredictRequest:
    """Makes a gRPC request, with the inputs in order."""
    message = PredictRequest()
    message.model_spec.name, message.model_spec.signature_name = name, signature
    for key, array in inputs.items():
        message.inputs[key] = tensor_proto(array).SerializeToString()
    return message


def grpc_text(name: str, signature: str, inputs: Arrays) -> str:
    """Writes a tensorflow.serving.PredictRequest as protobuf text."""
    lines = [
        "model_spec {",
        f"  name: {json.dumps(name, ensure_ascii=False)}",
        f'  signature_name: "{signature}"',
        "}",
    ]
    for key, array in inputs.items():
        body = text_format.MessageToString(tensor_proto(array), as_utf8=True, indent=4)
        lines += [
            "inputs {",
            f"  key: {json.dumps(key, ensure_ascii=False)}",
            "  value {",
            body.rstrip("\n"),
            "  }",
            "}",
        ]
    return "\n".join(lines) + "\n"


def rest_rows(signature: str, inputs: Arrays) -> str:
    """Writes the row form of a REST request, for signatures whose inputs are all of one length."""
    count = len(next(iter(inputs.values())))
    instances = [{name: _json(array[place], signature) for name, array in inputs.items()} for place in range(count)]
    return _dumps({"signature_name": signature, "instances": instances})


def rest_columns(signature: str, inputs: Arrays) -> str:
    """Writes the columnar form of a REST request."""
    columns = {name: _json(array, signature) for name, array in inputs.items()}
    return _dumps({"signature_name": signature, "inputs": columns})


def _json(value: Any, signature: str) -> Any:
    if isinstance(value, np.ndarray):
        return [_json(item, signature) for item in value]
    if isinstance(value, bytes):
        # A serialized Example is no text.
        return {"b64": base64.b64encode(value).decode()} if signature == EXAMPLE else value.decode()
    return value.item() if isinstance(value, np.generic) else value


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

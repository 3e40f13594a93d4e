"""One set of rows as requests to every signature, made without apps_rec, as a client would, from schema.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.dataset import CATEGORICAL, NUMERIC, make_rows
from benchmarks.serving.plan import VOCABULARY

Arrays = dict[str, np.ndarray]
# Requests that take turns.
VARIETY = 8
_TYPES = {"DT_STRING": object, "DT_FLOAT": np.float32, "DT_DOUBLE": np.float64}


def make_requests(rows: int) -> list[Arrays]:
    """Draws candidates of one user each: columns `(rows,)`; those of the user have the same value in every row."""
    requests = []
    for number in range(VARIETY):
        columns = make_rows(rows, VOCABULARY, seed=7, stream=100 + number)
        for name in _of_user():
            columns[name] = np.repeat(columns[name][:1], rows)
        requests.append({name: columns[name] for name in (*CATEGORICAL, *NUMERIC)})
    return requests


def _of_user() -> tuple[str, ...]:
    """Names, as the config's sides have them."""
    return (*CATEGORICAL[: len(CATEGORICAL) // 2], NUMERIC[0])


def deepctr_inputs(columns: Arrays) -> Arrays:
    """Returns ready ids, `(rows, 1)`."""
    return {
        name: values.astype(np.int32 if name in CATEGORICAL else np.float32)[:, np.newaxis]
        for name, values in columns.items()
    }


def our_inputs(columns: Arrays, signature: str, export: Path) -> Arrays:
    """Returns texts and numbers as a signature of ours takes them."""
    schema = json.loads((export / "assets" / "schema.json").read_text(encoding="utf-8"))
    values = {name: _typed(name, column) for name, column in columns.items()}
    if signature == "serving_tf_example":
        rows = range(len(next(iter(columns.values()))))
        return {"examples": np.array([_example(values, row) for row in rows], object)}
    weights = np.array([term["weight"] for term in schema["score"]["terms"]], np.float32)
    inputs = {}
    for item in schema["signatures"][signature]["inputs"]:
        if item["name"] == "weights":
            inputs["weights"] = weights
            continue
        names = item.get("columns", [item["name"]])
        array = np.stack([values[name] for name in names], axis=1) if "columns" in item else values[item["name"]]
        array = array.astype(_TYPES[item["dtype"]])
        inputs[item["name"]] = array[:1] if item["shape"][0] == 1 else array
    return inputs


def _typed(name: str, column: np.ndarray) -> np.ndarray:
    if name in NUMERIC:
        return column
    return np.array([str(value).encode() for value in column], object)


def _example(values: dict[str, Any], row: int) -> bytes:
    features = {
        name: tf.train.Feature(float_list=tf.train.FloatList(value=[column[row]]))
        if name in NUMERIC
        else tf.train.Feature(bytes_list=tf.train.BytesList(value=[column[row]]))
        for name, column in values.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)

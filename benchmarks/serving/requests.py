"""One set of rows as requests to every signature, made without apps_rec, as a client would, from schema.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.dataset import CATEGORICAL, HISTORY, NUMERIC, make_maps, make_rows
from benchmarks.serving.plan import VOCABULARY

Arrays = dict[str, np.ndarray]
# Requests that take turns.
VARIETY = 8
LISTS = ("history", "map")
_TYPES = {"DT_STRING": object, "DT_FLOAT": np.float32, "DT_DOUBLE": np.float64}


def make_requests(rows: int) -> list[Arrays]:
    """Draws candidates of one user each: columns `(rows,)`; those of the user have the same value in every row.

    Besides the columns of the benchmark, a history `(rows, HISTORY)` and a map of the user's.
    """
    requests = []
    for number in range(VARIETY):
        columns = make_rows(rows, VOCABULARY, seed=7, stream=100 + number, with_history=True)
        columns["map"] = make_maps(columns[CATEGORICAL[-1]], VOCABULARY, np.random.default_rng(number))
        for name in _of_user():
            columns[name] = np.repeat(columns[name][:1], rows, axis=0)
        requests.append({name: columns[name] for name in (*CATEGORICAL, *NUMERIC, *LISTS)})
    return requests


def _of_user() -> tuple[str, ...]:
    """Names, as the config's sides have them."""
    return (*CATEGORICAL[: len(CATEGORICAL) // 2], NUMERIC[0], *LISTS)


def deepctr_inputs(columns: Arrays, with_history: bool = False) -> Arrays:
    """Returns ready ids, `(rows, 1)`; with the history of the last column, `(rows, HISTORY)`, and its length."""
    inputs = {
        name: columns[name].astype(np.int32 if name in CATEGORICAL else np.float32)[:, np.newaxis]
        for name in (*CATEGORICAL, *NUMERIC)
    }
    if with_history:
        inputs[f"hist_{CATEGORICAL[-1]}"] = columns["history"].astype(np.int32)
        inputs["history_length"] = np.full([len(columns["history"]), 1], HISTORY, np.int32)
    return inputs


def our_inputs(columns: Arrays, signature: str, export: Path) -> Arrays:
    """Returns texts and numbers as a signature of ours takes them."""
    schema = json.loads((export / "assets" / "schema.json").read_text(encoding="utf-8"))
    values = {column["name"]: _typed(column["name"], columns[column["name"]]) for column in schema["columns"]}
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
    if column.ndim == 2:
        column = np.array(["|".join(map(str, row)) for row in column], object)
    return np.array([str(value).encode() for value in column], object)


def _example(values: dict[str, Any], row: int) -> bytes:
    features = {
        name: tf.train.Feature(float_list=tf.train.FloatList(value=[column[row]]))
        if name in NUMERIC
        else tf.train.Feature(bytes_list=tf.train.BytesList(value=[column[row]]))
        for name, column in values.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)

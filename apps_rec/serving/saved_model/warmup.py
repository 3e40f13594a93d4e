"""Writes the file of requests that TensorFlow Serving runs before it serves a version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf

from apps_rec.protos.serving_log_pb2 import PredictionLog
from apps_rec.serving.requests import Arrays, predict_request

WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"


def write_warmup(folder: Path, name: str, requests: Mapping[str, list[Arrays]]) -> None:
    """Writes a PredictionLog for each request.

    Args:
        folder: folder of a version.
        name: name of the model.
        requests: inputs of the requests, by signature.
    """
    path = folder / WARMUP_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, several in requests.items():
            for inputs in several:
                log = PredictionLog()
                log.predict_log.request.CopyFrom(predict_request(name, signature, inputs))
                writer.write(log.SerializeToString(deterministic=True))

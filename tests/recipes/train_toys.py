"""Trains and measures a config of toys, in a copy of the package that has them; prints what became of each as JSON."""

import contextlib
import io
import json

import numpy as np
import tensorflow as tf

import apps_rec
from apps_rec import models
from apps_rec.cli.main import main
from apps_rec.data import open_stream
from apps_rec.models import bodies
from apps_rec.models.heads import AllRows
from apps_rec.training.estimator import load_trained


def first_batch(message):
    """The rows of `evaluate`, all in one batch, as tensors."""
    columns = next(iter(open_stream(message, "evaluate").batches())).columns
    return {name: tf.constant(list(values) if values.dtype == object else values) for name, values in columns.items()}


def report():
    apps_rec.train("toy.config")
    metrics = apps_rec.evaluate("toy.config", intervals=True)
    config = apps_rec.check("toy.config")
    estimator, _, step = load_trained(config)
    model = estimator.model
    columns = first_batch(config.message)
    features = estimator.preprocessor(columns)
    values = estimator.predict(features)["value_ctr"].numpy()
    rows = AllRows({"ctr": tf.ones([1])})
    losses = model.head.losses({"ctr": tf.constant([0.5])}, {"click": tf.constant([1.0])}, rows)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = main(["toy", "toy.config"])
    return {
        "step": step,
        "classes": [type(part).__name__ for part in (model.body, model.head, model.body.toy)],
        "is_exported": isinstance(model.head, models.ToyHead) and isinstance(model.body, bodies.ToyBody),
        "scale": float(model.body.toy.scale),
        "units": int(model.body.dense.units),
        "loss": float(losses["ctr"][0][0].values[0]),
        "metric": metrics["toy_metric_ctr"],
        "squared_error": float(np.mean((columns["click"].numpy() - values) ** 2)),
        "standard_error": metrics.intervals.metrics["toy_metric_ctr"].standard_error,
        "spread": float(np.std((columns["click"].numpy() - values) ** 2)),
        "words": [word.decode() for word in columns["word"].numpy().tolist()],
        "ids": features["ids"][:, [spec.name for spec in estimator.features].index("length")].numpy().tolist(),
        "command": [code, said.getvalue()],
    }


if __name__ == "__main__":
    print(json.dumps(report()))

"""A worker of DeepCTR: one model through `compile` and `fit`, as its documentation shows.

Example:
    python -m benchmarks.peers.deepctr_worker mmoe DATA_FOLDER --vocabulary 100000 [--optimizer legacy_adam] [--auc]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks.dataset import BATCH_SIZE, CATEGORICAL, HISTORY, LABELS, NUMERIC
from benchmarks.meter import Meter, say

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
import tensorflow as tf
from deepctr.feature_column import DenseFeat, SparseFeat
from deepctr.models import DeepFM
from deepctr.models.multitask import ESMM, MMOE, PLE
from sklearn.metrics import roc_auc_score

from benchmarks.peers.deepctr_din import make_din


def main() -> None:
    """Runs one training."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", choices=["mmoe", "ple", "esmm", "deepfm", "din"])
    parser.add_argument("data", type=Path)
    parser.add_argument("--vocabulary", type=int, required=True)
    parser.add_argument("--optimizer", choices=["adam", "legacy_adam"], default="adam")
    parser.add_argument("--auc", action="store_true")
    options = parser.parse_args()

    columns = [SparseFeat(name, options.vocabulary, embedding_dim=16) for name in CATEGORICAL]
    columns += [DenseFeat(name, 1) for name in NUMERIC]
    labels = LABELS[:1] if options.model in ("deepfm", "din") else LABELS
    # No l2 on embeddings, DeepCTR's default: it is a dense pass over all tables, and no other model here has it.
    if options.model == "mmoe":
        model = MMOE(columns, num_experts=2, tower_dnn_hidden_units=(64,), l2_reg_embedding=0)
    elif options.model == "ple":
        model = PLE(
            columns,
            shared_expert_num=1,
            specific_expert_num=1,
            num_levels=2,
            expert_dnn_hidden_units=(256,),
            tower_dnn_hidden_units=(64,),
            l2_reg_embedding=0,
        )
    elif options.model == "esmm":
        model = ESMM(columns, tower_dnn_hidden_units=(256, 128, 64), l2_reg_embedding=0)
    elif options.model == "din":
        model = make_din(columns, CATEGORICAL[0], options.vocabulary)
    else:
        sparse = columns[: len(CATEGORICAL)]
        model = DeepFM(sparse, columns, dnn_hidden_units=(256, 128, 64), l2_reg_linear=0, l2_reg_embedding=0)
    optimizer = "adam" if options.optimizer == "adam" else tf.keras.optimizers.legacy.Adam()
    model.compile(optimizer, loss=["binary_crossentropy"] * len(labels))

    meter = Meter(BATCH_SIZE)
    table = pd.read_parquet(options.data / "train.parquet")
    inputs = _inputs(table, options.model)
    callback = tf.keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: meter.step())
    targets = [table[name].to_numpy() for name in labels]
    model.fit(inputs, targets, batch_size=BATCH_SIZE, epochs=1, verbose=0, callbacks=[callback])
    report = meter.report()
    report["parameters"] = int(sum(np.prod(variable.shape) for variable in model.trainable_variables))
    if options.auc:
        table = pd.read_parquet(options.data / "eval.parquet")
        outputs = model.predict(_inputs(table, options.model), batch_size=BATCH_SIZE, verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        for name, label, output in zip(("ctr", "ctcvr"), labels, outputs, strict=False):
            report[f"auc_{name}"] = roc_auc_score(table[label], output[:, 0])
    say(report)


def _inputs(table: pd.DataFrame, model: str) -> dict[str, np.ndarray]:
    inputs = {name: table[name].to_numpy() for name in (*CATEGORICAL, *NUMERIC)}
    if model == "din":
        inputs["hist_c0"] = np.stack(table["history"]).astype(np.int32)
        inputs["history_length"] = np.full(len(table), HISTORY, np.int32)
    return inputs


if __name__ == "__main__":
    main()

"""Writes DeepCTR's MMOE or DIN of the benchmark as a SavedModel, as `tf.saved_model.save` makes it.

Example:
    python -m benchmarks.peers.deepctr_export mmoe FOLDER --vocabulary 100000
"""

from __future__ import annotations

import argparse
import os

from benchmarks.dataset import CATEGORICAL, NUMERIC
from benchmarks.meter import say

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from deepctr.feature_column import DenseFeat, SparseFeat
from deepctr.models.multitask import MMOE

from benchmarks.peers.deepctr_din import make_din

# Its experts start out equal, and an optimizer of graphs may merge what is equal.
_DEVIATION = 0.01


def main() -> None:
    """Builds, perturbs and saves the model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", choices=["mmoe", "din"])
    parser.add_argument("folder")
    parser.add_argument("--vocabulary", type=int, required=True)
    options = parser.parse_args()
    columns = [SparseFeat(name, options.vocabulary, embedding_dim=16) for name in CATEGORICAL]
    columns += [DenseFeat(name, 1) for name in NUMERIC]
    if options.model == "din":
        model = make_din(columns, CATEGORICAL[-1], options.vocabulary)
    else:
        model = MMOE(columns, num_experts=2, tower_dnn_hidden_units=(64,))
    random = np.random.default_rng(3)
    for variable in model.trainable_variables:
        variable.assign_add(random.normal(0, _DEVIATION, variable.shape).astype(np.float32))
    tf.saved_model.save(model, options.folder)
    say({"parameters": int(sum(np.prod(variable.shape) for variable in model.trainable_variables))})


if __name__ == "__main__":
    main()

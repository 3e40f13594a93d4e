"""Exports consist of the operations in the list; a layer that brings another one needs it there."""

from pathlib import Path

import pytest
import tensorflow as tf

from apps_rec.config import load_config
from apps_rec.config.checks.model.dnn import ACTIVATIONS
from apps_rec.layers import Dnn
from apps_rec.serving.operations import COMPUTING, RESTORING, SAVING
from apps_rec.serving.saved_model.export import build_serving_module
from apps_rec.training.estimator import Estimator

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*/*.config"))
# Of files, programs, networks, Python, or with a memory.
NEVER = {
    "AssignVariableOp", "DatasetToSingleElement", "EagerPyFunc", "InitializeTableFromTextFileV2", "LMDBReader",
    "MatchingFiles", "MergeV2Checkpoints", "MutableHashTableV2", "PrintV2", "Print", "PyFunc", "PyFuncStateless",
    "ReadFile", "RemoteCall", "Restore", "RestoreV2", "Save", "SaveV2", "ShardedFilename", "TextFileReaderV2",
    "TFRecordReaderV2", "WholeFileReaderV2", "WriteFile", "WriteGraphSummary",
}  # fmt: skip


def operations(function):
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for one in graph.library.function for node in one.node_def)]
    return {node.op for node in nodes}


def test_nothing_in_the_list_reaches_out():
    assert not COMPUTING & NEVER
    assert {*RESTORING} - COMPUTING == {"RestoreV2", "AssignVariableOp", "DisableCopyOnRead"}
    assert {*SAVING} - COMPUTING == {"SaveV2", "MergeV2Checkpoints", "ShardedFilename", "DisableCopyOnRead"}


@pytest.mark.parametrize("dtype", [None, "mixed_bfloat16"])
@pytest.mark.parametrize("activation", ACTIVATIONS)  # of the config: those with weights too
def test_every_activation_is_of_listed_operations(activation, dtype):
    dnn = Dnn([4], activation=activation, use_bn=True, dropout=[0.1], dtype=dtype)
    traced = tf.function(lambda x: dnn(x, training=False), autograph=False)
    found = operations(traced.get_concrete_function(tf.TensorSpec([None, 3])))
    # Of the branch that training takes, which an export's graph is without.
    assert found - COMPUTING == set()


@pytest.mark.slow
@pytest.mark.parametrize("config", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_sample_is_of_listed_operations(config):
    loaded = load_config(config, files_here=False)
    words = {
        feature.feature_name or feature.input_names[0]: ["a", "b"]
        for feature in loaded.message.feature_config.features
        if feature.vocab_file
    }
    estimator = Estimator(loaded, words)
    module = build_serving_module(loaded.message, estimator.model, estimator.preprocessor)
    for name, function in module.signatures().items():
        assert operations(function) - COMPUTING == set(), name

"""`jit_compile`: XLA compiles the dense part of a step, and the step stays what it was."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.models import DnnSpec, FmSpec, IndependentHead, PositionSpec, RankModel, Task, esmm
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Sgd
from apps_rec.training.optimizers.schedules import Constant

FEATURES = ("user", "app", "price")
DNN = DnnSpec((4,), use_bn=True, dropout=(0.25,))


def _model(embedder, jit_compile: bool) -> RankModel:
    """Batch norm, dropout, both l2 terms, row weights, FM and position."""
    return esmm(
        embedder,
        [Task("ctr", "click", DNN, sample_weight="weight"), Task("cvr", "download", DNN)],
        FEATURES,
        num_experts=2,
        expert=DNN,
        fm=FmSpec(FEATURES, FEATURES),
        position=PositionSpec(("slot",)),
        l2=0.1,
        embedding_l2=0.2,
        jit_compile=jit_compile,
    )


def _compiled(graph) -> list[str]:
    """Operations of a graph that XLA compiles."""
    calls = [op for op in graph.get_operations() if op.type.endswith("PartitionedCall")]
    return [op.name for op in calls if "_XlaMustCompile" in op.node_def.attr and op.get_attr("_XlaMustCompile")]


def _state(model) -> dict[str, np.ndarray]:
    return {f"{i} {variable.name}": variable.numpy() for i, variable in enumerate(model.variables)}


@pytest.mark.slow
def test_steps_are_those_without_it(make_embedder, make_batch, prepare):
    plain, compiled = (
        prepare(_model(make_embedder(), jit_compile), RowSparseOptimizer(Sgd(), Constant(0.1)))
        for jit_compile in (False, True)
    )
    # As of a dataset: of no fixed number of rows. The last batch is smaller, and compiled by itself.
    batches = [make_batch(rows, seed) for seed, rows in enumerate((12, 12, 12, 5))]
    signature = tf.nest.map_structure(lambda x: tf.TensorSpec([None, *x.shape[1:]], x.dtype), batches[0])
    step = tf.function(compiled.train_step, input_signature=[signature])
    # Forwards and backwards.
    assert len(_compiled(step.get_concrete_function().graph)) == 2

    start = _state(compiled)
    logs = [{name: float(value) for name, value in step(batch).items()} for batch in batches]
    end = _state(compiled)
    for batch, log in zip(batches, logs, strict=True):
        expected = {name: float(value) for name, value in plain.train_step(batch).items()}
        assert log == pytest.approx(expected, abs=1e-5)
    for name, value in _state(plain).items():
        np.testing.assert_allclose(end[name], value, rtol=0, atol=1e-5, err_msg=name)
    # Weights and moving averages did move, but for the table that no gradient reaches.
    assert [name for name in end if np.array_equal(end[name], start[name])] == []

    # The same steps again give the same bits.
    for variable, value in zip(compiled.variables, start.values(), strict=True):
        variable.assign(value)
    compiled.optimizer.iterations.assign(0)
    for batch, log in zip(batches, logs, strict=True):
        assert {name: float(value) for name, value in step(batch).items()} == log
    for name, value in _state(compiled).items():
        np.testing.assert_array_equal(value, end[name], err_msg=name)


def test_it_is_refused_on_replicas(make_embedder, two_replicas):
    with two_replicas.scope(), pytest.raises(ValueError, match="leave jit_compile out, or train on one replica"):
        RankModel(
            make_embedder(), IndependentHead([Task("ctr", "click")]), fm=FmSpec(FEATURES, FEATURES), jit_compile=True
        )

"""What a step does, counted and not timed: operations of its graph, rows it touches, memory it takes anew."""

import functools
import json
import subprocess
import sys
import textwrap
import traceback
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Embedder
from apps_rec.features.specs import IdFeature, NumberFeature, NumberIds
from apps_rec.models import DnnSpec, FmSpec, Task, esmm, mmoe
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adagrad, Adam, Ftrl, Sgd
from apps_rec.training.optimizers.schedules import Constant

ROWS, BATCH, NUM_EXPERTS = 5000, 32, 2
OPTIMIZERS = {"sgd": (Sgd, 0), "adagrad": (Adagrad, 1), "adam": (Adam, 2), "ftrl": (Ftrl, 2)}


@pytest.fixture(scope="module")
def make():
    """Return what makes a model, the same one for the same arguments: the time of a test is that of its graphs."""
    once = functools.cache(make_anew)
    return lambda num_features=3, optimizer=Adam, fm=False, is_esmm=False, dims=(4,): once(
        num_features, optimizer, fm, is_esmm, dims
    )


def make_anew(num_features, optimizer, fm, is_esmm, dims):
    """A compiled model whose features share one table for each of `dims`, a batch, and its step, traced."""
    specs = [
        IdFeature(f"c{i}_{dim}", f"c{i}_{dim}", NumberIds(ROWS - 1), f"shared_{dim}", dim)
        for dim in dims
        for i in range(num_features)
    ]
    names = [spec.name for spec in specs]
    dnn = DnnSpec((8,))
    tasks = [Task("ctr", "click", dnn), Task("ctcvr", "download", dnn)]
    embedder = Embedder([*specs, NumberFeature("n", "n")], first_order=names if fm else ())
    options = {"fm": FmSpec(tuple(names), tuple(names)) if fm else None}
    inputs = [*names, "n"]
    model = (
        esmm(embedder, tasks, inputs, **options)
        if is_esmm
        else mmoe(embedder, tasks, inputs, NUM_EXPERTS, DnnSpec((8, 8)), **options)
    )
    model.compile(optimizer=RowSparseOptimizer(optimizer(), Constant(0.1)))
    ids = np.random.default_rng(0).integers(0, ROWS, (BATCH, len(specs)))
    batch = (
        {"ids": tf.constant(ids), "values": tf.ones([BATCH, 1])},
        {"click": tf.ones(BATCH), "download": tf.zeros(BATCH)},
        {},
    )
    model(batch[0])
    model.optimizer.build(model.trainable_variables)
    return model, batch, tf.function(model.train_step).get_concrete_function(batch)


def operations(step):
    """How often each kind of operation stands in a step's graph and the branches of its conditions."""
    definition = step.graph.as_graph_def()
    branches = [node for function in definition.library.function for node in function.node_def]
    return Counter(node.op for node in [*definition.node, *branches])


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_table_is_gathered_once_and_each_slot_read_and_written_once(make, kind):
    optimizer, num_slots = OPTIMIZERS[kind]
    found = operations(make(optimizer=optimizer)[2])
    # Forward once; then the weights and every slot for the update.
    assert found["ResourceGather"] == 1 + 1 + num_slots
    assert found["ResourceScatterUpdate"] == 1 + num_slots
    # Adding in place costs ten times as much as writing.
    assert found["ResourceScatterAdd"] == found["ResourceScatterSub"] == 0
    # Duplicates are summed in one of two branches, by a sparse product: a segment sum costs seven times as much.
    assert (found["Unique"], found["SparseTensorDenseMatMul"], found["UnsortedSegmentSum"]) == (1, 2, 0)
    assert found["If"] + found["StatelessIf"] == 1


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("fm", [False, True])
def test_no_operation_passes_over_a_whole_table(make, kind, fm):
    _, _, step = make(optimizer=OPTIMIZERS[kind][0], fm=fm)
    table_rows = ROWS + 1
    dense = [
        operation.name
        for operation in step.graph.get_operations()
        for output in operation.outputs
        if output.dtype != tf.resource and output.shape.rank and output.shape[0] == table_rows
    ]
    assert dense == []


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_step_leaves_all_rows_but_those_of_its_batch_as_they_are(make, kind):
    model, batch, step = make(optimizer=OPTIMIZERS[kind][0])
    (table,) = model.embedder.tables.values()
    slots = model.optimizer._slot_variables[model.optimizer._index_dict[model.optimizer._var_key(table)]]
    before = [variable.numpy() for variable in (table, *slots)]
    step(batch)
    touched = np.unique(batch[0]["ids"])
    for variable, old in zip((table, *slots), before, strict=True):
        moved = np.flatnonzero((variable.numpy() != old).any(axis=1))
        np.testing.assert_array_equal(moved, touched)


def test_lookups_do_not_grow_with_features_of_one_length(make):
    few, many = (operations(make(num_features)[2]) for num_features in (2, 9))
    for kind in ("ResourceGather", "ResourceScatterUpdate", "Unique", "SparseTensorDenseMatMul", "MatMul"):
        assert few[kind] == many[kind], kind
    two_lengths = operations(make(dims=(4, 6))[2])
    assert two_lengths["ResourceGather"] == 2 * few["ResourceGather"]


@pytest.mark.parametrize(("is_esmm", "num_kernels"), [(False, 2 * NUM_EXPERTS + 1 + 2 + 2), (True, 2 + 2)])
def test_every_kernel_takes_three_products_and_no_einsum(make, is_esmm, num_kernels):
    found = operations(make(is_esmm=is_esmm)[2])
    # Forward, the gradient of the input, the gradient of the kernel; the gates of all tasks have one kernel.
    assert found["MatMul"] == 3 * num_kernels
    assert found["Einsum"] == found["BatchMatMulV2"] == 0


def test_an_fm_takes_no_second_lookup(make):
    plain, with_fm = operations(make()[2]), operations(make(fm=True)[2])
    assert plain["ResourceGather"] == with_fm["ResourceGather"]
    assert plain["ResourceScatterUpdate"] == with_fm["ResourceScatterUpdate"]


def test_autograph_rewrites_nothing_of_a_step(make, monkeypatch):
    model, batch, _ = make()
    stacks = []
    losses = model.head.losses
    monkeypatch.setattr(model.head, "losses", lambda *args: stacks.append(traceback.format_stack()) or losses(*args))
    tf.function(model.train_step).get_concrete_function(batch)
    assert any("rank_model.py" in frame for frame in stacks[-1])
    assert not any("autograph_generated" in frame for frame in stacks[-1])


PAGE_FAULTS = """
import json, resource
import apps_rec  # sets how memory is kept, before TensorFlow is loaded
import tensorflow as tf
x, w = tf.ones([65536, 16]), tf.Variable(tf.ones([16, 16]) / 16)
@tf.function
def step():
    with tf.GradientTape() as tape:
        y = x
        for _ in range(16):  # 4 MiB each, kept for the gradient
            y = tf.nn.relu(tf.matmul(y, w))
        loss = tf.reduce_sum(y)
    return tape.gradient(loss, w)
for _ in range(10):
    step()
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = faults()
for _ in range(10):
    step()
print(json.dumps({"faults": (faults() - before) / 10, "kept": apps_rec.allocator.keep_freed_memory()}))
"""


def test_a_step_takes_no_memory_from_the_system_anew():
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PAGE_FAULTS)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    if not found["kept"]:
        pytest.skip("the C library is not glibc, or MALLOC_... variables are set: nothing is changed then")
    # 64 MiB of activations in pages of 4 KiB are 16384: about so many come at every step where freed memory goes back.
    assert found["faults"] < 1600

"""Duplicate ids summed by sorting: what tf.unique sums, in shapes that do not depend on the ids."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.training.optimizers.deduplicate import (
    _add_up,
    copy_first_of_run,
    gather_over_replicas,
    sum_by_sort,
    sum_rows,
)
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adagrad, Adam, Ftrl, Sgd
from apps_rec.training.optimizers.schedules import Constant
from tests.training.reference import RATE, Reference

ROWS, COLUMNS = 7, 3
MAKERS = {
    "sgd": lambda clip: RowSparseOptimizer(Sgd(), Constant(RATE), global_clipnorm=clip),
    "adagrad": lambda clip: RowSparseOptimizer(Adagrad(0.1), Constant(RATE), global_clipnorm=clip),
    "adam": lambda clip: RowSparseOptimizer(Adam(0.9, 0.999), Constant(RATE), global_clipnorm=clip),
    "ftrl": lambda clip: RowSparseOptimizer(Ftrl(-0.5, 0.1, l1=0.01, l2=0.02), Constant(RATE), global_clipnorm=clip),
}
# Runs at both ends and in the middle, ids once, one id alone, the last row of the table.
STEPS = ([4, 1, 4, 4, 0], [1, 2, 1, 2, 6], [5, 5, 5, 5, 5], [0, 1, 2, 3, 4], [6, 0, 6, 0, 6])


def _slices(ids, values) -> tf.IndexedSlices:
    return tf.IndexedSlices(tf.constant(values, tf.float32), tf.constant(ids, tf.int32), tf.constant([ROWS, COLUMNS]))


def test_the_first_of_a_run_has_its_sum_and_the_others_nothing():
    summed = sum_by_sort(_slices([7, 3, 7, 0], [[1.0], [2.0], [4.0], [8.0]]))
    assert summed.indices.numpy().tolist() == [0, 3, 7, 7]
    assert summed.values.numpy().tolist() == [[8.0], [2.0], [5.0], [0.0]]


@pytest.mark.parametrize("times", [1, 2])  # fewer ids than the table has rows, and more
def test_all_ways_add_up_to_the_same_gradient_of_the_same_norm(times):
    random = np.random.default_rng(1)
    for ids in STEPS:
        gradient = _slices(ids * times, random.normal(size=(len(ids) * times, COLUMNS)))
        dense = np.zeros((ROWS, COLUMNS))
        np.add.at(dense, ids * times, gradient.values.numpy())
        for summed in (sum_by_sort(gradient), sum_rows(gradient, ROWS)):
            np.testing.assert_allclose(tf.convert_to_tensor(summed), dense, atol=1e-6)
            assert float(tf.linalg.global_norm([summed])) == pytest.approx(np.linalg.norm(dense), rel=1e-6)


def test_rows_of_a_small_table_come_as_they_lie_in_memory_and_those_of_a_large_one_as_they_appear():
    gradient = tf.IndexedSlices(tf.constant([[1.0], [2.0], [4.0]]), tf.constant([2, 0, 2]), [3, 1])
    large, small = sum_rows(gradient, 4), sum_rows(gradient, 3)
    assert (large.indices.numpy().tolist(), large.values.numpy().tolist()) == ([2, 0], [[5.0], [2.0]])
    assert (small.indices.numpy().tolist(), small.values.numpy().tolist()) == ([0, 2], [[2.0], [5.0]])


def test_both_ways_of_summing_give_the_same_bits():
    random = np.random.default_rng(2)
    ids, values = random.integers(0, 50, 400), random.normal(size=(400, COLUMNS)).astype(np.float32)
    gradient = tf.IndexedSlices(tf.constant(values), tf.constant(ids), [50, COLUMNS])
    by_table, by_unique = (tf.convert_to_tensor(sum_rows(gradient, rows)).numpy() for rows in (50, 401))
    np.testing.assert_array_equal(by_table, by_unique)


@pytest.mark.parametrize("columns", [1, 17, 31, 32, 80])
@pytest.mark.parametrize("dtype", [tf.int32, tf.int64])
def test_sums_by_a_sparse_product_are_those_of_a_loop_to_the_bit(columns, dtype):
    random = np.random.default_rng(3)
    ids, values = random.integers(0, 9, 200), random.normal(size=(200, columns)).astype(np.float32)
    values[7, 0], values[8, 0] = np.nan, np.inf
    expected = np.zeros((20, columns), np.float32)
    for place, value in zip(ids, values, strict=True):
        expected[place] += value
    found = _add_up(tf.constant(values), tf.constant(ids, dtype), 20)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found, tf.math.unsorted_segment_sum(values, ids, 20))
    assert _add_up(tf.zeros([0, columns]), tf.zeros([0], dtype), 0).shape == (0, columns)


def test_every_place_of_a_run_gets_a_copy_of_its_first():
    rows = tf.constant([0, 3, 3, 3, 9])
    values = tf.constant([[1.0], [2.0], [3.0], [4.0], [5.0]])
    first, second = copy_first_of_run(rows, [values, 10 * values])
    assert first.numpy().tolist() == [[1.0], [2.0], [2.0], [2.0], [5.0]]
    assert second.numpy().tolist() == [[10.0], [20.0], [20.0], [20.0], [50.0]]


def _summed(ids: list[int], values: np.ndarray, clip: float | None) -> np.ndarray:
    """The gradient of the whole table, duplicates added and then clipped in a plain loop."""
    dense = np.zeros((ROWS, COLUMNS))
    for row, value in zip(ids, values, strict=True):
        dense[row] += value
    norm = np.sqrt((dense**2).sum())
    return dense * (clip / norm if clip and norm > clip else 1.0)


@pytest.mark.parametrize("clip", [None, 0.5])
@pytest.mark.parametrize("kind", MAKERS)
def test_steps_with_static_shapes_are_those_by_unique_and_those_of_a_plain_loop(kind, clip):
    start = np.random.default_rng(3).normal(size=(ROWS, COLUMNS)).astype(np.float32)
    tables, reference = [], Reference(kind, start)
    for static_shapes in (False, True):
        table, optimizer = tf.Variable(start), MAKERS[kind](clip)
        optimizer.static_shapes = static_shapes
        optimizer.build([table])
        random = np.random.default_rng(4)
        for ids in STEPS:
            values = random.normal(size=(len(ids), COLUMNS)).astype(np.float32)
            optimizer.apply_gradients([(_slices(ids, values), table)])
            if static_shapes:
                reference.step(_summed(ids, values, clip), sorted(set(ids)))
        tables.append([table, *(slot for slots in optimizer._slot_variables for slot in slots)])
    for by_unique, by_sort in zip(*tables, strict=True):
        np.testing.assert_allclose(by_sort.numpy(), by_unique.numpy(), rtol=0, atol=1e-6)
    np.testing.assert_allclose(tables[1][0].numpy(), reference.w, rtol=2e-5, atol=2e-6)


def test_rows_that_no_id_names_stay():
    table, optimizer = tf.Variable(tf.ones([ROWS, COLUMNS])), MAKERS["adam"](None)
    optimizer.static_shapes = True
    optimizer.apply_gradients([(_slices([2, 5, 2], np.ones((3, COLUMNS))), table)])
    moved = np.flatnonzero((table.numpy() != 1).any(axis=1))
    assert moved.tolist() == [2, 5]


def test_gradients_of_all_kinds_keep_their_places():
    table, kernel, unused = tf.Variable(tf.zeros([ROWS, COLUMNS])), tf.Variable([0.0]), tf.Variable([0.0])
    optimizer = RowSparseOptimizer(Sgd(), Constant(1.0), global_clipnorm=1.0)
    optimizer.static_shapes = True
    optimizer.build([unused, table, kernel])
    slices = _slices([0, 0], [[1.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    optimizer.apply_gradients([(None, unused), (slices, table), (tf.constant([4.0]), kernel)])
    np.testing.assert_allclose(table.numpy()[0], [-0.6, 0.0, 0.0], atol=1e-6)  # 3 and 4: norm 5
    np.testing.assert_allclose(kernel.numpy(), [-0.8], atol=1e-6)
    assert unused.numpy().tolist() == [0.0]


def test_rows_are_gathered_from_both_replicas_and_an_id_of_both_is_summed_once(two_replicas):
    ids, values = [[1, 4, 1], [4, 6, 0]], np.arange(18, dtype=np.float32).reshape(2, 3, COLUMNS)
    with two_replicas.scope():
        table = tf.Variable(tf.zeros([ROWS, COLUMNS]))
        optimizer = RowSparseOptimizer(Sgd(), Constant(1.0))
        optimizer.static_shapes = True
        optimizer.build([table])

    @tf.function
    def step():
        def replica():
            number = tf.distribute.get_replica_context().replica_id_in_sync_group
            gradient = tf.IndexedSlices(
                tf.gather(values, number), tf.gather(tf.constant(ids), number), tf.constant([ROWS, COLUMNS])
            )
            optimizer.apply_gradients([(gradient, table)])
            return gather_over_replicas(gradient).indices

        return two_replicas.run(replica)

    for gathered in two_replicas.experimental_local_results(step()):
        assert gathered.numpy().tolist() == [*ids[0], *ids[1]]
    expected = np.zeros((ROWS, COLUMNS))
    np.subtract.at(expected, ids, values)
    for copy in two_replicas.experimental_local_results(table):
        np.testing.assert_allclose(copy.numpy(), expected, atol=1e-6)

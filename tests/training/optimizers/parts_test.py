"""Embeddings with an optimizer, or a factor on the rate, of their own."""

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.protos import train_pb2
from apps_rec.training.optimizers.build import build_optimizer, slots_of
from apps_rec.training.optimizers.roles import FrozenRows, Roles
from apps_rec.training.optimizers.row_sparse import Part, RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adagrad, Adam, Ftrl, Sgd
from apps_rec.training.optimizers.schedules import Constant, ExponentialDecay
from tests.training.estimator_test import checkpoint
from tests.training.reference import RATE, Reference

FTRL = Ftrl(-0.5, 0.1, l1=0.01, l2=0.02)
TWO = """train_config.optimizer_config=[
  { adagrad_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.1 } } } },
  { adamw_optimizer { weight_decay: 0.001 learning_rate { constant_learning_rate { learning_rate: 0.02 } } } }]"""


def _weights() -> tuple[tf.Variable, tf.Variable]:
    random = np.random.default_rng(3)
    return tuple(tf.Variable(random.normal(size=(6, 2)).astype(np.float32)) for _ in range(2))


def _steps(optimizer, table, kernel, table_rule, kernel_rule):
    """Takes five steps with repeated ids, and holds both weights against plain loops."""
    random = np.random.default_rng(4)
    loops = Reference(table_rule, table.numpy()), Reference(kernel_rule, kernel.numpy())
    for ids in ([4, 1, 4], [1, 2, 2], [4, 4, 4], [0, 1, 4], [1, 1, 2]):
        values, dense = (random.normal(size=shape).astype(np.float32) for shape in ((3, 2), (6, 2)))
        rows = np.zeros((6, 2))
        np.add.at(rows, ids, values)
        optimizer.apply_gradients([(tf.IndexedSlices(values, tf.constant(ids), [6, 2]), table), (dense, kernel)])
        loops[0].step(rows, sorted(set(ids)))
        loops[1].step(dense)
    np.testing.assert_allclose(table.numpy(), loops[0].w, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(kernel.numpy(), loops[1].w, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("table_rule", "kernel_rule"), [("adagrad", "adam"), ("ftrl", "sgd"), ("sgd", "ftrl")])
def test_each_weight_goes_by_the_rule_of_its_kind(table_rule, kernel_rule):
    rules = {"adagrad": Adagrad(0.1), "adam": Adam(), "sgd": Sgd(), "ftrl": Ftrl(-0.5, 0.1, l1=0.01, l2=0.02)}
    table, kernel = _weights()
    start = table.numpy()
    optimizer = RowSparseOptimizer(
        rules[kernel_rule], Constant(RATE), of_embeddings=Part(rules[table_rule], Constant(RATE))
    )
    optimizer.tell_apart(Roles([table]))
    optimizer.build([table, kernel])
    assert [len(slots) for slots in optimizer._slot_variables] == [
        len(rules[table_rule].slot_names),
        len(rules[kernel_rule].slot_names),
    ]
    _steps(optimizer, table, kernel, table_rule, kernel_rule)
    np.testing.assert_array_equal(table.numpy()[[3, 5]], start[[3, 5]])


@pytest.mark.parametrize("kind", ["sgd", "adam", "adagrad", "ftrl"])
def test_a_factor_is_the_same_as_another_rate_for_embeddings(kind):
    rule = {"adagrad": Adagrad(0.1), "adam": Adam(), "sgd": Sgd(), "ftrl": Ftrl(-0.5, 0.1, l1=0.01, l2=0.02)}[kind]
    table, kernel = _weights()
    optimizer = RowSparseOptimizer(rule, Constant(RATE), of_embeddings=Part(rule, Constant(RATE / 4), 4.0))
    optimizer.tell_apart(Roles([table]))
    _steps(optimizer, table, kernel, kind, kind)


# Columns of a table: embeddings before this one, first-order weights from it on.
@pytest.mark.parametrize("column", [0, 1, 2])
def test_first_order_weights_go_by_their_own_rule(column):
    """Tables, and vectors of numbers, whose gradients are dense, in columns that go by two rules."""
    random = np.random.default_rng(5)
    table, vectors = (tf.Variable(random.normal(size=(6, 3)).astype(np.float32)) for _ in range(2))
    kinds = "adam", "ftrl"
    optimizer = RowSparseOptimizer(
        Sgd(), Constant(RATE), None, Part(Adam(), Constant(RATE)), of_first_order=Part(FTRL, Constant(RATE / 2), 2.0)
    )
    optimizer.tell_apart(Roles([table, vectors], first_order=[(table, column), (vectors, column)]))
    optimizer.build([table, vectors])
    shapes = [[*slot.shape] for slot in optimizer._slot_variables[0]]
    assert shapes == [[6, column]] * (2 * (column > 0)) + [[6, 3 - column]] * 2
    parts = slice(0, column), slice(column, 3)
    loops = [
        [Reference(kind, weight.numpy()[:, part]) for kind, part in zip(kinds, parts, strict=True)]
        for weight in (table, vectors)
    ]
    before = table.numpy()
    for ids in ([4, 1, 4], [1, 2, 2], [4, 4, 4], [0, 1, 4]):
        values, dense = (random.normal(size=shape).astype(np.float32) for shape in ((3, 3), (6, 3)))
        rows = np.zeros((6, 3))
        np.add.at(rows, ids, values)
        optimizer.apply_gradients([(tf.IndexedSlices(values, tf.constant(ids), [6, 3]), table), (dense, vectors)])
        for at, part in enumerate(parts):
            loops[0][at].step(rows[:, part], sorted(set(ids)))
            loops[1][at].step(dense[:, part])
    for weight, one in zip((table, vectors), loops, strict=True):
        np.testing.assert_allclose(weight.numpy(), np.hstack([one[0].w, one[1].w]), rtol=2e-5, atol=2e-6)
    np.testing.assert_array_equal(table.numpy()[[3, 5]], before[[3, 5]])


def test_frozen_first_order_weights_have_slots_that_stay():
    table = tf.Variable(np.ones((4, 3), np.float32))
    optimizer = RowSparseOptimizer(
        Sgd(), Constant(1.0), of_embeddings=Part(Adagrad(0.5), Constant(1.0)), of_first_order=Part(FTRL, Constant(1.0))
    )
    # Rows 2 and 3 are a table whose first-order weights are frozen.
    frozen = FrozenRows(np.array([2, 4]), np.array([[False] * 3, [False, False, True], [False] * 3]))
    optimizer.tell_apart(Roles([table], partly_frozen=[(table, frozen)], first_order=[(table, 2)]))
    optimizer.build([table])
    slots = [slot.numpy() for slot in optimizer._slot_variables[0]]
    optimizer.apply_gradients([(tf.IndexedSlices(tf.ones([2, 3]), tf.constant([1, 3]), [4, 3]), table)])
    of_embeddings, *of_first_order = (slot.numpy() for slot in optimizer._slot_variables[0])
    np.testing.assert_array_equal(of_embeddings[:, 0], [0.5, 1.5, 0.5, 1.5])
    for before, after in zip(slots[1:], of_first_order, strict=True):
        assert (after[:, 0] == before[:, 0]).tolist() == [True, False, True, True]
    assert (table.numpy() == 1).tolist() == [[True] * 3, [False] * 3, [True] * 3, [False, False, True]]


def test_clipping_takes_one_norm_over_both():
    table, kernel = tf.Variable(tf.zeros([2, 1])), tf.Variable(tf.zeros([1]))
    optimizer = RowSparseOptimizer(Sgd(), Constant(1.0), 1.0, Part(Sgd(), Constant(10.0)))
    optimizer.tell_apart(Roles([table]))
    slices = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([0, 0]), [2, 1])
    optimizer.apply_gradients([(slices, table), (tf.constant([4.0]), kernel)])
    np.testing.assert_allclose(table.numpy(), [[-6.0], [0.0]], atol=1e-6)  # 3 and 4: norm 5
    np.testing.assert_allclose(kernel.numpy(), [-0.8], atol=1e-6)


def test_rates_are_those_of_the_last_step():
    falling = ExponentialDecay(0.8, decay_steps=1, decay_factor=0.5)
    optimizer = RowSparseOptimizer(Sgd(), Constant(0.1), of_embeddings=Part(Sgd(), falling, 2.0))
    variable = tf.Variable([1.0])
    for expected in (1.6, 0.8, 0.4):
        optimizer.apply_gradients([(tf.constant([1.0]), variable)])
        rates = {name: float(rate) for name, rate in optimizer.rates().items()}
        assert rates == pytest.approx({"learning_rate": 0.1, "learning_rate_embedding": expected})


def test_the_config_says_which_is_whose():
    config = train_pb2.TrainConfig()
    first = config.optimizer_config.add()
    first.ftrl_optimizer.learning_rate.constant_learning_rate.learning_rate = 0.5
    first.ftrl_optimizer.l2_shrinkage_reg = 0.25
    assert len(build_optimizer(config).parts) == 1
    first.embedding_learning_rate_multiplier = 3.0
    one, own = build_optimizer(config).parts
    assert (own.rule, own.learning_rate, own.multiplier) == (one.rule, one.learning_rate, 3.0)
    second = config.optimizer_config.add().momentumw_optimizer
    second.weight_decay, second.momentum_optimizer_value = 0.125, 0.5
    dense, own = build_optimizer(config).parts
    assert (type(dense.rule).__name__, dense.rule.weight_decay, dense.rule.momentum) == ("MomentumW", 0.125, 0.5)
    assert (own.rule.l2_shrinkage, own.learning_rate.learning_rate, own.multiplier) == (0.25, 0.5, 3.0)
    assert slots_of(config) == 2


def test_an_optimizer_of_first_order_weights_stands_beside_the_others():
    config = train_pb2.TrainConfig()
    wide = config.optimizer_config.add(of_first_order_weights=True, embedding_learning_rate_multiplier=2.0)
    wide.ftrl_optimizer.learning_rate.constant_learning_rate.learning_rate = 0.5
    config.optimizer_config.add().adam_optimizer.learning_rate.constant_learning_rate.learning_rate = 0.25
    dense, own = build_optimizer(config).parts
    assert [type(part.rule).__name__ for part in (dense, own)] == ["Adam", "Ftrl"]
    assert (own.learning_rate.learning_rate, own.multiplier) == (0.5, 2.0)
    config.optimizer_config.add().sgd_optimizer.learning_rate.constant_learning_rate.learning_rate = 0.125
    optimizer = build_optimizer(config)
    assert [type(part.rule).__name__ for part in optimizer.parts] == ["Sgd", "Adam", "Ftrl"]
    optimizer.apply_gradients([(tf.constant([1.0]), tf.Variable([1.0]))])
    assert {name: float(rate) for name, rate in optimizer.rates().items()} == {
        "learning_rate": 0.125,
        "learning_rate_embedding": 0.25,
        "learning_rate_first_order": 1.0,
    }


def test_config_round_trip():
    first_order = Part(Sgd(), Constant(0.5), 2.0)
    embeddings = Part(Ftrl(l1=0.5), ExponentialDecay(0.8, 10, 0.5), 3.0)
    optimizer = RowSparseOptimizer(Adam(), Constant(0.1), 2.0, embeddings, of_first_order=first_order)
    again = RowSparseOptimizer.from_config(optimizer.get_config())
    assert again.get_config() == optimizer.get_config()


@pytest.mark.slow
def test_a_run_with_two_optimizers_is_resumed_to_the_bit(tiny):
    overrides = [TWO, "train_config.on_nan=SKIP_BATCH"]
    apps_rec.train(tiny.load(*overrides, "model_dir=whole", "train_config.num_steps=14"))
    apps_rec.train(tiny.load(*overrides, "model_dir=parts", "train_config.num_steps=6"))
    apps_rec.train(tiny.load(*overrides, "model_dir=parts", "train_config.num_steps=14"), resume=True)
    whole, parts = checkpoint(tiny.folder / "whole"), checkpoint(tiny.folder / "parts")
    assert whole.keys() == parts.keys()
    for name, value in whole.items():
        np.testing.assert_array_equal(value, parts[name], err_msg=name)
    with pytest.raises(apps_rec.errors.RunError, match="adagrad_optimizer for embeddings and adamw_optimizer, the con"):
        apps_rec.train(tiny.load("model_dir=parts", "train_config.num_steps=20"), resume=True)

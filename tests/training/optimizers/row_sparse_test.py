import numpy as np
import pytest
import tensorflow as tf

from apps_rec.legacy_keras import keras
from apps_rec.protos import train_pb2
from apps_rec.training.optimizers.build import OPTIMIZERS, build_optimizer, slots_of
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adagrad, Adam, AdamW, Ftrl, Momentum, MomentumW, RmsProp, Sgd
from apps_rec.training.optimizers.schedules import SCHEDULES, Constant
from tests.training.reference import RATE, Reference

MAKERS = {
    "sgd": lambda **clip: RowSparseOptimizer(Sgd(), Constant(RATE), **clip),
    "adagrad": lambda **clip: RowSparseOptimizer(Adagrad(0.1), Constant(RATE), **clip),
    "adam": lambda **clip: RowSparseOptimizer(Adam(0.9, 0.999), Constant(RATE), **clip),
    "ftrl": lambda **clip: RowSparseOptimizer(Ftrl(-0.5, 0.1, l1=0.01, l2=0.02), Constant(RATE), **clip),
    "shrinking_ftrl": lambda **clip: RowSparseOptimizer(
        Ftrl(-0.5, 0.1, l1=0.01, l2=0.02, l2_shrinkage=0.05), Constant(RATE), **clip
    ),
    "momentum": lambda **clip: RowSparseOptimizer(Momentum(0.8), Constant(RATE), **clip),
    "momentumw": lambda **clip: RowSparseOptimizer(MomentumW(0.8, 0.05), Constant(RATE), **clip),
    "adamw": lambda **clip: RowSparseOptimizer(AdamW(weight_decay=0.05), Constant(RATE), **clip),
    "rms_prop": lambda **clip: RowSparseOptimizer(RmsProp(0.9, 0.8, 0.5), Constant(RATE), **clip),
}
ALL = pytest.mark.parametrize("kind", MAKERS)


def _start() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(6, 2)).astype(np.float32)


def _slots(optimizer) -> list[np.ndarray]:
    return [slot.numpy() for slots in optimizer._slot_variables for slot in slots]


@ALL
def test_dense_update_is_the_papers_formula(kind):
    variable, optimizer = tf.Variable(_start()), MAKERS[kind]()
    reference, random = Reference(kind, _start()), np.random.default_rng(4)
    for _ in range(5):
        gradient = random.normal(size=(6, 2)).astype(np.float32)
        optimizer.apply_gradients([(tf.constant(gradient), variable)])
        reference.step(gradient)
    np.testing.assert_allclose(variable.numpy(), reference.w, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [
        ("sgd", lambda: keras.optimizers.SGD(RATE)),
        ("adagrad", lambda: keras.optimizers.Adagrad(RATE, initial_accumulator_value=0.1, epsilon=0.0)),
        ("adam", lambda: keras.optimizers.Adam(RATE)),
        (
            "ftrl",
            lambda: keras.optimizers.Ftrl(
                RATE, l1_regularization_strength=0.01, l2_regularization_strength=0.02, initial_accumulator_value=0.1
            ),
        ),
        (
            "shrinking_ftrl",
            lambda: keras.optimizers.Ftrl(
                RATE,
                initial_accumulator_value=0.1,
                l1_regularization_strength=0.01,
                l2_regularization_strength=0.02,
                l2_shrinkage_regularization_strength=0.05,
            ),
        ),
        ("momentum", lambda: keras.optimizers.SGD(RATE, momentum=0.8)),
    ],
)
def test_dense_update_is_that_of_keras(kind, theirs):
    mine, other = tf.Variable(_start()), tf.Variable(_start())
    optimizer, keras_optimizer = MAKERS[kind](), theirs()
    random = np.random.default_rng(5)
    for _ in range(5):
        gradient = tf.constant(random.normal(size=(6, 2)), tf.float32)
        optimizer.apply_gradients([(gradient, mine)])
        keras_optimizer.apply_gradients([(gradient, other)])
    np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=2e-5, atol=2e-6)


@ALL
def test_duplicate_ids_are_summed_and_other_rows_stay(kind):
    variable, optimizer = tf.Variable(_start()), MAKERS[kind]()
    optimizer.build([variable])
    reference, random = Reference(kind, _start()), np.random.default_rng(6)
    initial_slots = _slots(optimizer)
    for ids in ([4, 1, 4, 4], [1, 2, 1, 2], [4, 4, 4, 4]):
        values = random.normal(size=(4, 2)).astype(np.float32)
        dense = np.zeros((6, 2))
        np.add.at(dense, ids, values)
        optimizer.apply_gradients([(tf.IndexedSlices(values, tf.constant(ids, tf.int64), [6, 2]), variable)])
        reference.step(dense, sorted(set(ids)))
    np.testing.assert_allclose(variable.numpy(), reference.w, rtol=2e-5, atol=2e-6)
    untouched = [0, 3, 5]
    np.testing.assert_array_equal(variable.numpy()[untouched], _start()[untouched])
    for before, after in zip(initial_slots, _slots(optimizer), strict=True):
        np.testing.assert_array_equal(after[untouched], before[untouched])
        assert not np.array_equal(after[4], before[4])


@ALL
def test_sparse_update_equals_the_dense_one_on_a_first_step(kind):
    sparse, dense = tf.Variable(_start()), tf.Variable(_start())
    values = tf.constant([[1.0, -2.0], [0.5, 0.25], [3.0, 1.0]])
    slices = tf.IndexedSlices(values, tf.constant([2, 5, 2]), tf.constant([6, 2]))
    MAKERS[kind]().apply_gradients([(slices, sparse)])
    MAKERS[kind]().apply_gradients([(tf.convert_to_tensor(slices), dense)])
    np.testing.assert_allclose(sparse.numpy()[[2, 5]], dense.numpy()[[2, 5]], rtol=1e-6)


def test_clipping_sees_the_norm_after_duplicates_are_summed():
    # Four times the row (1, 0): together (4, 0), of norm 4. Each of its own, their norm would be 2.
    variable = tf.Variable(tf.zeros([3, 2]))
    optimizer = RowSparseOptimizer(Sgd(), Constant(1.0), global_clipnorm=1.0)
    values = tf.constant([[1.0, 0.0]] * 4)
    optimizer.apply_gradients([(tf.IndexedSlices(values, tf.constant([1, 1, 1, 1]), [3, 2]), variable)])
    np.testing.assert_allclose(variable.numpy(), [[0, 0], [-1, 0], [0, 0]], atol=1e-6)


def test_clipping_takes_one_norm_over_all_variables():
    table, kernel = tf.Variable(tf.zeros([2, 1])), tf.Variable(tf.zeros([1]))
    optimizer = RowSparseOptimizer(Sgd(), Constant(1.0), global_clipnorm=1.0)
    slices = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([0, 0]), [2, 1])
    optimizer.apply_gradients([(slices, table), (tf.constant([4.0]), kernel)])
    np.testing.assert_allclose(table.numpy(), [[-0.6], [0.0]], atol=1e-6)  # 3 and 4: norm 5
    np.testing.assert_allclose(kernel.numpy(), [-0.8], atol=1e-6)


@ALL
def test_a_variable_without_gradient_stays(kind):
    used, unused = tf.Variable(_start()), tf.Variable(_start())
    optimizer = MAKERS[kind]()
    optimizer.build([used, unused])
    optimizer.apply_gradients([(tf.ones([6, 2]), used), (None, unused)])
    np.testing.assert_array_equal(unused.numpy(), _start())
    assert not np.array_equal(used.numpy(), _start())


@pytest.mark.parametrize("sparse", [False, True])
def test_zero_gradients_over_an_empty_accumulator_leave_numbers(sparse):
    for optimizer in (
        RowSparseOptimizer(Ftrl(-0.5, 0.0), Constant(RATE)),
        RowSparseOptimizer(Adagrad(0.0), Constant(RATE)),
    ):
        variable = tf.Variable(_start())
        rows = tf.IndexedSlices(tf.zeros([2, 2]), tf.constant([0, 3]), [6, 2])
        optimizer.apply_gradients([(rows if sparse else tf.zeros([6, 2]), variable)])
        assert np.isfinite(variable.numpy()).all()


@ALL
def test_a_changed_rate_counts_after_a_restored_checkpoint(kind, tmp_path):
    gradient = tf.ones([6, 2])

    def make(rate: float):
        optimizer = MAKERS[kind]()
        optimizer._learning_rate = optimizer._build_learning_rate(Constant(rate))
        variable = tf.Variable(_start())
        optimizer.build([variable])
        return optimizer, variable, tf.train.Checkpoint(optimizer=optimizer, variable=variable)

    optimizer, variable, checkpoint = make(RATE)
    optimizer.apply_gradients([(gradient, variable)])
    path = checkpoint.write(str(tmp_path / "one"))
    moves = {}
    for rate in (RATE, 0.0001):
        optimizer, variable, checkpoint = make(rate)
        checkpoint.read(path).assert_consumed()
        assert int(optimizer.iterations) == 1
        before = variable.numpy()
        optimizer.apply_gradients([(gradient, variable)])
        moves[rate] = np.abs(variable.numpy() - before).max()
        assert float(optimizer.learning_rate) == pytest.approx(rate)
    if "ftrl" in kind:  # its rate also scales what it has gathered so far
        assert moves[0.0001] != pytest.approx(moves[RATE], rel=1e-2)
    elif kind == "rms_prop":  # it accumulates moves of the rate that was
        assert moves[0.0001] < moves[RATE] * 0.8
    elif "w" not in kind:  # weight decay does not go by the rate
        assert moves[0.0001] == pytest.approx(moves[RATE] * 0.0001 / RATE, rel=2e-2)


@ALL
def test_slots_come_back_and_the_run_goes_on_the_same(kind, tmp_path):
    random = np.random.default_rng(8)
    gradients = [tf.constant(random.normal(size=(6, 2)), tf.float32) for _ in range(4)]

    def run(optimizer, variable, chosen):
        for gradient in chosen:
            optimizer.apply_gradients([(gradient, variable)])

    optimizer, variable = MAKERS[kind](), tf.Variable(_start())
    run(optimizer, variable, gradients[:2])
    path = tf.train.Checkpoint(optimizer=optimizer, variable=variable).write(str(tmp_path / "two"))
    run(optimizer, variable, gradients[2:])
    resumed, again = MAKERS[kind](), tf.Variable(tf.zeros([6, 2]))
    resumed.build([again])
    tf.train.Checkpoint(optimizer=resumed, variable=again).read(path).assert_consumed()
    run(resumed, again, gradients[2:])
    np.testing.assert_array_equal(again.numpy(), variable.numpy())


def test_ftrl_drops_weights_that_l1_does_not_let_through():
    variable = tf.Variable([[0.0, 0.0]])
    optimizer = RowSparseOptimizer(Ftrl(-0.5, 0.1, l1=1.0), Constant(RATE))
    optimizer.apply_gradients([(tf.constant([[0.5, 3.0]]), variable)])
    # Second: -(3 - 1) / (sqrt(.1 + 9) / .1)
    np.testing.assert_allclose(variable.numpy(), [[0.0, -2.0 * RATE / np.sqrt(9.1)]], rtol=1e-6)


@ALL
def test_config_round_trip(kind):
    optimizer = MAKERS[kind](global_clipnorm=2.0)
    again = type(optimizer).from_config(optimizer.get_config())
    assert again.get_config() == optimizer.get_config()


def test_every_optimizer_and_schedule_of_the_config_has_a_row():
    optimizers = train_pb2.Optimizer.DESCRIPTOR.oneofs_by_name["optimizer"].fields
    assert sorted(OPTIMIZERS) == sorted(field.name for field in optimizers)
    schedules = train_pb2.LearningRate.DESCRIPTOR.oneofs_by_name["learning_rate"].fields
    assert sorted(SCHEDULES) == sorted(field.name for field in schedules)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_slots_are_counted_before_they_are_made(name):
    slots = 0 if name.startswith("sgd") else 1 if name.startswith(("adagrad", "momentum")) else 2
    config = train_pb2.TrainConfig()
    getattr(config.optimizer_config.add(), name).SetInParent()
    optimizer = build_optimizer(config)
    optimizer.build([tf.Variable([1.0])])
    assert slots_of(config) == slots
    # Beside its slots an optimizer has the step and the rate.
    assert len([v for v in optimizer.variables if v.shape == [1]]) == slots

"""freeze_gradient: what is frozen stays as it is to the bit, and all else is trained."""

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.errors import ConfigError, RunError
from apps_rec.training.estimator import Estimator, load_trained
from apps_rec.training.optimizers.roles import FrozenRows, Roles, roles_of
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adam, AdamW, Ftrl, MomentumW, Sgd
from apps_rec.training.optimizers.schedules import Constant

# Two tables of two rows and a row of padding: all of the first is frozen, of the second the last column.
ROWS = FrozenRows(np.array([2, 4]), np.array([[True, True], [False, True], [False, False]]))
DEEP, WIDE = "input_layer_1/{}_embedding/embedding_weights:0", "input_layer/{}_embedding/embedding_weights:0"


def table(estimator, name, first, end):
    place = estimator.model.embedder.table_places()[name]
    return estimator.model.embedder.tables[place.key].numpy()[place.offset : place.offset + place.rows, first:end]


@pytest.mark.parametrize("rule", [Sgd(), Adam(), AdamW(weight_decay=0.1), MomentumW(weight_decay=0.1), Ftrl(l1=0.1)])
@pytest.mark.parametrize("static_shapes", [False, True])
def test_frozen_elements_of_a_table_stay_and_the_others_move(rule, static_shapes):
    start = np.random.default_rng(1).normal(size=(5, 2)).astype(np.float32)
    variable, kernel, other = tf.Variable(start), tf.Variable([1.0]), tf.Variable([1.0])
    optimizer = RowSparseOptimizer(rule, Constant(0.1))
    optimizer.static_shapes = static_shapes
    optimizer.tell_apart(Roles([variable], [kernel], [(variable, ROWS)]))
    optimizer.build([variable, kernel, other])
    assert [len(slots) for slots in optimizer._slot_variables] == [len(rule.slot_names), 0, len(rule.slot_names)]
    slots = [slot.numpy() for slot in optimizer._slot_variables[0]]
    for _ in range(3):
        rows = tf.IndexedSlices(tf.ones([5, 2]), tf.constant([0, 2, 3, 2, 1]), tf.constant([5, 2]))
        optimizer.apply_gradients([(rows, variable), (tf.ones([1]), kernel), (tf.ones([1]), other)])
    frozen = np.array([[1, 1], [1, 1], [0, 1], [0, 1], [1, 1]], bool)
    for before, after in zip([start, *slots], [variable, *optimizer._slot_variables[0]], strict=True):
        np.testing.assert_array_equal(after.numpy() == before, frozen)
    assert (kernel.numpy(), other.numpy() < 1) == ([1.0], [True])


def test_frozen_elements_are_no_part_of_the_norm():
    variable, kernel, other = tf.Variable(tf.zeros([5, 2])), tf.Variable([0.0]), tf.Variable([0.0])
    optimizer = RowSparseOptimizer(Sgd(), Constant(1.0), global_clipnorm=1.0)
    optimizer.tell_apart(Roles([variable], [kernel], [(variable, ROWS)]))
    rows = tf.IndexedSlices(tf.constant([[9.0, 9.0], [3.0, 9.0]]), tf.constant([0, 2]), tf.constant([5, 2]))
    optimizer.apply_gradients([(rows, variable), (tf.constant([99.0]), kernel), (tf.constant([4.0]), other)])
    assert float(other[0]) == pytest.approx(-0.8)  # 3 and 4: norm 5
    np.testing.assert_allclose(variable.numpy(), [[0, 0], [0, 0], [-0.6, 0], [0, 0], [0, 0]], atol=1e-6)


def test_pieces_of_a_table_count_rows_from_their_first():
    new, old = tf.ones([2, 2]), tf.zeros([2, 2])
    assert ROWS.piece(1, 2).keep(tf.constant([0, 1]), new, old).numpy().tolist() == [[0, 0], [1, 0]]
    assert ROWS.piece(3, 2).keep(tf.constant([0, 1]), new, old).numpy().tolist() == [[1, 0], [1, 1]]


def test_xla_compiles_the_choice():
    choose = tf.function(lambda rows: ROWS.keep(rows, tf.ones([3, 2]), tf.zeros([])), jit_compile=True)
    assert choose(tf.constant([4, 0, 3])).numpy().tolist() == [[1, 1], [0, 0], [1, 0]]


def test_patterns_pick_tables_columns_vectors_and_layers(tiny, seen):
    model = Estimator(tiny.load()).model
    roles = roles_of(model, ["input_layer_1/(app|price)_", "tower_cvr/.*kernel"])
    assert sorted(variable.name for variable in roles.frozen) == [
        "rank_model/tower_cvr/logit/kernel:0",
        "rank_model/tower_cvr/tower_cvr/dnn/dense_0/kernel:0",
    ]
    ((variable, rows),) = roles.partly_frozen
    place = model.embedder.table_places()["app"]
    assert variable is model.embedder.tables[place.key]
    at = list(rows.ends).index(place.offset + place.rows)
    expected = np.zeros_like(rows.frozen)
    expected[at, :4] = True
    np.testing.assert_array_equal(rows.frozen, expected)
    assert DEEP.format("app") in "".join(seen.messages)
    # A number's vector has both in one row: its name is that of the layer with first-order weights.
    frozen = roles_of(model, ["input_layer/price_"]).frozen
    assert [variable.name for variable in frozen] == ["rank_model/embedder/vectors_price:0"]


@pytest.mark.slow
def test_a_run_leaves_what_is_frozen_and_goes_on_to_the_bit(tiny):
    pattern = "train_config.freeze_gradient=input_layer/tags_,input_layer_1/.*embedding_weights,mmoe_gates"
    before = Estimator(tiny.load())
    apps_rec.train(tiny.load(pattern, "model_dir=whole", "train_config.num_steps=8"))
    apps_rec.train(tiny.load(pattern, "model_dir=parts", "train_config.num_steps=4"))
    with pytest.raises(RunError, match=r"freeze_gradient: the run in parts was trained with .*fine_tune_checkpoint"):
        apps_rec.train(tiny.load("model_dir=parts", "train_config.num_steps=8"), resume=True)
    apps_rec.train(tiny.load(pattern, "model_dir=parts", "train_config.num_steps=8"), resume=True)
    whole, parts = (load_trained(tiny.load(pattern, f"model_dir={name}"))[0] for name in ("whole", "parts"))
    for one, other in zip(whole.model.variables, parts.model.variables, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=one.name)
    for name in ("user", "app", "word", "tags"):
        np.testing.assert_array_equal(table(whole, name, 0, 4), table(before, name, 0, 4), err_msg=name)
    np.testing.assert_array_equal(table(whole, "tags", 4, 5), table(before, "tags", 4, 5))
    assert (table(whole, "app", 4, 5) != table(before, "app", 4, 5)).any()
    moved = {
        new.name: bool((new.numpy() != old.numpy()).any())
        for new, old in zip(whole.model.trainable_variables, before.model.trainable_variables, strict=True)
    }
    assert [name for name in moved if "mmoe_gates" in name and moved[name]] == []
    assert all(moved[name] for name in moved if "tower_cvr" in name and "kernel" in name)


def test_a_pattern_of_no_name_and_one_of_all_are_refused(tiny):
    model = Estimator(tiny.load()).model
    with pytest.raises(
        ConfigError, match=r'freeze_gradient: "usr_emb" fits the name of no weight. Expected a part of '
    ):
        roles_of(model, ["app", "usr_emb"])
    with pytest.raises(ConfigError, match="nothing would be trained"):
        roles_of(model, [".*"])
    # What re takes and RE2 does not, and what takes re for ever.
    with pytest.raises(ConfigError, match="cannot be read as a regular expression"):
        roles_of(model, [r"(?=app)"])
    with pytest.raises(ConfigError, match="fits the name of no weight"):
        roles_of(model, ["(([a-z_/:0-9]+)+)+#"])

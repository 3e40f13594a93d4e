"""Batches and weights that are not finite: what stops, what is left out, what is said."""

import re

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.errors import RunError
from apps_rec.features import Embedder
from apps_rec.features.specs import AttentionSpec, HashIds, IdFeature, ListFeature, NumberFeature
from apps_rec.legacy_keras import keras
from apps_rec.models import DnnSpec, FmSpec, Task, mmoe
from apps_rec.training.nan_diagnosis import find_not_finite
from apps_rec.training.nan_guard import check_weights
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adagrad, Adam, Ftrl, Sgd
from apps_rec.training.optimizers.schedules import Constant

OPTIMIZERS = {"sgd": Sgd, "adagrad": Adagrad, "adam": Adam, "ftrl": Ftrl}
ROWS = 6


def make_model(optimizer=Adam, keep_averages=False, clip=None):
    specs = [
        IdFeature("user", "user", HashIds(20), "user", 4),
        NumberFeature("price", "price", dim=4),
        ListFeature("history", "history", HashIds(9), "app", 4, max_length=3, attention=AttentionSpec("user", (4,))),
    ]
    names = ("user", "price", "history")
    tasks = [Task("ctr", "click", DnnSpec((4,), dropout=(0.2,)), sample_weight="weight"), Task("cvr", "download")]
    expert = DnnSpec((5,), use_bn=True)
    embedder = Embedder(specs, first_order=names, seed=3)
    model = mmoe(embedder, tasks, names, 2, expert, fm=FmSpec(names, names), keep_averages=keep_averages)
    model.compile(optimizer=RowSparseOptimizer(optimizer(), Constant(0.05), global_clipnorm=clip))
    model(make_batch()[0])
    model.optimizer.build(model.trainable_variables)
    return model


def make_batch(seed=0, **changes):
    """A batch, with one value of it changed: `price=nan`, `history`, `weight`."""
    random = np.random.default_rng(seed)
    prices, list_weights = random.normal(size=(ROWS, 1)), np.ones((ROWS, 3))
    weights = np.ones(ROWS)
    prices[2] = changes.get("price", prices[2])
    list_weights[1, 0] = changes.get("history", 1.0)
    weights[4] = changes.get("weight", 1.0)
    features = {
        "ids": tf.constant(random.integers(0, 20, (ROWS, 1))),
        "values": tf.constant(prices, tf.float32),
        "list_ids/history": tf.constant(random.integers(0, 9, (ROWS, 3))),
        "list_weights/history": tf.constant(list_weights, tf.float32),
    }
    labels = {name: tf.constant(random.integers(0, 2, ROWS), tf.float32) for name in ("click", "download")}
    return features, labels, {"weight": tf.constant(weights, tf.float32)}


def state(model):
    """Weights, moving averages and slots by name."""
    variables = [*model.variables, *(v for slots in model.optimizer._slot_variables for v in slots)]
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("clip", [None, 1.0])
def test_a_batch_that_is_not_finite_changes_nothing_and_counts_as_a_step(kind, clip):
    model = make_model(OPTIMIZERS[kind], keep_averages=True, clip=clip)
    # What is traced is the same, and takes a second.
    step = tf.function(model.train_step) if kind == "adam" else model.train_step
    assert step(make_batch(0))["is_finite"] == 1
    before = state(model)
    logs = step(make_batch(1, price=np.nan))
    assert logs["is_finite"] == 0
    assert np.isnan(logs["loss_ctr"])
    for old, new in zip(before, state(model), strict=True):
        np.testing.assert_array_equal(old, new)
    assert model.optimizer.iterations == 2
    # And training goes on from there.
    assert step(make_batch(2))["is_finite"] == 1
    after = state(model)
    assert all(np.isfinite(value).all() for value in after)
    assert any((old != new).any() for old, new in zip(before, after, strict=True))


def test_the_condition_changes_no_bit_of_a_finite_step():
    plain, watched = make_model(), make_model()
    for model in (plain, watched):
        for variable, value in zip(model.variables, make_model().variables, strict=True):
            variable.assign(value * 0 + 0.1)
    # The optimizer as it was before there was a condition.
    plain.optimizer.apply_if = lambda is_finite, pairs: plain.optimizer.apply_gradients(pairs)
    for seed in range(5):
        for model in (plain, watched):
            model.train_step(make_batch(seed))
    for a, b in zip(state(plain), state(watched), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_replicas_leave_out_the_same_batches(two_replicas):
    with two_replicas.scope():
        model = make_model(keep_averages=True)

    @tf.function
    def step(batch):
        parts = two_replicas.experimental_distribute_values_from_function(
            lambda context: tf.nest.map_structure(
                lambda t: t[context.replica_id_in_sync_group * ROWS // 2 :][: ROWS // 2], batch
            )
        )
        logs = two_replicas.run(model.train_step, args=(parts,))
        return [two_replicas.experimental_local_results(logs["is_finite"])[i] for i in range(2)]

    assert [float(flag) for flag in step(make_batch(0))] == [1, 1]
    before = [variable.numpy() for variable in model.variables]
    # Row 2 is the first replica's; row 4 would be the other's.
    assert [float(flag) for flag in step(make_batch(1, price=np.inf))] == [0, 0]
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())


def poison(model, name):
    """Sets one value of the weight whose name holds a text to nan."""
    (variable,) = [v for v in model.trainable_variables if name in v.name]
    value = variable.numpy()
    value.flat[0] = np.nan
    variable.assign(value)
    return variable


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"price": np.inf}, 'feature "price" (inf in 1 of 6 rows)'),
        ({"history": np.nan}, 'a weight of list feature "history" (nan in 1 of 6 rows)'),
        ({"weight": np.inf}, 'row weight "weight" (inf in 1 of 6 rows)'),
    ],
)
def test_an_input_is_named(changes, expected):
    assert find_not_finite(make_model(), make_batch(0, **changes), 0) == expected


def test_a_row_of_a_table_is_named():
    model = make_model()
    (table,) = model.embedder.tables.values()
    table.assign(table * np.nan)
    assert find_not_finite(model, make_batch(), 0) == 'the embedding of feature "user" (nan in 6 of 6 rows)'


@pytest.mark.parametrize(
    "name", ["expert_1/dense_0/kernel", "gates/logits/kernel", "tower_ctr/dnn/dense_0/kernel", "tower_cvr/logit/bias"]
)
def test_a_layer_is_named_with_its_weight(name):
    model = make_model()
    variable = poison(model, name)
    found = find_not_finite(model, make_batch(), 0)
    layer = name.rpartition("/")[0]
    assert re.fullmatch(rf"layer \S*{layer}, whose weight {variable.name} is not finite", found), found


def test_a_layer_of_an_attention_is_named_with_its_feature():
    model = make_model()
    (name,) = {
        v.name for v in model.trainable_variables if "attention" in v.name and v.name.endswith("dense_0/kernel:0")
    }
    poison(model, name)
    found = find_not_finite(model, make_batch(), 0)
    assert found.startswith('the embedding of feature "history" (nan in 6 of 6 rows) (layer ')
    assert f"whose weight {name} is not finite)" in found


def test_an_overflow_in_a_layer_is_named():
    model = make_model()
    (kernel,) = [v for v in model.trainable_variables if "tower_cvr/logit/kernel" in v.name]
    kernel.assign(kernel * 0 + 3e38)
    (bias,) = [v for v in model.trainable_variables if "tower_cvr/logit/bias" in v.name]
    bias.assign(bias + 3e38)
    found = find_not_finite(model, make_batch(price=1e6), 0)
    assert re.fullmatch(r"layer \S*tower_cvr/logit, of finite inputs and weights", found), found


def test_a_step_that_is_finite_shows_nothing_and_stays_as_it_was():
    model = make_model()
    assert find_not_finite(model, make_batch(), 0) == "nothing that making the step again on this process shows"
    assert all("call" not in vars(layer) for layer in model.submodules)
    assert model.train_step(make_batch())["is_finite"] == 1


def test_weights_are_checked_before_they_are_saved(monkeypatch):
    model = make_model()
    monkeypatch.setattr("apps_rec.training.nan_guard._CHUNK", 7)  # a table in pieces
    check_weights(model, 5)
    (table,) = model.embedder.tables.values()
    value = table.numpy()
    value[-2, 1] = np.inf
    table.assign(value)
    with pytest.raises(
        RunError, match=r"step 5: .*tables_4_first_order.* holds values that are not finite.*Nothing was"
    ):
        check_weights(model, 5)


@pytest.fixture
def priced(small):
    """Return a TinyRun whose small model reads the price in the place of the word."""
    text = small.config.read_text(encoding="utf-8")
    word = 'features { input_names: "word" embedding_dim: 4 vocab_file: "words.txt" }'
    assert text.count(word) == text.count('"app", "word"]') == 1
    text = text.replace(word, 'features { input_names: "price" feature_type: RawFeature embedding_dim: 4 }')
    small.config.write_text(text.replace('"app", "word"]', '"app", "price"]'), encoding="utf-8")
    return small


def with_huge_price(tiny, row, monkeypatch):
    """A number that float32 holds and whose square it does not; the reader refuses what is not finite."""
    rows = [[*values.values()] for values in tiny.rows("train.csv")]
    rows[row][3], rows[row][7] = "3e38", "live"
    # Numbers are cut at a size whose square is finite: without that, it is not.
    monkeypatch.setattr("apps_rec.features.columns.cells.LARGEST", 3.4e38)
    tiny.write_csv("train.csv", rows)


def test_a_run_stops_at_the_step_and_keeps_the_last_good_checkpoint(priced, monkeypatch):
    with_huge_price(priced, 600, monkeypatch)
    at = []
    note = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: at.append(batch))
    config = priced.load("train_config.save_checkpoints_steps=2")
    with pytest.raises(RunError) as caught:
        apps_rec.train(config, callbacks=[note])
    message = str(caught.value)
    step = len(at)
    assert re.match(rf"step {step}: the loss of ctr is (nan|inf), the loss of ctcvr is (nan|inf)\. ", message)
    # The square of the price is first taken by batch norm.
    layer = r"layer mmoe/mmoe_experts/expert_0/batch_norm_0, of finite inputs and weights"
    found = re.search(
        rf"First not finite: {layer}, in the batch that begins at row (\d+) in the order of epoch 0", message
    )
    assert found, message
    # Rows that the filter drops count too.
    assert int(found[1]) >= (step - 1) * 32
    saved = sorted(int(path.stem.split("-")[1]) for path in (priced.folder / "run" / "checkpoints").glob("*.index"))
    assert saved == list(range(2, step, 2))
    # The same batch again: nothing was lost, and nothing is hidden.
    with pytest.raises(RunError, match=rf"^step {step}: the loss of ctr is "):
        apps_rec.train(config, resume=True)


@pytest.mark.slow
def test_a_run_may_leave_such_batches_out(priced, seen, monkeypatch):
    with_huge_price(priced, 600, monkeypatch)
    options = ["train_config.on_nan=SKIP_BATCH", "data_config.num_epochs=2", "train_config.log_step_count_steps=1"]
    result = apps_rec.train(priced.load(*options))
    assert result.skipped_batches == 2
    assert f"2 of {result.step} batches were skipped (train_config.on_nan: SKIP_BATCH)" in seen.text
    assert re.search(r"step (\d+)  1 batches skipped so far, the last at step \1: the loss of ctr is ", seen.text)
    read = tf.train.load_checkpoint(tf.train.latest_checkpoint("run/checkpoints"))
    for name in read.get_variable_to_shape_map():
        value = read.get_tensor(name)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and "best_value" not in name:
            assert np.isfinite(value).all(), name
    # The count goes on with the run, and so do its bits.
    apps_rec.train(priced.load(*options, "model_dir=halves", f"train_config.num_steps={result.step // 2 + 1}"))
    again = apps_rec.train(priced.load(*options, "model_dir=halves"), resume=True)
    assert again.skipped_batches == 2
    halves = tf.train.load_checkpoint(tf.train.latest_checkpoint("halves/checkpoints"))
    for name in read.get_variable_to_shape_map():
        if "OBJECT_GRAPH" not in name:
            np.testing.assert_array_equal(read.get_tensor(name), halves.get_tensor(name), err_msg=name)

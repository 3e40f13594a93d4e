import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Embedder
from apps_rec.features.specs import (
    AttentionSpec,
    BucketFeature,
    HashIds,
    IdFeature,
    ListFeature,
    NumberFeature,
    NumberIds,
)
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adagrad, Adam, Ftrl, Sgd
from apps_rec.training.optimizers.schedules import Constant

# Blocks of two widths, tables shared by features of three kinds, a table in between with a first-order column.
SPECS = [
    IdFeature("user", "user", HashIds(5), "user", 3),
    NumberFeature("price", "price"),
    IdFeature("app", "app", NumberIds(4), "app", 3),
    IdFeature("slot", "slot", HashIds(2), "slot", 2),
    NumberFeature("point", "point", dim=3),
    ListFeature("history", "history", NumberIds(4), "app", 3, max_length=3),
    BucketFeature("age", "age", (18.0,), "age", 3),
    ListFeature("tags", "tags", HashIds(6), "tags", 3, max_length=2, combiner="sum"),
    NumberFeature("scale", "scale"),
]
FIRST_ORDER = ("user", "app", "point", "history", "tags")


def _embedder(seed: int = 1) -> Embedder:
    return Embedder(SPECS, first_order=FIRST_ORDER, seed=seed)


def _inputs() -> dict[str, tf.Tensor]:
    return {
        "ids": tf.constant([[4, 1, 0, 1], [0, 4, 1, 0]], tf.int64),  # user, app, slot, age
        "values": tf.constant([[10.0, 2.0, 7.0], [20.0, -3.0, 8.0]]),  # price, point, scale
        "list_ids/history": tf.constant([[1, 4, -1], [-1, -1, -1]], tf.int64),
        "list_weights/history": tf.constant([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "list_ids/tags": tf.constant([[5, -1], [0, 5]], tf.int64),
        "list_weights/tags": tf.constant([[0.5, 0.0], [1.0, 2.0]]),
    }


def _by_hand(embedder: Embedder) -> dict[str, np.ndarray]:
    """Embedding with its first-order column behind it, for each feature, from the variables."""
    wide, plain = embedder.tables["tables_3_first_order"].numpy(), embedder.tables["tables_3"].numpy()
    slot = embedder.tables["tables_2"].numpy()
    # Tables stand one behind the other in the order in which features name them: user 0-4, app 5-9, tags 10-15.
    user, app, tags = wide[:5], wide[5:10], wide[10:16]
    point = embedder.vectors["point"].numpy()[0]
    return {
        "user": user[[4, 0]],
        "app": app[[1, 4]],
        "slot": slot[[0, 1]],
        "point": np.stack([2 * point, -3 * point]),
        "history": np.stack([(3 * app[1] + app[4]) / 4, 0 * app[0]]),
        "age": plain[[1, 0]],
        "tags": np.stack([0.5 * tags[5], tags[0] + 2 * tags[5]]),
        "price": np.array([[10.0], [20.0]]),
        "scale": np.array([[7.0], [8.0]]),
    }


@pytest.fixture
def embedder() -> Embedder:
    """Return an embedder with first-order weights that are not 0."""
    embedder = _embedder()
    embedder(_inputs())
    for i, variable in enumerate(embedder.trainable_variables):
        variable.assign(np.random.default_rng(i).normal(size=variable.shape))
    return embedder


@pytest.mark.parametrize(
    "names",
    [
        ["user", "app"],
        ["app", "user"],
        ["scale", "tags", "user", "slot", "price", "age", "history", "app", "point"],
        ["price", "scale"],
        ["scale", "price", "app"],
        [spec.name for spec in SPECS],
    ],
)
def test_flat_joins_what_was_asked_for_in_that_order(embedder, names):
    dims = {spec.name: spec.dim or 1 for spec in SPECS}
    expected = np.concatenate([_by_hand(embedder)[name][:, : dims[name]] for name in names], axis=1)
    np.testing.assert_allclose(embedder(_inputs()).flat(names), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("names", [["user", "app"], ["tags", "app", "age", "user", "history", "point"], ["history"]])
def test_stacked_keeps_the_order(embedder, names):
    expected = np.stack([_by_hand(embedder)[name][:, :3] for name in names], axis=1)
    np.testing.assert_allclose(embedder(_inputs()).stacked(names), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("names", [["user", "app"], ["tags", "app", "user", "history", "point"]])
def test_first_order_terms(embedder, names):
    expected = np.stack([_by_hand(embedder)[name][:, 3] for name in names], axis=1)
    np.testing.assert_allclose(embedder(_inputs()).first_order(names), expected, rtol=1e-5, atol=1e-6)


def test_first_order_weights_may_be_vectors():
    embedder = Embedder(SPECS, first_order=FIRST_ORDER, seed=1, wide_dim=2)
    embedded = embedder(_inputs())
    for name in FIRST_ORDER:
        assert embedded.first_order([name]).shape[1:] == [1, 2]
        assert not embedded.first_order([name]).numpy().any()  # they begin at 0, as those of length 1
    table = embedder.tables["tables_3_first_order"]
    assert table.shape[1] == 3 + 2
    table.assign(np.arange(table.shape[0] * 5).reshape(table.shape))
    embedded = embedder(_inputs())
    (place,) = [p for name, p in embedder.table_places().items() if name == "user"]
    ids = (embedded.stacked(["user"]).numpy()[:, 0, 0] // 5 - place.offset).astype(int)
    expected = table.numpy()[ids + place.offset, 3:]
    np.testing.assert_array_equal(embedded.first_order(["user"])[:, 0], expected)
    got = [embedded.first_order([name]) for name in FIRST_ORDER]
    vectors = sum(tf.reduce_sum(block.vectors**2, axis=[1, 2]) for block in embedded.blocks)
    squares = vectors + sum(tf.reduce_sum(term**2, axis=[1, 2]) for term in got)
    np.testing.assert_allclose(embedded.squared_length(), squares, rtol=1e-5)
    with pytest.raises(ValueError, match=r"wide_dim must be 1 or more\. Got 0"):
        Embedder(SPECS, first_order=FIRST_ORDER, wide_dim=0)


def test_squared_length_counts_every_embedding_once(embedder):
    by_hand = _by_hand(embedder)
    expected = sum((by_hand[spec.name] ** 2).sum(axis=1) for spec in SPECS if spec.dim)
    np.testing.assert_allclose(embedder(_inputs()).squared_length(), expected, rtol=1e-5)


def test_squared_length_of_numbers_alone_is_zero():
    embedded = Embedder([NumberFeature("x", "x")])({"ids": tf.zeros([2, 0], tf.int64), "values": tf.ones([2, 1])})
    assert embedded.squared_length().numpy().tolist() == [0.0, 0.0]


def test_shared_tables_share_rows_and_no_other():
    embedder = _embedder()
    embedder(_inputs())
    assert embedder.tables["tables_3_first_order"].shape == (5 + 5 + 6 + 1, 4)
    assert embedder.tables["tables_3"].shape == (2 + 1, 3)
    assert embedder.tables["tables_2"].shape == (2 + 1, 2)
    assert len(embedder.trainable_variables) == 4


def test_a_weight_without_an_embedding():
    embedder = Embedder([IdFeature("x", "x", NumberIds(3), "x", 0)], first_order=["x"])
    inputs = {"ids": tf.constant([[2], [0]], tf.int64), "values": tf.zeros([2, 0])}
    embedder(inputs)
    embedder.tables["tables_0_first_order"].assign([[1.0], [2.0], [3.0], [4.0], [5.0]])
    assert embedder(inputs).first_order(["x"]).numpy().tolist() == [[3.0], [1.0]]


def test_initial_weights_hang_on_the_seed_alone():
    def weights(seed):
        embedder = _embedder(seed)
        embedder(_inputs())
        return {variable.name: variable.numpy() for variable in embedder.trainable_variables}

    first, again, other = weights(1), weights(1), weights(2)
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name])
        assert not np.array_equal(value[:, :2], other[name][:, :2])
    assert (first["embedder/tables_3_first_order:0"][:, 3] == 0).all()


def test_initial_embeddings_are_small_so_that_an_untrained_fm_says_little():
    embedder = Embedder([IdFeature("x", "x", HashIds(4000), "x", 16)])
    embedder({"ids": tf.zeros([1, 1], tf.int64), "values": tf.zeros([1, 0])})
    table = embedder.tables["tables_16"].numpy()
    # A normal of deviation .05, cut at two deviations, has .8796 of it left.
    assert table.std() == pytest.approx(0.05 * 0.8796, rel=0.02)
    assert np.abs(table).max() <= 0.1


def test_the_deviation_of_initial_embeddings_may_be_set():
    embedder = Embedder([IdFeature("x", "x", HashIds(4000), "x", 16)], stddev=0.25)
    embedder({"ids": tf.zeros([1, 1], tf.int64), "values": tf.zeros([1, 0])})
    assert embedder.tables["tables_16"].numpy().std() == pytest.approx(0.25 * 0.8796, rel=0.02)


def _columns(block) -> tf.Tensor:
    """All that was looked up for a block, `(batch, features, dim + first-order column)`."""
    if block.first_order is None:
        return block.vectors
    return tf.concat([block.vectors, block.first_order[:, :, tf.newaxis]], axis=2)


def _gradients(embedder: Embedder) -> dict[str, object]:
    with tf.GradientTape() as tape:
        embedded = embedder(_inputs())
        total = tf.add_n([tf.reduce_sum(_columns(block) * (i + 1.0)) for i, block in enumerate(embedded.blocks)])
    variables = embedder.trainable_variables
    return {v.name: g for v, g in zip(variables, tape.gradient(total, variables), strict=True)}


def test_gradients_of_tables_hold_the_rows_of_the_batch(embedder):
    gradients = _gradients(embedder)
    for name in ("tables_3_first_order", "tables_3", "tables_2"):
        gradient = gradients[f"embedder/{name}:0"]
        assert isinstance(gradient, tf.IndexedSlices)
    rows = set(gradients["embedder/tables_3_first_order:0"].indices.numpy().tolist())
    assert rows == {4, 0, 6, 9, 15, 10, 16}


def test_no_gradient_reaches_padding(embedder):
    gradient = _gradients(embedder)["embedder/tables_3_first_order:0"]
    padding = gradient.values.numpy()[gradient.indices.numpy() == 16]
    assert len(padding) == 5
    assert (padding == 0).all()


def _attended() -> tuple[Embedder, dict[str, tf.Tensor]]:
    specs = [
        IdFeature("app", "app", NumberIds(4), "app", 3),
        ListFeature(
            "history", "history", NumberIds(4), "app", 3, max_length=3, attention=AttentionSpec("app", (4,), "tanh")
        ),
    ]
    embedder = Embedder(specs, first_order=["app", "history"], seed=3)
    inputs = {
        "ids": tf.constant([[1], [2]], tf.int64),
        "values": tf.zeros([2, 0]),
        "list_ids/history": tf.constant([[0, 3, -1], [-1, -1, -1]], tf.int64),
        "list_weights/history": tf.constant([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
    }
    embedder(inputs)
    random = np.random.default_rng(0)
    embedder.set_weights([random.normal(size=weight.shape) for weight in embedder.get_weights()])
    return embedder, inputs


def test_attention_compares_the_history_with_the_candidate():
    embedder, inputs = _attended()
    table = embedder.tables["tables_3_first_order"].numpy()
    kernel, bias, logit = (weight.numpy() for weight in embedder._attention["history"].trainable_weights)
    query, keys = table[1, :3], table[[0, 3], :3]
    pairs = np.stack([np.concatenate([query, key, query - key, query * key]) for key in keys])
    scores = (np.tanh(pairs @ kernel + bias) @ logit)[:, 0]
    weights = np.exp(scores) / np.exp(scores).sum()
    embedded = embedder(inputs)
    np.testing.assert_allclose(embedded.stacked(["history"])[0, 0], weights @ keys, rtol=1e-5)
    np.testing.assert_array_equal(embedded.stacked(["history"])[1, 0], [0, 0, 0])
    # First-order weights are averaged: attention has no say there.
    np.testing.assert_allclose(embedded.first_order(["history"])[:, 0], [table[[0, 3], 3].mean(), 0], rtol=1e-5)


OPTIMIZERS = {
    "sgd": lambda: RowSparseOptimizer(Sgd(), Constant(0.1)),
    "adagrad": lambda: RowSparseOptimizer(Adagrad(), Constant(0.1)),
    "adam": lambda: RowSparseOptimizer(Adam(), Constant(0.1)),
    "ftrl": lambda: RowSparseOptimizer(Ftrl(l1=0.01, l2=0.01), Constant(0.1)),
    "ftrl over an empty accumulator": lambda: RowSparseOptimizer(Ftrl(initial_accumulator_value=0.0), Constant(0.1)),
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_padding_never_counts(kind, pooling):
    embedder, inputs = (_embedder(), _inputs()) if pooling == "mean" else _attended()
    embedder(inputs)
    table = embedder.tables["tables_3_first_order"]
    before = table.numpy()[-1]
    optimizer = OPTIMIZERS[kind]()

    def step():
        with tf.GradientTape() as tape:
            embedded = embedder(inputs)
            loss = tf.add_n([tf.reduce_sum(tf.square(_columns(block) - 1.0)) for block in embedded.blocks])
        variables = embedder.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    for _ in range(3):
        step()
    assert not np.array_equal(table.numpy()[0], before)
    after = embedder(inputs)
    # Ftrl draws every row it is given towards 0, so there it is what comes out that must not hang on the row.
    if not kind.startswith("ftrl"):
        np.testing.assert_array_equal(table.numpy()[-1], before)
    table.scatter_update(tf.IndexedSlices(tf.fill([1, 4], 50.0), [table.shape[0] - 1]))
    for block, again in zip(after.blocks, embedder(inputs).blocks, strict=True):
        assert np.isfinite(_columns(block)).all()
        np.testing.assert_array_equal(_columns(block), _columns(again))


def test_unknown_batch_and_batch_of_one():
    embedder = _embedder()
    expected = embedder(_inputs()).flat(["user", "tags", "price"])
    specs = {name: tf.TensorSpec([None, value.shape[1]], value.dtype) for name, value in _inputs().items()}
    traced = tf.function(lambda inputs: embedder(inputs).flat(["user", "tags", "price"])).get_concrete_function(specs)
    assert traced.output_shapes.as_list() == [None, 7]
    one = {name: value[:1] for name, value in _inputs().items()}
    np.testing.assert_allclose(embedder(one).flat(["user", "tags", "price"]), expected[:1])


def test_where_the_tables_of_the_config_stand():
    embedder = _embedder()
    # user, app (with its unknown id) and tags stand below each other; age is not read by a first-order term.
    assert {name: tuple(vars(place).values()) for name, place in embedder.table_places().items()} == {
        "user": ("tables_3_first_order", 0, 5, 3, 4),
        "app": ("tables_3_first_order", 5, 5, 3, 4),
        "slot": ("tables_2", 0, 2, 2, 2),
        "age": ("tables_3", 0, 2, 3, 3),
        "tags": ("tables_3_first_order", 10, 6, 3, 4),
    }


def test_several_numbers_have_a_vector_each():
    specs = (NumberFeature("vector", "vector", dim=2, size=3), NumberFeature("one", "one", dim=2))
    embedder = Embedder(specs, first_order=["vector"], seed=1)
    values = np.array([[1.0, -2.0, 0.5, 7.0], [0.0, 3.0, 4.0, 8.0]], np.float32)
    inputs = {"ids": tf.zeros([2, 0], tf.int64), "values": tf.constant(values)}
    embedder(inputs)
    weights = embedder.vectors["vector"]
    assert weights.shape == (3, 3)
    weights.assign(np.arange(9, dtype=np.float32).reshape(3, 3))
    with tf.GradientTape() as tape:
        embedded = embedder(inputs)
        total = tf.reduce_sum(embedded.flat(["vector"])) + tf.reduce_sum(embedded.first_order(["vector"]))
    # Row by row: 1 * (0, 1) - 2 * (3, 4) + .5 * (6, 7), and the first-order weights 2, 5 and 8 likewise.
    np.testing.assert_allclose(embedded.flat(["vector"]), [[-3, -3.5], [33, 40]])
    np.testing.assert_allclose(embedded.first_order(["vector"])[:, 0], [-4, 47])
    np.testing.assert_allclose(tape.gradient(total, weights), [[1, 1, 1], [1, 1, 1], [4.5, 4.5, 4.5]])

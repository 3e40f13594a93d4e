"""Sequences of a feature group: lists joined item by item, pooled against a key that is joined of several features."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Embedder, Preprocessor, VariationalDropout
from apps_rec.features.specs import (
    CutIds,
    HashIds,
    IdFeature,
    ListFeature,
    NumberFeature,
    NumberIds,
    NumberListFeature,
    SequenceSpec,
)

IDS = NumberIds(9)
SPECS = [
    IdFeature("app", "app", IDS, "app", 3),
    IdFeature("brand", "brand", IDS, "brand", 2),
    NumberFeature("price", "price"),
    ListFeature("apps", "apps", IDS, "app", 3, max_length=4),
    ListFeature("brands", "brands", IDS, "brand", 2, max_length=3),
    NumberListFeature("prices", "prices", max_length=5),
    ListFeature("cuts", "cuts", CutIds((2.0,)), "cuts", 2, max_length=4, multi_separator=";"),
    ListFeature("tags", "tags", HashIds(5), "tags", 2, max_length=2),
]
# The second row's other lists are shorter than its first, the third row's are longer, the fourth has no items.
CELLS = {
    "app": [1, 2, 3, 4],
    "brand": [5, 6, 7, 8],
    "price": [0.5, 1.5, -1.0, 2.0],
    "apps": ["1|2|3|4|5", "6|7|8", "2", ""],
    "brands": ["1|2|3", "4", "5|6", "7"],
    "prices": ["1|2|3|4", "0.5|1|2", "3|4|5|6|7", ""],
    "cuts": ["1;2|3|1", "1", "3;3|1", "2|3"],
    "tags": ["a", "b|c", "", "d"],
}


def _made(*sequences, specs=SPECS, only=("apps", "brands", "prices", "cuts"), **options):
    inputs = Preprocessor(specs)({name: tf.constant(values) for name, values in CELLS.items()})
    embedder = Embedder(specs, sequences=sequences, only_items=only, **options)
    embedder(inputs)
    random = np.random.default_rng(0)
    for weight in embedder.weights:
        values = random.normal(size=weight.shape)
        weight.assign(np.abs(values) if "variance" in weight.name else values)
    return embedder, inputs


def _items(embedder) -> dict[str, list[np.ndarray]]:
    """Items of each list in each row, as an embedding or a number."""
    rows = {name: embedder.tables[place.key].numpy()[place.offset :] for name, place in embedder.table_places().items()}

    def numbers(cell):
        return [float(word) for word in cell.split("|") if word]

    def cuts(cell):
        steps = [[int(float(word) >= 2) for word in step.split(";")] for step in cell.split("|") if step]
        return [sum(rows["cuts"][i] for i in step) for step in steps]

    return {
        "apps": [[rows["app"][int(i)] for i in numbers(cell)[:4]] for cell in CELLS["apps"]],
        "brands": [[rows["brand"][int(i)] for i in numbers(cell)[:3]] for cell in CELLS["brands"]],
        "prices": [[np.array([i]) for i in numbers(cell)[:5]] for cell in CELLS["prices"]],
        "cuts": [cuts(cell)[:4] for cell in CELLS["cuts"]],
        "app": [rows["app"][i] for i in CELLS["app"]],
        "brand": [rows["brand"][i] for i in CELLS["brand"]],
        "price": [np.array([x]) for x in CELLS["price"]],
    }


def _by_hand(embedder, spec: SequenceSpec, row: int) -> np.ndarray:
    """One row's output, worked out item by item."""
    found, widths = _items(embedder), {"apps": 3, "brands": 2, "prices": 1, "cuts": 2}
    weights = {
        w.name.rsplit("sequence_attention/", 1)[-1]: w.numpy() for w in embedder._sequence_attention[spec.name].weights
    }

    def item(name, at):
        return found[name][row][at] if at < len(found[name][row]) else np.zeros(widths[name])

    key = np.concatenate([found[name][row] for name in spec.keys])
    count = len(found[spec.lists[0]][row])
    items = [np.concatenate([item(name, at) for name in spec.lists]) for at in range(count)]
    width = sum(widths[name] for name in spec.lists)
    given = key
    if spec.transform == "pad" and len(key) < width:
        key = np.pad(key, [0, width - len(key)])
    elif len(key) != width:
        key = given = key @ weights["transform_query/kernel:0"] + weights["transform_query/bias:0"]
        items = [one @ weights["transform_keys/kernel:0"] + weights["transform_keys/bias:0"] for one in items]
    scores = []
    for one in items:
        pair = np.concatenate([key, one, key - one, key * one])
        hidden = np.tanh(pair @ weights["dnn/dense_0/kernel:0"] + weights["dnn/dense_0/bias:0"])
        scores.append((hidden @ weights["logit/kernel:0"])[0])
    odds = np.exp(scores)
    shares = odds / odds.sum() if count else odds
    sums = [sum((s * one for s, one in zip(shares, items, strict=True)), np.zeros(width))]
    for name in spec.auxiliary:
        sums.append(sum((s * item(name, at) for at, s in enumerate(shares)), np.zeros(widths[name])))
    return np.concatenate([*sums, *([given] if spec.with_key else [])])


def _spec(keys, lists, **options) -> SequenceSpec:
    return SequenceSpec("s", keys, lists, **{"hidden_units": (4,), "activation": "tanh", "use_bn": False, **options})


@pytest.mark.parametrize(
    "spec",
    [
        _spec(("app",), ("apps",)),
        _spec(("app",), ("apps",), with_key=False),
        _spec(("brand", "app"), ("brands", "apps")),
        _spec(("app", "brand"), ("apps", "brands"), auxiliary=("prices", "cuts")),
        _spec(("app", "price"), ("prices", "apps")),
        _spec(("brand",), ("cuts",), auxiliary=("apps",), with_key=False),
        _spec(("brand",), ("apps",), transform="pad"),
        _spec(("brand",), ("apps", "brands"), transform="linear"),
        _spec(("app", "brand"), ("brands",), transform="pad"),
        _spec(("app", "brand"), ("brands",), transform="linear", auxiliary=("apps",)),
        _spec(("app", "app"), ("apps", "apps")),
    ],
    ids=lambda spec: f"{'+'.join(spec.keys)} {'+'.join(spec.lists)} {spec.transform}",
)
def test_value_against_a_loop(spec):
    embedder, inputs = _made(spec, trim_lists=len(spec.lists) > 1 or spec.transform is not None)
    got = embedder(inputs).flat([spec.output]).numpy()
    for row in range(4):
        np.testing.assert_allclose(got[row], _by_hand(embedder, spec, row), rtol=1e-4, atol=1e-5)


def test_a_body_reads_features_and_sequences_in_its_order():
    spec = _spec(("app",), ("apps",))
    embedder, inputs = _made(spec)
    embedded = embedder(inputs)
    joined = embedded.flat(["brand", "tags", spec.output, "price"])
    assert joined.shape == (4, 2 + 2 + 6 + 1)
    np.testing.assert_array_equal(joined[:, 4:10], embedded.flat([spec.output]))
    assert "apps" not in embedded  # only the sequence reads it, so it is not pooled by itself
    assert "tags" in embedded


def test_a_list_that_a_group_reads_too_is_pooled_beside_it():
    spec = _spec(("app",), ("apps",))
    alone, inputs = _made(only=())
    both, _ = _made(spec, only=())
    both.tables["tables_3"].assign(alone.tables["tables_3"])
    np.testing.assert_allclose(both(inputs).flat(["apps"]), alone(inputs).flat(["apps"]), rtol=1e-6)


@pytest.mark.parametrize(
    "shared", [(), ("apps",), ("apps", "brands"), ("app", "brand"), ("apps", "brands", "app", "brand")]
)
def test_a_request_says_what_its_rows_say(shared):
    spec = _spec(("app", "brand"), ("apps", "brands"), auxiliary=("brands",), use_bn=True)
    transformed = _spec(("brand",), ("apps",), transform="linear", hidden_units=())
    embedder, _ = _made(spec, SequenceSpec(**{**transformed.__dict__, "name": "t"}), trim_lists=len(shared) % 2 == 0)
    rows = {name: values[:1] * 4 if name in shared else values for name, values in CELLS.items()}
    preprocessor = Preprocessor(SPECS)
    tensors = {name: tf.constant(values) for name, values in rows.items()}
    names = ["tags", "sequence_features/s", "app", "sequence_features/t"]
    wanted = embedder(preprocessor(tensors)).flat(names)

    @tf.function(autograph=False)
    def asked(tensors):
        once = {name: value[:1] for name, value in tensors.items()}
        others = [one.name for one in SPECS if one.name not in shared]
        request = embedder.request(
            preprocessor.part(shared)(once) if shared else _nothing(),
            preprocessor.part(others)(tensors),
            shared,
        )
        return tf.convert_to_tensor(request.flat(names))

    np.testing.assert_allclose(asked(tensors), wanted, rtol=1e-5, atol=1e-6)


def _nothing():
    return {"ids": tf.zeros([1, 0], tf.int64), "values": tf.zeros([1, 0])}


def test_what_all_rows_share_is_pooled_once():
    spec = _spec(("app", "brand"), ("apps", "brands"))
    embedder, _ = _made(spec)
    shared = ("app", "brand", "apps", "brands")
    preprocessor = Preprocessor(SPECS)
    tensors = {name: tf.constant(values) for name, values in CELLS.items()}
    once = {name: value[:1] for name, value in tensors.items()}
    others = [one.name for one in SPECS if one.name not in shared]
    request = embedder.request(preprocessor.part(shared)(once), preprocessor.part(others)(tensors), shared)
    assert request.shared.numbers[spec.output].shape[0] == 1
    assert spec.output not in request.rows


def test_no_gradient_reaches_padding():
    spec = _spec(("app", "brand"), ("apps", "brands"), auxiliary=("prices",), transform="linear")
    embedder, inputs = _made(spec)
    with tf.GradientTape() as tape:
        output = embedder(inputs).flat([spec.output])
        total = tf.reduce_sum(output * tf.random.stateless_normal(output.shape, [1, 2]))
    gradient = tape.gradient(total, embedder.tables["tables_3"])
    rows, values = gradient.indices.numpy(), gradient.values.numpy()
    last = embedder.tables["tables_3"].shape[0] - 1
    assert (rows == last).any()
    assert (values[rows == last] == 0).all()
    assert np.abs(values[rows != last]).max() > 0


def test_items_count_in_the_regularization_of_embeddings():
    spec = _spec(("app",), ("apps", "prices"), auxiliary=("brands",), transform="linear")
    embedder, inputs = _made(spec)
    got = embedder(inputs).squared_length().numpy()
    found = _items(embedder)
    tags = embedder(inputs).flat(["tags"]).numpy()
    for row in range(4):
        # Each feature, and each item of what is compared with the key; numbers without an embedding are no weights.
        vectors = [found["app"][row], found["brand"][row], tags[row], *found["apps"][row]]
        np.testing.assert_allclose(got[row], sum(np.square(v).sum() for v in vectors), rtol=1e-5)


def test_l2_of_the_network():
    spec = _spec(("brand",), ("apps",), transform="linear")
    embedder, _ = _made(spec, l2=0.5)
    kernels = [w.numpy() for w in embedder._sequence_attention["s"].weights if "kernel" in w.name]
    assert len(kernels) == 4
    np.testing.assert_allclose(tf.add_n(embedder.losses), 0.25 * sum(np.square(k).sum() for k in kernels), rtol=1e-5)


def test_dropout_of_features_leaves_sequences_as_they_are():
    spec = _spec(("app",), ("apps",))
    embedder, inputs = _made(spec)
    embedded = embedder(inputs)
    dropout = VariationalDropout({"app": 3, "brand": 2})
    dropped = dropout.dropped(embedded, training=False, seed=None)
    np.testing.assert_array_equal(dropped.flat([spec.output]), embedded.flat([spec.output]))
    np.testing.assert_allclose(dropped.flat(["app"]), embedded.flat(["app"]) / 2, rtol=1e-6)
    assert len(dropped.squares) == 1


def test_training_takes_moments_of_items_alone():
    spec = _spec(("app",), ("apps",), use_bn=True, dropout=(0.3,))
    embedder, inputs = _made(spec)
    before = embedder(inputs).flat([spec.output]).numpy()
    after = embedder(inputs, training=True, seed=tf.constant([1, 2])).flat([spec.output]).numpy()
    assert np.abs(before - after)[:2].max() > 1e-4
    np.testing.assert_allclose(before[3], after[3], rtol=1e-6)  # no items: zeros, and the key
    assert embedder.get_config()["sequences"] == (spec,)

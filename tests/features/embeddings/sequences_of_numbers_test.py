"""Sequences of numbers, and of steps of several values: from the cell to what a body reads."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Embedder, Preprocessor
from apps_rec.features.specs import (
    CutIds,
    HashIds,
    ListFeature,
    NumberListFeature,
    SelfAttentionSpec,
)
from tests.features.one_feature import FARMHASH, run


def _ids(ids, **options) -> ListFeature:
    return ListFeature("x", "x", ids, "x", 2, **{"max_length": 3, **options})


def _numbers(**options) -> NumberListFeature:
    return NumberListFeature("x", "x", **{"max_length": 3, **options})


def _embedded(spec, cells):
    """Return the embedder, with weights that are not 0, and what it makes of the cells."""
    inputs = Preprocessor([spec])({"x": tf.constant(cells)})
    embedder = Embedder([spec], seed=1)
    embedder(inputs)
    random = np.random.default_rng(0)
    embedder.set_weights([random.normal(size=weight.shape) for weight in embedder.get_weights()])
    return embedder, embedder(inputs).flat(["x"]).numpy()


def test_numbers_are_cut():
    found = run(_ids(CutIds((15.0, 20.0, 99.5))), x=["1|15|99.4|7", "1e3", ""])
    assert found["list_ids/x"].tolist() == [[0, 1, 2], [3, -1, -1], [-1, -1, -1]]


def test_steps_of_several_values():
    found = run(_ids(CutIds((2.0, 3.0)), multi_separator=";"), x=["1;2;3|2||;", "", "9|1|1;;2|5"])
    assert found["list_ids/x"].tolist() == [
        [[0, 1, 2], [1, -1, -1], [-1, -1, -1]],
        [[-1, -1, -1]] * 3,
        [[2, -1, -1], [0, -1, -1], [0, 1, -1]],
    ]
    np.testing.assert_array_equal(found["list_weights/x"], found["list_ids/x"] >= 0)
    hashes = run(_ids(HashIds(1000), multi_separator=";"), x=["a;东京|42"])["list_ids/x"]
    assert hashes.tolist() == [[[FARMHASH["a"], FARMHASH["东京"]], [FARMHASH["42"], -1], [-1, -1]]]


def test_no_value_in_any_row():
    spec = _ids(CutIds((2.0,)), multi_separator=";")
    assert run(spec, x=["", "|;"])["list_ids/x"].shape[:2] == (2, 3)
    np.testing.assert_array_equal(_embedded(spec, ["", ""])[1], 0.0)


@pytest.mark.parametrize(("combiner", "divisor"), [("sum", 1.0), ("mean", 2.0), ("sqrtn", np.sqrt(2))])
def test_values_of_a_step_are_combined_then_steps_averaged(combiner, divisor):
    spec = _ids(CutIds((2.0, 3.0)), multi_separator=";", step_combiner=combiner)
    embedder, got = _embedded(spec, ["1;2|3", "", "2"])
    table = embedder.tables["tables_2"].numpy()
    np.testing.assert_allclose(got, [((table[0] + table[1]) / divisor + table[2]) / 2, [0, 0], table[1]], rtol=1e-5)


def test_numbers_are_normalised_and_padded():
    found = run(_numbers(shift=1.0, scale=4.0), x=["1|5| 9.0|3", "-3", "||"])
    assert found["list_values/x"].tolist() == [[[0], [1], [2]], [[-1], [0], [0]], [[0], [0], [0]]]
    assert found["list_weights/x"].tolist() == [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    logs = run(_numbers(log1p=True), x=["0|1.718281828|-1.718281828"])["list_values/x"]
    np.testing.assert_allclose(logs[0, :, 0], [0, 1, -1], rtol=1e-6)


def test_numbers_without_an_embedding_are_averaged():
    embedder, got = _embedded(_numbers(size=2, multi_separator=";"), ["1;2|3;6", "", "5;7"])
    assert not embedder.weights
    np.testing.assert_allclose(got, [[2, 4], [0, 0], [5, 7]])


def test_each_number_of_a_step_has_a_vector():
    embedder, got = _embedded(_numbers(dim=3, size=2, multi_separator=";"), ["1;2|3;6", "", "0;1"])
    first, second = embedder.vectors["x"].numpy()
    np.testing.assert_allclose(got, [2 * first + 4 * second, [0, 0, 0], second], rtol=1e-5)


@pytest.mark.parametrize("dim", [0, 3])
def test_self_attention_against_a_loop(dim):
    embedder, got = _embedded(_numbers(dim=dim, attention=SelfAttentionSpec()), ["1|2|4", "", "7"])
    score = embedder._attention["x"].get_weights()[0][:, 0]
    vector = embedder.vectors["x"].numpy()[0] if dim else np.ones(1)
    for row, numbers in enumerate([[1, 2, 4], [], [7]]):
        items = np.array([number * vector for number in numbers]).reshape(-1, len(vector))
        odds = np.exp(items @ score)
        np.testing.assert_allclose(got[row], (odds / max(odds.sum(), 1e-30)) @ items, rtol=1e-4, atol=1e-6)


def test_l2_of_a_layer_that_scores():
    spec = _numbers(dim=3, attention=SelfAttentionSpec())
    embedder = Embedder([spec], l2=0.5)
    embedder(Preprocessor([spec])({"x": tf.constant(["1|2"])}))
    kernel = embedder._attention["x"].get_weights()[0]
    np.testing.assert_allclose(tf.add_n(embedder.losses), 0.25 * np.square(kernel).sum(), rtol=1e-5)


@pytest.mark.parametrize(
    ("spec", "cell", "message"),
    [
        (_numbers(), "1|two", 'Feature "x" expects numbers. Got: .*two'),
        (_numbers(size=2, multi_separator=";"), "1;2|3", 'Feature "x" expects 2 numbers in a step. Got steps with: '),
        (_ids(CutIds((1.0,)), multi_separator=";"), "1;b", 'Feature "x" expects numbers. Got: .*b'),
    ],
)
def test_wrong_cells_name_the_feature(spec, cell, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"(?s){message}"):
        run(spec, x=[cell])


def test_first_order_weights_of_numbers():
    spec = _numbers(dim=2)
    inputs = Preprocessor([spec])({"x": tf.constant(["1|3", ""])})
    embedder = Embedder([spec], first_order=["x"])
    embedder(inputs)
    embedder.set_weights([np.array([[1.0, 2.0, 5.0]])])
    embedded = embedder(inputs)
    np.testing.assert_allclose(embedded.flat(["x"]), [[2, 4], [0, 0]])
    np.testing.assert_allclose(embedded.first_order(["x"]), [[10], [0]])

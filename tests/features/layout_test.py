import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features.layout import Layout, below_each_other, rows_of
from apps_rec.features.specs import (
    BucketFeature,
    CrossFeature,
    HashIds,
    IdFeature,
    ListFeature,
    NumberFeature,
    NumberIds,
)

SPECS = (
    NumberFeature("price", "price"),
    IdFeature("user", "user", HashIds(10), "user", 4),
    ListFeature("tags", "tags", NumberIds(5), "tags", 4, max_length=3),
    CrossFeature("both", ("user", "app"), "_", HashIds(7), "both", 4),
    NumberFeature("vector", "vector", size=2),
    BucketFeature("age", "age", (1.0, 2.0), "age", 4),
)


@pytest.fixture
def tensors():
    """Return what is joined of two rows."""
    lists = [(tf.constant([[1, 2, -1], [3, -1, -1]], tf.int64), tf.constant([[1.0, 0.5, 0.0], [1.0, 0.0, 0.0]]))]
    ids = [tf.constant([[1, 2], [3, 4]], tf.int64), tf.constant([[5], [6]], tf.int64)]
    values = [tf.constant([[0.5], [1.5]]), tf.constant([[7.0, 8.0], [9.0, 10.0]])]
    return Layout(SPECS).join(tf.constant(2), ids, values, lists)


def test_features_keep_their_order():
    layout = Layout(SPECS)
    assert [spec.name for spec in layout.single] == ["user", "both", "age"]
    assert [spec.name for spec in layout.numbers] == ["price", "vector"]
    assert [spec.name for spec in layout.lists] == ["tags"]


def test_what_is_joined_has_the_signature(tensors):
    signature = Layout(SPECS).signature()
    assert list(tensors) == list(signature) == ["ids", "values", "list_ids/tags", "list_weights/tags"]
    assert all(spec.is_compatible_with(tensors[name]) for name, spec in signature.items())
    assert [spec.shape.as_list() for spec in signature.values()] == [[None, 3], [None, 3], [None, 3], [None, 3]]
    assert int(rows_of(tensors)) == 2


def test_each_feature_is_found_again(tensors):
    layout = Layout(SPECS)
    assert layout.ids_of(tensors, [0, 1, 2]).numpy().tolist() == [[1, 2, 5], [3, 4, 6]]
    assert layout.ids_of(tensors, [0, 2]).numpy().tolist() == [[1, 5], [3, 6]]
    values = {spec.name: value.numpy().tolist() for spec, value in layout.values_of(tensors)}
    assert values == {"price": [[0.5], [1.5]], "vector": [[7.0, 8.0], [9.0, 10.0]]}
    ids, weights = layout.list_of(tensors, SPECS[2])
    assert ids.numpy().tolist() == [[1, 2, -1], [3, -1, -1]]
    np.testing.assert_array_equal(weights, [[1.0, 0.5, 0.0], [1.0, 0.0, 0.0]])


def test_a_part_and_the_rest_hold_each_feature_once():
    part, rest = (Layout(SPECS).part(("user", "vector"), inside) for inside in (True, False))
    assert [spec.name for spec in part.specs] == ["user", "vector"]
    assert [spec.name for spec in rest.specs] == ["price", "tags", "both", "age"]


def test_without_features_there_are_rows():
    tensors = Layout(()).join(tf.constant(3), [], [], [])
    assert {name: tensor.shape.as_list() for name, tensor in tensors.items()} == {"ids": [3, 0], "values": [3, 0]}


def test_one_feature_comes_from_other_rows(tensors):
    rows, layout, order = {name: tensor.numpy() for name, tensor in tensors.items()}, Layout(SPECS), np.array([1, 0])
    changed = {
        "both": {"ids": [[1, 4, 5], [3, 2, 6]]},
        "vector": {"values": [[0.5, 9.0, 10.0], [1.5, 7.0, 8.0]]},
        "price": {"values": [[1.5, 7.0, 8.0], [0.5, 9.0, 10.0]]},
        "tags": {
            "list_ids/tags": [[3, -1, -1], [1, 2, -1]],
            "list_weights/tags": [[1.0, 0.0, 0.0], [1.0, 0.5, 0.0]],
        },
    }
    for name, expected in changed.items():
        taken = layout.from_other_rows(rows, name, order)
        assert {key: value.tolist() for key, value in taken.items()} == {
            key: expected.get(key, value.tolist()) for key, value in rows.items()
        }


def test_rows_of_batches_are_padded_to_the_widest():
    batches = [
        {"ids": np.array([[1]]), "list_ids/a": np.array([[[7, 8]]]), "list_weights/a": np.array([[[1.0, 0.5]]])},
        {"ids": np.array([[2]]), "list_ids/a": np.array([[[9]]]), "list_weights/a": np.array([[[1.0]]])},
    ]
    joined = {name: rows.tolist() for name, rows in below_each_other(batches).items()}
    assert joined == {
        "ids": [[1], [2]],
        "list_ids/a": [[[7, 8]], [[9, -1]]],
        "list_weights/a": [[[1.0, 0.5]], [[1.0, 0.0]]],
    }

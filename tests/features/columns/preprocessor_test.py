import numpy as np
import tensorflow as tf

from apps_rec.features import Preprocessor, build
from apps_rec.features.layout import Layout
from apps_rec.features.specs import (
    BucketFeature,
    CrossFeature,
    HashIds,
    IdFeature,
    ListFeature,
    NumberFeature,
    NumberIds,
    VocabularyIds,
)
from apps_rec.protos.feature_pb2 import FeatureConfig

SPECS = [
    IdFeature("user", "user", HashIds(50), "user", 4),
    NumberFeature("price", "price", log1p=True),
    ListFeature("tags", "tags", VocabularyIds(("é", "b")), "tags", 4, max_length=2, kv_separator=":"),
    IdFeature("app", "app", NumberIds(9), "app", 4),
    NumberFeature("point", "point", size=2, separator=","),
    BucketFeature("age", "age", (18.0, 30.0), "age", 4),
    CrossFeature("user_app", ("user", "app"), "_X_", HashIds(30), "user_app", 4),
    ListFeature("history", "history", NumberIds(9), "app", 4, max_length=3),
]
# Numpy here, since a tensor would fix TensorFlow's devices while tests are collected.
COLUMNS = {
    "user": np.array([b"ann", "Zoë".encode(), b""], object),
    "price": np.array([1.0, 0.0, 5.5], np.float32),
    "tags": np.array(["é:2|b:1".encode(), b"", "c:1|b:3|é:1".encode()], object),
    "app": np.array([3, -1, 12]),
    "point": np.array([b"1,2", b"3,4", b"0,0"], object),
    "age": np.array([18, 17, 99], np.int32),
    "history": np.array([b"1|2|3|4", b"", b"8"], object),
}


def _columns(rows: slice = slice(None)) -> dict[str, tf.Tensor]:
    return {name: tf.constant(column[rows]) for name, column in COLUMNS.items()}


def test_columns_are_named_once_in_order():
    assert Preprocessor(SPECS).columns == ("user", "price", "tags", "app", "point", "age", "history")


def test_features_stand_in_order():
    outputs = Preprocessor(SPECS)(_columns())
    assert outputs["ids"].numpy()[:, 1:3].tolist() == [[3, 1], [9, 0], [9, 2]]
    np.testing.assert_allclose(outputs["values"][:, 1:], [[1, 2], [3, 4], [0, 0]])


def test_output_signature_is_what_comes_out():
    preprocessor = Preprocessor(SPECS)
    signature = preprocessor.output_signature()
    assert tf.data.Dataset.from_tensors(_columns()).map(preprocessor).element_spec.keys() == signature.keys()
    for outputs in (preprocessor(_columns()), preprocessor(_columns(slice(1)))):
        assert outputs.keys() == signature.keys()
        for name, spec in signature.items():
            assert outputs[name].dtype == spec.dtype
            assert spec.shape.is_compatible_with(outputs[name].shape), name
    assert {name: spec.shape.as_list()[1] for name, spec in signature.items()} == {
        "ids": 4, "values": 3, "list_ids/tags": 2, "list_weights/tags": 2, "list_ids/history": 3,
        "list_weights/history": 3,
    }  # fmt: skip


def test_trailing_shapes_are_static_in_a_graph():
    preprocessor = Preprocessor(SPECS)
    specs = {name: tf.TensorSpec([None], column.dtype) for name, column in _columns().items()}
    shapes = tf.function(preprocessor).get_concrete_function(specs).output_shapes
    assert {name: shape[1] for name, shape in shapes.items()} == {
        name: spec.shape[1] for name, spec in preprocessor.output_signature().items()
    }


def test_the_same_in_tf_data_and_in_a_saved_module(tmp_path):
    preprocessor = Preprocessor(SPECS)
    expected = preprocessor(_columns())
    (mapped,) = tf.data.Dataset.from_tensors(_columns()).map(preprocessor)
    module = tf.Module()
    module.preprocessor = preprocessor
    specs = {name: tf.TensorSpec([None], column.dtype, name) for name, column in _columns().items()}
    function = tf.function(lambda **columns: preprocessor(columns)).get_concrete_function(**specs)
    tf.saved_model.save(module, str(tmp_path), signatures=function)
    loaded = tf.saved_model.load(str(tmp_path)).signatures["serving_default"](**_columns())
    for name, value in expected.items():
        np.testing.assert_array_equal(mapped[name], value, err_msg=name)
        np.testing.assert_array_equal(loaded[name], value, err_msg=name)


def test_an_empty_batch():
    outputs = Preprocessor(SPECS)(_columns(slice(0)))
    assert {name: value.shape[0] for name, value in outputs.items()} == dict.fromkeys(outputs, 0)


def test_a_part_reads_its_own_columns_with_the_same_tables():
    whole = Preprocessor(SPECS)
    columns = {name: tf.constant(values) for name, values in COLUMNS.items()}
    expected = whole(columns)
    names = [spec.name for spec in SPECS]
    for chosen in (names[:2], names[2:], names[::2]):
        part = whole.part(chosen)
        assert [spec.name for spec in part.specs] == chosen
        got = part({name: columns[name] for name in part.columns})
        single = [i for i, spec in enumerate(Layout(SPECS).single) if spec.name in chosen]
        np.testing.assert_array_equal(got["ids"], expected["ids"].numpy()[:, single])
        for key in got.keys() & expected.keys() - {"ids", "values"}:
            np.testing.assert_array_equal(got[key], expected[key])
        assert part._vocabularies is whole._vocabularies


def test_every_type_of_feature_is_built():
    assert set(build._FEATURES) == set(FeatureConfig.FeatureType.values())

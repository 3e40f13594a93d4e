"""Sample requests say what the arrays say."""

import base64
import json

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework.tensor_pb2 import TensorProto

from apps_rec.serving.requests import grpc_text, request, rest_columns, rest_rows, take, tensor_proto
from apps_rec.serving.schema import SIGNATURES


def rows(ranked, count=3):
    return take(ranked.rows(), list(range(count)))


def test_rows_of_a_request_to_rank_have_one_user(ranked):
    inputs = request("rank", rows(ranked), ranked.schema)
    shapes = {name: array.shape for name, array in inputs.items()}
    assert {name for name, shape in shapes.items() if shape == (1,)} == {"user", "word", "seen", "age", "is_new"}
    assert {name for name, shape in shapes.items() if shape == (3,)} == {"app", "price", "tags", "size"}
    np.testing.assert_allclose(inputs["weights"], [0.95, 0.05], rtol=1e-6)


def test_ids_are_packed_with_all_their_digits(ranked):
    some = rows(ranked, 1)
    some["app"] = [2**62 + 1]
    packed = request("rank_packed", some, ranked.schema)
    assert packed["item_text"][0].tolist() == [str(2**62 + 1).encode(), some["tags"][0]]
    assert packed["item_numbers"].dtype == np.float64


@pytest.mark.parametrize(
    "array",
    [
        np.array(["ü".encode(), b""], object),
        np.array([[1.5, -2.0]], np.float64),
        np.array([0.1], np.float32),
        np.array([2**62], np.int64),
        np.array([-3], np.int32),
        np.array([True, False]),
        np.zeros([0, 2], np.float32),
    ],
)
def test_a_tensor_message_reads_back(array):
    back = tf.make_ndarray(tensor_proto(array))
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_the_forms_of_a_request_hold_the_same(ranked, signature):
    inputs = request(signature, rows(ranked), ranked.schema)
    columns = json.loads(rest_columns(signature, inputs))
    assert columns["signature_name"] == signature
    for name, array in inputs.items():
        assert columns["inputs"][name] == _plain(array, signature)
    if signature.startswith("serving"):
        instances = json.loads(rest_rows(signature, inputs))["instances"]
        assert instances == [{name: _plain(array[i], signature) for name, array in inputs.items()} for i in range(3)]
    text = grpc_text("apps", signature, inputs)
    for name, array in inputs.items():
        start = text.index(f'  key: "{name}"\n  value {{') + len(f'  key: "{name}"\n  value {{')
        body = text[start : text.index("\n  }\n}", start)]
        np.testing.assert_array_equal(tf.make_ndarray(text_format.Parse(body, TensorProto())), array)


def _plain(value, signature):
    if isinstance(value, np.ndarray):
        return [_plain(item, signature) for item in value]
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()} if signature == "serving_tf_example" else value.decode()
    return value.item() if isinstance(value, np.generic) else value


def test_samples_lie_in_the_export(ranked):
    samples = ranked.version / "assets/samples"
    assert sorted(path.name for path in samples.iterdir()) == sorted(
        [f"{name}.{form}" for name in SIGNATURES for form in ("columns.json", "grpc.txt")]
        + [f"{name}.rows.json" for name in ("serving_default", "serving_tf_example")]
    )
    sample = json.loads((samples / "rank.columns.json").read_text(encoding="utf-8"))["inputs"]
    kinds = {column.name: column.dtype for column in ranked.schema.columns}
    arrays = {
        name: np.array([v.encode() for v in value], object) if kinds.get(name) == "STRING" else np.array(value)
        for name, value in sample.items()
    }
    assert ranked.engine.run("rank", arrays)["order"].shape == (3,)

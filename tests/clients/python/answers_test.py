"""Answers of a server that means ill: always a ClientError, and nothing is made of what it only says it sends."""

import json
import time
import tracemalloc

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusResponse
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictResponse

from apps_rec_client import AnswerError, ClientError, RequestError, SchemaError, ServerError, read_schema
from apps_rec_client.answers import read_states
from tests.clients.python.conftest import ITEMS, SCHEMA, USER

GOOD = {"score": np.float32([0.25, 0.5]), "order": np.int32([1, 0]), "probs_ctr": np.float32([0.5, 0.25])}
ROWS = {name: [value] * 2 for name, value in USER.items()} | ITEMS


def response(outputs, **spec):
    made = PredictResponse(model_spec=ModelSpec(name="apps", **spec))
    for name, value in outputs.items():
        made.outputs[name].CopyFrom(value if isinstance(value, TensorProto) else tf.make_tensor_proto(value))
    return made


def tensor(dims, dtype=types_pb2.DT_FLOAT, unknown=False, **values):
    made = TensorProto(dtype=dtype, **values)
    for size in dims:
        made.tensor_shape.dim.add(size=size)
    made.tensor_shape.unknown_rank = unknown
    return made


FLOATS = {
    "one row too few": np.float32([0.5]),
    "one row too many": np.float32([0.5, 0.25, 0.125]),
    "no rows": np.float32([]),
    "another rank": np.float32([[0.5], [0.25]]),
    "rows side by side": np.float32([[0.5, 0.25]]),
    "a scalar": np.float32(0.5),
    "doubles": np.float64([0.5, 0.25]),
    "whole numbers": np.int64([1, 0]),
    "texts": np.array([b"a", b"b"], object),
    "half": np.float16([0.5, 0.25]),
    "nan": np.float32([0.5, np.nan]),
    "infinite": np.float32([np.inf, 0.5]),
    "2^31 values of one": tensor([2**31], float_val=[0.5]),
    "2^62 values of one": tensor([2**31, 2**31], float_val=[0.5]),
    "more than 2^64": tensor([2**62, 2**62, 2**62], float_val=[0.5]),
    "less than none": tensor([-1], float_val=[0.5]),
    "less than none twice": tensor([-1, -2], float_val=[0.5, 0.5]),
    "1,000 dimensions": tensor([1] * 1000, float_val=[0.5]),
    "no shape known": tensor([], unknown=True, float_val=[0.5, 0.5]),
    "no values": tensor([2]),
    "more values than rows": tensor([2], float_val=[0.5, 0.25, 0.125]),
    "values in another field": tensor([2], double_val=[0.5, 0.25]),
    "bytes too few": tensor([2], tensor_content=b"\0" * 7),
    "bytes too many": tensor([2], tensor_content=b"\0" * 12),
    "texts as bytes": tensor([2], types_pb2.DT_STRING, tensor_content=b"ab"),
    "no type": tensor([2], types_pb2.DT_INVALID, float_val=[0.5, 0.25]),
    "a type of nobody's": tensor([2], 9999, float_val=[0.5, 0.25]),
    "a resource": tensor([2], types_pb2.DT_RESOURCE),
    "variant": tensor([2], types_pb2.DT_VARIANT),
}
ORDERS = {
    "the same place twice": np.int32([1, 1]),
    "a place that is none": np.int32([0, 2]),
    "below zero": np.int32([-1, 0]),
    "one place": np.int32([0]),
    "places of 64 bits": np.int64([1, 0]),
    "fractions": np.float32([1, 0]),
    "left out": tensor([2], types_pb2.DT_INT32, int_val=[0]),
}


@pytest.mark.parametrize("name", ["score", "probs_ctr"])
@pytest.mark.parametrize("value", FLOATS.values(), ids=FLOATS)
def test_scores_that_are_none(service, name, value):
    service.answer = lambda signature, arrays: response({**GOOD, name: value})
    with service.client(SCHEMA) as client:
        for ask in (lambda: client.rank(USER, ITEMS), lambda: client.score(ROWS)):
            with pytest.raises(
                AnswerError, match=rf"'{name}': expected 2 finite numbers of the type float32, one a row"
            ):
                ask()


@pytest.mark.parametrize("value", ORDERS.values(), ids=ORDERS)
def test_orders_that_are_none(service, value):
    service.answer = lambda signature, arrays: response({**GOOD, "order": value})
    with service.client(SCHEMA) as client, pytest.raises(AnswerError, match=r"'?order'?: expected "):
        client.rank(USER, ITEMS)


@pytest.mark.parametrize("name", ["score", "order"])
def test_an_output_that_is_missing(service, name):
    service.answer = lambda signature, arrays: {key: value for key, value in GOOD.items() if key != name}
    with service.client(SCHEMA) as client, pytest.raises(AnswerError, match=f"expected the outputs .*called {name}"):
        client.rank(USER, ITEMS)


def test_an_output_that_the_schema_promises(service):
    described = json.loads(json.dumps(SCHEMA))
    outputs = [{"name": name} for name in ("score", "order", "probs_ctr", "probs_cvr")]
    described["signatures"]["rank_packed"]["outputs"] = outputs
    service.answer = lambda signature, arrays: GOOD
    with service.client(described) as client, pytest.raises(AnswerError, match="got none called probs_cvr"):
        client.rank(USER, ITEMS)


def test_outputs_with_a_number_for_each_class(service):
    described = json.loads(json.dumps(SCHEMA))
    names = {"score": [None], "probs_rating": [None, 3], "logits_rating": [None, 3], "y_rating": [None]}
    outputs = [{"name": name, "shape": shape} for name, shape in names.items()]
    described["signatures"]["serving_default"] = {"outputs": outputs}
    probs = np.float32([[0.5, 0.25, 0.25], [0, 0, 1]])
    good = {"score": GOOD["score"], "probs_rating": probs, "logits_rating": probs, "y_rating": np.float32([0, 2])}
    service.answer = lambda signature, arrays: response(good)
    with service.client(described) as client:
        scores = client.score(ROWS)
        np.testing.assert_array_equal(scores.probs["probs_rating"], probs)
        assert scores.values["y_rating"].tolist() == [0, 2]
        service.answer = lambda signature, arrays: response({**good, "probs_rating": probs[:, :2]})
        with pytest.raises(
            AnswerError, match=r"'probs_rating': expected 2 x 3 finite numbers .* 3 a row, got the shape"
        ):
            client.score(ROWS)
    described["signatures"]["serving_default"]["outputs"][1]["shape"] = [None, 0]
    with pytest.raises(SchemaError, match="an output has the shape"):
        read_schema(described)


def test_outputs_that_nobody_asked_for_are_left(service):
    service.answer = lambda signature, arrays: response({**GOOD, "more": FLOATS["2^31 values of one"]})
    with service.client(SCHEMA) as client:
        assert client.rank(USER, ITEMS).order.tolist() == [1, 0]
        assert list(client.rank(USER, ITEMS).probs) == ["probs_ctr"]


def test_an_answer_of_another_version(service):
    service.answer = lambda signature, arrays: response(GOOD, version={"value": 8})
    with service.client(SCHEMA, version=7) as client, pytest.raises(AnswerError, match=r"expected version 7, .* 8"):
        client.rank(USER, ITEMS)
    with service.client(SCHEMA) as client:
        assert client.rank(USER, ITEMS).version == 8


def test_what_a_shape_says_is_never_made(service):
    service.answer = lambda signature, arrays: response({**GOOD, "score": FLOATS["2^31 values of one"]})
    with service.client(SCHEMA, timeout_seconds=5) as client:
        tracemalloc.start()
        began = time.monotonic()
        with pytest.raises(AnswerError):
            client.rank(USER, ITEMS)
        took, (_, most) = time.monotonic() - began, tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 10 << 20
    assert took < 5


def test_an_answer_is_no_larger_than_what_is_taken(service):
    texts = np.array([b"x" * 200_000], object)
    service.answer = lambda signature, arrays: response({**GOOD, "more": texts})
    with service.client(SCHEMA) as client:
        client.rank(USER, ITEMS)
    with (
        service.client(SCHEMA, max_answer_bytes=100_000) as client,
        pytest.raises(ServerError, match=r"RESOURCE_EXHAUSTED .*max_answer_bytes"),
    ):
        client.rank(USER, ITEMS)
    for wrong in (0, -1, 2**31):
        with pytest.raises(RequestError, match="max_answer_bytes: expected 1 to"):
            service.client(SCHEMA, max_answer_bytes=wrong)


def test_the_time_is_for_reading_too(service, monkeypatch):
    def slowly(*arguments):
        time.sleep(0.6)
        return GOOD

    monkeypatch.setattr("apps_rec_client.client.read_outputs", slowly)
    with (
        service.client(SCHEMA, timeout_seconds=0.5) as client,
        pytest.raises(ServerError, match=r"DEADLINE_EXCEEDED after 1 attempt"),
    ):
        client.rank(USER, ITEMS)


def test_a_state_that_no_version_has():
    answer = GetModelStatusResponse.FromString(b"\x0a\x04\x08\x07\x10\x63")  # version 7, state 99
    assert answer.model_version_status[0].state == 99
    with pytest.raises(AnswerError, match="status: version 7: there is no state of the number 99"):
        read_states(answer, "status")


def test_the_servers_words_cannot_write_to_the_terminal(service):
    import grpc

    service.failures = [(grpc.StatusCode.INTERNAL, "\x1b]0;title\x07 and more" + "x" * 3000)]
    with service.client(SCHEMA) as client, pytest.raises(ServerError) as caught:
        client.rank(USER, ITEMS)
    assert "\x1b" not in str(caught.value)
    assert "\\x1b]0;title" in str(caught.value)


def test_random_answers_are_answers_or_errors(service):
    """Bytes of a good answer, some of them changed: a ranking of the two items, or a ClientError."""
    draw = np.random.default_rng(3)
    good = response(GOOD).SerializeToString()
    right = 0
    for _ in range(300):
        spoiled = bytearray(good)
        for place in draw.integers(0, len(spoiled), draw.integers(1, 4)):
            spoiled[place] = draw.integers(0, 256)
        try:
            answer = PredictResponse.FromString(bytes(spoiled))
        except DecodeError:
            continue
        service.answer = lambda signature, arrays, answer=answer: answer
        with service.client(SCHEMA) as client:
            try:
                ranking = client.rank(USER, ITEMS)
            except ClientError:
                continue
        right += 1
        assert sorted(ranking.order.tolist()) == [0, 1]
        assert np.isfinite(ranking.score).all()
        assert ranking.score.shape == (2,)
    assert 0 < right < 300


def changed(path, value):
    """SCHEMA with a field of another value, or without it."""
    described = json.loads(json.dumps(SCHEMA))
    *way, last = path
    at = described
    for step in way:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return described


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["columns"], None),
        (["columns"], 3),
        (["columns"], []),
        (["columns", 0], "user"),
        (["columns", 0, "name"], 7),
        (["columns", 0, "name"], ["user"]),
        (["columns", 0, "dtype"], "DT_HALF"),
        (["columns", 0, "side"], "moon"),
        (["columns", 1, "name"], "user"),
        (["filled_with_default"], {"slot": 1}),
        (["filled_with_default", 0, "name"], None),
        (["score", "terms"], None),
        (["score", "terms", 0, "weight"], "0.5"),
        (["score", "terms", 0, "weight"], 1e39),
        (["score", "terms", 0, "weight"], float("nan")),
        (["score", "terms", 0, "weight"], 10**400),
        (["signatures"], []),
        (["signatures", "rank_packed", "inputs"], 3),
        (["signatures", "rank_packed", "inputs", 0, "columns"], ["nobody"]),
        (["signatures", "rank_packed", "inputs", 0, "columns"], []),
        (["signatures", "rank_packed", "inputs", 0, "dtype"], "DT_INT64"),
        (["signatures", "rank_packed", "inputs", 0, "columns"], ["user", "user"]),
        (["signatures", "rank_packed", "outputs"], [{}]),
    ],
)
def test_a_schema_with_a_wrong_field(path, value):
    with pytest.raises(SchemaError, match=r"schema: expected the assets/schema\.json of an export of apps_rec; "):
        read_schema(changed(path, value))


def test_a_schema_whose_brackets_have_no_end(tmp_path):
    (tmp_path / "schema.json").write_text("[" * 100_000)
    with pytest.raises(SchemaError, match="its brackets are too deep to read"):
        read_schema(tmp_path / "schema.json")
    with pytest.raises(SchemaError, match="it is no regular file"):
        read_schema(tmp_path)

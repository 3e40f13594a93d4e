"""Through a server, the client says what the export itself says."""

import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from apps_rec.serving.requests import request, take
from apps_rec_client import RankClient, ServerError
from tests.clients.python.conftest import ITEMS, SCHEMA, USER
from tests.clients.python.server import NEWEST, Service

LONGEST_WAIT = "grpc.max_reconnect_backoff_ms"
PROBS = ["probs_ctcvr", "probs_ctr", "probs_cvr"]


@pytest.fixture(scope="module")
def engine(ranked_once):
    return ranked_once.engine


@pytest.fixture
def client(ranked, engine, service):
    service.answer = engine.run
    with service.client(ranked.version / "assets/schema.json") as opened:
        yield opened


@pytest.fixture
def without_export(service):
    with service.client(SCHEMA) as opened:
        yield opened


def of_one_user(ranked, count=20):
    """Rows of items as they are in the export's proof, and the user and the context of the first."""
    rows = take(ranked.rows(), list(range(count)))
    user = {column.name: rows[column.name][0] for column in ranked.schema.shared}
    return rows, user, {column.name: rows[column.name] for column in ranked.schema.items}


@pytest.mark.parametrize("signature", ["rank", "rank_packed"])
def test_a_ranking_is_the_exports(ranked, engine, client, signature):
    rows, user, items = of_one_user(ranked)
    ranking = client.rank(user, items, signature=signature)
    expected = engine.run(signature, request(signature, rows, ranked.schema))
    np.testing.assert_array_equal(ranking.score, expected["score"])
    np.testing.assert_array_equal(ranking.order, expected["order"])
    assert list(ranking.probs) == PROBS
    for name, values in ranking.probs.items():
        np.testing.assert_array_equal(values, expected[name])
    np.testing.assert_array_equal(ranking.order, np.argsort(-ranking.score, kind="stable"))


def test_items_may_be_dicts_with_texts(ranked, service, client):
    _, user, items = of_one_user(ranked)
    client.rank(user, items)
    texts = {name: [v.decode() if isinstance(v, bytes) else v for v in values] for name, values in items.items()}
    client.rank(
        {name: value.decode() if isinstance(value, bytes) else np.array(value)[()] for name, value in user.items()},
        [{name: values[place] for name, values in texts.items()} for place in range(20)],
    )
    assert service.requests[0] == service.requests[1]


def test_scores_are_the_exports(ranked, engine, client):
    rows = ranked.rows()
    scores = client.score(rows)
    expected = engine.run("serving_default", request("serving_default", rows, ranked.schema))
    np.testing.assert_array_equal(scores.score, expected["score"])
    assert (list(scores.probs), list(scores.logits)) == (PROBS, ["logits_ctr", "logits_cvr"])
    for name, values in {**scores.probs, **scores.logits}.items():
        np.testing.assert_array_equal(values, expected[name])


@pytest.mark.parametrize("signature", ["rank", "rank_packed", "serving_default"])
def test_the_sample_requests_of_an_export_are_what_the_client_sends(ranked, service, client, signature):
    rows, user, items = of_one_user(ranked, 3)
    if signature == "serving_default":
        client.score(rows)
    else:
        client.rank(user, items, signature=signature)
    text = (ranked.version / f"assets/samples/{signature}.grpc.txt").read_text(encoding="utf-8")
    sample, sent = text_format.Parse(text, PredictRequest()), service.requests[0]
    assert sent.model_spec.signature_name == sample.model_spec.signature_name
    assert sorted(sent.inputs) == sorted(sample.inputs)
    for name, tensor in sample.inputs.items():
        np.testing.assert_array_equal(tf.make_ndarray(sent.inputs[name]), tf.make_ndarray(tensor))


def test_weights_of_a_request_change_the_order(ranked, client):
    _, user, items = of_one_user(ranked)
    orders = {}
    for output, weights in (("probs_ctr", {"probs_ctr": 1, "probs_ctcvr": 0}), ("probs_ctcvr", [0, 1])):
        ranking = client.rank(user, items, weights)
        np.testing.assert_array_equal(ranking.score, ranking.probs[output])
        orders[output] = ranking.order.tolist()
        assert orders[output] == np.argsort(-ranking.probs[output], kind="stable").tolist()
    assert orders["probs_ctr"] != orders["probs_ctcvr"]


def test_no_items_are_no_scores(ranked, client):
    _, user, items = of_one_user(ranked)
    for none in ([], {name: [] for name in items}):
        ranking = client.rank(user, none)
        assert (ranking.score.shape, ranking.order.shape) == ((0,), (0,))


def test_the_version_is_asked_for_and_told(ranked, engine, service):
    service.answer = engine.run
    _, user, items = of_one_user(ranked)
    schema = ranked.version / "assets/schema.json"
    for options, asked, told in (
        ({}, None, NEWEST),
        ({"version": 7}, "version", 7),
        ({"version_label": "stable"}, "version_label", NEWEST),
    ):
        with service.client(schema, **options) as client:
            assert client.rank(user, items).version == told
        spec = service.requests[-1].model_spec
        assert (spec.name, spec.signature_name, spec.WhichOneof("version_choice")) == ("apps", "rank_packed", asked)
    assert spec.version_label == "stable"


def test_the_servers_refusal_names_model_version_and_signature(ranked, engine, service):
    service.answer = engine.run
    _, user, items = of_one_user(ranked, 2)
    items["tags"] = [b"t1:0.5", b"t1:many"]
    with (
        service.client(ranked.version / "assets/schema.json", version=7) as client,
        pytest.raises(
            ServerError, match=r"^model apps, version 7, at 127.0.0.1:\d+, rank: INVALID_ARGUMENT after 1 attempt"
        ) as caught,
    ):
        client.rank(user, items, signature="rank")
    assert caught.value.code == grpc.StatusCode.INVALID_ARGUMENT
    assert "many" in caught.value.words
    assert len(service.requests) == 1


def test_states_of_versions(without_export):
    assert without_export.versions() == {8: "UNLOADING", 9: "AVAILABLE"}


def test_a_client_is_closed_behind_its_block(without_export):
    with without_export:
        pass
    with pytest.raises(ValueError, match="closed channel"):
        without_export.versions()


def test_a_server_that_restarts_is_found_again():
    with Service() as service:
        client = service.client(SCHEMA, retries=20, timeout_seconds=2)
        client.rank(USER, ITEMS)
    with pytest.raises(ServerError, match="UNAVAILABLE"):
        client.rank(USER, ITEMS)
    with Service(service.port), client:
        assert client.rank(USER, ITEMS).version == NEWEST


def test_options_of_a_channel_are_the_callers_before_ours(monkeypatch):
    given, plain = {}, grpc.insecure_channel("ranker:8500")
    monkeypatch.setattr(grpc, "secure_channel", lambda target, credentials, options: given.update(options) or plain)
    secrets = grpc.ssl_channel_credentials()
    RankClient("ranker:8500", "apps", SCHEMA, credentials=secrets, channel_options=[(LONGEST_WAIT, 5)]).close()
    assert given == {"grpc.initial_reconnect_backoff_ms": 100, LONGEST_WAIT: 5}

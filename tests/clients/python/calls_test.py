"""What is repeated, and for how long."""

import time

import grpc
import pytest

from apps_rec_client import RequestError, ServerError
from tests.clients.python.conftest import ITEMS, SCHEMA, USER

UNAVAILABLE = (grpc.StatusCode.UNAVAILABLE, "draining")


def test_a_server_that_is_away_for_a_moment_is_asked_again(service):
    service.failures = [UNAVAILABLE] * 2
    with service.client(SCHEMA) as client:
        assert client.rank(USER, ITEMS).order.tolist() == [0, 1]
    assert len(service.requests) == 3
    assert service.requests[0] == service.requests[2]


def test_retries_come_to_an_end(service):
    service.failures = [UNAVAILABLE] * 3
    with (
        service.client(SCHEMA, version_label="stable") as client,
        pytest.raises(
            ServerError, match=r"version stable, .*, rank_packed: UNAVAILABLE after 3 attempts: draining"
        ) as it,
    ):
        client.rank(USER, ITEMS)
    assert (it.value.attempts, len(service.requests)) == (3, 3)


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INTERNAL]
)
def test_an_answer_is_an_answer(service, code):
    service.failures = [(code, "so it is")]
    with service.client(SCHEMA) as client, pytest.raises(ServerError, match="after 1 attempt: so it is") as caught:
        client.score({name: [value] * 2 for name, value in USER.items()} | ITEMS)
    assert (caught.value.code, caught.value.words, len(service.requests)) == (code, "so it is", 1)


def test_an_answer_that_is_late_is_not_waited_for(service):
    service.seconds = 2
    started = time.monotonic()
    with (
        service.client(SCHEMA, timeout_seconds=0.2) as client,
        pytest.raises(ServerError, match="timeout_seconds") as it,
    ):
        client.rank(USER, ITEMS)
    assert time.monotonic() - started < 1.5
    assert it.value.code == grpc.StatusCode.DEADLINE_EXCEEDED


def test_waits_end_with_the_time_of_the_request(service):
    service.failures = [UNAVAILABLE] * 100
    started = time.monotonic()
    with (
        service.client(SCHEMA, timeout_seconds=1, retries=99) as client,
        pytest.raises(ServerError, match="UNAVAILABLE after") as caught,
    ):
        client.rank(USER, ITEMS)
    assert time.monotonic() - started < 1
    # Waits of at least 25, 50, 100, 200 and 400 ms are the most that fit.
    assert 2 <= caught.value.attempts <= 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": 3, "version_label": "stable"}, "expected version or version_label, got both: 3 and 'stable'"),
        ({"timeout_seconds": 0}, "timeout_seconds: expected more than 0, got 0"),
        ({"retries": -1}, "retries: expected 0 or more, got -1"),
    ],
)
def test_options_that_contradict_are_refused(service, options, message):
    with pytest.raises(RequestError, match=message):
        service.client(SCHEMA, **options)

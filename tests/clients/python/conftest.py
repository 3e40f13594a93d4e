"""A server in the test's process, and the export that it answers from."""

import pytest

# Without these names here pytest does not find the fixtures: they are those of the tests of serving.
from tests.serving.conftest import make_ranked, ranked, ranked_once  # noqa: F401

SCHEMA = {
    "columns": [
        {"name": "user", "dtype": "DT_INT64", "default": -1, "side": "user"},
        {"name": "hour", "dtype": "DT_INT32", "default": 0, "side": "context"},
        {"name": "app", "dtype": "DT_STRING", "default": "", "side": "item"},
        {"name": "free", "dtype": "DT_BOOL", "default": False, "side": "item"},
        {"name": "price", "dtype": "DT_FLOAT", "default": 0.5, "side": "item"},
        {"name": "size", "dtype": "DT_DOUBLE", "default": 1.0, "side": "item"},
    ],
    "filled_with_default": [{"name": "slot", "dtype": "DT_INT32", "default": 2}],
    "score": {
        "formula": "weighted_sum",
        "terms": [{"output": "probs_ctr", "weight": 0.75}, {"output": "probs_ctcvr", "weight": 0.25}],
        "value_field": None,
    },
    "signatures": {
        "rank_packed": {
            "inputs": [
                {"name": "shared_text", "dtype": "DT_STRING", "shape": [1, 1], "columns": ["user"]},
                {"name": "shared_numbers", "dtype": "DT_DOUBLE", "shape": [1, 1], "columns": ["hour"]},
                {"name": "item_text", "dtype": "DT_STRING", "shape": [None, 1], "columns": ["app"]},
                {
                    "name": "item_numbers",
                    "dtype": "DT_DOUBLE",
                    "shape": [None, 3],
                    "columns": ["free", "price", "size"],
                },
                {"name": "weights", "dtype": "DT_FLOAT", "shape": [2]},
            ]
        }
    },
}
USER = {"user": 2**62 + 1, "hour": 23}
ITEMS = {"app": ["a", "игры"], "free": [True, False], "price": [0.0, 1.5], "size": [7, float("nan")]}


@pytest.fixture
def schema():
    """Return the schema as a client has it."""
    from apps_rec_client import read_schema

    return read_schema(SCHEMA)


@pytest.fixture
def service():
    """Return a running server; its `answer` may be set."""
    from tests.clients.python.server import Service

    with Service() as running:
        yield running

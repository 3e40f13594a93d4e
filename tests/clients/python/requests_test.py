"""Rows become the inputs that the schema asks for, and what does not fit is told before anything is sent."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from apps_rec.config import load_config
from apps_rec.serving.schema import build_serving_schema
from apps_rec_client import Column, RequestError, SchemaError, read_schema
from apps_rec_client.requests import rank_inputs, score_inputs
from tests.clients.python.conftest import ITEMS, SCHEMA, USER

SAMPLE = Path(__file__).parents[3] / "samples/appstore/esmm.config"


def test_inputs_of_rank_have_the_columns_types(schema):
    inputs = rank_inputs("rank", USER, ITEMS, None, schema)
    assert {name: (array.dtype.name, array.shape) for name, array in inputs.items()} == {
        "user": ("int64", (1,)),
        "hour": ("int32", (1,)),
        "app": ("object", (2,)),
        "free": ("bool", (2,)),
        "price": ("float32", (2,)),
        "size": ("float64", (2,)),
        "weights": ("float32", (2,)),
    }
    assert inputs["user"].tolist() == [2**62 + 1]
    assert inputs["app"].tolist() == [b"a", "игры".encode()]
    assert inputs["weights"].tolist() == [0.75, 0.25]


def test_inputs_of_rank_packed_stand_side_by_side(schema):
    inputs = rank_inputs("rank_packed", USER, ITEMS, {"probs_ctcvr": 2, "probs_ctr": 1}, schema)
    assert inputs["shared_text"].tolist() == [[b"4611686018427387905"]]
    assert inputs["shared_numbers"].tolist() == [[23.0]]
    assert inputs["item_text"].tolist() == [[b"a"], ["игры".encode()]]
    np.testing.assert_array_equal(inputs["item_numbers"], [[1, 0, 7], [0, 1.5, math.nan]])
    # By output, in the order of the terms.
    assert inputs["weights"].tolist() == [1, 2]


def test_columns_of_numpy_are_columns(schema):
    items = {
        "app": np.array(["a", "игры"]),
        "free": np.array([True, False]),
        "price": np.float32([0, 1.5]),
        "size": [np.int64(7), np.nan],
    }
    ours, plain = (rank_inputs("rank", USER, given, None, schema) for given in (items, ITEMS))
    for name, array in plain.items():
        np.testing.assert_array_equal(ours[name], array)


def test_every_mistake_is_told_at_once(schema):
    with pytest.raises(RequestError) as caught:
        rank_inputs(
            "rank_paked",
            {"user": 1.5, "size": 3, "slot": 2},
            {"app": ["a", "b"], "free": [True, 1], "pric": [0, 1], "size": [2, "big"]},
            [1],
            schema,
        )
    assert str(caught.value).splitlines() == [
        'signature: expected "rank" or "rank_packed", got \'rank_paked\'',
        'user: column "hour" is missing: expected a whole number of 32 bits; '
        "the export takes 0 for a value that is not known",
        'user: column "size" is of the item: it goes with the items',
        'user: column "slot" is filled by the export with its default; leave it out',
        'user["user"]: expected a whole number of 64 bits, got 1.5 (float)',
        'items: column "price" is missing: expected a number of 32 bits; '
        "the export takes 0.5 for a value that is not known",
        'items: unknown column "pric"; expected app, free, price, size. Did you mean "price"?',
        'items["free"][1]: expected True or False, got 1 (int)',
        "items[\"size\"][1]: expected a number of 64 bits, got 'big' (str)",
        "weights: expected 2 of them (probs_ctr, probs_ctcvr), got [1] (list)",
    ]


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        (
            "app",
            ["a", 3],
            r'items\["app"\]\[1\]: expected a text \(bytes, or a str that UTF-8 can hold\), got 3 \(int\)',
        ),
        ("app", ["a", "\udc80"], r'items\["app"\]\[1\]: expected a text'),
        ("app", "ab", r"items\[\"app\"\]: expected a list of values, got 'ab' \(str\)"),
        ("app", ["a"], "items: expected columns of one length, got app 1, free 2, price 2, size 2"),
        ("price", [0, 1e39], r'items\["price"\]\[1\]: expected a number of 32 bits, got 1e\+39 \(float\)'),
        ("price", [True, 1], r'items\["price"\]\[0\]: expected a number of 32 bits, got True \(bool\)'),
        ("price", [None, 1], r'items\["price"\]\[0\]: expected a number of 32 bits, got None \(NoneType\)'),
        ("size", [10**400, 1], r'items\["size"\]\[0\]: expected a number of 64 bits, got 1000'),
        ("size", np.float64(3), r'items\["size"\]: expected a list of values'),
        ("free", np.array([[True], [False]]), r'items\["free"\]\[0\]: expected True or False, got \[True\] \(list\)'),
    ],
)
def test_values_that_do_not_fit(schema, column, values, message):
    with pytest.raises(RequestError, match=message):
        rank_inputs("rank", USER, {**ITEMS, column: values}, None, schema)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 3.0, "3", False])
def test_whole_numbers_have_their_bits(schema, value):
    with pytest.raises(RequestError, match=r'user\["hour"\]: expected a whole number of 32 bits'):
        rank_inputs("rank", {**USER, "hour": value}, ITEMS, None, schema)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 3.4e38])
def test_numbers_that_count_as_missing_are_sent(schema, value):
    inputs = rank_inputs("rank", USER, {**ITEMS, "price": [0, value]}, None, schema)
    np.testing.assert_array_equal(inputs["price"], np.float32([0, value]))


@pytest.mark.parametrize(
    ("user", "items", "message"),
    [
        ([1, 2], ITEMS, r"user: expected a dict of values by column, got \[1, 2\] \(list\)"),
        (USER, "ab", r"items: expected a dict of columns or a list of dicts, got 'ab' \(str\)"),
        (USER, [{}, 3], r"items\[1\]: expected a dict of values by column, got 3 \(int\)"),
    ],
)
def test_other_things_than_rows(schema, user, items, message):
    with pytest.raises(RequestError, match=message):
        rank_inputs("rank", user, items, None, schema)


def test_a_row_that_lacks_a_value_is_named(schema):
    rows = [{"app": "a", "free": True, "price": 1, "size": 2}, {"app": "b", "free": True, "size": 2}]
    with pytest.raises(RequestError, match=r'^items\["price"\]\[1\]: expected a number of 32 bits, got nothing$'):
        rank_inputs("rank", USER, rows, None, schema)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"probs_ctr": 1}, "weights: expected one for each of probs_ctr, probs_ctcvr, got probs_ctr"),
        ([1, math.nan], r'weights\["probs_ctcvr"\]: expected a finite number of 32 bits, got nan'),
        ([1e39, 1], r'weights\["probs_ctr"\]: expected a finite number'),
        ([10**400, 1], r'weights\["probs_ctr"\]: expected a finite number'),
        (["1", 1], r"weights\[\"probs_ctr\"\]: expected a finite number of 32 bits, got '1' \(str\)"),
        (0.5, r"weights: expected 2 of them \(probs_ctr, probs_ctcvr\), got 0.5 \(float\)"),
    ],
)
def test_weights_that_do_not_fit(schema, weights, message):
    with pytest.raises(RequestError, match=message):
        rank_inputs("rank", USER, ITEMS, weights, schema)


def test_rows_to_score_hold_every_column(schema):
    rows = [{**USER, **{name: values[0] for name, values in ITEMS.items()}}] * 3
    assert {name: array.shape for name, array in score_inputs(rows, schema).items()} == dict.fromkeys(rows[0], (3,))
    with pytest.raises(RequestError, match=r'^rows: column "user" is missing'):
        score_inputs(ITEMS, schema)


def test_nothing_is_sent_where_columns_are_wrong(service):
    with service.client(SCHEMA) as client, pytest.raises(RequestError):
        client.rank(USER, {})
    assert service.requests == []


def test_a_schema_reads_what_an_export_writes(tmp_path):
    ours = build_serving_schema(load_config(SAMPLE).message)
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(ours.to_json()), encoding="utf-8")
    schema = read_schema(path)
    assert schema == read_schema(ours.to_json())
    assert [column.name for column in schema.shared] == [column.name for column in ours.shared]
    assert [column.name for column in schema.items] == [column.name for column in ours.items]
    assert {stack.name: [column.name for column in stack.columns] for stack in schema.stacks} == {
        name: [column.name for column in columns] for name, columns in ours.packed().items()
    }
    assert schema.columns[0] == Column("age_band", "DT_STRING", "user", "unknown")
    assert schema.filled == {"position"}
    assert list(schema.weights) == ["probs_ctr", "probs_ctcvr"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"schema.json: expected the assets/schema.json of an export of apps_rec; .*No such file"),
        ("{", r"schema.json: expected .*; Expecting property name"),
        ("[]", r"schema.json: expected .*; it holds no object, but a list"),
        ('{"columns": []}', r"schema.json: expected .*; it has no 'filled_with_default'"),
        (json.dumps(SCHEMA).replace("DT_BOOL", "DT_HALF"), 'column "free" has the type DT_HALF'),
    ],
)
def test_what_is_no_schema_is_refused(tmp_path, text, message):
    path = tmp_path / "schema.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match=message):
        read_schema(path)

"""Requests that nobody should send: a finite score or an error of the engine's, never a crash, never nan.

They go to the engine as a server hands them on: no check of Python's lies between.
"""

import random

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

from apps_rec.serving.requests import request, take
from apps_rec.serving.schema import SIGNATURES

TEXTS = [
    b"",
    b" ",
    b"nan",
    b"-1",
    b"+5",
    b"1e999",
    b"99999999999999999999",
    b"\xff\xfe\x00\xc3",
    "не видано 🛒".encode(),
    b"a\x00b",
    b"|",
    b"|||||||",
    b"t1:0.5|t2:1",
    b"t1:nan|t2:inf",
    b"t1:1e38|t2:1e38|t3:-1e38",
    b"t1:1e-45|t2:-1e-45",
    b"t1:|:1|::",
    b"1|2|3|4|5|6|7|8|9|10|11|12",
    b"-3|99|x|0x10",
    b"\xff:1|\xfe:2",
    b"x" * 2**20,
    b"|" * 2**16,
    b"t:1|" * 2**14,
]
FLOATS = [float("nan"), float("inf"), -float("inf"), 3.4e38, -3.4e38, 1e-45, -0.0, 1e30, 0.5]
WHOLE = [0, -1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 31, 10**12]
WEIGHTS = [
    [float("nan"), 1.0],
    [float("inf"), 0.0],
    [3e38, 3e38],
    [3e38, -3e38],
    [0.0, 0.0],
    [-1.0, 2.0],
    [],
    [1.0],
    [1, 2, 3],
]


class Caller:
    """Calls signatures of an export without Python's checks of shapes."""

    def __init__(self, engine):
        self._session, self._signatures, self._made = engine._session, engine._signatures, {}

    def __call__(self, signature, inputs):
        definition = self._signatures[signature]
        key = (signature, *inputs)
        if key not in self._made:
            self._made[key] = self._session._make_callable_from_options(_options(definition, inputs))
        return dict(zip(sorted(definition.outputs), self._made[key](*inputs.values()), strict=True))


def _options(definition, inputs):
    return config_pb2.CallableOptions(
        feed=[definition.inputs[name].name for name in inputs],
        fetch=[definition.outputs[name].name for name in sorted(definition.outputs)],
    )


def hostile(draw, signature, rows, schema):
    """A request with some of its parts spoiled."""
    count = draw.choice([0, 1, 1, 2, 3, 7, 50] + ([10_000] if draw.random() < 0.1 else []))
    there = len(next(iter(rows.values())))
    rows = take(rows, [draw.randrange(there) for _ in range(max(count, 1))])
    for column in draw.sample(schema.columns, draw.randrange(4)):
        choices = {"STRING": TEXTS, "FLOAT": FLOATS, "DOUBLE": [*FLOATS, 1e300]}.get(column.dtype, WHOLE)
        if column.dtype == "INT32":
            choices = [value for value in WHOLE if -(2**31) <= value < 2**31]
        for place in draw.sample(range(len(rows[column.name])), min(3, len(rows[column.name]))):
            rows[column.name][place] = draw.choice(choices)
    with np.errstate(over="ignore"):
        inputs = request(signature, rows, schema)
    if not count:
        inputs = {
            name: array[:0] if len(array) > 1 or name in _of_items(schema) else array for name, array in inputs.items()
        }
    if "weights" in inputs and draw.random() < 0.3:
        inputs["weights"] = np.array(draw.choice(WEIGHTS), np.float32)
    if signature == "serving_tf_example" and draw.random() < 0.4:
        inputs["examples"] = np.array([_example(draw, schema) for _ in range(count)], object)
    if draw.random() < 0.25:
        inputs = _misshapen(draw, inputs)
    return inputs


def _of_items(schema):
    return {column.name for column in schema.items} | {"item_text", "item_numbers", "examples"}


def _misshapen(draw, inputs):
    """A column missing, or one of another rank or length."""
    name = draw.choice(list(inputs))
    array = inputs[name]
    kind = draw.choice(["missing", "column", "row", "cube", "scalar", "longer", "shorter", "none", "repeated"])
    if kind == "missing":
        return {other: value for other, value in inputs.items() if other != name}
    changed = {
        "column": lambda: array.reshape(-1, 1),
        "row": lambda: array.reshape(1, -1),
        "cube": lambda: array[..., None, None],
        "scalar": lambda: array.reshape(-1)[0] if array.size else array,
        "longer": lambda: np.concatenate([array, array[:1]]),
        "shorter": lambda: array[:-1],
        "none": lambda: array[:0],
        "repeated": lambda: np.concatenate([array] * 3),
    }[kind]()
    return {**inputs, name: np.asarray(changed, array.dtype)}


def _example(draw, schema):
    """An Example with features missing, of another kind or length; or other bytes."""
    if draw.random() < 0.2:
        return draw.choice([b"", b"\xff\xff", b"no example", bytes(draw.randrange(256) for _ in range(40))])
    features = {}
    for column in schema.columns:
        kind = draw.random()
        if kind < 0.3:
            continue
        several = draw.choice([0, 1, 1, 1, 2, 5])
        if column.dtype == "STRING" or kind < 0.35:
            values = [draw.choice(TEXTS[:-3]) for _ in range(several)]
            features[column.name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
        elif column.dtype in ("FLOAT", "DOUBLE") or kind < 0.4:
            values = [draw.choice(FLOATS) for _ in range(several)]
            features[column.name] = tf.train.Feature(float_list=tf.train.FloatList(value=values))
        else:
            values = [draw.choice(WHOLE) for _ in range(several)]
            features[column.name] = tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


@pytest.fixture(scope="module")
def call(ranked_once):
    """Return the caller of the export."""
    return Caller(ranked_once.engine)


@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_hostile_request_gets_a_finite_score_or_an_error(ranked, call, count):
    rows = ranked.rows()
    answered, refused = 0, 0
    for seed in range(count):
        draw = random.Random(seed)
        signature = SIGNATURES[seed % len(SIGNATURES)]
        inputs = hostile(draw, signature, rows, ranked.schema)
        try:
            outputs = call(signature, inputs)
        # A text that is no UTF-8 in the engine's message is an error of Python's own.
        except (tf.errors.OpError, UnicodeDecodeError):
            refused += 1
            continue
        answered += 1
        for name, value in outputs.items():
            assert np.all(np.isfinite(value)), f"seed {seed}: {signature}: {name} is not finite"
    print(f"{count} hostile requests, seeds 0 to {count - 1}: {answered} answered, {refused} refused")
    assert answered > count / 4
    assert refused > count / 20


@pytest.mark.parametrize("signature", ["rank", "rank_packed", "serving_default"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_counts_as_missing(ranked, call, signature, value):
    rows = take(ranked.rows(), list(range(4)))
    rows["price"][1] = rows["size"][2] = value
    got = call(signature, request(signature, rows, ranked.schema))
    rows["price"][1], rows["size"][2] = 0.5, 7.5  # default_val
    expected = call(signature, request(signature, rows, ranked.schema))
    for name, wanted in expected.items():
        np.testing.assert_array_equal(got[name], wanted, err_msg=name)


@pytest.mark.parametrize("weights", [[float("nan"), 1.0], [1.0, -float("inf")]])
def test_weights_that_are_not_finite_are_an_error(ranked, call, weights):
    inputs = request("rank", ranked.rows(), ranked.schema, weights)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Input .*weights.* expects finite numbers"):
        call("rank", inputs)


@pytest.mark.parametrize("weights", [[], [1.0], [1.0, 2.0, 3.0]])
def test_another_number_of_weights_is_an_error(ranked, call, weights):
    with pytest.raises(tf.errors.InvalidArgumentError):
        call("rank", request("rank", ranked.rows(), ranked.schema, weights))


@pytest.mark.parametrize("name", ["app", "price", "tags"])
def test_items_of_unequal_length_are_an_error_and_never_repeated(ranked, call, name):
    inputs = request("rank", ranked.rows(), ranked.schema)
    for shorter in (inputs[name][:1], inputs[name][:-1]):
        # The first item column says how many there are; the operation's name says which column has another number.
        with pytest.raises(tf.errors.OpError, match="column_" if name == "app" else f"column_{name}"):
            call("rank", {**inputs, name: shorter})


def test_two_users_are_an_error(ranked, call):
    inputs = request("rank", ranked.rows(), ranked.schema)
    for name in ("user", "age", "seen"):
        with pytest.raises(tf.errors.OpError, match=f"column_{name}"):
            call("rank", {**inputs, name: np.concatenate([inputs[name]] * 2)})


def test_an_id_that_is_no_number_is_an_error_of_rank_packed(ranked, call):
    inputs = request("rank_packed", ranked.rows(), ranked.schema)
    inputs["item_text"][0, 0] = b"twelve"
    with pytest.raises(tf.errors.InvalidArgumentError, match="could not correctly convert string: twelve"):
        call("rank_packed", inputs)


def test_numbers_at_the_end_of_float32_give_finite_scores(ranked, call):
    rows = take(ranked.rows(), list(range(8)))
    rows["price"] = [3.4e38, -3.4e38, 1e30, -1e30, 1e20, 1e16, 1e15, 0.0]
    rows["tags"] = [b"t1:1e38|t2:1e-38|t3:3e38"] * 8
    for signature in SIGNATURES:
        for name, value in call(signature, request(signature, rows, ranked.schema)).items():
            assert np.all(np.isfinite(value)), (signature, name)

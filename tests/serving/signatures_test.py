"""Every signature says the same of the same rows, as a server runs them."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from apps_rec.serving.requests import request, take
from apps_rec.serving.schema import SIGNATURES
from apps_rec.training.estimator import load_trained

PROBS = ["probs_ctcvr", "probs_ctr", "probs_cvr"]
RANK_OUTPUTS = sorted(["score", "order", *PROBS])
ALL_OUTPUTS = sorted(["score", *PROBS, "logits_ctr", "logits_cvr"])


@pytest.fixture(scope="module")
def engine(ranked_once):
    return ranked_once.engine


@pytest.fixture(scope="module")
def graph(ranked_once):
    return saved_model_pb2.SavedModel.FromString((ranked_once.version / "saved_model.pb").read_bytes()).meta_graphs[0]


def one_user(ranked, count, user=0):
    """Rows whose user and context are those of one row, as many as asked for."""
    rows = ranked.rows()
    there = len(rows["user"])
    rows = take(rows, [place % there for place in range(count)])
    rows["app"] = [(value + 7 * place) % 31 for place, value in enumerate(rows["app"])]
    for column in ranked.schema.shared:
        rows[column.name] = [rows[column.name][user]] * count
    return rows


def reachable(graph, signature):
    """Nodes of the functions that a signature calls."""
    library = {function.signature.name: function.node_def for function in graph.graph_def.library.function}
    main = {node.name: node for node in graph.graph_def.node}
    todo = [main[next(iter(graph.signature_def[signature].outputs.values())).name.split(":")[0]]]
    found = []
    while todo:
        node = todo.pop()
        found.append(node)
        for value in node.attr.values():
            for name in [value.func.name] if value.func.name else []:
                todo += library.pop(name, [])
    return found


@pytest.mark.parametrize("signature", ["serving_default", "rank", "rank_packed"])
def test_no_request_meets_a_branch(graph, signature):
    """With one, TensorFlow runs the graph on its slower executor. Only tf.Examples have one, by their kinds of list."""
    kinds = {node.op for node in reachable(graph, signature)}
    assert "Assert" in kinds
    assert not kinds & {"If", "StatelessIf", "While", "StatelessWhile", "Switch", "Merge"}


def test_signatures_are_what_a_server_asks_for(graph):
    signatures = {name: value for name, value in graph.signature_def.items() if not name.startswith("__")}
    assert sorted(signatures) == sorted(SIGNATURES)
    assert {value.method_name for value in signatures.values()} == {"tensorflow/serving/predict"}
    for name, wanted in {
        "serving_default": ALL_OUTPUTS,
        "serving_tf_example": ALL_OUTPUTS,
        "rank": RANK_OUTPUTS,
        "rank_packed": RANK_OUTPUTS,
    }.items():
        assert sorted(signatures[name].outputs) == wanted


def test_the_schema_says_what_the_signatures_take(graph, ranked):
    schema = json.loads((ranked.version / "assets/schema.json").read_text(encoding="utf-8"))
    types = {value: name for name, value in types_pb2.DataType.items()}
    for name, described in schema["signatures"].items():
        definition = graph.signature_def[name]
        for kind in ("inputs", "outputs"):
            infos = getattr(definition, kind)
            assert sorted(infos) == sorted(entry["name"] for entry in described[kind])
            for entry in described[kind]:
                info = infos[entry["name"]]
                assert types[info.dtype] == entry["dtype"], entry
                shape = [None if dim.size == -1 else dim.size for dim in info.tensor_shape.dim]
                # The weights' number is checked inside, by name.
                assert shape == ([None] if entry["name"] == "weights" else entry["shape"]), entry


def test_columns_and_sides_are_in_the_order_of_the_config(ranked):
    schema = json.loads((ranked.version / "assets/schema.json").read_text(encoding="utf-8"))
    assert [(column["name"], column["side"]) for column in schema["columns"]] == [
        ("user", "user"),
        ("app", "item"),
        ("price", "item"),
        ("word", "context"),
        ("tags", "item"),
        ("seen", "user"),
        ("age", "user"),
        ("is_new", "context"),
        ("size", "item"),
    ]
    inputs = {entry["name"]: entry for entry in schema["signatures"]["rank_packed"]["inputs"]}
    assert {name: entry.get("columns") for name, entry in inputs.items()} == {
        "shared_text": ["user", "word", "seen", "is_new"],
        "shared_numbers": ["age"],
        "item_text": ["app", "tags"],
        "item_numbers": ["price", "size"],
        "weights": None,
    }
    assert (inputs["shared_text"]["shape"], inputs["item_numbers"]["shape"]) == ([1, 4], [None, 2])
    assert schema["score"] == {
        "formula": "weighted_sum",
        "terms": [
            {"output": "probs_ctr", "weight": 0.949999988079071},
            {"output": "probs_ctcvr", "weight": 0.05000000074505806},
        ],
        "value_field": None,
    }
    assert schema["filled_with_default"] == [{"name": "slot", "dtype": "DT_INT32", "default": 2}]


def test_rows_and_examples_score_like_the_model(ranked, engine):
    rows = ranked.rows()
    estimator, _, _ = load_trained(ranked.run.load())
    types = {column.name: column.dtype for column in ranked.schema.columns}
    kinds = {"STRING": tf.string, "INT32": tf.int32, "INT64": tf.int64, "FLOAT": tf.float32, "DOUBLE": tf.float64}
    columns = {name: tf.constant(values, kinds[types[name]]) for name, values in rows.items()}
    columns["slot"] = tf.fill([len(rows["user"])], 2)
    expected = estimator.predict(estimator.preprocessor(columns))
    for signature in ("serving_default", "serving_tf_example"):
        outputs = engine.run(signature, request(signature, rows, ranked.schema))
        for name, value in expected.items():
            np.testing.assert_allclose(outputs[name], value, rtol=0, atol=1e-6, err_msg=name)


def test_five_hundred_items_are_five_hundred_rows_sorted(ranked, engine):
    rows = one_user(ranked, 500)
    singles = [
        engine.run("serving_default", request("serving_default", take(rows, [i]), ranked.schema)) for i in range(500)
    ]
    expected = {name: np.concatenate([one[name] for one in singles]) for name in ("score", *PROBS)}
    for signature in ("rank", "rank_packed"):
        ranked_rows = engine.run(signature, request(signature, rows, ranked.schema))
        for name, values in expected.items():
            np.testing.assert_allclose(ranked_rows[name], values, rtol=0, atol=1e-6, err_msg=signature)
        score = ranked_rows["score"]
        order = ranked_rows["order"]
        assert order.dtype == np.int32
        assert order.tolist() == sorted(range(500), key=lambda i: (-score[i], i))
        ties = engine.run(signature, request(signature, rows, ranked.schema, [0.0, 0.0]))
        assert ties["order"].tolist() == list(range(500))


@pytest.mark.parametrize("signature", ["rank", "rank_packed"])
def test_the_weights_of_a_request_change_the_order_as_the_formula_says(ranked, engine, signature):
    rows = one_user(ranked, 60, user=5)
    by_click, by_download, away = (
        engine.run(signature, request(signature, rows, ranked.schema, weights))
        for weights in ([1.0, 0.0], [0.0, 1.0], [-1.0, 0.0])
    )
    np.testing.assert_array_equal(by_click["score"], by_click["probs_ctr"])
    assert by_click["order"].tolist() == np.argsort(-by_click["probs_ctr"], kind="stable").tolist()
    assert by_download["order"].tolist() == np.argsort(-by_click["probs_ctcvr"], kind="stable").tolist()
    assert away["order"].tolist() == np.argsort(by_click["probs_ctr"], kind="stable").tolist()
    assert by_click["order"].tolist() != by_download["order"].tolist()
    mixed = engine.run(signature, request(signature, rows, ranked.schema, [0.3, 2.0]))
    np.testing.assert_allclose(mixed["score"], 0.3 * by_click["probs_ctr"] + 2 * by_click["probs_ctcvr"], rtol=1e-6)


def test_the_user_is_looked_up_and_multiplied_once(ranked):
    loaded = tf.saved_model.load(str(ranked.version))
    function = loaded.signatures["rank"]
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    graph = convert_variables_to_constants_v2(function, lower_control_flow=False).graph
    products = [op for op in graph.get_operations() if op.type == "MatMul"]
    once = [op for op in products if op.outputs[0].shape[0] == 1]
    # The shared parts of two experts and of a gate for each of two tasks are one product of one row; the position tower
    # has nothing else.
    assert len(once) == 2
    gathers = [op for op in graph.get_operations() if op.type in ("GatherV2", "ResourceGather")]
    assert any(op.outputs[0].shape[:1] == [1] for op in gathers)


@pytest.mark.parametrize("count", [0, 1])
def test_no_items_and_one(ranked, engine, count):
    rows = one_user(ranked, max(count, 1))
    inputs = request("rank", rows, ranked.schema)
    if not count:
        for column in ranked.schema.items:
            inputs[column.name] = inputs[column.name][:0]
    outputs = engine.run("rank", inputs)
    assert {name: value.shape for name, value in outputs.items()} == dict.fromkeys(RANK_OUTPUTS, (count,))


# No whole numbers below the 30 buckets: all of them are the unknown id. "2.0" is the 2 of a table with gaps.
STRANGE, PLAIN = b"3|x|2.0|-1|1e1", b"3|30|2|31|99"


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"seen": STRANGE}, {"seen": PLAIN}),
        ({"user": b"", "seen": b""}, {"user": b"nobody", "seen": b"3|1"}),
        ({"tags": b"|:2||", "word": b""}, {"tags": b"", "word": b"unheard-of"}),
    ],
    ids=["ids that are no numbers", "empty texts with a default", "empty texts without one"],
)
def test_strange_texts_in_requests(ranked, engine, signature, given, meant):
    rows = one_user(ranked, 3)
    got, expected = (
        engine.run(
            signature, request(signature, {**rows, **{name: [text] * 3 for name, text in texts.items()}}, schema)
        )
        for texts, schema in ((given, ranked.schema), (meant, ranked.schema))
    )
    for name, value in expected.items():
        np.testing.assert_array_equal(got[name], value, err_msg=name)


def test_strange_texts_in_files(ranked, tmp_path, loaded_once):
    import apps_rec

    rows = {name: values[:1] for name, values in one_user(ranked, 1).items()}
    rows = {name: [v.decode() if isinstance(v, bytes) else v for v in values] for name, values in rows.items()}
    # What is given, and what it means; as many rows of each as a product takes at once.
    seen = [STRANGE.decode()] * 8 + [PLAIN.decode()] * 8
    table = pa.table(
        {
            **{name: values * 16 for name, values in rows.items()},
            "user": pa.array([None] * 8 + ["nobody"] * 8, pa.string()),
            "seen": seen,
        }
    )
    pyarrow.csv.write_csv(table, tmp_path / "rows.csv")
    lists = pa.array([text.split("|") for text in seen])
    pq.write_table(table.set_column(table.column_names.index("seen"), "seen", lists), tmp_path / "rows.parquet")
    scores = {}
    for ending in ("csv", "parquet"):
        output = tmp_path / f"scores_of_{ending}.parquet"
        apps_rec.predict(ranked.version, str(tmp_path / f"rows.{ending}"), str(output), keep=[])
        scores[ending] = pq.read_table(output).to_pydict()
    assert scores["csv"] == scores["parquet"]
    for name, values in scores["csv"].items():
        assert values[:8] == values[8:], name


def test_an_example_takes_the_default_of_what_it_lacks(ranked, engine):
    empty = tf.train.Example().SerializeToString()
    got = engine.run("serving_tf_example", {"examples": np.array([empty], object)})
    defaults = {column.name: [column.default] for column in ranked.schema.columns}
    expected = engine.run("serving_default", request("serving_default", defaults, ranked.schema))
    for name, value in expected.items():
        np.testing.assert_allclose(got[name], value, rtol=0, atol=1e-7)
    assert defaults["user"] == [b"nobody"]
    assert defaults["seen"] == [b"3|1"]


def test_a_list_in_an_example_is_joined_as_in_a_file(ranked, engine):
    row = take(ranked.rows(), [0])
    row["tags"], row["seen"] = [b"t1:0.5|t2:1|t3:2"], [b"4||7"]
    got = engine.run("serving_tf_example", request("serving_tf_example", row, ranked.schema))
    expected = engine.run("serving_default", request("serving_default", row, ranked.schema))
    np.testing.assert_allclose(got["logits_ctr"], expected["logits_ctr"], rtol=0, atol=1e-6)
    example = tf.train.Example.FromString(request("serving_tf_example", row, ranked.schema)["examples"][0])
    assert list(example.features.feature["tags"].bytes_list.value) == [b"t1:0.5", b"t2:1", b"t3:2"]
    example.features.feature["tags"].bytes_list.value[:] = [b"t1|t2"]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Column .*tags.* expects a value of a list in each"):
        engine.run("serving_tf_example", {"examples": np.array([example.SerializeToString()], object)})


def test_wholly_of_items(trained_small, tmp_path, unproven):
    """A config that says no sides has no shared columns, and ranks all the same."""
    import apps_rec
    from apps_rec.serving.engine import Engine
    from apps_rec.serving.parity.golden import Golden
    from apps_rec.serving.schema import build_serving_schema

    version = apps_rec.export(trained_small.load(), str(tmp_path / "export"))
    schema = build_serving_schema(trained_small.load().message)
    assert schema.shared == ()
    rows = Golden.read(version, schema).rows
    with Engine(version) as engine:
        expected = engine.run("serving_default", request("serving_default", rows, schema))
        for signature in ("rank", "rank_packed"):
            got = engine.run(signature, request(signature, rows, schema))
            np.testing.assert_allclose(got["score"], expected["score"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("formula", [pytest.param("WEIGHTED_SUM", marks=pytest.mark.slow), "PRODUCT_OF_POWERS"])
def test_formula_and_value_are_of_every_signature(small_ranked, tmp_path, unproven, formula):
    import apps_rec
    from apps_rec.serving.engine import Engine
    from apps_rec.serving.schema import build_serving_schema

    changes = [f"model_config.score_formula={formula}", "model_config.score_value_field=price"]
    config = small_ranked.run.load(*changes)
    version = apps_rec.export(config, str(tmp_path / "export"))
    schema = build_serving_schema(config.message)
    rows = one_user(replace(small_ranked, version=version, schema=schema), 20)
    with Engine(version) as engine:
        outputs = {name: engine.run(name, request(name, rows, schema)) for name in SIGNATURES}
        other = engine.run("rank", request("rank", rows, schema, [2.0, -0.5]))
    click, both = outputs["rank"]["probs_ctr"].astype(float), outputs["rank"]["probs_ctcvr"].astype(float)
    price = np.array(rows["price"])
    if formula == "WEIGHTED_SUM":
        expected, of_other = 0.95 * click + 0.05 * both, 2 * click - 0.5 * both
    else:
        expected, of_other = click**0.95 * both**0.05, click**2 / both**0.5
    for name, got in outputs.items():
        np.testing.assert_allclose(got["score"], expected * price, rtol=1e-5, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(other["score"], of_other * price, rtol=1e-5, atol=1e-6)
    assert other["order"].tolist() == np.argsort(-other["score"], kind="stable").tolist()

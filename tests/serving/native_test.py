"""An export needs no Python: a C++ program scores with it as the live model does, and so does a bare session."""

import json
import random
import runpy
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.serving.raw_columns import to_tensors
from apps_rec.serving.requests import request
from apps_rec.serving.saved_model import export
from apps_rec.serving.schema import SIGNATURES, build_serving_schema
from apps_rec.training.estimator import Estimator
from tests.serving.cpp import NATIVE, run, score

# Building the program and four exports takes a minute of two cores.
pytestmark = pytest.mark.slow

OPS_OF = runpy.run_path(str(NATIVE / "bare_session.py"))["ops_of"]
SAMPLES = Path(__file__).parents[2] / "samples"
# The last has sequences that attend to the candidate.
NAMES = ("appstore/mmoe", "appstore/esmm", "appstore/deepfm", "kuairand/esmm_attention")
QUICK = NAMES[0]
QUICK_PAIRS = ((QUICK, "serving_default"), (QUICK, "rank"))
EACH = [pytest.param(name, marks=() if name == QUICK else pytest.mark.slow) for name in NAMES]
ROWS = 1000
TEXTS = [b"", b"\t", b"a\0b", b"line\nbreak", b"\xff\xfe no UTF-8", "игры, 工具".encode(), b"1,2|3", b"x" * 5000]


class Exported:
    """A sample with weights of which each has a say, as after training; its export, and rows for it."""

    def __init__(self, name, folder):
        config = apps_rec.check(SAMPLES / f"{name}.config")
        estimator = Estimator(config)
        noise = np.random.default_rng(3)
        for variable in estimator.model.variables:
            variable.assign_add(noise.normal(scale=0.1, size=variable.shape).astype(np.float32))
        self.schema = build_serving_schema(config.message)
        self.module = export.build_serving_module(config.message, estimator.model, estimator.preprocessor)
        self.version = export.export_model(
            config.message, config.to_text(), estimator.model, estimator.preprocessor, str(folder / name)
        )
        words = {name: list(f.vocab_list) for f in config.message.feature_config.features for name in f.input_names}
        draw = random.Random(7)
        self.rows = {c.name: [cell(draw, c, words.get(c.name)) for _ in range(ROWS)] for c in self.schema.columns}

    def of_one_user(self):
        """The rows with the user and the context of the first."""
        return {**self.rows, **{column.name: self.rows[column.name][:1] * ROWS for column in self.schema.shared}}

    def live(self, rows):
        """What the live model says."""
        outputs = self.module.score(to_tensors(rows, self.schema.columns))
        return {name: value.numpy() for name, value in outputs.items()}


def cell(draw, column, words):
    """A value of a column: known, unknown or strange."""
    if column.list_separator is not None:
        return column.list_separator.join(str(draw.randrange(9000)) for _ in range(draw.randrange(40))).encode()
    if column.dtype == "STRING":
        known = draw.choice(words).encode() if words else b"w%d" % draw.randrange(300)
        return draw.choice(TEXTS) if draw.random() < 0.2 else known
    if column.dtype in ("FLOAT", "DOUBLE"):
        return draw.choice([draw.uniform(0, 10), draw.uniform(0, 500), -1.0])
    return draw.choice([draw.randrange(24), draw.randrange(5000), -1, 2**31 - 1])


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return what exports a sample, once; the proof, some seconds each, is of the same rows or fewer."""
    folder, made = tmp_path_factory.mktemp("samples"), {}

    def get(name):
        if name not in made:
            made[name] = Exported(name, folder)
        return made[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(export, "prove_in_fresh_process", lambda folder: None)
        yield get


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        pytest.param(name, signature, marks=() if (name, signature) in QUICK_PAIRS else pytest.mark.slow)
        for name, signature in product(NAMES, SIGNATURES)
    ],
)
def test_a_program_in_cpp_scores_a_thousand_rows_like_the_live_model(scorer, exported, tmp_path, name, signature):
    sample = exported(name)
    is_request = signature.startswith("rank")
    rows = sample.of_one_user() if is_request else sample.rows
    got = score(scorer, sample, signature, rows, tmp_path / "rows.tsv")
    expected = sample.live(rows)
    assert sorted(got) == sorted(sample.schema.rank_outputs if is_request else sample.schema.outputs)
    for output in got.keys() - {"order"}:
        assert got[output].shape == (ROWS,)
        np.testing.assert_allclose(got[output], expected[output], rtol=0, atol=1e-6, err_msg=output)
    assert np.ptp(got["score"]) > 0.01
    worst = max(np.max(np.abs(got[output] - expected[output])) for output in got.keys() - {"order"})
    print(f"{name} {signature}: {ROWS} rows, largest difference {worst:.1e}")
    if is_request:
        assert got["order"].tolist() == sorted(range(ROWS), key=lambda i: (-got["score"][i], i))


def test_a_program_in_cpp_ranks_by_the_weights_that_it_sends(scorer, exported, tmp_path):
    sample = exported(QUICK)
    rows = sample.of_one_user()
    terms = [output for output, _ in sample.schema.terms]
    weights = [(-1.0) ** place * (0.5 + place) for place in range(len(terms))]
    got = score(scorer, sample, "rank", rows, tmp_path / "rows.tsv", weights)
    live = sample.live(rows)
    expected = sum(weight * live[output].astype(float) for weight, output in zip(weights, terms, strict=True))
    np.testing.assert_allclose(got["score"], expected, rtol=0, atol=2e-6)
    assert got["order"].tolist() == sorted(range(ROWS), key=lambda i: (-got["score"][i], i))
    assert got["order"].tolist() != np.argsort(-live["score"], kind="stable").tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rank", "rows.tsv"], "no column for the input"),
        (["serving_tf_example", "bad.tsv"], "INVALID_ARGUMENT"),
    ],
)
def test_a_program_in_cpp_gets_errors_and_lives(scorer, exported, tmp_path, arguments, message):
    (tmp_path / "rows.tsv").write_text("app_id\n5\n", encoding="ascii")
    (tmp_path / "bad.tsv").write_text("examples\nffff\n", encoding="ascii")  # no tf.Example
    command = [scorer, exported(QUICK).version, *arguments]
    # The engine's message holds the bytes that it refuses.
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False, timeout=200
    )
    assert done.returncode == 1, done.stderr
    assert message in done.stderr


@pytest.mark.parametrize("name", EACH)
def test_a_session_without_apps_rec_scores_like_the_live_model(exported, tmp_path, name):
    sample = exported(name)
    path = tmp_path / "inputs.json"
    inputs = {
        column: [value.decode("latin-1") if isinstance(value, bytes) else value for value in values]
        for column, values in sample.rows.items()
    }
    path.write_text(json.dumps(inputs), encoding="utf-8")
    command = [sys.executable, NATIVE / "bare_session.py", sample.version, "serving_default", path]
    found = json.loads(run(command, cwd=tmp_path).splitlines()[-1])
    expected = sample.live(sample.rows)
    assert sorted(found["outputs"]) == sorted(expected)
    for output, value in expected.items():
        np.testing.assert_allclose(found["outputs"][output], value, rtol=0, atol=1e-6, err_msg=output)
    assert found["apps_rec"] == []
    # An operation that a bare TensorFlow registers, and none that calls back into Python.
    assert "ResourceGather" in found["ops"] or "GatherV2" in found["ops"]
    assert found["not_registered"] == []
    assert [op for op in found["ops"] if "PyFunc" in op] == []
    assert found["variables"] >= len(sample.module.weights)
    assert found["without_value"] == []


def test_a_call_of_python_in_a_function_of_the_graph_is_seen():
    @tf.function(autograph=False)
    def inner(x):
        return tf.py_function(lambda y: y + 1, [x], tf.float32)

    outer = tf.function(lambda x: inner(x), autograph=False)
    graph = outer.get_concrete_function(tf.TensorSpec([None])).graph.as_graph_def()
    assert [node.op for node in graph.node if "PyFunc" in node.op] == []
    assert "EagerPyFunc" in OPS_OF(graph)


def test_saved_model_cli_scores_like_the_live_model(exported, tmp_path):
    sample = exported(QUICK)
    arrays = {  # of fixed width: texts as objects would be pickled
        name: array.astype(bytes) if array.dtype == object else array
        for name, array in request("serving_default", sample.rows, sample.schema).items()
    }
    np.savez(tmp_path / "rows.npz", **arrays)
    command = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "run", "--dir", sample.version]
    command += ["--tag_set", "serve", "--signature_def", "serving_default", "--outdir", tmp_path / "outputs"]
    run([*command, "--inputs", ";".join(f"{name}=rows.npz[{name}]" for name in arrays)], cwd=tmp_path)
    for output, value in sample.live(sample.rows).items():
        got = np.load(tmp_path / "outputs" / f"{output}.npy")
        np.testing.assert_allclose(got, value, rtol=0, atol=1e-6, err_msg=output)

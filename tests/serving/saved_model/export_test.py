import functools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.cli.main import main
from apps_rec.config import load_config
from apps_rec.errors import CheckFailedError, RunError
from apps_rec.serving import versions as versions_file
from apps_rec.serving.parity.golden import Golden
from apps_rec.serving.parity.verify import verify_export
from apps_rec.serving.raw_columns import to_tensors
from apps_rec.serving.saved_model import export as export_file
from apps_rec.serving.schema import build_serving_schema
from apps_rec.training import estimator as estimator_file
from apps_rec.training.estimator import load_trained

COLUMNS = {"user": tf.string, "app": tf.int64, "price": tf.float32, "word": tf.string, "tags": tf.string}
OUTPUTS = ["logits_ctr", "logits_cvr", "probs_ctcvr", "probs_ctr", "probs_cvr", "score"]
ROWS = {
    "user": ["ü1", "", "ü2", "用户"],
    "app": [1, -1, 29, 2**40],
    "price": [0.5, -3.0, 0.0, 1e6],
    "word": ["игры", "", "unheard-of", "工具"],
    "tags": ["", "t1:0.5|t2:1", "t3|t4|t5|t6|t7", "ü:2"],
}


@pytest.fixture(scope="module")
def score(exported):
    """Return the signature of the rows as Python loads it."""
    return tf.saved_model.load(str(exported)).signatures["serving_default"]


@pytest.fixture(scope="module")
def loaded(trained):
    """Return the trained model that was exported, its run and its step."""
    return load_trained(trained.load())


@pytest.fixture(scope="module")
def estimator(loaded):
    """Return the trained model alone."""
    return loaded[0]


@pytest.fixture(scope="module")
def module(trained, estimator):
    """Return the serving module of the trained model, traced."""
    module = export_file.build_serving_module(trained.load().message, estimator.model, estimator.preprocessor)
    signatures = module.signatures()
    module.signatures = lambda: signatures
    return module


@pytest.fixture
def traced(module, monkeypatch):
    """Export the one module, which takes a while to trace."""
    monkeypatch.setattr(export_file, "build_serving_module", lambda *others: module)


@pytest.fixture
def copied(exported, loaded, module, traced, unproven, monkeypatch):
    """Export by a copy of the export's graph and evidence, unproven: for tests of what is around them."""
    evidence = Golden.read(exported, module.schema)
    monkeypatch.setattr(estimator_file, "load_trained", lambda config: loaded)
    monkeypatch.setattr(export_file, "make_golden", lambda *others: evidence)
    graph = functools.partial(shutil.copytree, ignore=shutil.ignore_patterns("assets*"), dirs_exist_ok=True)
    monkeypatch.setattr(tf.saved_model, "save", lambda module, path, signatures: graph(exported, path))


def tensors():
    return {name: tf.constant(values, COLUMNS[name]) for name, values in ROWS.items()}


def model_scores(estimator, slot=2):
    """What the live model says of ROWS, an empty user being a missing one, as in every file."""
    users = tf.constant([user or "nobody" for user in ROWS["user"]])
    columns = {**tensors(), "user": users, "slot": tf.fill([4], tf.constant(slot, tf.int32))}
    return {name: value.numpy() for name, value in estimator.predict(estimator.preprocessor(columns)).items()}


def test_inputs_are_named_typed_and_in_order(score):
    specs = score.structured_input_signature[1]
    # The position is no input.
    assert {name: (spec.dtype, spec.shape.as_list()) for name, spec in specs.items()} == {
        name: (dtype, [None]) for name, dtype in COLUMNS.items()
    }
    assert sorted(score.structured_outputs) == OUTPUTS
    assert all(spec.shape.as_list() == [None] for spec in score.structured_outputs.values())


def test_a_server_sees_the_signature_that_it_calls(exported):
    from tensorflow.core.protobuf import saved_model_pb2

    graph = saved_model_pb2.SavedModel.FromString((exported / "saved_model.pb").read_bytes()).meta_graphs[0]
    assert "serve" in graph.meta_info_def.tags
    signature = graph.signature_def["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    assert set(signature.inputs) == set(COLUMNS)
    assert set(signature.outputs) == set(OUTPUTS)


MIXED, HALF = "train_config.mixed_precision", "export_config.half_precision"


@pytest.fixture(scope="module")
def halves(trained):
    """Return what exports in half precision by the field that asks for it, once and unproven."""

    @functools.cache
    def version(field):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(export_file, "prove_in_fresh_process", lambda folder: None)
            return apps_rec.export(trained.load(f"{field}=true"), str(trained.folder / field))

    return version


@pytest.mark.slow
@pytest.mark.parametrize("field", [MIXED, HALF])
def test_an_export_in_half_precision(trained, estimator, halves, field):
    assert verify_export(halves(field), latency=False).failures == []
    loaded = tf.saved_model.load(str(halves(field))).signatures["serving_default"](**tensors())
    assert {value.dtype for value in loaded.values()} == {tf.float32}
    half = model_scores(load_trained(trained.load("train_config.mixed_precision=true"))[0])
    single = model_scores(estimator)
    for name, value in loaded.items():
        np.testing.assert_allclose(value, half[name], rtol=0, atol=1e-6, err_msg=name)
    assert np.any(half["probs_cvr"] != single["probs_cvr"])


def test_half_precision_says_how_far_scores_are_off(trained, halves):
    version = halves(HALF)
    schema = build_serving_schema(trained.load().message)
    evidence = Golden.read(version, schema)
    outputs = tf.saved_model.load(str(version)).signatures["serving_default"](
        **to_tensors(evidence.rows, schema.columns)
    )
    # The rows' outputs are those of the live model, in float32.
    differences = np.abs(outputs["score"] - np.array(evidence.outputs["score"]))
    assert evidence.score_difference == pytest.approx([differences.max(), differences.mean()], abs=1e-7)
    assert 0 < evidence.score_difference[1] <= evidence.score_difference[0] < 0.01
    card = (version / "assets/MODEL_CARD.md").read_text()
    assert f"by at most {differences.max():.2g}, on average {differences.mean():.2g}" in card


def test_scores_equal_the_models(score, estimator):
    loaded = score(**tensors())
    for name, value in model_scores(estimator).items():
        np.testing.assert_allclose(loaded[name], value, rtol=0, atol=1e-6, err_msg=name)
    # The position that was logged moves the live model's click, and only the default is served.
    assert not np.allclose(model_scores(estimator, slot=0)["probs_ctr"], loaded["probs_ctr"], atol=1e-6)


def test_one_row_and_none(score):
    one = score(**{name: value[:1] for name, value in tensors().items()})
    np.testing.assert_allclose(one["score"], score(**tensors())["score"][:1], rtol=0, atol=1e-6)
    assert score(**{name: value[:0] for name, value in tensors().items()})["score"].shape == (0,)


def test_no_apps_rec_is_needed(exported, estimator, tmp_path):
    script = """
import json, sys
import tensorflow as tf
assert not any(name.startswith(("apps_rec", "tf_keras", "tensorflow_recommenders")) for name in sys.modules)
rows = json.loads(sys.argv[2])
loaded = tf.saved_model.load(sys.argv[1])
types = {name: spec.dtype for name, spec in loaded.signatures["serving_default"].structured_input_signature[1].items()}
eager = loaded.signatures["serving_default"](**{name: tf.constant(value, types[name]) for name, value in rows.items()})
with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    graph = tf.compat.v1.saved_model.load(session, ["serve"], sys.argv[1])
    signature = graph.signature_def["serving_default"]
    feed = {signature.inputs[name].name: value for name, value in rows.items()}
    fetch = {name: info.name for name, info in signature.outputs.items()}
    old = session.run(fetch, feed)
print(json.dumps([{name: value.numpy().tolist() for name, value in eager.items()},
                  {name: value.tolist() for name, value in old.items()}]))
"""
    # apps_rec told this process to take Keras 2; a server's has heard nothing of it.
    environment = {name: value for name, value in os.environ.items() if name != "TF_USE_LEGACY_KERAS"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(exported), json.dumps(ROWS)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for scores in json.loads(done.stdout.splitlines()[-1]):
        for name, value in model_scores(estimator).items():
            np.testing.assert_allclose(scores[name], value, rtol=0, atol=1e-6, err_msg=name)


def test_the_optimizer_stays_behind(exported, estimator):
    stored = [
        shape
        for name, shape in tf.train.list_variables(str(exported / "variables" / "variables"))
        if "OBJECT_GRAPH" not in name
    ]
    assert sorted(stored) == sorted(variable.shape.as_list() for variable in estimator.model.variables)


def test_assets_hold_the_config_and_the_vocabularies(exported, trained):
    assets = exported / "assets"
    assert (assets / "vocabulary_word.txt").read_text(encoding="utf-8") == "fun\nspiele\nигры\n工具\n"
    assert load_config(assets / "pipeline.config").message == trained.load().message


def test_versions_are_seconds_and_grow(trained, exported, tmp_path, monkeypatch, copied):
    assert abs(int(exported.name) - (exported / "saved_model.pb").stat().st_mtime) < 600
    folder = tmp_path / "versions"
    for name in ("7", "99999999999", "not-a-version", "²", "9" * 20):
        (folder / name).mkdir(parents=True)
    newest = apps_rec.export(trained.load(), str(folder))
    assert newest.name == "100000000000"
    monkeypatch.setattr(versions_file.time, "time", lambda: 1234.5)
    assert apps_rec.export(trained.load(), str(folder)).name == "100000000001"
    assert {path.name for path in folder.iterdir()} == {
        "7",
        "99999999999",
        "not-a-version",
        "²",
        "9" * 20,
        "100000000000",
        "100000000001",
    }


def test_a_server_that_watches_never_sees_half_a_version(trained, tmp_path, traced, unproven):
    seen, stop = [], threading.Event()

    def watch():
        while not stop.is_set():
            for path in tmp_path.glob("watched/*"):
                if path.name.isdigit() and path not in (version for version, _ in seen):
                    files = ("saved_model.pb", "variables/variables.index", "assets/pipeline.config")
                    seen.append((path, [file for file in files if not (path / file).exists()]))
                    tf.saved_model.load(str(path))
            time.sleep(0.001)

    failures = []
    thread = threading.Thread(target=lambda: _collect(watch, failures))
    thread.start()
    versions = [apps_rec.export(trained.load(), str(tmp_path / "watched"))]
    time.sleep(0.2)
    stop.set()
    thread.join()
    assert failures == []
    assert seen == [(versions[0], [])]


def _collect(action, failures):
    try:
        action()
    except Exception as error:  # what the thread raises is the test's to judge
        failures.append(error)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), tf.errors.ResourceExhaustedError(None, None, "disk full")]
)
def test_a_failed_export_leaves_nothing(trained, tmp_path, monkeypatch, copied, error):
    def fail(*args):
        raise error

    monkeypatch.setattr(export_file, "write_assets", fail)
    with pytest.raises(
        RunError, match=r"cannot export to .*(No space left on device|disk full); choose another folder"
    ):
        apps_rec.export(trained.load(), str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_export_leaves_nothing(trained, tmp_path, monkeypatch, copied):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(export_file, "prove_in_fresh_process", interrupt)
    with pytest.raises(KeyboardInterrupt):
        apps_rec.export(trained.load(), str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(trained, tmp_path):
    (tmp_path / "file").write_text("")
    for place in ("file", "file/export/deeper"):
        with pytest.raises(RunError, match=rf"cannot export to .*{place}: Not a directory; choose another folder"):
            apps_rec.export(trained.load(), str(tmp_path / place))


@pytest.mark.parametrize("output", ["", " "])
def test_nowhere_is_no_place(trained, capsys, output):
    there = sorted(trained.folder.iterdir())
    assert main(["export", str(trained.config), "-o", output]) == 2
    assert capsys.readouterr().err == "output: expected a path, got nothing\n"
    assert sorted(trained.folder.iterdir()) == there


def test_an_export_is_there_though_an_old_version_cannot_go(trained, tmp_path, monkeypatch, copied, seen):
    (tmp_path / "7").mkdir()

    def fail(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(versions_file.shutil, "rmtree", fail)
    version = apps_rec.export(trained.load("export_config.exports_to_keep=1"), str(tmp_path))
    assert (version / "saved_model.pb").exists()
    assert "7.removed, older than the newest 1, cannot be removed: Permission denied" in seen.messages[-1]


def test_an_export_that_differs_is_not_kept(trained, tmp_path, monkeypatch, traced, proven_here):
    save = tf.saved_model.save

    def spoil(module, path, signatures):
        right = module.weights[0].numpy()
        module.weights[0].assign(right + 1.0)
        save(module, path, signatures=signatures)
        module.weights[0].assign(right)

    monkeypatch.setattr(tf.saved_model, "save", spoil)
    with pytest.raises(CheckFailedError, match=r"the export differs from the model:\nserving_default: "):
        apps_rec.export(trained.load(), str(tmp_path))
    assert list(Path(tmp_path).iterdir()) == []


def test_the_oldest_versions_go(trained, tmp_path, copied):
    for name in ("7", "8", "9", "notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("")
    newest = apps_rec.export(trained.load("export_config.exports_to_keep=2"), str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"9", "notes", newest.name}
    only = apps_rec.export(trained.load("export_config.exports_to_keep=1"), str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"notes", only.name}


def test_what_killed_exports_left_goes_after_a_day(trained, tmp_path, copied):
    for name, age in ((".5.partial", 2 * 24 * 3600), (".6.partial", 60), (".4.removed", 2 * 24 * 3600)):
        (tmp_path / name / "variables").mkdir(parents=True)
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))
    version = apps_rec.export(trained.load(), str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {".6.partial", version.name}


def test_the_card_says_what_the_model_is(trained, tmp_path, copied):
    apps_rec.evaluate(trained.load())
    version = apps_rec.export(trained.load(), str(tmp_path / "apps"))
    card = (version / "assets/MODEL_CARD.md").read_text(encoding="utf-8")
    metrics = json.loads((trained.folder / "run/metrics.json").read_text(encoding="utf-8"))
    step = metrics["step"]
    assert json.loads((version / "assets/metrics.json").read_text(encoding="utf-8")) == metrics
    for part in (
        "# apps\n",
        "Body mmoe, with FM, head funnel; towers: ctr (click), cvr (download)",
        f"Step {step} (final), of 32 rows each: at most {32 * step:,} rows",
        f"| train.csv | {(trained.folder / 'train.csv').stat().st_size:,} | 20",
        f"{metrics['auc_ctr']:.5f}",
        f"tensorflow {tf.__version__}",
    ):
        assert part in card, card


def test_metrics_of_another_step_are_not_the_models(trained, tmp_path, copied):
    path = trained.folder / "run/metrics.json"
    there = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(json.dumps({"auc_ctr": 0.9, "step": 1}), encoding="utf-8")
    try:
        version = apps_rec.export(trained.load(), str(tmp_path))
    finally:
        path.unlink() if there is None else path.write_text(there, encoding="utf-8")
    assert not (version / "assets/metrics.json").exists()
    assert "Not measured at this step" in (version / "assets/MODEL_CARD.md").read_text(encoding="utf-8")

"""JSON that others wrote: what cannot be read is one line of a message, wherever the package reads it."""

import json

import pytest

from apps_rec.config import load_config
from apps_rec.data.tfrecords.manifest import manifest_beside
from apps_rec.errors import ConfigError, DataError, RunError
from apps_rec.json_text import read_json
from apps_rec.protos import train_pb2
from apps_rec.serving.saved_model.publish_gate import read_metrics
from apps_rec.tools.regress import read_expectation
from apps_rec.training.distribute.cluster_task import read_task
from apps_rec.training.run.checksums import find_damage
from apps_rec.training.run.folder import RunFolder
from apps_rec.training.run.input_files import check_same_input_files
from apps_rec.training.run.lock import NAME, hold

BAD = {
    "nothing": ("", "Expecting value"),
    "no JSON": ("{rows: 1}", "Expecting property name"),
    "cut short": ('{"rows": [1, 2', "Expecting ',' delimiter"),
    "two values": ("1 2", "Extra data"),
    "deep lists": ("[" * 100_000, "its brackets are too deep to read"),
    "deep lists that end": ("[" * 100_000 + "]" * 100_000, "its brackets are too deep to read"),
    "deep objects": ('{"a":' * 100_000 + "1" + "}" * 100_000, "its brackets are too deep to read"),
    "5,000 digits": (f'{{"rows": {"1" * 5000}}}', f"a number is too large: {'1' * 40}..."),
    "400 digits": (f"[-1{'0' * 400}]", "a number is too large: -1000"),
    "a large exponent": ("[1e999]", "a number is too large: 1e999"),
    "NaN": ('{"rows": NaN}', "NaN is no number of JSON"),
    "Infinity": ("[-Infinity]", "-Infinity is no number of JSON"),
    "half a pair": ('["a\\ud83d"]', "a text holds half of a UTF-16 pair, '\\ud83d'"),
    "half a pair in a name": ('[{"\\uDE00": [1]}]', "a text holds half of a UTF-16 pair, '\\ude00'"),
    "half a pair as it is": ('["\ud83d"]', "a text holds half of a UTF-16 pair, '\\ud83d'"),
    "a name twice": ('{"rows": 1, "rows": 2}', "'rows' stands there twice"),
    "no UTF-8": (b'["\xff"]', "'utf-8' codec can't decode"),
}
# JSON, and not what any of the places expects.
OTHERS = ["null", "1", "1.5", "true", '"text"', "[]", "[1]", "{}", '{"rows": {}}', '{"files": 1, "step": "x"}']


@pytest.mark.parametrize(("data", "text"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_a_value_error(data, text):
    for given in {data, data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")}:
        with pytest.raises(ValueError, match=r"\A[^\n]+\Z") as caught:
            read_json(given)
        assert text in str(caught.value) or "'utf-8' codec can't decode" in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**64,
        10**300,
        -0.5,
        1e-320,
        1.7e308,
        "",
        "😀",
        [],
        {"a": [{"b": None}]},
    ],
    ids=lambda value: str(value)[:10],
)
def test_everything_else_is_as_python_writes_it(value):
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert read_json(text) == value
        assert read_json(text.encode()) == value
    assert read_json('"\\\\ud83d"') == "\\ud83d"


def bytes_of(data):
    return data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")


@pytest.fixture(params=[*[data for data, _ in BAD.values()], *OTHERS], ids=[*BAD, *OTHERS])
def crafted(request):
    """Return bytes that no file of ours holds."""
    return bytes_of(request.param)


def one_line(caught):
    text = str(caught.value)
    assert "\n" not in text, text
    assert len(text) < 1000
    return text


def test_metrics_that_cannot_be_read_are_none(tmp_path, crafted):
    path = tmp_path / "metrics.json"
    path.write_bytes(crafted)
    metrics = read_metrics(path)
    assert metrics is None or metrics in ({}, {"rows": {}}, {"files": 1, "step": "x"})


def test_a_manifest(tmp_path, crafted):
    (tmp_path / "manifest.json").write_bytes(crafted)
    with pytest.raises(DataError, match=r"manifest\.json: expected what apps-rec convert writes") as caught:
        manifest_beside(str(tmp_path / "a.tfrecord"))
    one_line(caught)


def test_checksums(tmp_path, crafted):
    prefix = tmp_path / "ckpt-1"
    prefix.with_name("ckpt-1.sha256.json").write_bytes(crafted)
    assert "ckpt-1.sha256.json " in find_damage(prefix)


def test_files_of_a_run(tiny, crafted):
    folder = RunFolder(tiny.folder)
    folder.inputs.write_bytes(crafted)
    with pytest.raises(RunError, match=r"inputs\.json, the list of the run's training files, cannot be read") as caught:
        check_same_input_files(folder, load_config(tiny.config).message)
    one_line(caught)


def test_a_lock_names_nobody(tmp_path, crafted):
    (tmp_path / NAME).write_bytes(crafted)
    with hold(tmp_path) as held:
        held.check()


def test_a_cluster(monkeypatch, crafted):
    text = crafted.decode("utf-8", "surrogateescape")
    monkeypatch.setenv("TF_CONFIG", text or "?")
    config = train_pb2.TrainConfig(train_distribute=train_pb2.MultiWorkerMirroredStrategy)
    with pytest.raises(ConfigError, match="TF_CONFIG") as caught:
        read_task(config)
    one_line(caught)


def test_an_expectation(tmp_path, crafted):
    path = tmp_path / "a.expected.json"
    path.write_bytes(crafted)
    with pytest.raises(ConfigError, match=r"a\.expected\.json") as caught:
        read_expectation(path, quick=False)
    one_line(caught)

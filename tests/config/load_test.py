"""From a file: what cannot be read, where things stand, one report of everything, and how long it takes."""

import json
import os
import resource
import subprocess
import sys

import pytest
from google.protobuf import json_format

from apps_rec.config import load_config, parse_text
from apps_rec.errors import ConfigError

# Twenty mistakes: what is replaced, by what, and a part of the line that is expected.
TWENTY = [
    ("train_config { num_steps: 500 }", "train_config { num_stepss: 500 }", 'Did you mean "num_steps"?'),
    ("  input_type: CSVInput", "  input_type: CVSInput", 'Did you mean "CSVInput"?'),
    (
        "  with_header: true",
        "  with_header: yes\n  separator: ','\n  separator: ';'",
        "expected true or false, got yes",
    ),
    (None, None, "separator: given twice, at line 8 and at line 9"),
    ('"click", "download"]', '"click", "downlod"]', 'no column is called "downlod"'),
    ('"hour" input_type: INT32 default_val: "-1"', '"hour" input_type: INT32 default_val: "x"', "type INT32"),
    ('"slot" input_type: INT32 default_val: "0"', '"slot" input_type: INT32', "default_val is missing"),
    ('feature_name: "user" input_names: "user"', 'feature_name: "user" input_names: "usr"', 'Did you mean "user"?'),
    ("num_buckets: 24", "num_buckets: 24 hash_bucket_size: 7", "expected exactly one of"),
    ("RawFeature embedding_dim: 8", "RawFeature embedding_dim: 4", "lengths must be equal: got 4"),
    (
        '["a", "b"]',
        '["a", "b"] stddev: 3',
        "stddev: is for RawFeature or SequenceFeature or LookupRawFeature; this is a TagFeature",
    ),
    ("hash_bucket_size: 1000", "hash_bucket_size: -1", "got -1"),
    ('key: "app"', 'key: "ap"', 'no feature is called "ap"'),
    ('"user_x_hour", "history"]', '"user_x_hour", "histry"]', 'Did you mean "history"?'),
    ("num_expert: 2", "num_expert: 0", "expected at least 1 expert, got 0"),
    ("[32, 16] }", "[32, 16] activation: 'rleu' }", 'unknown activation "rleu"'),
    ('label_name: "click"', 'label_name: "clik"', 'no label is called "clik". Labels are click, downlod.'),
    ("weight: 0.05", "weight: -0.05", "expected 0 or more, got -0.05"),
    ("    position_tower { }", "    position_tower { dnn { } }", "hidden_units is missing"),
    ('model_dir: "out/run"', "model_dir: out/run", "model_dir: expected text in quotes, got out"),
]


@pytest.fixture
def twenty(base, change, tmp_path):
    text = change(*[(old, new) for old, new, _ in TWENTY if old])
    text = text.replace('label_name: "download"', 'label_name: "downlod"')
    path = tmp_path / "twenty.config"
    path.write_text(text)
    return path


def test_twenty_mistakes_are_twenty_lines(twenty):
    with pytest.raises(ConfigError) as caught:
        load_config(twenty)
    lines = str(caught.value).split("\n")
    for _, _, part in TWENTY:
        assert sum(part in line for line in lines) >= 1, f"{part}\n" + "\n".join(lines)
    assert len(lines) == 20, "\n".join(lines)
    assert all(line.startswith(f"{twenty}:") for line in lines)


def test_twenty_mistakes_in_json_too(base, tmp_path):
    data = json.loads(json_format.MessageToJson(parse_text(base).message, preserving_proto_field_name=True))
    data["train_config"]["num_stepss"] = data["train_config"].pop("num_steps")
    data["model_config"]["rank_model"]["task_towers"][0]["weight"] = -1
    path = tmp_path / "a.json"
    path.write_text(json.dumps(data, indent=1))
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    lines = str(caught.value).split("\n")
    assert len(lines) == 2
    assert "train_config.num_stepss: unknown name" in lines[0]
    assert "model_config.rank_model.task_towers[tower_name=ctr].weight: expected 0 or more, got -1" in lines[1]


def test_under_half_a_second_of_cpu(twenty, tmp_path):
    code = (
        "import sys\nfrom apps_rec.config import load_config\nfrom apps_rec.errors import ConfigError\n"
        "try:\n    load_config(sys.argv[1])\nexcept ConfigError as error:\n    print(error)\n"
    )
    # As installed: the modules are compiled, which the first of the two does.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(tmp_path)
    command = [sys.executable, "-c", code, twenty]
    subprocess.run(command, capture_output=True, check=True, env=environment)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert len(done.stdout.splitlines()) == 20
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_missing_pieces(report):
    assert report('model_dir: "x"') == [
        "a.config:1: train_input_path: is missing: expected files to train on.",
        "a.config:1: data_config: input_type is missing: "
        "expected CSVInput, ParquetInput, TFRecordInput or BatchTFRecordInput.",
        "a.config:1: data_config: input_fields is missing: expected the columns of the data.",
        "a.config:1: data_config: label_fields is missing: expected the columns that hold labels.",
        "a.config:1: feature_config.features: is missing: expected at least one feature.",
        "a.config:1: train_config.num_steps: training would not end: expected train_config.num_steps or"
        " data_config.num_epochs above 0.",
        "a.config:1: model_config: is missing: expected the model and its feature groups.",
    ]


def test_model_config_without_model(report, change):
    lines = report('model_dir: "x" model_config { }')
    names = lines[-1].partition("holds no model; expected one of ")[2].rstrip(".").split(", ")
    assert {"fm", "deepfm", "wide_and_deep", "mmoe", "esmm", "ple", "rank_model"} <= set(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "{path}:1: the config is empty."),
        (b" \n\t", "{path}:1: the config is empty."),
        (b'model_dir: "a"\n\xff', "{path}:2: expected UTF-8 text, got the byte 0xff at offset 15."),
        (b"\n\x00\x01", "{path}:2: expected text, got the control character 0x00."),
        (b"# only a comment\n", "{path}:1: the config is empty."),
    ],
)
def test_files_that_are_no_config(tmp_path, data, message):
    path = tmp_path / "a.config"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value) == message.format(path=path)


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(ConfigError, match="there is no such config file"):
        load_config(tmp_path / "no.config")
    with pytest.raises(ConfigError, match="expected a config file, this is a folder"):
        load_config(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config("a\0b")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config("a" * 5000)


def test_byte_order_mark_and_carriage_returns(tmp_path, base):
    path = tmp_path / "a.config"
    path.write_bytes(b"\xef\xbb\xbf" + base.replace("\n", "\r\n").encode())
    assert load_config(str(path)).message == parse_text(base).message


def test_where_things_stand(tmp_path, base):
    path = tmp_path / "a.config"
    path.write_text(base)
    config = load_config(path, ["data_config.batch_size=8"])
    assert config.path == str(path)
    assert config.locate("data_config.input_fields[3]") == f"{path}:12"
    assert config.locate("model_config.score[0].weight") == f"{path}:{base.split(chr(10)).index('model_config {') + 1}"
    assert config.locate("data_config.batch_size") == "--set data_config.batch_size=8"
    assert config.describe("feature_config.features[3].mean") == (
        f"{path}:24: feature_config.features[feature_name=age].mean"
    )


def test_names_of_any_language(report, change):
    text = change(('input_fields { input_name: "cost"', 'input_fields { input_name: "価格"'))
    assert report(text) == []
    assert "価格" in parse_text(text).to_text()

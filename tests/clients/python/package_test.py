"""The client stands by itself: what it imports, and the example of its README."""

import ast
import json
import re
import sys
import tomllib
from pathlib import Path

import numpy as np

from apps_rec.config import load_config
from apps_rec.serving.schema import build_serving_schema
from tests.import_rules_test import imports_of

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "clients/python"
SOURCES = sorted((CLIENT / "apps_rec_client").glob("*.py"))
# Module -> the distribution that brings it; TensorFlow's messages come with those of TensorFlow Serving.
BROUGHT_BY = {
    "grpc": "grpcio",
    "numpy": "numpy",
    "tensorflow": "tensorflow-serving-api",
    "tensorflow_serving": "tensorflow-serving-api",
}


def test_it_imports_what_it_declares_and_nothing_of_apps_rec():
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}
    used = set()
    for path in SOURCES:
        names = imports_of(path.read_text(encoding="utf-8"), f"apps_rec_client.{path.stem}")
        used |= {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"apps_rec_client"}
    assert used == set(BROUGHT_BY)
    assert declared == set(BROUGHT_BY.values())


def test_of_tensorflow_it_takes_messages_alone():
    for path in SOURCES:
        names = imports_of(path.read_text(encoding="utf-8"), f"apps_rec_client.{path.stem}")
        assert all(
            name.startswith("tensorflow.core.framework") for name in names if name.split(".")[0] == "tensorflow"
        ), path


def test_the_example_of_the_readme_runs(service, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "exports/appstore/1700000000/assets/schema.json"
    path.parent.mkdir(parents=True)
    schema = build_serving_schema(load_config(ROOT / "samples/appstore/esmm.config").message)
    path.write_text(json.dumps(schema.to_json()), encoding="utf-8")
    service.answer = lambda signature, arrays: {
        "score": np.float32([0.25, 0.5]),
        "order": np.int32([1, 0]),
        "probs_ctr": np.float32([0.25, 0.5]),
        "probs_cvr": np.float32([0.5, 0.5]),
        "probs_ctcvr": np.float32([0.125, 0.25]),
    }
    text = (CLIENT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert "localhost:8500" in example
    monkeypatch.setenv("no_grpc_proxy", "127.0.0.1")
    exec(compile(ast.parse(example.replace("localhost:8500", f"127.0.0.1:{service.port}")), "README.md", "exec"), {})
    assert capsys.readouterr().out.split() == ["1", "0", "9"]
    sent = service.requests[0]
    assert (sent.model_spec.name, sent.model_spec.version_label) == ("appstore", "stable")

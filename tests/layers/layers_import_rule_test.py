import ast
from pathlib import Path

import pytest

import apps_rec.layers

FILES = sorted(Path(apps_rec.layers.__file__).parent.rglob("*.py"))


def imported(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            # `from apps_rec import config` imports a folder too.
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_layers_see_layers_and_keras_only(path):
    """A layer's arguments are plain numbers and strings: no message, no config, no data reaches it."""
    for name in imported(path.read_text()):
        top, *rest = name.split(".")
        if top == "apps_rec" and rest:
            assert rest[0] in ("layers", "legacy_keras", "nearest", "replicas"), f"{path.name} imports {name}"
        assert top not in ("google", "keras", "tf_keras", "tensorflow_recommenders"), f"{path.name} imports {name}"


def test_the_rule_sees_every_spelling():
    source = "import apps_rec.protos.dnn_pb2\nfrom apps_rec import config\nfrom apps_rec.config import load_config"
    assert {"apps_rec.protos.dnn_pb2", "apps_rec.config"} <= imported(source)

"""Which folder may import which, read off the source text: one test a rule."""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "apps_rec"

# A folder imports only from those before it. The same table, with reasons, stands in CONTRIBUTING.md.
ORDER = (
    "terminal",
    "pages",
    "protos",
    "plugins",
    "config",
    "data",
    "losses",
    "layers",
    "features",
    "models",
    "evaluation",
    "serving",
    "training",
    "simulation",
    "profile",
    "experiments",
    "tools",
    "cli",
)
EVERYBODY_MAY_IMPORT = {
    "allocator",
    "atomic_file",
    "errors",
    "json_text",
    "legacy_keras",
    "names",
    "nearest",
    "replicas",
}
MAY_IMPORT_EVERYTHING = {"__init__", "__main__", "train_eval", "eval", "export", "predict"}
HEAVY = {"tensorflow", "tf_keras", "keras", "tensorflow_recommenders", "numpy", "pyarrow", "pandas", "sklearn"}


@functools.cache
def nodes(source):
    """All nodes of a source's tree."""
    return list(ast.walk(ast.parse(source)))


@functools.cache
def imports_of(source, module):
    """Every dotted name a source imports, inside functions too; `module` is the dotted name of its own file."""
    found = []
    for node in nodes(source):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            parts = [*base, *(node.module or "").split(".")] if node.module else base
            found += [".".join([*parts, alias.name]) for alias in node.names]
    return found


def without_types(source):
    """The source less what only a type checker imports."""
    if "TYPE_CHECKING" not in source:
        return source
    tree = ast.parse(source)
    is_for_types = [isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" for node in tree.body]
    tree.body = [node for node, leave_out in zip(tree.body, is_for_types, strict=True) if not leave_out]
    return ast.unparse(tree)


@functools.cache
def sources(folder=""):
    """Dotted module name -> text of every hand-written file below a folder of the package."""
    paths = [path for path in (PACKAGE / folder).rglob("*.py") if not path.name.endswith("_pb2.py")]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text(encoding="utf-8") for path in paths}


def room(name):
    """The folder of apps_rec, or the file straight in it, that a dotted name lies in; None outside apps_rec."""
    parts = name.split(".")
    return parts[1] if parts[0] == "apps_rec" and len(parts) > 1 else None


def is_module(name):
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def breaches(folder, allowed, except_for=()):
    """Imports from files of a folder that `allowed(dotted name)` turns down."""
    return [
        f"{module} imports {name}"
        for module, source in sources(folder).items()
        if module.split(".")[-1] not in except_for
        for name in imports_of(source, module)
        if not allowed(name)
    ]


def test_the_reader_of_imports_sees_them_all():
    source = """
import tf_keras as keras, os
from apps_rec.cli import main
from apps_rec import config
from . import fm
from ..data.schema import Schema
def later():
    if True:
        import numpy.linalg
"""
    assert imports_of(source, "apps_rec.layers.dnn") == [
        "tf_keras",
        "os",
        "apps_rec.cli.main",
        "apps_rec.config",
        "apps_rec.layers.fm",
        "apps_rec.data.schema.Schema",
        "numpy.linalg",
    ]
    assert [room(name) for name in ("apps_rec.cli.main", "apps_rec", "os")] == ["cli", None, None]


def test_every_folder_and_file_of_the_package_has_its_place():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    files = {path.stem for path in PACKAGE.glob("*.py")}
    assert folders <= set(ORDER), f"{folders - set(ORDER)}: give it a row here and in CONTRIBUTING.md"
    assert files <= EVERYBODY_MAY_IMPORT | MAY_IMPORT_EVERYTHING


def test_contributing_shows_the_same_order():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| `apps_rec/(\w+)/` \|", text, re.MULTILINE)) == ORDER


@pytest.mark.parametrize("folder", ORDER)
def test_a_folder_imports_only_from_rows_above(folder):
    above = {*ORDER[: ORDER.index(folder) + 1], *EVERYBODY_MAY_IMPORT}

    def allowed(name):
        place = room(name)
        return place is None or place in above or not is_module(place)

    assert not breaches(folder, allowed)


def test_no_folder_is_crowded():
    folders = [PACKAGE, *(path for path in PACKAGE.rglob("*") if path.is_dir())]
    counts = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) for folder in folders}
    assert {name: count for name, count in counts.items() if count > 14} == {}


def test_no_file_imports_itself_by_way_of_others():
    texts = sources()
    # `from package import name` is of the file `package.name` where there is one, else of the package.
    graph = {
        module: {
            name if name in texts else name.rpartition(".")[0] for name in imports_of(without_types(source), module)
        }
        for module, source in texts.items()
    }
    seen: dict[str, str] = {}

    def visit(module, path):
        if module not in graph or seen.get(module) == "whole":
            return
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        for name in sorted(graph[module] - {module}):
            visit(name, [*path, module])
        seen[module] = "whole"

    for module in sorted(graph):
        visit(module, [])


def test_shared_modules_import_nothing_of_ours():
    for name in EVERYBODY_MAY_IMPORT:
        module = f"apps_rec.{name}"
        assert not [found for found in imports_of(sources()[module], module) if found.startswith("apps_rec")]


def test_config_imports_nothing_heavy():
    def allowed(name):
        return name.split(".")[0] not in HEAVY and room(name) not in {"legacy_keras", "replicas"}

    assert not breaches("config", allowed)
    assert not breaches("protos", allowed)
    assert not breaches("plugins", allowed)


@pytest.mark.parametrize("folder", ["losses", "layers"])
def test_losses_and_layers_see_no_config_and_no_messages(folder):
    def allowed(name):
        return room(name) not in {"protos", "config", "data"} and not name.startswith("google.protobuf")

    assert not breaches(folder, allowed)


@pytest.mark.parametrize(("folder", "reader"), [("features", "build"), ("models", "build"), ("evaluation", "plan")])
def test_one_file_of_a_folder_reads_messages(folder, reader):
    def allowed(name):
        return room(name) not in {"protos", "config"} and not name.startswith("google.protobuf")

    assert not breaches(folder, allowed, except_for=(reader,))


def test_columns_and_embeddings_of_features_know_nothing_of_each_other():
    def columns_may(name):
        return room(name) not in {"layers", "legacy_keras"} and not name.startswith("apps_rec.features.embeddings")

    def embeddings_may(name):
        return room(name) != "data" and not name.startswith("apps_rec.features.columns")

    assert not breaches("features/columns", columns_may)
    assert not breaches("features/embeddings", embeddings_may)


def test_experiments_import_no_tensorflow():
    above_tensorflow = {"terminal", "data", "profile", "experiments", *EVERYBODY_MAY_IMPORT} - {
        "legacy_keras",
        "replicas",
    }

    def allowed(name):
        return not name.startswith("tensorflow") and (room(name) is None or room(name) in above_tensorflow)

    assert not breaches("experiments", allowed)


def test_old_keras_comes_through_one_file():
    for module, source in sources().items():
        if module == "apps_rec.legacy_keras":
            continue
        names = imports_of(source, module)
        direct = [n for n in names if n.split(".")[0] in {"tf_keras", "keras", "tensorflow_recommenders"}]
        direct += [n for n in names if n.startswith("tensorflow.keras")]
        direct += [
            "tf.keras"
            for node in nodes(source)
            if isinstance(node, ast.Attribute)
            and node.attr == "keras"
            and isinstance(node.value, ast.Name)
            and node.value.id in {"tf", "tensorflow"}
        ]
        assert not direct, f"{module}: {direct}; import keras and tfrs from apps_rec.legacy_keras"


def test_nothing_evaluates_text_or_unpickles():
    for module, source in sources().items():
        called = {
            node.func.id for node in nodes(source) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"eval", "exec", "__import__"}, module
        loaded = {name.split(".")[0] for name in imports_of(source, module)}
        assert not loaded & {"pickle", "dill", "marshal", "shelve"}, module

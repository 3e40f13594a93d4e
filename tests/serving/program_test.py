"""An export that is more than a graph of our operations is named before any of it runs."""

import shutil

import pytest
import tensorflow as tf
from tensorflow.core.framework.function_pb2 import GradientDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

import apps_rec
from apps_rec.cli.main import main
from apps_rec.errors import RunError
from apps_rec.serving import program
from apps_rec.serving.parity.verify import verify_export
from apps_rec.serving.program import check_program, foreign


@pytest.fixture
def graph(ranked, tmp_path):
    """Return the graph of a copy of an export, at 1 in the folder of the test, and what writes it back."""
    shutil.copytree(ranked.version, tmp_path / "1")
    path = tmp_path / "1/saved_model.pb"
    model = SavedModel.FromString(path.read_bytes())
    return model.meta_graphs[0], lambda: path.write_bytes(model.SerializeToString())


def function_of(graph, part):
    return next(one for one in graph.graph_def.library.function if part in one.signature.name)


def const(nodes, name, value):
    node = nodes.add(name=name, op="Const")
    node.attr["dtype"].type = tf.string.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    return name


def test_an_export_holds_nothing_foreign(ranked):
    assert list(foreign(ranked.version)) == []


OPERATIONS = ["WriteFile", "ReadFile", "MatchingFiles", "PyFunc", "EagerPyFunc", "PrintV2", "TextLineDataset"]
OPERATIONS += ["InitializeTableFromTextFileV2", "MutableHashTableV2", "SaveV2", "RestoreV2", "AssignVariableOp"]
OPERATIONS += ["While", "LoadLibrary", "XlaLaunch", "MyOwnOp"]


@pytest.mark.parametrize("where", ["", "_rank_", "_signature_wrapper", "_initializer", "_destroyer"])
def test_an_operation_is_found_wherever_it_stands(graph, tmp_path, where):
    graph, save = graph
    nodes = function_of(graph, where).node_def if where else graph.graph_def.node
    for operation in OPERATIONS:
        nodes.add(name=f"a_{operation}", op=operation)
    save()
    place = f" of the function {function_of(graph, where).signature.name}" if where else ""
    assert list(foreign(tmp_path / "1")) == [f"{name} (node a_{name}{place})" for name in OPERATIONS]
    with pytest.raises(RunError, match=r"a program that may do more than score.*\n  WriteFile \(node a_WriteFile"):
        check_program(tmp_path / "1")


@pytest.mark.parametrize("source", [b"/etc/passwd", b"", b"local://"])
def test_an_operation_that_may_read_a_file_is_held_to_none(graph, tmp_path, source):
    graph, save = graph
    graph.graph_def.node.add(name="x", op="DecodeProtoV2").attr["descriptor_source"].s = source
    save()
    expected = [] if source == b"local://" else ["DecodeProtoV2 with a file (node x)"]
    assert list(foreign(tmp_path / "1")) == expected


def test_a_function_that_nothing_calls_is_looked_at_too(graph, tmp_path):
    graph, save = graph
    function = graph.graph_def.library.function.add()
    function.signature.name = "hidden"
    function.node_def.add(name="w", op="WriteFile")
    save()
    assert list(foreign(tmp_path / "1")) == ["WriteFile (node w of the function hidden)"]


def test_so_is_a_second_graph(graph, tmp_path):
    graph, _ = graph
    path = tmp_path / "1/saved_model.pb"
    model = SavedModel.FromString(path.read_bytes())
    model.meta_graphs.add().graph_def.node.add(name="w", op="WriteFile")
    path.write_bytes(model.SerializeToString())
    assert list(foreign(tmp_path / "1")) == ["graph 2: WriteFile (node w)"]


@pytest.mark.parametrize(
    ("part", "operation", "found"),
    [
        ("traced_restore", "SaveV2", "SaveV2 (node x of the function "),
        ("traced_restore", "RestoreV2", "RestoreV2 of another file (node x)"),
        ("traced_save", "RestoreV2", "RestoreV2 (node x of the function "),
        ("traced_save", "WriteFile", "WriteFile (node x of the function "),
    ],
)
def test_the_loaders_functions_have_their_own_operations_alone(graph, tmp_path, part, operation, found):
    graph, save = graph
    nodes = function_of(graph, part).node_def
    nodes.add(name="x", op=operation, input=[const(nodes, "elsewhere", b"/etc/passwd")])
    save()
    (line,) = foreign(tmp_path / "1")
    assert line.startswith(found)


def test_what_writes_the_variables_is_called_by_nothing(graph, tmp_path):
    graph, save = graph
    saver = graph.saver_def.save_tensor_name.split(":")[0]
    saving = function_of(graph, "traced_save").signature.name
    wrapper = function_of(graph, "signature_wrapper")
    call = wrapper.node_def.add(name="call", op="PartitionedCall")
    call.attr["f"].func.name = saving
    graph.graph_def.node.add(name="after", op="NoOp", input=[f"^{saver}"])
    graph.signature_def["rank"].outputs["more"].name = f"{saver}:0"
    graph.collection_def["saved_model_main_op"].node_list.value.append(saver)
    save()
    assert list(foreign(tmp_path / "1")) == [
        f"use of {saver} (node after)",
        f"use of {saver} (signature rank)",
        f"use of {saver} (collection saved_model_main_op)",
        f"call of {saving} (node call of the function {wrapper.signature.name})",
    ]


def test_the_variables_come_from_the_exports_own_files(graph, tmp_path):
    graph, save = graph
    nodes = {node.name: node for node in graph.graph_def.node}
    restoring = nodes[graph.saver_def.restore_op_name]
    restoring.input[0] = const(graph.graph_def.node, "elsewhere", b"/tmp/x")
    save()
    (line, *_) = foreign(tmp_path / "1")
    assert line == f"saver {restoring.name}, which is no call with the name of the variables' files"
    restoring.input[0] = "elsewhere"
    graph.saver_def.filename_tensor_name = "elsewhere:0"
    save()
    assert "name of the variables' files elsewhere, which is no input" in list(foreign(tmp_path / "1"))


def test_restoring_that_is_saving(graph, tmp_path):
    graph, save = graph
    graph.saver_def.restore_op_name = graph.saver_def.save_tensor_name.split(":")[0]
    save()
    assert any("which is to read and to write the variables" in line for line in foreign(tmp_path / "1"))


def test_what_else_a_graph_may_bring(graph, tmp_path):
    graph, save = graph
    graph.asset_file_def.add(filename="../../../etc/passwd")
    graph.collection_def["queue_runners"].bytes_list.value.append(b"x")
    graph.graph_def.library.gradient.append(GradientDef(function_name="f", gradient_func="g"))
    function = function_of(graph, "traced_save")
    function.attr["api_implements"].s = b"score"
    save()
    assert list(foreign(tmp_path / "1")) == [
        f"attribute api_implements of the function {function.signature.name}",
        "gradient of the function f",
        "asset file ../../../etc/passwd",
        "collection queue_runners",
    ]


def test_a_name_cannot_write_to_the_terminal(graph, tmp_path):
    graph, save = graph
    graph.graph_def.node.add(name="\x1b[2J", op="Write\nFile")
    save()
    assert list(foreign(tmp_path / "1")) == ["'Write\\nFile' (node '\\x1b[2J')"]


def test_a_graph_that_is_too_large_or_no_file(graph, tmp_path, monkeypatch):
    monkeypatch.setattr(program, "MOST_BYTES", 1000)
    with pytest.raises(RunError, match=r"saved_model\.pb: expected at most 1,000 bytes, got"):
        check_program(tmp_path / "1")
    (tmp_path / "1/saved_model.pb").unlink()
    (tmp_path / "1/saved_model.pb").mkdir()
    with pytest.raises(RunError, match=r"saved_model\.pb: expected a regular file"):
        check_program(tmp_path / "1")


class Thief(tf.Module):
    """Writes files when it is loaded and when it is called."""

    def __init__(self, folder):
        super().__init__()
        self.folder = str(folder)
        line = tf.lookup.TextFileIndex.LINE_NUMBER
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                f"{folder}/words.txt", tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, line
            ),
            0,
        )

    @tf.function(autograph=False)
    def inner(self, text):
        with tf.control_dependencies([tf.io.write_file(f"{self.folder}/called", text)]):
            return tf.identity(text)

    @tf.function(autograph=False)
    def score(self, user):
        python = tf.py_function(lambda text: text, [self.inner(user[0])], tf.string)
        number = tf.strings.length(tf.io.read_file(f"{self.folder}/words.txt")) + tf.strings.length(python)
        return {"score": tf.fill(tf.shape(user), tf.cast(number, tf.float32))}


@pytest.fixture
def thief(trained_version, tmp_path):
    """Return the folder of a model that reads and writes files, with the assets of an export."""
    (tmp_path / "words.txt").write_text("a\n")
    module = Thief(tmp_path)
    signatures = {"serving_default": module.score.get_concrete_function(user=tf.TensorSpec([None], tf.string))}
    shutil.copytree(trained_version / "assets", tmp_path / "1/assets")
    tf.saved_model.save(module, str(tmp_path / "1"), signatures=signatures)
    return tmp_path / "1"


@pytest.fixture
def trained_version(ranked):
    """Return an export, whose assets a stranger has."""
    return ranked.version


def test_predict_and_verify_refuse_it_and_run_nothing(thief, ranked, tmp_path, capsys):
    there = sorted(path.name for path in tmp_path.iterdir())
    command = ["predict", str(thief), "eval.csv", "-o", str(tmp_path / "scores.csv")]
    for arguments in (command, ["verify-export", str(thief)]):
        assert main(arguments) == 2
        error = capsys.readouterr().err
        for name in ("WriteFile", "ReadFile", "EagerPyFunc", "InitializeTableFromTextFileV2", "asset file words.txt"):
            assert f"\n  {name}" in error, error
        assert "Nothing of it was run" in error
        assert "--trust" in error
    assert sorted(path.name for path in tmp_path.iterdir()) == there


@pytest.mark.slow
def test_whoever_trusts_it_runs_it(graph, ranked, tmp_path, seen):
    graph, save = graph
    # A node that runs when the tables are filled, as the loader does.
    nodes = graph.graph_def.node
    const(nodes, "name", str(tmp_path / "written").encode())
    nodes.add(name="write", op="WriteFile", input=["name", "name"])
    next(node for node in nodes if node.name == "NoOp").input.append("^write")
    save()
    with pytest.raises(RunError, match="WriteFile"):
        verify_export(tmp_path / "1", latency=False)
    assert not (tmp_path / "written").exists()
    assert verify_export(tmp_path / "1", latency=False, trust=True).failures == []
    assert (tmp_path / "written").exists()
    assert "is run as you trust it" in seen.text
    (tmp_path / "written").unlink()
    apps_rec.predict(tmp_path / "1", "eval.csv", str(tmp_path / "scores.csv"), trust=True)
    assert (tmp_path / "written").exists()

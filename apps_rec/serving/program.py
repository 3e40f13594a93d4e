"""Checks the operations of an export, which is a program, before any of it is loaded."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from apps_rec.errors import ArgumentError, RunError
from apps_rec.serving.json_asset import check_regular
from apps_rec.serving.operations import BOUND, CALLING, COMPUTING, RESTORING, SAVING

# A graph holds its vocabularies. Variables lie in files of their own.
MOST_BYTES = 1 << 30
_SHOWN = 20
# Name of the one collection of an export: the operation that fills the tables.
_COLLECTIONS = {"saved_model_main_op"}
log = logging.getLogger("apps_rec")


def check_program(folder: Path, trust: bool = False) -> None:
    """Refuses an export that holds anything but the operations that exports consist of. Nothing of it is run.

    Args:
        folder: folder of a version.
        trust: true only warns about such operations.

    Raises:
        RunError: there is another operation, or the graph cannot be read.
    """
    found = list(foreign(folder))
    if not found:
        return
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    listed = "\n".join(f"  {line}" for line in [*found[:_SHOWN], *more])
    if trust:
        log.warning("warning: %s is run as you trust it, with what is in no export of apps_rec:\n%s", folder, listed)
        return
    raise ArgumentError(
        "{folder} is a program that may do more than score, such as read and write files. Nothing of it was run. In "
        "no export of apps_rec is:\n{listed}\nIf you know who made it, and what for: {trust} runs it all the same",
        "trust",
        folder=folder,
        listed=listed,
    )


def foreign(folder: Path) -> Iterator[str]:
    """Yields a line for each thing that is in no export of ours: operations with their places, and files.

    Every graph is looked at as a whole, with its functions and the nodes that nothing calls.

    Raises:
        RunError: the graph cannot be read.
    """
    for number, graph in enumerate(_read(folder).meta_graphs):
        where = f"graph {number + 1}: " if number else ""
        seen: dict[str, None] = {}
        for line in _foreign(graph):
            seen.setdefault(f"{where}{line}")
        yield from seen


def _read(folder: Path) -> Any:
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    path = folder / "saved_model.pb"
    try:
        check_regular(path, MOST_BYTES)
        return SavedModel.FromString(path.read_bytes())
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error
    except Exception as error:
        # The protobuf runtimes (upb, Python) raise different classes of DecodeError.
        if type(error).__name__ != "DecodeError":
            raise
        raise RunError(
            f"{folder} cannot be loaded: it is damaged or cut short (saved_model.pb is no SavedModel). Export again"
        ) from error


def _foreign(graph: Any) -> Iterator[str]:
    saver = _Saver(graph)
    yield from saver.mistakes
    nodes = graph.graph_def.node
    yield from _of_nodes(nodes, COMPUTING, "", {saver.saving, saver.restoring}, {saver.save_node, saver.restore_node})
    for function in graph.graph_def.library.function:
        name = function.signature.name
        allowed = {saver.restoring: RESTORING, saver.saving: SAVING}.get(name, COMPUTING)
        yield from _of_nodes(function.node_def, allowed, f" of the function {name}", {saver.saving, saver.restoring})
        # TensorFlow's optimizer would put another function in this one's place.
        yield from (f"attribute {key} of the function {name}" for key in function.attr if key.startswith("api_"))
    yield from (f"gradient of the function {gradient.function_name}" for gradient in graph.graph_def.library.gradient)
    yield from (f"asset file {asset.filename}" for asset in graph.asset_file_def)
    yield from (f"collection {name}" for name in graph.collection_def if name not in _COLLECTIONS)


def _of_nodes(
    nodes: Iterable[Any], allowed: frozenset[str], where: str, kept_apart: set[str], callers: set[str] | None = None
) -> Iterator[str]:
    """Yields operations that are not allowed, and calls of functions kept apart that are not by their callers."""
    for node in nodes:
        if node.op not in allowed:
            yield f"{_text(node.op)} (node {_text(node.name)}{where})"
        elif _reads_file(node):
            yield f"{node.op} with a file (node {_text(node.name)}{where})"
        if callers is not None and node.name in callers:
            continue
        for called in _called(node):
            if called in kept_apart:
                yield f"call of {_text(called)} (node {_text(node.name)}{where})"


def _reads_file(node: Any) -> bool:
    """Tells whether an attribute of an operation names a file. The default of one left out names none."""
    name, beginnings = BOUND.get(node.op, ("", ()))
    return name in node.attr and not node.attr[name].s.startswith(beginnings)


def _called(node: Any) -> Iterator[str]:
    for value in node.attr.values():
        if value.HasField("func"):
            yield value.func.name
        elif value.HasField("list"):
            yield from (function.name for function in value.list.func)


def _text(name: str) -> str:
    return name if name.isprintable() else ascii(name)


class _Saver:
    """The two functions that touch the files of the variables, and the checks that nothing misuses them.

    The loader calls one node with the name of those files. The function of that node must hand that name, and no
    other, to the operation that reads. The loader does not call the node that writes; nothing else may use it.

    Attributes:
        save_node, restore_node: names of the nodes in the main graph; empty: there are none.
        saving, restoring: names of the functions that they call.
        mistakes: descriptions of what departs from this.
    """

    def __init__(self, graph: Any) -> None:
        self.mistakes: list[str] = []
        definition = graph.saver_def
        self._nodes = {node.name: node for node in graph.graph_def.node}
        self._functions = graph.graph_def.library.function
        self._file = definition.filename_tensor_name.removesuffix(":0")
        self.save_node = definition.save_tensor_name.removesuffix(":0")
        self.restore_node = definition.restore_op_name
        self.restoring = self._function(self.restore_node)
        self.saving = self._function(self.save_node)
        if self.restore_node:
            self._check_restoring()
        if self.save_node:
            self._check_unused(graph)

    def _function(self, name: str) -> str:
        """Returns the function that a node of the saver calls with the name of the files as first input."""
        if not name:
            return ""
        node = self._nodes.get(name)
        if node is None or node.op not in CALLING or list(node.input[:1]) != [self._file]:
            self.mistakes.append(f"saver {_text(name)}, which is no call with the name of the variables' files")
            return ""
        return str(node.attr["f"].func.name)

    def _check_restoring(self) -> None:
        if self._file not in self._nodes or self._nodes[self._file].op != "Placeholder":
            self.mistakes.append(f"name of the variables' files {_text(self._file)}, which is no input")
        for function in (one for one in self._functions if one.signature.name == self.restoring):
            first = function.signature.input_arg[0].name if function.signature.input_arg else ""
            for node in function.node_def:
                if node.op == "RestoreV2" and list(node.input[:1]) != [first]:
                    self.mistakes.append(f"RestoreV2 of another file (node {_text(node.name)})")
        if self.restoring == self.saving:
            self.mistakes.append(f"function {_text(self.saving)}, which is to read and to write the variables")

    def _check_unused(self, graph: Any) -> None:
        for node in graph.graph_def.node:
            if any(_node_of(name) == self.save_node for name in node.input):
                self.mistakes.append(f"use of {_text(self.save_node)} (node {_text(node.name)})")
        for name, signature in graph.signature_def.items():
            if any(_node_of(tensor.name) == self.save_node for tensor in signature.outputs.values()):
                self.mistakes.append(f"use of {_text(self.save_node)} (signature {_text(name)})")
        for name, collection in graph.collection_def.items():
            if any(_node_of(node) == self.save_node for node in collection.node_list.value):
                self.mistakes.append(f"use of {_text(self.save_node)} (collection {_text(name)})")


def _node_of(tensor: str) -> str:
    return tensor.removeprefix("^").split(":")[0]

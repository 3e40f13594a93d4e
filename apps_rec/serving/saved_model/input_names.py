"""Gives the inputs of a SavedModel the names of their columns, which may be any text.

TensorFlow names the inputs of a signature after the arguments of a function: letters, digits and "_". In the saved
file both names are free texts: the one in a server's requests, and the keyword of calls in Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from apps_rec.names import argument_names


def restore_input_names(folder: Path, inputs: Mapping[str, Iterable[str]]) -> None:
    """Gives the inputs of each signature the names of its columns, if an argument could not have them.

    Args:
        folder: folder of the SavedModel. A signature's arguments must be `argument_names` of its inputs.
        inputs: names of the inputs of each signature, in the order of the function's arguments.
    """
    renamed = {signature: _by_argument(names) for signature, names in inputs.items()}
    if all(name == argument for names in renamed.values() for argument, name in names.items()):
        return
    path = folder / "saved_model.pb"
    saved = SavedModel.FromString(path.read_bytes())
    for graph in saved.meta_graphs:
        for signature, names in renamed.items():
            _rename_keys(graph.signature_def[signature].inputs, names)
            keywords = _function(graph.object_graph_def.nodes, signature).argument_keywords
            keywords[:] = [names[argument] for argument in keywords]
    path.write_bytes(saved.SerializeToString(deterministic=True))
    # Checksums of the file before the change.
    (folder / "fingerprint.pb").unlink(missing_ok=True)


def _by_argument(names: Iterable[str]) -> dict[str, str]:
    return {argument: name for name, argument in argument_names(names).items()}


def _rename_keys(inputs: Any, names: Mapping[str, str]) -> None:
    kept = {}
    for argument, info in inputs.items():
        kept[names[argument]] = type(info)()
        kept[names[argument]].CopyFrom(info)
    inputs.clear()
    for name, info in kept.items():
        inputs[name].CopyFrom(info)


def _function(nodes: Any, signature: str) -> Any:
    """Returns the function behind a signature, as `tf.saved_model.load` finds it."""
    of_root = _children(nodes[0])
    return nodes[_children(nodes[of_root["signatures"]])[signature]].bare_concrete_function


def _children(node: Any) -> dict[str, int]:
    return {child.local_name: child.node_id for child in node.children}

"""Runs an export with TensorFlow alone, in a session as servers have it, and says what the graph is made of.

bare_session.py EXPORT SIGNATURE INPUTS: a JSON file of the inputs by name, a text as one character for each byte.
Prints one line of JSON.
"""

import json
import sys
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.python.framework import op_def_registry


def ops_of(graph: GraphDef) -> Iterator[str]:
    """Names of the operations of a graph and of its functions; calls of a function by its name are left out."""
    own = {function.signature.name for function in graph.library.function}
    for nodes in (graph.node, *(function.node_def for function in graph.library.function)):
        yield from (node.op for node in nodes if node.op not in own)


def main(export: str, signature: str, path: str) -> None:
    """Loads, runs, looks."""
    with open(path, encoding="utf-8") as file:
        given = json.load(file)
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.loader.load(session, ["serve"], export)
        definition = loaded.signature_def[signature]
        feed = {}
        for name, info in definition.inputs.items():
            texts = info.dtype == tf.string.as_datatype_enum
            values = [value.encode("latin-1") for value in given[name]] if texts else given[name]
            feed[info.name] = np.array(values, object if texts else tf.as_dtype(info.dtype).as_numpy_dtype)
        outputs = session.run({name: info.name for name, info in definition.outputs.items()}, feed)
        variables = [op for op in graph.get_operations() if op.type == "VarHandleOp"]
        are_initialized = session.run([tf.raw_ops.VarIsInitializedOp(resource=op.outputs[0]) for op in variables])
        ops = sorted(set(ops_of(loaded.graph_def)))
    print(
        json.dumps(
            {
                "outputs": {name: value.tolist() for name, value in outputs.items()},
                "variables": len(variables),
                "without_value": [op.name for op, is_set in zip(variables, are_initialized, strict=True) if not is_set],
                "ops": ops,
                "not_registered": [op for op in ops if op_def_registry.get(op) is None],
                "apps_rec": sorted(name for name in sys.modules if name.split(".")[0] == "apps_rec"),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

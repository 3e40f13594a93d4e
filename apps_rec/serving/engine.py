"""Runs an export as a server does: loads it into a session by its tag, and calls it by the names of its signatures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from apps_rec.data.literal_paths import literal_folder
from apps_rec.errors import RunError
from apps_rec.serving.program import check_program
from apps_rec.serving.requests import Arrays


def check_numbers(outputs: Arrays, names: Sequence[str], rows: int, widths: Mapping[str, int] | None = None) -> None:
    """Raises RunError unless an export gave these outputs: finite numbers for each row, and in "order" places.

    Args:
        outputs: outputs by name.
        names: names that are expected.
        rows: number of rows.
        widths: how many numbers a row those outputs hold that hold more than one.
    """
    if set(outputs) != set(names):
        raise RunError(f"the export gives {sorted(outputs)}, and not {sorted(names)}. Export again")
    for name in names:
        values = np.asarray(outputs[name])
        kind = np.integer if name == "order" else np.floating
        shape = (rows, widths[name]) if widths and name in widths else (rows,)
        is_right = np.issubdtype(values.dtype, kind) and values.shape == shape and np.isfinite(values).all()
        if not is_right or (name == "order" and not np.array_equal(np.sort(values), np.arange(rows))):
            raise RunError(
                f"the export's {name} is not {rows} finite {'places' if name == 'order' else 'numbers'}. Export again"
            )


class Engine:
    """A SavedModel in a session of its own, without apps_rec's layers or Keras.

    Args:
        folder: folder of a version.
        threads: number of threads of the session, within an operation and between operations; 0: as many as cores.
        trust: true loads it whatever it holds, see `apps_rec.serving.program.check_program`.

    Raises:
        RunError: the export cannot be loaded, or holds operations that are in no export of apps_rec.
    """

    def __init__(self, folder: Path, threads: int = 0, trust: bool = False) -> None:
        check_program(folder, trust)
        self._graph = tf.Graph()
        options = tf.compat.v1.ConfigProto(inter_op_parallelism_threads=threads, intra_op_parallelism_threads=threads)
        with self._graph.as_default():
            self._session = tf.compat.v1.Session(config=options)
            try:
                with literal_folder(folder) as path:
                    loaded = tf.compat.v1.saved_model.load(self._session, ["serve"], path)
            except (OSError, ValueError, LookupError, RuntimeError, tf.errors.OpError) as error:
                self.close()
                reason = " ".join(str(error).split())
                raise RunError(
                    f"{folder} cannot be loaded: it is damaged or cut short ({reason}). Export again"
                ) from error
        self._signatures = {name: value for name, value in loaded.signature_def.items() if not name.startswith("__")}

    @property
    def names(self) -> list[str]:
        """Returns the names of the signatures."""
        return sorted(self._signatures)

    def function(self, signature: str, inputs: Sequence[str]) -> Callable[[Arrays], Arrays]:
        """Returns a signature as a function of arrays.

        Args:
            signature: name of the signature.
            inputs: names of the inputs of a call.

        Raises:
            RunError: there is no such signature, or it has other inputs.
        """
        if signature not in self._signatures:
            raise RunError(f"the export has no signature {signature}; it has {', '.join(self.names)}")
        definition = self._signatures[signature]
        if set(inputs) != set(definition.inputs):
            raise RunError(f"{signature} has the inputs {sorted(definition.inputs)}, and not {sorted(inputs)}")
        names = sorted(definition.outputs)
        call = self._session.make_callable(
            [definition.outputs[name].name for name in names], [definition.inputs[name].name for name in inputs]
        )

        def run(arrays: Arrays) -> Arrays:
            try:
                return dict(zip(names, call(*(arrays[name] for name in inputs)), strict=True))
            except (TypeError, ValueError) as error:
                raise RunError(f"{signature} does not take the columns of the export's own config: {error}") from error

        return run

    def run(self, signature: str, arrays: Arrays) -> Arrays:
        """Returns the outputs of one request.

        Raises:
            tf.errors.OpError: the engine refuses it.
            ValueError: an array has the wrong shape; it does not reach the engine.
        """
        return self.function(signature, list(arrays))({name: np.asarray(array) for name, array in arrays.items()})

    def close(self) -> None:
        """Frees the resources of the session."""
        self._session.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *of_an_error: object) -> None:
        self.close()

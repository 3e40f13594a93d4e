"""A worker: every signature called in turn through sessions of one process, which never imports apps_rec.

Example:
    python -m benchmarks.serving.timing MODELS_JSON COMPARISON SETTING_JSON ROUNDS
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

from benchmarks.meter import say
from benchmarks.serving.plan import COMPARISONS, Comparison, Entry, Setting
from benchmarks.serving.requests import Arrays, deepctr_inputs, make_requests, our_inputs

_WARM_UP = 20
# float32 sums in another order; bfloat16 has 8 bits.
_TOLERANCE, _HALF_TOLERANCE = 1e-5, 0.03


def main() -> None:
    """Measures, and reports milliseconds of CPU time by round and of waiting by request."""
    models, compared, setting = json.loads(sys.argv[1]), COMPARISONS[sys.argv[2]], Setting(**json.loads(sys.argv[3]))
    entries, sizes = compared.entries, compared.sizes
    sessions = {name: _Session(Path(path), setting) for name, path in models.items() if name in compared.models}
    calls = {(entry.name, rows): _calls(entry, rows, sessions, entry.outputs) for rows in sizes for entry in entries}
    for rows in sizes:
        _check_scores(compared, {e.name: _calls(e, rows, sessions, ("score",))[0]() for e in entries if e.is_scored})
    found: dict[str, dict[str, dict[str, list[float]]]] = {
        entry.name: {str(rows): {"cpu_ms": [], "wall_ms": []} for rows in sizes} for entry in entries
    }
    for functions in calls.values():
        for call in itertools.islice(itertools.cycle(functions), _WARM_UP):
            call()
    gc.disable()
    for number in range(int(sys.argv[4])):
        for rows, count in sizes.items():
            # Each begins as often as the others.
            for entry in entries[number % len(entries) :] + entries[: number % len(entries)]:
                cpu, wall = _block(list(itertools.islice(itertools.cycle(calls[entry.name, rows]), count)))
                found[entry.name][str(rows)]["cpu_ms"].append(cpu)
                found[entry.name][str(rows)]["wall_ms"] += wall
        gc.collect()
    say(found)


class _Session:
    """A SavedModel in a session of its own."""

    def __init__(self, folder: Path, setting: Setting) -> None:
        self.folder, self._is_fed = folder, setting.is_fed
        options = tf.compat.v1.ConfigProto(
            inter_op_parallelism_threads=setting.threads,
            intra_op_parallelism_threads=setting.threads,
            use_per_session_threads=True,
        )
        with tf.Graph().as_default():
            self._session = tf.compat.v1.Session(config=options)
            self._loaded = tf.compat.v1.saved_model.load(self._session, ["serve"], str(folder))

    def call(self, signature: str, inputs: Arrays, outputs: tuple[str, ...]) -> Callable[[], Arrays]:
        """Returns a call of a signature; no outputs: all."""
        definition = self._loaded.signature_def[signature]
        outputs = outputs or tuple(definition.outputs)
        if self._is_fed:
            fetches = {name: definition.outputs[name].name for name in outputs}
            fed = {definition.inputs[name].name: array for name, array in inputs.items()}
            return lambda: self._session.run(fetches, fed)
        function = self._session._make_callable_from_options(
            config_pb2.CallableOptions(
                feed=[definition.inputs[name].name for name in inputs],
                fetch=[definition.outputs[name].name for name in outputs],
            )
        )
        arrays = list(inputs.values())
        return lambda: dict(zip(outputs, function(*arrays), strict=True))


def _calls(
    entry: Entry, rows: int, sessions: dict[str, _Session], outputs: tuple[str, ...]
) -> list[Callable[[], Arrays]]:
    """Makes requests of one size to one signature."""
    return [
        sessions[entry.model].call(
            entry.signature,
            our_inputs(columns, entry.signature, sessions["ours" if entry.model == "least" else entry.model].folder)
            if not entry.model.startswith("deepctr")
            else deepctr_inputs(columns, with_history=entry.model == "deepctr_din"),
            outputs,
        )
        for columns in make_requests(rows)
    ]


def _check_scores(compared: Comparison, outputs: dict[str, Arrays]) -> None:
    """Makes sure that every signature of a model of ours answers one request alike.

    Raises:
        ValueError: one does not.
    """
    expected: dict[str, np.ndarray] = {}
    for entry in compared.entries:  # of a model, serving_default comes first
        if entry.name not in outputs:
            continue
        score = outputs[entry.name]["score"]
        first = expected.setdefault(entry.model.removesuffix("_half"), score)
        tolerance = _HALF_TOLERANCE if entry.model == "ours_half" else _TOLERANCE
        if not np.allclose(score, first, rtol=tolerance, atol=tolerance):
            raise ValueError(f"{entry.name} gives other scores than serving_default")


def _block(calls: list[Callable[[], Arrays]]) -> tuple[float, list[float]]:
    """Returns CPU milliseconds a call, and what each call took of the clock's."""
    waited = []
    cpu = time.process_time()
    for call in calls:
        start = time.perf_counter()
        call()
        waited.append((time.perf_counter() - start) * 1000)
    return (time.process_time() - cpu) / len(calls) * 1000, waited


if __name__ == "__main__":
    main()

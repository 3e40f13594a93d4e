"""A worker: CPU time of a training step over one shared table, against the rows of that table.

Example:
    python -m benchmarks.vocabulary ROUNDS CONFIG ...

The configs differ in their table alone. All models live in one process and take turns, so that a machine that slows
down slows all of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from benchmarks.compiled import compiled
from benchmarks.meter import say

STEPS = 20


def main() -> None:
    """Reports milliseconds of CPU time a step, a list of rounds for each config."""
    import apps_rec
    from apps_rec.tools.quiet import quiet_tensorflow

    rounds, paths = int(sys.argv[1]), sys.argv[2:]
    configs = [apps_rec.load_config(path) for path in paths]
    quiet_tensorflow()
    runs = [_prepare(config) for config in configs]
    times: list[list[float]] = [[] for _ in runs]
    for number in range(rounds + 1):
        for run, found in zip(runs, times, strict=True):
            start = time.process_time()
            run()
            if number:  # the first round warms up
                found.append((time.process_time() - start) / STEPS * 1000)
    say(dict(zip(paths, times, strict=True)))


def _prepare(config: object) -> Callable[[], None]:
    import tensorflow as tf

    estimator, _, dataset = compiled(config)
    batches = list(dataset.take(STEPS))
    step = tf.function(estimator.model.train_step)

    def run() -> None:
        for batch in batches:
            step(batch)["loss"].numpy()

    return run


if __name__ == "__main__":
    main()

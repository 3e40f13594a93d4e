"""A worker: where the CPU time of a training step goes, part by part.

Example:
    python -m benchmarks.profile_step ROUNDS CONFIG

Each part is compiled alone and runs on real batches; the parts take turns. (A trace of the whole step is no help for
CPU time: TensorFlow's tracer changes how memory is handed back, and with it the time of every operation.)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.compiled import compiled
from benchmarks.dataset import BATCH_SIZE
from benchmarks.meter import say

STEPS = 20


def main() -> None:
    """Reports milliseconds of CPU time a step by part, a list of rounds for each."""
    import apps_rec
    from apps_rec.tools.quiet import quiet_tensorflow

    rounds, path = int(sys.argv[1]), sys.argv[2]
    config = apps_rec.load_config(path)
    with_dropout = apps_rec.load_config(path, [f"model_config.mmoe.{part}" for part in _DROPOUT])
    quiet_tensorflow()
    parts = _parts(config) | {"whole step with dropout of 0.1": _whole_step(with_dropout)}
    times: dict[str, list[float]] = {name: [] for name in parts}
    for number in range(rounds + 1):
        for name, run in parts.items():
            start = time.process_time()
            run()
            if number:  # the first round warms up
                times[name].append((time.process_time() - start) / STEPS * 1000)
    say(times)


_DROPOUT = (
    "expert_dnn.dropout_ratio=0.1",
    "task_towers[0].dnn.dropout_ratio=0.1",
    "task_towers[1].dnn.dropout_ratio=0.1",
)


def _whole_step(config: Any) -> Callable[[], None]:
    import tensorflow as tf

    estimator, _, dataset = compiled(config)
    return _each(tf.function(estimator.model.train_step), list(dataset.take(STEPS)))


def _each(part: Callable, batches: list) -> Callable[[], None]:
    def run() -> None:
        for batch in batches:
            part(batch)

    return run


def _parts(config: Any) -> dict[str, Callable[[], None]]:
    import tensorflow as tf

    estimator, optimizer, dataset = compiled(config)
    model, batches = estimator.model, list(dataset.take(STEPS))
    table = model.embedder.trainable_variables[0]
    dense = [variable for variable in model.trainable_variables if variable is not table]

    def read_input() -> None:
        for _ in dataset.take(STEPS):
            pass

    def look_up(batch: tuple) -> list:
        return [block.vectors for block in model.embedder(batch[0]).blocks]

    def dense_part(batch: tuple) -> list:
        """Computes everything between the embeddings and the gradients of dense weights and embeddings."""
        embedded = model.embedder(batch[0])
        with tf.GradientTape() as tape:
            vectors = [block.vectors for block in embedded.blocks]
            tape.watch(vectors)
            loss = tf.add_n(list(model._dense_part(embedded, *batch[1:], True, None).values()))
        return tape.gradient(loss, dense + vectors)

    kernels = [variable for variable in dense if variable.shape.rank == 2]
    operands = [[tf.random.stateless_normal([BATCH_SIZE, n], [1, n]) for n in kernel.shape] for kernel in kernels]

    def products(batch: tuple) -> list:
        """Computes the matrix products of the dense part alone, forward and for both gradients."""
        made = []
        for kernel, (x, y) in zip(kernels, operands, strict=True):
            made += [x @ kernel, tf.matmul(y, kernel, transpose_b=True), tf.matmul(x, y, transpose_a=True)]
        return made

    @tf.function
    def touched_rows(batch: tuple) -> tf.Tensor:
        with tf.GradientTape() as tape:
            total = tf.add_n([tf.reduce_sum(vectors) for vectors in look_up(batch)])
        return tape.gradient(total, table).indices

    @tf.function
    def update_table(rows: tf.Tensor) -> None:
        gradient = tf.IndexedSlices(tf.ones([tf.size(rows), table.shape[1]]), rows, table.shape)
        optimizer.apply_gradients([(gradient, table)])

    @tf.function
    def update_dense(batch: tuple) -> None:
        optimizer.apply_gradients([(tf.ones(variable.shape), variable) for variable in dense])

    return {
        "input": read_input,
        "lookup": _each(tf.function(look_up), batches),
        "lookup and dense part": _each(tf.function(dense_part), batches),
        "matrix products alone": _each(tf.function(products), batches),
        "duplicates and update of the table": _each(update_table, [touched_rows(batch) for batch in batches]),
        "update of dense weights": _each(update_dense, batches),
        "whole step": _each(tf.function(model.train_step), batches),
    }


if __name__ == "__main__":
    main()

"""The loop over steps: Keras' `fit` for rows that come replica by replica, on one process of several."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from apps_rec.data.pipeline.sharding import Share
from apps_rec.legacy_keras import keras
from apps_rec.models import RankModel
from apps_rec.training.distribute.workers import Workers


def run_steps(
    model: RankModel,
    dataset: tf.data.Dataset,
    strategy: tf.distribute.Strategy,
    share: Share,
    workers: Workers,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Trains until the data ends or a callback sets `model.stop_training`.

    `fit` wants to know the number of steps where several processes read, and asks all of them before each step whether
    there is one more. Here all have the same number of steps: `apps_rec.data.pipeline.sharding` sees to it.

    Args:
        model: compiled with its optimizer.
        dataset: one batch for each replica of this process and step, one after the other.
        strategy: of the training.
        share: replicas of this process.
        workers: all processes: a step waits for them.
        callbacks: called as `fit` calls them, with one epoch for the whole run.
    """

    @tf.function(autograph=False)
    def step(iterator: tf.data.Iterator) -> dict[str, tf.Tensor]:
        parts = [next(iterator) for _ in range(share.local)]
        if share.local == 1:
            batch = parts[0]
        else:
            batch = strategy.experimental_distribute_values_from_function(
                lambda context: parts[context.replica_id_in_sync_group % share.local]
            )
        logs = strategy.run(model.train_step, args=(batch,))
        # Losses are summed over replicas within the step.
        return {name: strategy.experimental_local_results(value)[0] for name, value in logs.items()}

    calls = keras.callbacks.CallbackList(list(callbacks), model=model, epochs=1, verbose=0)
    model.stop_training = False
    logs: dict[str, tf.Tensor] = {}
    calls.on_train_begin()
    calls.on_epoch_begin(0)
    iterator = iter(dataset)
    number = 0
    while not model.stop_training:
        calls.on_train_batch_begin(number)
        try:
            with workers.waiting():
                logs = step(iterator)
        except tf.errors.OutOfRangeError:
            break
        calls.on_train_batch_end(number, logs)
        number += 1
    calls.on_epoch_end(0, logs)
    calls.on_train_end(logs)

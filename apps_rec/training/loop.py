"""The loop over steps: Keras' `fit` for rows that come replica by replica, on one process of several."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from apps_rec.data.pipeline.dataset import reraise
from apps_rec.data.pipeline.sharding import Share
from apps_rec.legacy_keras import keras
from apps_rec.models import RankModel
from apps_rec.protos import train_pb2
from apps_rec.terminal.progress_bar import progress_bar
from apps_rec.training.callbacks import StopOnSignal
from apps_rec.training.distribute.tpu import static_batches
from apps_rec.training.distribute.workers import Workers
from apps_rec.training.input import log_batches, training_dataset, training_length, training_source
from apps_rec.training.nan_guard import Batch, WatchFinite
from apps_rec.training.outlook import Outlook
from apps_rec.training.run.progress import restore_position
from apps_rec.training.session import Session


def train_in_steps(session: Session, signals: StopOnSignal, callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Trains to the end that the config sets, in steps that all replicas take together.

    Args:
        session: part of this process in the training.
        signals: signals that came to end the training early.
        callbacks: Keras callbacks of the caller, called after ours.
    """
    config, estimator, share = session.config, session.estimator, session.estimator.share
    train_config, batch_size = config.train_config, config.data_config.batch_size
    source = training_source(config, share)
    restore_position(session.progress, source.split, batch_size, session.folder)
    log_batches(config, share, source)
    dataset, positions = training_dataset(config, estimator.preprocessor, source, session.progress.position())
    if train_config.num_steps:
        dataset = dataset.take((train_config.num_steps - session.step) * share.local)
    if train_config.train_distribute == train_pb2.TPUStrategy:
        dataset = static_batches(dataset, batch_size, share.replicas)
    finite = WatchFinite(
        session.progress,
        train_config.on_nan,
        session.log_steps,
        positions,
        session.folder,
        lambda start: _read_batch(session, start),
    )
    save = session.saver(positions, signals, callbacks=callbacks)
    with reraise(positions), progress_bar("training") as bar:
        session.progress_log.follow(Outlook(training_length(config, source), session.best), positions.after, bar)
        # Progress first: the time of an evaluation is not training's. What is not finite is not saved.
        called = [session.progress_log, finite, save, signals, *callbacks]
        run_steps(session.model, dataset, estimator.strategy, share, session.workers, called)
    finite.report(session.step)


def _read_batch(session: Session, start: tuple[int, int]) -> Batch:
    """Reads the rows of the step that begins at a position once more; those of all replicas if each reads all."""
    source = training_source(session.config, session.estimator.share)
    if source.split == 1:
        source = training_source(session.config)
    dataset, _ = training_dataset(session.config, session.estimator.preprocessor, source, start)
    return next(iter(dataset))


def run_steps(
    model: RankModel,
    dataset: tf.data.Dataset,
    strategy: tf.distribute.Strategy,
    share: Share,
    workers: Workers,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Trains until the data ends or a callback sets `model.stop_training`.

    If several processes read, `fit` asks all of them before each step whether there is one more. Here all have the same
    number of steps, as `apps_rec.data.pipeline.sharding` makes sure.

    Args:
        model: model, compiled with its optimizer.
        dataset: dataset with a batch for each replica of this process and step, one after the other.
        strategy: strategy of the training.
        share: replicas of this process.
        workers: all processes; a step waits for them.
        callbacks: Keras callbacks, called as `fit` calls them, with one epoch for the whole run.
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

"""Runs a training, from its config to its last checkpoint, for `apps-rec train`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from apps_rec.config import Config
from apps_rec.data.pipeline.dataset import Positions
from apps_rec.errors import InterruptedRunError, RunError
from apps_rec.evaluation.evaluator import EvaluationStoppedError
from apps_rec.legacy_keras import keras
from apps_rec.training.callbacks import LogProgress, StopOnSignal
from apps_rec.training.distribute.cluster_task import read_task
from apps_rec.training.distribute.rendezvous import meet
from apps_rec.training.distribute.strategies import build_strategy, share_of
from apps_rec.training.distribute.workers import Workers, lost_worker
from apps_rec.training.estimator import Estimator
from apps_rec.training.feature_ranking import write_ranking
from apps_rec.training.loop import train_in_steps
from apps_rec.training.optimizers.schedules import say_of_length
from apps_rec.training.parameter_server.pieces import train_on_pieces
from apps_rec.training.parameter_server.trainer import serve
from apps_rec.training.run.opening import describe_run, open_together, words_so_far
from apps_rec.training.session import Session
from apps_rec.training.tracking.tracking import not_tracked, tracking
from apps_rec.training.warm_start.name_map import read_name_map
from apps_rec.training.warm_start.vector_files import fill_tables
from apps_rec.training.warm_start.warm_start import warm_start

log = logging.getLogger("apps_rec")


@dataclass(frozen=True)
class TrainResult:
    """The result of a training: its folder, the last step, and the best step and value if one was selected.

    `best_metric` is the name of the metric that selected it. `skipped_batches` counts the batches that on_nan:
    SKIP_BATCH left out, over the whole run.
    """

    model_dir: str
    step: int
    best_step: int | None = None
    best_value: float | None = None
    skipped_batches: int = 0
    best_metric: str | None = None


def train(
    config: Config,
    resume: bool = False,
    restart: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainResult:
    """Trains the model of a config into its model_dir, or takes this process' part in it.

    In a cluster every process calls this, with a TF_CONFIG of its own. A server, and a worker of servers, does not
    return: it serves until a signal ends it.

    Args:
        config: config from `load_config`.
        resume: true goes on with the run in model_dir, or starts afresh if there is none.
        restart: true moves the run in model_dir aside and starts afresh.
        callbacks: Keras callbacks of your own (tf_keras), called after ours.

    Raises:
        RunError: model_dir holds a run and neither flag is set, another training is at work there, it cannot be
            written, the training files are not those of the run, MLflow is named and cannot be reached or is not
            installed, or a loss is not finite.
        LostWorkerError: another process of the cluster is gone.
        DataError: the data has a mistake.
        InterruptedRunError: SIGINT or SIGTERM came; the run was saved.
    """
    message, train_config = config.message, config.message.train_config
    task = read_task(train_config)
    if task.cluster:
        meet(task, train_config.cluster_start_timeout_seconds)
    if task.serves:
        serve(task)
    if task.async_workers and callbacks:
        raise RunError("callbacks are called after each step, and workers of parameter servers have no common one")
    # The strategy first: the processes of a cluster meet when it is made, before any operation.
    strategy = build_strategy(train_config, task)
    share = share_of(strategy, task)
    workers = Workers(strategy, share, train_config.collective_timeout_seconds)
    with (
        lost_worker(in_cluster=workers.count > 1 or task.async_workers > 0),
        workers.watching_signals(),
        open_together(message.model_dir, resume, restart, workers) as run,
    ):
        words = words_so_far(run, message)
        with tracking(config, run.folder, run.is_resumed) if workers.is_chief else not_tracked() as track:
            estimator = Estimator(config, words, strategy, share, task.async_workers, trains=True)
            if workers.is_chief:
                describe_run(run, config)
            session = Session(estimator, workers, run, track)
            step = _begin(session)
            if session.progress.owes_evaluation():
                _evaluate_first(session, step)
            if session.is_over():
                log.info("nothing left to train: the run in %s had come to its end at step %d", run.folder.path, step)
            else:
                _go_on(session, callbacks)
            return _result(session)


def _begin(session: Session) -> int:
    """Sets the weights that the training begins with. Returns the step of their checkpoint; 0 if there is none.

    Weights of another run take the place of vectors from files, but not of frozen ones: those stay as the files say.
    """
    step = (session.checkpoints.restore_latest() or 0) if session.run.is_resumed else 0
    if step:
        log.info("resumed from step %d", step)
        return step
    filled = _fill(session, trainable=True)
    if other_run := session.config.train_config.fine_tune_checkpoint:
        reported_in = session.folder if session.workers.is_chief else None
        name_map = session.config.train_config.fine_tune_ckpt_var_map
        names = read_name_map(name_map) if name_map else {}
        warm_start(session.model, session.estimator.features, session.optimizer, other_run, reported_in, names)
    if _fill(session, trainable=False) or filled:
        session.optimizer.begin_at_weights(session.model.trainable_variables)
    return 0


def _fill(session: Session, *, trainable: bool) -> bool:
    """Puts vectors from files into the tables that are trained, or into those that are not. Tells whether any did."""
    tables = fill_tables(session.config, session.model, session.estimator.features, trainable=trainable)
    for table in tables if session.workers.is_chief else ():
        log.info("%s", table)
    return bool(tables)


def _evaluate_first(session: Session, step: int) -> None:
    """Makes the evaluation of the restored step that a signal cut short."""
    # What is written here is the best checkpoint alone.
    no_log = LogProgress(1, 0, 0, str(session.folder.summaries), session.track)
    with StopOnSignal(session.workers) as signals:
        saver = session.saver(Positions(), signals, no_log)
        saver.set_model(session.model)
        try:
            saver.catch_up(step)
        except EvaluationStoppedError:
            raise _interrupted(session, signals) from None


def _go_on(session: Session, callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Trains to the end that the config sets, or until a signal comes."""
    with StopOnSignal(session.workers) as signals:
        try:
            if session.estimator.async_workers:
                train_on_pieces(session, signals)
            else:
                train_in_steps(session, signals, callbacks)
        except tf.errors.OpError as error:
            if signals.received is None or session.workers.count == 1:
                raise
            raise InterruptedRunError(
                "interrupted while the other workers did not come to the end of a step; nothing was saved since "
                "the last checkpoint. Go on with --resume",
                signals.received,
            ) from error
    if signals.received is not None and (not session.is_over() or session.progress.owes_evaluation()):
        raise _interrupted(session, signals)
    best, export_config = session.progress.best(), session.config.export_config
    waited = 0 if best is None or not export_config.enable_early_stop else session.step - best[0]
    if not waited or waited < export_config.max_check_steps:
        # A training that stops early, as its config says, leaves any schedule before its end.
        for schedule in dict.fromkeys(part.learning_rate for part in session.optimizer.parts):
            say_of_length(schedule, session.step)
    log.info("trained to step %d; saved in %s", session.step, session.folder.checkpoints)
    if session.workers.is_chief:
        write_ranking(session.model, session.folder)


def _interrupted(session: Session, signals: StopOnSignal) -> InterruptedRunError:
    return InterruptedRunError(
        f"interrupted; saved step {session.step} in {session.folder.checkpoints}. Go on with: "
        f"apps-rec train {session.estimator.config.path} --resume (and the same --set)",
        signals.received or 0,
    )


def _result(session: Session) -> TrainResult:
    best_step, best_value = session.progress.best() or (None, None)
    name, _ = session.best() or (None, None)
    skipped = int(session.progress.skipped_batches.numpy())
    return TrainResult(str(session.folder.path), session.step, best_step, best_value, skipped, name)

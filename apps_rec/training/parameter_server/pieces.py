"""Trains a session whose rows the workers of parameter servers take piece by piece."""

from __future__ import annotations

import logging

from apps_rec.data.pipeline.dataset import Positions, reraise
from apps_rec.training.callbacks import StopOnSignal
from apps_rec.training.parameter_server.shards import make_plan
from apps_rec.training.parameter_server.trainer import PieceTrainer, log_tables, run_pieces, waiting_for_servers
from apps_rec.training.run.progress import restore_position
from apps_rec.training.session import Session

log = logging.getLogger("apps_rec")


def train_on_pieces(session: Session, signals: StopOnSignal) -> None:
    """Trains to the end that the config sets, each worker at its own pace.

    Args:
        session: part of the chief in the training.
        signals: signals that came to end the training early.
    """
    config, estimator, progress = session.config, session.estimator, session.progress
    plan, layout = make_plan(config)
    log_tables(session.model.embedder.tables)
    restore_position(progress, -plan.piece_rows, config.data_config.batch_size, session.folder)
    positions = Positions(files=plan.files)
    saver = session.saver(positions, signals)
    saver.set_model(session.model)
    session.model.stop_training = False
    trainer = PieceTrainer(
        estimator.strategy,
        session.model,
        estimator.preprocessor,
        config,
        layout,
        estimator.async_workers,
        int(progress.rows_seen.numpy()),
    )
    due_before, skipped_before = int(progress.rows_due.numpy()), int(progress.skipped_batches.numpy())

    def save(position: tuple[int, int], rows: int) -> None:
        positions.record(0, position)
        progress.rows_due.assign(due_before + rows)
        progress.rows_seen.assign(trainer.rows_seen)
        progress.skipped_batches.assign(skipped_before + trainer.skipped_batches)
        saver.save(session.step, evaluate=signals.received is None)

    def is_stopped() -> bool:
        return signals.received is not None or session.model.stop_training

    waiting = waiting_for_servers(config.train_config.collective_timeout_seconds)
    with waiting.watched(), reraise(positions):
        run_pieces(trainer, plan, progress, config, lambda: session.step, save, is_stopped, session.best, waiting)
    due, seen = int(progress.rows_due.numpy()), int(progress.rows_seen.numpy())
    log.info("%d rows, each trained on at least once; %d were seen twice, as workers were lost", due, seen - due)

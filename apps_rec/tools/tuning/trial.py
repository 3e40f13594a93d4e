"""The trainings of a study, one after the other in this process."""

from __future__ import annotations

import gc
import logging
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna

from apps_rec.config.load import changed
from apps_rec.config.tuning.parameters import assignments
from apps_rec.errors import DataError, InterruptedRunError, UserError
from apps_rec.legacy_keras import keras
from apps_rec.tools.commands.models.train import train
from apps_rec.tools.tuning.study import Study
from apps_rec.tools.tuning.summary import labels

log = logging.getLogger("apps_rec.tune")


class ReportToStudy(keras.callbacks.Callback):
    """Reports each evaluation to the study, and ends the training where others were better at that step.

    Args:
        trial: trial whose training it is.
        metric: name of the metric that is reported.
    """

    def __init__(self, trial: optuna.Trial, metric: str) -> None:
        super().__init__()
        self._trial, self._metric = trial, metric
        self.pruned_at: int | None = None

    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Takes the metrics of an evaluation."""
        value, step = (logs or {})[self._metric], int(self.model.optimizer.iterations.numpy())
        self._trial.report(value, step)
        if self._trial.should_prune():
            self.pruned_at = step
            self.model.stop_training = True


def run_trials(study: Study, always: Sequence[str]) -> None:
    """Trains until the study has as many trials as its config asks for, those of other processes counted.

    Args:
        study: study, open.
        always: assignments that hold in every trial.

    Raises:
        InterruptedRunError, KeyboardInterrupt: a signal came; the trial is tried again by whoever goes on.
        DataError: the data has a mistake, which every trial would meet.
    """
    while (begun := study.begin()) is not None:
        trial, lock = begun
        try:
            _run(study, trial, always)
        finally:
            study.release(trial, lock)
        # The graphs of a training stand in circles.
        gc.collect()


def _run(study: Study, trial: optuna.Trial, always: Sequence[str]) -> None:
    number, folder = trial.number, study.folder
    values = assignments(study.space, trial.params)
    short = labels([one.name for one in study.space])
    log.info(
        "trial %d: %s",
        number,
        "  ".join(
            f"{short[n]}={v:.6g}" if isinstance(v, float) else f"{short[n]}={v}" for n, v in trial.params.items()
        ),
    )
    report = ReportToStudy(trial, study.metric)
    try:
        # What an earlier process may have left under this number.
        folder.remove_trial(number)
        config = changed(study.config, [*always, *values, f"model_dir={folder.trial(number)}"])
        with _log_into(folder.log(number)):
            result = train(config, callbacks=[report])
    except (InterruptedRunError, KeyboardInterrupt):
        study.cut_short(trial)
        raise
    except UserError as error:
        _fail(study, trial, str(error))
        if isinstance(error, DataError):
            raise
    except Exception as error:  # a defect, or what TensorFlow cannot do: one trial of many
        folder.log(number).open("a", encoding="utf-8").write(traceback.format_exc())
        _fail(study, trial, f"{type(error).__name__}: {error}")
    else:
        if report.pruned_at is not None:
            study.prune(trial, report.pruned_at)
            log.info("trial %d: pruned at step %d", number, report.pruned_at)
        elif result.best_value is None or result.best_step is None:
            _fail(study, trial, "it was not evaluated")
        else:
            study.complete(trial, result.best_value, result.best_step)
            best = study.ranked()[0]
            log.info(
                "trial %d: %s %.5f at step %d; best so far %.5f, trial %d",
                *(number, study.metric, result.best_value, result.best_step, best.value, best.number),
            )


def _fail(study: Study, trial: optuna.Trial, reason: str) -> None:
    study.fail(trial, reason)
    log.warning("trial %d: failed: %s", trial.number, reason.splitlines()[0])


@contextmanager
def _log_into(path: Path) -> Iterator[None]:
    """Sends what a training logs into a file; of a study of many, only warnings are shown."""
    logger = logging.getLogger("apps_rec")
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(message)s"))

    def is_shown(record: logging.LogRecord) -> bool:
        return record.name == log.name or record.levelno >= logging.WARNING

    shown = logger.handlers[:]
    for one in shown:
        one.addFilter(is_shown)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
        for one in shown:
            one.removeFilter(is_shown)

"""Opens a run for all processes of a training, compares it with the config, and describes it for later commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from apps_rec.config import Config
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.distribute.workers import Workers
from apps_rec.training.run.folder import (
    RunFolder,
    check_same_model,
    check_same_optimizer,
    open_for_training,
    write_config,
)
from apps_rec.training.run.input_files import check_same_input_files, look_for_eval_files, note_input_files
from apps_rec.training.run.lock import open_run
from apps_rec.training.run.same_data import check_same_data
from apps_rec.training.run.vocabularies import freeze_vocabularies, frozen_vocabularies


@dataclass(frozen=True)
class OpenRun:
    """The run that a training works in.

    Attributes:
        folder: folder of the run.
        is_resumed: true if the run goes on from its checkpoint.
        before_save: function to call before anything is written; it raises an error if another training took over.
    """

    folder: RunFolder
    is_resumed: bool
    before_save: Callable[[], None]


@contextmanager
def open_together(model_dir: str, resume: bool, restart: bool, workers: Workers) -> Iterator[OpenRun]:
    """Opens a model_dir on every process of a training. The chief comes first and holds the lock until the end.

    Raises:
        RunError: see `apps_rec.training.run.lock.open_run`.
    """
    if workers.is_chief:
        with open_run(model_dir, resume, restart) as (folder, is_resumed, lock):
            workers.wait()
            yield OpenRun(folder, is_resumed, lock.check)
    else:
        workers.wait()
        # What the chief has let pass.
        folder, is_resumed = open_for_training(model_dir, resume=True, restart=False)
        yield OpenRun(folder, is_resumed, lambda: None)


def words_so_far(run: OpenRun, config: PipelineConfig) -> Mapping[str, Sequence[str]] | None:
    """Returns the words of every vocab_file that a resumed run began with; None if the run begins now.

    Raises:
        RunError: the run was trained with another model, optimizer, data or training files.
    """
    if not run.is_resumed:
        return None
    check_same_model(run.folder, config)
    check_same_optimizer(run.folder, config)
    check_same_data(run.folder, config)
    check_same_input_files(run.folder, config)
    return frozen_vocabularies(run.folder, config)


def describe_run(run: OpenRun, config: Config) -> None:
    """Writes the facts that later commands need into the folder: words, config and training files."""
    if not run.is_resumed:
        freeze_vocabularies(run.folder, config.message)
    write_config(run.folder, config.to_text())
    note_input_files(run.folder, config.message)
    look_for_eval_files(config.message)

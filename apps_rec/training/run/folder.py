"""The folder of a run: the paths in model_dir, and the checks that a training may write there."""

from __future__ import annotations

import itertools
import os
import time
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format

from apps_rec.atomic_file import replace_text
from apps_rec.config.tasks.corrections import without_corrections
from apps_rec.errors import RunError
from apps_rec.names import file_name
from apps_rec.protos.pipeline_pb2 import PipelineConfig


@dataclass(frozen=True)
class RunFolder:
    """The paths inside a model_dir."""

    path: Path

    @property
    def config(self) -> Path:
        """Returns the path of the resolved config, a text proto."""
        return self.path / "pipeline.config"

    @property
    def checkpoints(self) -> Path:
        """Returns the folder of checkpoints to go on from, named by step."""
        return self.path / "checkpoints"

    @property
    def best(self) -> Path:
        """Returns the folder of the checkpoint with the best value of best_exporter_metric."""
        return self.path / "best"

    @property
    def vocabularies(self) -> Path:
        """Returns the folder of the run's own copies of every vocab_file, one word a line."""
        return self.path / "vocabularies"

    def vocabulary(self, feature: str) -> Path:
        """Returns the path of the copy of a feature's vocab_file, `<feature>.txt`."""
        return self.vocabularies / f"{file_name(feature)}.txt"

    @property
    def metrics(self) -> Path:
        """Returns the path of the metrics of the last `evaluate`."""
        return self.path / "metrics.json"

    @property
    def inputs(self) -> Path:
        """Returns the path of the list of training files that the run began with."""
        return self.path / "inputs.json"

    @property
    def warm_start(self) -> Path:
        """Returns the path of the report on the weights taken from fine_tune_checkpoint."""
        return self.path / "warm_start.json"

    @property
    def feature_ranking(self) -> Path:
        """Returns the path of the features, ranked by variational dropout."""
        return self.path / "feature_ranking.json"

    @property
    def summaries(self) -> Path:
        """Returns the folder of the summaries for TensorBoard."""
        return self.path / "summaries"

    @property
    def mlflow(self) -> Path:
        """Returns the path of the note which run in MLflow this one is."""
        return self.path / "mlflow.json"

    def holds_run(self) -> bool:
        """Tells whether a training saved something here. One that failed before its first checkpoint does not count."""
        return self.checkpoints.exists()


def open_for_training(model_dir: str, resume: bool, restart: bool) -> tuple[RunFolder, bool]:
    """Opens the folder to train in. Returns it, and whether to go on from its checkpoint.

    Args:
        model_dir: path of the folder; made if it is not there.
        resume: true goes on with the run that is there, or starts afresh if there is none.
        restart: true moves the run that is there aside, to `<model_dir>.<time>`.

    Raises:
        RunError: there is a run and neither flag is set, or the folder cannot be written.
    """
    folder = check_free(model_dir, resume, restart)
    if folder.holds_run() and restart:
        _try(lambda: folder.path.rename(_free_name(folder.path)), model_dir)
    _try(lambda: folder.path.mkdir(parents=True, exist_ok=True), model_dir)
    if not os.access(folder.path, os.W_OK | os.X_OK):
        raise RunError(f"model_dir {model_dir} cannot be written; change its permissions or choose another")
    return folder, resume and folder.checkpoints.exists()


def check_free(model_dir: str, resume: bool, restart: bool) -> RunFolder:
    """Checks that a training may use model_dir, which may not be there yet. Makes and moves nothing.

    Raises:
        RunError: it is a file; there is a run and neither flag is set; both are set.
    """
    if resume and restart:
        raise RunError("--resume and --restart exclude each other: go on with the run in model_dir, or start afresh")
    folder = RunFolder(Path(model_dir))
    if folder.path.exists() and not folder.path.is_dir():
        raise RunError(f"model_dir {model_dir} is a file; expected a folder, or a path where one can be made")
    if folder.holds_run() and not resume and not restart:
        raise RunError(
            f"model_dir {model_dir} holds a run already. --resume goes on with it, --restart moves it aside and "
            "starts afresh; or choose another with --set model_dir=..."
        )
    return folder


def open_for_reading(model_dir: str) -> RunFolder:
    """Opens the folder of a finished or running training.

    Raises:
        RunError: there is no run.
    """
    folder = RunFolder(Path(model_dir))
    if not folder.config.exists():
        raise RunError(
            f"model_dir {model_dir} holds no run (no {folder.config.name}); train first: apps-rec train CONFIG"
        )
    return folder


def write_config(folder: RunFolder, text: str) -> None:
    """Keeps the resolved config beside the checkpoints."""
    write_whole(folder.config, text)


def check_same_model(folder: RunFolder, config: PipelineConfig) -> None:
    """Compares features and model, on which the weights depend, with the config that the run was trained with.

    Raises:
        RunError: they differ; the message has the first lines that do.
    """
    trained = trained_config(folder)
    before, now = _shape_lines(trained), _shape_lines(config)
    if before == now:
        return
    first = next((i for i, pair in enumerate(zip(before, now, strict=False)) if pair[0] != pair[1]), None)
    i = min(len(before), len(now)) if first is None else first
    was, is_now = (lines[i].strip() if i < len(lines) else "nothing" for lines in (before, now))
    raise RunError(
        f"the run in {folder.path} was trained with other features or another model: it had `{was}` where the config "
        f"has `{is_now}`. Use the config it was trained with ({folder.config}), or train afresh with --restart"
    )


def check_same_optimizer(folder: RunFolder, config: PipelineConfig) -> None:
    """Compares kinds of optimizers and frozen weights with the run's own: the slots of one kind are nothing to another.

    Raises:
        RunError: they differ.
    """
    trained = trained_config(folder)
    frozen = list(trained.train_config.freeze_gradient)
    if frozen != list(config.train_config.freeze_gradient):
        raise RunError(
            f"train_config.freeze_gradient: the run in {folder.path} was trained with {frozen or 'none'}, and what was "
            "frozen has no state to go on from. Leave it as it was, or begin a new run from this one with "
            "train_config.fine_tune_checkpoint"
        )
    was, now = (_optimizers(message) for message in (trained, config))
    if was != now:
        raise RunError(
            f"train_config.optimizer_config: the run in {folder.path} was trained with {was}, the config has {now}, "
            f"which cannot go on from its state. Use {was}, or train afresh with --restart"
        )


def _optimizers(config: PipelineConfig) -> str:
    given = config.train_config.optimizer_config
    wide = [f"{one.WhichOneof('optimizer')} for first-order weights" for one in given if one.of_first_order_weights]
    kinds = [str(one.WhichOneof("optimizer")) for one in given if not one.of_first_order_weights]
    return ", ".join([*wide, " for embeddings and ".join(kinds)])


def trained_config(folder: RunFolder) -> PipelineConfig:
    """Reads the config that a run was trained with."""
    return read_config(
        folder,
        "the config that the run was trained with",
        "Put back the config that is in an export of the run (assets/pipeline.config), or train afresh with --restart",
    )


def read_config(folder: RunFolder, what_it_is: str, way_out: str, field: str = "") -> PipelineConfig:
    """Reads the resolved config of a run.

    Args:
        folder: folder of the run.
        what_it_is: use of the config, for the message.
        way_out: advice if it cannot be read, for the message.
        field: field that named the run, for the message.

    Raises:
        RunError: it cannot be read.
    """
    try:
        return text_format.Parse(folder.config.read_text(encoding="utf-8"), PipelineConfig())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        where = f"{field}: {folder.config}" if field else str(folder.config)
        raise RunError(f"{where}, {what_it_is}, cannot be read: {error}. {way_out}") from error


def _shape_lines(config: PipelineConfig) -> list[str]:
    shape = PipelineConfig(feature_config=config.feature_config, model_config=config.model_config)
    # The ranking score, sides of columns and corrections are for serving: they may change without training again.
    for field in ("score", "score_formula", "score_value_field"):
        shape.model_config.ClearField(field)
    for feature in shape.feature_config.features:
        feature.ClearField("side")
        # The run keeps its own copy of the words; where they came from may move.
        if feature.vocab_file:
            feature.vocab_file = "kept"
        # And its weights: what they began at is not read again.
        if feature.HasField("embedding_init"):
            trainable = feature.embedding_init.trainable
            feature.embedding_init.Clear()
            feature.embedding_init.trainable = trainable
    for tower in shape.model_config.rank_model.task_towers:
        del tower.metrics_set[:]
        without_corrections(tower)
    return text_format.MessageToString(shape).splitlines()


def _free_name(path: Path) -> Path:
    """Returns `<path>.<time>`, with a number behind it if that name is taken."""
    aside = path.with_name(f"{path.name}.{time.strftime('%Y%m%d-%H%M%S')}")
    others = (aside.with_name(f"{aside.name}.{number}") for number in itertools.count(2))
    return aside if not aside.exists() else next(other for other in others if not other.exists())


def write_whole(path: Path, text: str) -> None:
    """Writes a file under another name and renames it, so that nobody finds half of it.

    Raises:
        RunError: it cannot be written.
    """
    try:
        replace_text(path, text)
    except OSError as error:
        raise RunError(
            f"{path} cannot be written: {error.strerror}. Make room there, change its permissions or choose another "
            "folder with --set model_dir=..."
        ) from error


def _try(action: object, model_dir: str) -> None:
    try:
        action()  # type: ignore[operator]
    except OSError as error:
        raise RunError(
            f"model_dir {model_dir} cannot be written: {error.strerror}. Change its permissions or choose another with "
            "--set model_dir=..."
        ) from error

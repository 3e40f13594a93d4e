"""One function for each command, as a notebook calls them: `apps_rec.train("x.config")`.

Imports of TensorFlow and pyarrow stand inside the functions: what needs neither answers in a blink.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from apps_rec.config import Config, load_config
from apps_rec.config.uris import local_mistake
from apps_rec.tools.log import show_log
from apps_rec.tools.quiet import quiet_tensorflow
from apps_rec.tools.told import told

if TYPE_CHECKING:
    from apps_rec.data.tfrecord_writer import Conversion
    from apps_rec.evaluation.slices import Slices
    from apps_rec.legacy_keras import keras
    from apps_rec.serving.predict import PredictResult
    from apps_rec.serving.verify import Verification
    from apps_rec.simulation import StoreSummary
    from apps_rec.training.job import TrainResult

ConfigLike = Config | str | Path
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def _command(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """What every command has: a log that is shown, and no traceback for want of memory or permissions."""

    @functools.wraps(function)
    def run(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        show_log()
        with told(function.__name__):
            return function(*args, **kwargs)

    return run


def _checked(config: ConfigLike, overrides: Sequence[str]) -> Config:
    """The config; warnings about one that is read here are logged. TensorFlow is loaded next, without its lines."""
    checked = check(config, overrides)
    if checked is not config:
        for warning in checked.warnings:
            logging.getLogger("apps_rec").warning("warning: %s", warning)
    return checked


def check(config: ConfigLike, overrides: Sequence[str] = ()) -> Config:
    """Reads a config and reports every mistake in it; reads no data.

    Args:
        config: path of a config, or one that is read already.
        overrides: `path=value` each, only for a path.

    Returns:
        The config with its shorthands rewritten and its defaults filled in: `message`, and `warnings` about what is
        allowed and most likely not meant.

    Raises:
        ConfigError: one line for each mistake.
    """
    return config if isinstance(config, Config) else load_config(config, overrides)


@_command
def train(
    config: ConfigLike,
    overrides: Sequence[str] = (),
    resume: bool = False,
    restart: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainResult:
    """Trains a config's model into its model_dir, and says on the log how far it is.

    Args:
        config: path of a config, or one that is read already.
        overrides: `path=value` each, only for a path, such as `train_config.num_steps=500`.
        resume: go on with the run in model_dir, or start afresh where there is none.
        restart: move the run in model_dir aside and start afresh.
        callbacks: Keras callbacks of your own (tf_keras), called after each step.

    Returns:
        What it ended with: `model_dir`, `step`, `best_step` and `best_value` (None where nothing was selected), and
        `skipped_batches`.

    Raises:
        ConfigError: a mistake in the config.
        DataError: a mistake in the data.
        RunError: model_dir holds a run and neither `resume` nor `restart` was said, or it cannot go on or be written;
            a loss is not finite; memory is short. `apps_rec.training.job.train` has the whole list.
        InterruptedRunError: SIGINT or SIGTERM came; the run was saved.

    Example:
        >>> result = apps_rec.train("my.config", ["model_dir=out/a"])  # doctest: +SKIP
        >>> result.step, result.best_value  # doctest: +SKIP
        (1560, 0.7131)
    """
    checked = _checked(config, overrides)
    from apps_rec.training.start import check_paths
    from apps_rec.training.task import read_task

    # In a cluster the chief looks: a server may not see the files.
    if not read_task(checked.message.train_config).cluster:
        check_paths(checked.message, resume, restart)
    quiet_tensorflow()
    from apps_rec.training import job

    return job.train(checked, resume=resume, restart=restart, callbacks=callbacks)


@_command
def evaluate(config: ConfigLike, overrides: Sequence[str] = (), by: str | None = None) -> Evaluation:
    """Measures the trained model of a config on eval_input_path, and keeps the metrics in its model_dir.

    They are kept in metrics.json, with files and filters; where these are not those that the run was trained with, in a
    file beside it, `metrics.<hash>.json`.

    Args:
        config: path of a config, or one that is read already.
        overrides: `path=value` each, only for a path.
        by: a column of input_fields: every metric within each of its values, too.

    Returns:
        A dict from the name of a metric, such as `auc_ctr`, to its value in float, with `rows` and `step` beside
        them. A metric is None where the rows do not define it; its `missing` says why. Printed, it is a table. See
        `Evaluation` for `as_exported` and `slices`.

    Raises:
        ConfigError: a mistake in the config, no eval_input_path, or no such column.
        DataError: a mistake in the data.
        RunError: there is no trained model, it cannot be read, or the metrics cannot be written; memory is short.

    Example:
        >>> metrics = apps_rec.evaluate("my.config")  # doctest: +SKIP
        >>> metrics["auc_ctr"]  # doctest: +SKIP
        0.7131
    """
    checked = _checked(config, overrides)
    from apps_rec.data.files import data_files
    from apps_rec.errors import ConfigError, RunError
    from apps_rec.training.run_folder import open_for_reading

    if not checked.message.eval_input_path:
        raise ConfigError(f"{checked.path}: eval_input_path: evaluate needs files to measure on; none is given")
    message = checked.message
    open_for_reading(message.model_dir)
    data_files(message.eval_input_path, "eval_input_path", message.data_config.input_timeout_seconds)
    quiet_tensorflow()
    from apps_rec.serving.gate import MEASURED_ON
    from apps_rec.tools.measured import keep_metrics, measured_on
    from apps_rec.training.estimator import load_trained

    estimator, folder, step = load_trained(checked)
    rows = measured_on(checked.message)
    measurement = estimator.measure(by)
    evaluation = Evaluation({**measurement.metrics, "step": step}, measurement.missing)
    evaluation.as_exported, evaluation.filled = measurement.as_exported, measurement.filled
    evaluation.slices = measurement.slices
    evaluation.measured_on = rows
    try:
        keep_metrics(folder, checked.message, {**evaluation.to_json(), MEASURED_ON: rows})
    except OSError as error:
        raise RunError(
            f"{folder.metrics} cannot be written: {error.strerror}; the metrics were\n{evaluation}"
        ) from error
    return evaluation


def _check_local(path: str | Path, name: str) -> None:
    """Refuses a URI, or nothing, for a place where the package writes, or loads an export."""
    from apps_rec.errors import RunError

    if not str(path).strip():
        raise RunError(f"{name}: expected a path, got nothing")
    if mistake := local_mistake(str(path)):
        raise RunError(f"{name}: {mistake}")


@_command
def export(config: ConfigLike, output: str, overrides: Sequence[str] = ()) -> Path:
    """Writes the trained model of a config as a SavedModel, `<output>/<version>/`, and returns that folder.

    See `apps_rec.serving.export.export_model`.

    Args:
        config: path of a config, or one that is read already.
        output: folder of the versions; made where it is not there.
        overrides: `path=value` each, only for a path.

    Returns:
        The folder of the new version, which `predict` and a model server take.

    Raises:
        ConfigError: a mistake in the config.
        RunError: there is no trained model, or it cannot be read or written; memory is short.
        CheckFailedError: the export differs from the model, or the gate of export_config holds it back.
    """
    _check_local(output, "-o")
    checked = _checked(config, overrides)
    from apps_rec.training.run_folder import open_for_reading

    open_for_reading(checked.message.model_dir)
    quiet_tensorflow()
    from apps_rec.serving.assets import RunFacts
    from apps_rec.serving.export import export_model
    from apps_rec.tools.measured import metrics_for
    from apps_rec.training.estimator import load_trained
    from apps_rec.training.finished import require_finished

    estimator, folder, step = load_trained(checked)
    exporter_type = checked.message.export_config.exporter_type
    if exporter_type == "final":
        require_finished(folder, step)
    metrics, why_not = metrics_for(folder, checked.message, step)
    facts = RunFacts(step, exporter_type, metrics, why_not)
    return export_model(checked.message, checked.to_text(), estimator.model, estimator.preprocessor, output, facts)


@_command
def verify_export(
    export: str | Path, rows: str | None = None, latency: bool = True, trust: bool = False
) -> Verification:
    """Repeats the proof of an export; see `apps_rec.serving.verify.verify_export`.

    Args:
        export: folder of one version, as `export` returned it.
        rows: labelled files to measure it on; None: the proof alone.
        latency: whether to time it.
        trust: whether to run it though it holds operations that are in no export of apps-rec.

    Returns:
        What was found: differences from the model, metrics on `rows`, times. `failures` is empty where the proof holds.
        Printed, it is a table.

    Raises:
        RunError: the export cannot be read, is damaged, or holds operations that are in no export of apps-rec.
    """
    from apps_rec.data.files import data_files
    from apps_rec.serving.export_folder import open_export

    _, exported = open_export(export)
    if rows is not None:
        data_files(rows, "rows", exported.data_config.input_timeout_seconds)
    quiet_tensorflow()
    from apps_rec.serving import verify

    return verify.verify_export(export, rows, latency, trust)


@_command
def predict(
    export: str | Path,
    rows: str,
    output: str,
    keep: Sequence[str] | None = None,
    skip_bad_rows: bool = False,
    *,
    max_bad_row_share: float | None = None,
    part_format: str | None = None,
    rows_per_part: int | None = None,
    signature: str = "serving_default",
    group_by: Sequence[str] = (),
    top_k: int | None = None,
    weights: Mapping[str, float] | None = None,
    escape_formulas: bool = False,
    trust: bool = False,
) -> PredictResult:
    """Scores the rows of files with an export; see `apps_rec.serving.predict.predict_file` for the arguments.

    Returns:
        What was written: `output`, its `files`, the `rows` read, `written` and `dropped`, and the number of `groups`
        (None where rows are scored one by one).

    Raises:
        DataError: a mistake in the rows.
        RunError: the export cannot be read, or the output not be written; memory is short.

    Example:
        >>> apps_rec.predict("out/x/export/1700000000", "rows.parquet", "scores.csv")  # doctest: +SKIP
        >>> apps_rec.predict(  # doctest: +SKIP
        ...     "out/x/export/1700000000", "rows.parquet", "best/", signature="rank", group_by=["user_id"], top_k=10
        ... )
    """
    _check_local(export, "EXPORT")
    _check_local(output, "-o")
    from apps_rec.data.files import data_files
    from apps_rec.serving.export_folder import open_export
    from apps_rec.serving.output import plan_output

    plan_output(output, part_format, rows_per_part, escape_formulas)
    _, exported = open_export(export)
    data_files(rows, "input", exported.data_config.input_timeout_seconds)
    quiet_tensorflow()
    from apps_rec.serving.predict import predict_file

    return predict_file(
        str(export),
        rows,
        output,
        keep,
        skip_bad_rows,
        max_bad_row_share=max_bad_row_share,
        part_format=part_format,
        rows_per_part=rows_per_part,
        signature=signature,
        group_by=group_by,
        top_k=top_k,
        weights=weights,
        escape_formulas=escape_formulas,
        trust=trust,
    )


@_command
def convert(
    config: ConfigLike,
    output: str,
    input_path: str | None = None,
    overrides: Sequence[str] = (),
    evaluation: bool = False,
    shards: int | None = None,
    rows_per_file: int | None = None,
) -> Conversion:
    """Writes the rows that training reads as TFRecord files; see `apps_rec.data.tfrecord_writer.convert_files`.

    Args:
        config: what the columns are, which rows are filtered, what becomes of bad ones.
        output: folder to make.
        input_path: files to convert, of the format that their name says, else of the config's; default: the config's
            train_input_path.
        overrides: `path=value` each, only for a path.
        evaluation: the rows that evaluation reads; default input: eval_input_path.
        shards: how many files.
        rows_per_file: instead; neither: 1,000,000.

    Returns:
        What was written: `folder`, `files` and `rows` (numbers), `seconds`, and a `summary` of what was left out.

    Raises:
        ConfigError: a mistake in the config.
        DataError: a mistake in the data.
        RunError: the output cannot be written.
    """
    _check_local(output, "-o")
    checked = _checked(config, overrides)
    from apps_rec.data import build_schema, data_files
    from apps_rec.data.files import check_new, schema_for_named_file
    from apps_rec.errors import ConfigError

    message = checked.message
    purpose, field = ("evaluate", "eval_input_path") if evaluation else ("train", "train_input_path")
    if input_path is None and not getattr(message, field):
        raise ConfigError(
            f"{checked.path}: {field}: is not given; name the files to convert: apps-rec convert CONFIG INPUT"
        )
    check_new(output)
    named = "INPUT" if input_path else field
    files = data_files(input_path or getattr(message, field), named, message.data_config.input_timeout_seconds)
    quiet_tensorflow()
    from apps_rec.data.tfrecord_writer import conversion_schema, convert_files

    schema = build_schema(message, purpose)
    schema = schema_for_named_file(schema, files[0]) if input_path else schema
    schema = conversion_schema(message, files, schema, purpose)
    return convert_files(files, schema, output, shards=shards, rows_per_file=rows_per_file, config_path=checked.path)


@_command
def simulate_store(
    output: str,
    users: int = 20000,
    seed: int = 7,
    ctr: float | None = None,
    cvr: float | None = None,
    correlation: float | None = None,
) -> StoreSummary:
    """Writes an app-store log with known truth; see `apps_rec.simulation.simulate_store` for the arguments.

    Returns:
        What was written, for `train` and `eval` each: `rows`, `clicks`, `downloads`, `ctr` and `cvr`.
    """
    _check_local(output, "-o")
    from apps_rec.simulation import simulate_store as simulate

    options = {"ctr": ctr, "cvr": cvr, "correlation": correlation}
    return simulate(output, users=users, seed=seed, **{k: v for k, v in options.items() if v is not None})


class Evaluation(dict[str, float | int | None]):
    """Metrics by name, `rows` and `step`, of a model that sees each row as it was logged.

    Attributes:
        missing: why a task's metrics are None, by suffix.
        as_exported: the metrics of a model with a position tower as its export scores: every row with the position
            columns' default_val; None: the model has none.
        filled: what the position columns are then.
        slices: metrics by the values of a column; None: not asked for.
        measured_on: eval_input_path, row_filter, num_examples, bad_rows, and the files.
    """

    def __init__(self, metrics: dict[str, float | int | None], missing: dict[str, str]) -> None:
        super().__init__(metrics)
        self.missing = missing
        self.as_exported: dict[str, float | int | None] | None = None
        self.filled: dict[str, Any] = {}
        self.slices: Slices | None = None
        self.measured_on: dict[str, Any] = {}

    def to_json(self) -> dict[str, Any]:
        """Metrics by name, and `as_exported` and `by` as objects of their own where they are there."""
        nested: dict[str, Any] = {}
        if self.as_exported is not None:
            nested["as_exported"] = self.as_exported
        if self.slices is not None:
            nested["by"] = self.slices.to_json()
        return {**self, **nested}

    def __str__(self) -> str:
        from apps_rec.evaluation import to_table

        parts = [to_table(self, self.missing)]
        if self.as_exported is not None:
            values = ", ".join(f"{name} {value}" for name, value in self.filled.items())
            parts[0] = f"with the position as it was logged\n{parts[0]}"
            parts.append(f"as exported: {values} in every row\n{to_table(self.as_exported, self.missing)}")
        if self.slices is not None:
            suffixes = [
                name.removeprefix("positives_") for name in self.slices.shown[0].metrics if "positives_" in name
            ]
            parts.append(self.slices.to_table(suffixes))
        return "\n\n".join(parts)

"""One function for each command, as a notebook calls them: `apps_rec.train("x.config")`.

Imports of TensorFlow and pyarrow stand inside the functions: what needs neither answers in a blink.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps_rec.config import Config, load_config
from apps_rec.config.uris import local_mistake

if TYPE_CHECKING:
    from apps_rec.data.tfrecord_writer import Conversion
    from apps_rec.evaluation.slices import Slices
    from apps_rec.legacy_keras import keras
    from apps_rec.serving.predict import PredictResult
    from apps_rec.serving.verify import Verification
    from apps_rec.simulation import StoreSummary
    from apps_rec.training.job import TrainResult

ConfigLike = Config | str | Path


def check(config: ConfigLike, overrides: Sequence[str] = ()) -> Config:
    """Reads a config and reports every mistake in it; reads no data.

    Args:
        config: path of a config, or one that is read already.
        overrides: `path=value` each, only for a path.

    Raises:
        ConfigError: one line for each mistake.
    """
    return config if isinstance(config, Config) else load_config(config, overrides)


def train(
    config: ConfigLike,
    overrides: Sequence[str] = (),
    resume: bool = False,
    restart: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainResult:
    """Trains a config's model into its model_dir; see `apps_rec.training.job.train`."""
    checked = check(config, overrides)
    from apps_rec.training import job

    return job.train(checked, resume=resume, restart=restart, callbacks=callbacks)


def evaluate(config: ConfigLike, overrides: Sequence[str] = (), by: str | None = None) -> Evaluation:
    """Measures the trained model of a config on eval_input_path, and keeps the metrics in its model_dir.

    They are kept in metrics.json, with files and filters; where these are not those that the run was trained with, in a
    file beside it, `metrics.<hash>.json`.

    Args:
        config: path of a config, or one that is read already.
        overrides: `path=value` each, only for a path.
        by: a column of input_fields: every metric within each of its values, too.

    Returns:
        Metrics by name, with `rows` and `step`. See `Evaluation` for `as_exported` and `slices`.

    Raises:
        ConfigError: no files to measure on, or no such column.
        RunError: nothing is trained, or the metrics cannot be written.
        DataError: a mistake in the data.
    """
    checked = check(config, overrides)
    from apps_rec.errors import ConfigError, RunError
    from apps_rec.serving.gate import MEASURED_ON
    from apps_rec.tools.measured import keep_metrics, measured_on
    from apps_rec.training.estimator import load_trained

    if not checked.message.eval_input_path:
        raise ConfigError(f"{checked.path}: eval_input_path: evaluate needs files to measure on; none is given")
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
    """Refuses a URI for a place where the package writes, or loads an export."""
    from apps_rec.errors import RunError

    if mistake := local_mistake(str(path)):
        raise RunError(f"{name}: {mistake}")


def export(config: ConfigLike, output: str, overrides: Sequence[str] = ()) -> Path:
    """Writes the trained model of a config as a SavedModel, `<output>/<version>/`, and returns that folder.

    See `apps_rec.serving.export.export_model`.
    """
    _check_local(output, "-o")
    checked = check(config, overrides)
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


def verify_export(export: str | Path, rows: str | None = None, latency: bool = True) -> Verification:
    """Repeats the proof of an export; see `apps_rec.serving.verify.verify_export`."""
    from apps_rec.serving import verify

    return verify.verify_export(export, rows, latency)


def predict(
    export: str | Path,
    rows: str,
    output: str,
    keep: Sequence[str] | None = None,
    skip_bad_rows: bool = False,
    *,
    part_format: str | None = None,
    rows_per_part: int | None = None,
    signature: str = "serving_default",
    group_by: Sequence[str] = (),
    top_k: int | None = None,
    weights: Mapping[str, float] | None = None,
) -> PredictResult:
    """Scores the rows of files with an export; see `apps_rec.serving.predict.predict_file`.

    Example:
        >>> apps_rec.predict("out/x/export/1700000000", "rows.parquet", "scores.csv")  # doctest: +SKIP
        >>> apps_rec.predict(  # doctest: +SKIP
        ...     "out/x/export/1700000000", "rows.parquet", "best/", signature="rank", group_by=["user_id"], top_k=10
        ... )
    """
    _check_local(export, "EXPORT")
    _check_local(output, "-o")
    from apps_rec.serving.predict import predict_file

    return predict_file(
        str(export),
        rows,
        output,
        keep,
        skip_bad_rows,
        part_format=part_format,
        rows_per_part=rows_per_part,
        signature=signature,
        group_by=group_by,
        top_k=top_k,
        weights=weights,
    )


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
    """
    _check_local(output, "-o")
    checked = check(config, overrides)
    from apps_rec.data import build_schema, data_files
    from apps_rec.data.files import schema_for_named_file
    from apps_rec.data.tfrecord_writer import conversion_schema, convert_files
    from apps_rec.errors import ConfigError

    message = checked.message
    purpose, field = ("evaluate", "eval_input_path") if evaluation else ("train", "train_input_path")
    if input_path is None and not getattr(message, field):
        raise ConfigError(
            f"{checked.path}: {field}: is not given; name the files to convert: apps-rec convert CONFIG INPUT"
        )
    files = data_files(input_path or getattr(message, field), "INPUT" if input_path else field)
    schema = build_schema(message, purpose)
    schema = schema_for_named_file(schema, files[0]) if input_path else schema
    schema = conversion_schema(message, files, schema, purpose)
    return convert_files(files, schema, output, shards=shards, rows_per_file=rows_per_file, config_path=checked.path)


def simulate_store(
    output: str,
    users: int = 20000,
    seed: int = 7,
    ctr: float | None = None,
    cvr: float | None = None,
    correlation: float | None = None,
) -> StoreSummary:
    """Writes an app-store log with known truth; see `apps_rec.simulation.simulate_store`."""
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

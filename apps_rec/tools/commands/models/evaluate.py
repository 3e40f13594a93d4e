"""Measures a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps_rec.errors import ArgumentError, ConfigError, RunError
from apps_rec.tools.commands.common import checked_config, command, on_other_files
from apps_rec.tools.commands.configs.check import ConfigLike
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.evaluation.intervals import Intervals, Resampling
    from apps_rec.evaluation.reliability import Reliability
    from apps_rec.evaluation.slices import Slices
    from apps_rec.protos.pipeline_pb2 import PipelineConfig


@command
def evaluate(
    config: ConfigLike,
    overrides: Sequence[str] = (),
    by: str | Sequence[str] | None = None,
    *,
    calibration: bool = False,
    intervals: bool = False,
    resamples: int | None = None,
    seed: int | None = None,
    users: str | None = None,
    input: str | None = None,
) -> Evaluation:
    """Measures the trained model of a config on eval_input_path or other files, and keeps the metrics in its model_dir.

    They are kept in metrics.json, with files and filters. If these are not the ones that the run was trained with, the
    metrics are kept in a file beside it, `metrics.<hash>.json`.

    Args:
        config: path of a config, or a config that is read already.
        overrides: changes to the config, `path=value` each; only for a path.
        by: column of input_fields, or several; every metric is also measured within each of its values.
        calibration: true adds predicted over observed by prediction, from the lowest tenth of rows to the highest.
        intervals: true gives every metric a 95 % interval, by a bootstrap over users.
        resamples: number of resamples, at least 20; None: 200. Only with `intervals`, as are the next two.
        seed: seed of the draws, 0 or more; None: 0.
        users: column of users, whose rows are drawn together; None: that of gauc or session_auc, or where the config
            has neither, rows are drawn alone.
        input: path or glob of other files, or several separated by commas: all their rows are measured, without the
            filters that part the config's own rows (those with `use`) and without num_examples. The ending says the
            format; CSV files are read as `predict` reads them. None: eval_input_path.

    Returns:
        A dict from the name of a metric, such as `auc_ctr`, to its value in float, with `rows` and `step` beside them.
        A metric is None if the rows do not define it; `missing` has the reason. Printed, it is a table. See
        `Evaluation` for `as_exported`, `slices`, `intervals` and `reliability`.

    Raises:
        ConfigError: the config has a mistake or no eval_input_path, or there is no such column.
        DataError: the data has a mistake.
        ArgumentError: `resamples`, `seed` or `users` without `intervals`, or a number that cannot be.
        RunError: there is no trained model, it cannot be read, or the metrics cannot be written; memory is short.

    Example:
        >>> metrics = apps_rec.evaluate("my.config")  # doctest: +SKIP
        >>> metrics["auc_ctr"]  # doctest: +SKIP
        0.7131
    """
    checked = checked_config(config, overrides)
    from apps_rec.config.passes import filter_as_text, filters_of_split
    from apps_rec.data import build_schema, data_files, with_slices
    from apps_rec.training.run.folder import open_for_reading

    unused: list[str] = []
    if input is not None:
        unused = list(dict.fromkeys(map(filter_as_text, filters_of_split(checked.message.data_config))))
        checked = on_other_files(checked, input)
    elif not checked.message.eval_input_path:
        raise ConfigError(
            f"{checked.path}: eval_input_path: evaluate needs files to measure on; none is given, by --input either"
        )
    message = checked.message
    schema = build_schema(message, "evaluate")
    columns = [by] if isinstance(by, str) else list(dict.fromkeys(by or ()))
    for column in columns:
        with_slices(schema, column)
    if users is not None:
        with_slices(schema, users, "users")
    resampling = _resampling(message, intervals, resamples, seed, users)
    open_for_reading(message.model_dir)
    data_files(message.eval_input_path, "eval_input_path", message.data_config.input_timeout_seconds)
    quiet_tensorflow()
    from apps_rec.serving.saved_model.publish_gate import MEASURED_ON
    from apps_rec.tools.measured import keep_metrics, measured_on
    from apps_rec.training.estimator import load_trained

    estimator, folder, step = load_trained(checked)
    rows = measured_on(checked.message)
    measurement = estimator.measure(columns, resampling, calibration)
    evaluation = Evaluation({**measurement.metrics, "step": step}, measurement.missing)
    evaluation.as_exported, evaluation.filled = measurement.as_exported, measurement.filled
    evaluation.slices, evaluation.intervals = measurement.slices, measurement.intervals
    evaluation.reliability = measurement.reliability
    evaluation.measured_on = rows
    evaluation.rows_read, evaluation.rows_filtered = measurement.rows_read, measurement.rows_filtered
    evaluation.left_out, evaluation.split_not_applied = measurement.left_out, unused
    try:
        keep_metrics(folder, checked.message, {**evaluation.to_json(), MEASURED_ON: rows})
    except OSError as error:
        raise RunError(
            f"{folder.metrics} cannot be written: {error.strerror}; the metrics were\n{evaluation}"
        ) from error
    return evaluation


class Evaluation(dict[str, float | int | None]):
    """Metrics by name, `rows` and `step`, of a model that sees each row as it was logged.

    Attributes:
        missing: reasons that a task's metrics are None, by suffix.
        as_exported: metrics with the default_val of the position columns in every row, as the export of a model with a
            position tower scores; None: the model has none.
        filled: values of the position columns in `as_exported`.
        slices: metrics by the values of each column that was asked for.
        intervals: 95 % intervals of the metrics; None: not asked for.
        reliability: calibration of each task by prediction; empty: not asked for.
        measured_on: eval_input_path, row_filter, num_examples, bad_rows, and the files.
        rows_read: number of rows that were read; None: num_examples ended before the files did.
        rows_filtered: number of these that a row_filter left out.
        left_out: what was left out and by what, in words; "": nothing.
        split_not_applied: filters that part the config's own rows, and so do not apply to `input`; [] without one.
    """

    def __init__(self, metrics: dict[str, float | int | None], missing: dict[str, str]) -> None:
        super().__init__(metrics)
        self.missing = missing
        self.as_exported: dict[str, float | int | None] | None = None
        self.filled: dict[str, Any] = {}
        self.slices: tuple[Slices, ...] = ()
        self.intervals: Intervals | None = None
        self.reliability: tuple[Reliability, ...] = ()
        self.measured_on: dict[str, Any] = {}
        self.rows_read: int | None = None
        self.rows_filtered = 0
        self.left_out = ""
        self.split_not_applied: list[str] = []

    def to_json(self) -> dict[str, Any]:
        """Returns the metrics by name, with all else that was asked for as objects and lists of their own."""
        nested: dict[str, Any] = {}
        if self.rows_read is not None:
            nested |= {"rows_read": self.rows_read, "rows_filtered": self.rows_filtered}
        if self.split_not_applied:
            nested["split_not_applied"] = self.split_not_applied
        if self.as_exported is not None:
            nested["as_exported"] = self.as_exported
        if self.intervals is not None:
            nested["intervals"] = self.intervals.to_json()
        if self.reliability:
            nested["reliability"] = {each.suffix: each.to_json() for each in self.reliability}
        if self.slices:
            nested["by"] = [slices.to_json() for slices in self.slices]
        return {**self, **nested}

    def __str__(self) -> str:
        from apps_rec.evaluation import to_table

        intervals, of_exported = (
            (None, None) if self.intervals is None else (self.intervals.metrics, self.intervals.as_exported)
        )
        parts = [to_table(self, self.missing, intervals, self.rows_read) + self.left_out]
        if any(name.startswith("calibration_") for name in self):
            parts[0] += "\ncalibration: predicted over observed; 1 is right"
        if self.split_not_applied:
            told = "; ".join(self.split_not_applied)
            path = self.measured_on["eval_input_path"]
            parts[0] += f"\nall rows of {path}: the config's own split does not apply (row_filter of {told})"
        if self.as_exported is not None:
            values = ", ".join(f"{name} {value}" for name, value in self.filled.items())
            parts[0] = f"with the position as it was logged\n{parts[0]}"
            table = to_table(self.as_exported, self.missing, of_exported)
            parts.append(f"as exported: {values} in every row\n{table}")
        if self.intervals is not None:
            parts.append(str(self.intervals))
        parts += map(str, self.reliability)
        for slices in self.slices:
            shown = slices.shown[0].metrics
            suffixes = [name.removeprefix("rows_") for name in shown if name.startswith("rows_")]
            parts.append(slices.to_table(suffixes))
        return "\n\n".join(parts)


def _resampling(
    message: PipelineConfig, intervals: bool, resamples: int | None, seed: int | None, users: str | None
) -> Resampling | None:
    """Returns how to resample; None: there will be no intervals.

    Raises:
        ArgumentError: something is given that only intervals take, or a number is out of its range.
    """
    from apps_rec.evaluation.intervals import Resampling
    from apps_rec.evaluation.plan import build_plan, column_of_users

    if not intervals:
        asked = {"resamples": resamples, "seed": seed, "users": users}
        names = [name for name, value in asked.items() if value is not None]
        if names:
            listed = ", ".join(f"{{{name}}}" for name in names)
            raise ArgumentError(f"{listed}: for {{intervals}} only", *names, "intervals")
        return None
    return Resampling.of(resamples, seed, column_of_users(build_plan(message)) if users is None else users)

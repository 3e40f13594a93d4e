"""Writes what is known of a run, or of several, as one page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apps_rec.atomic_file import replace_text
from apps_rec.config import Config
from apps_rec.errors import ArgumentError, ConfigError, RunError
from apps_rec.tools.commands.common import checked_config, command, require_local
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.tools.reporting.run_report import RunReport

SAMPLE = 20_000


@command
def report(
    model_dirs: str | Path | Sequence[str | Path],
    output: str | Path,
    overrides: Sequence[str] = (),
    *,
    by: str | Sequence[str] = (),
    sample: int = SAMPLE,
    users: str | None = None,
    resamples: int | None = None,
    seed: int | None = None,
    check_data: bool = False,
    gradients: int = 0,
    json_output: str | Path | None = None,
) -> list[RunReport]:
    """Measures trained models and writes all that is known of them as one HTML file, which needs no other.

    It holds what was trained on what, curves, metrics with intervals, calibration, slices, gates, importance of
    features, data and config. Of several runs it shows one beside the other. Nothing is written into a model_dir.

    Args:
        model_dirs: folder of a run, or several; others are held against the first.
        output: HTML file to write.
        overrides: changes to the config of each run, `path=value` each, as other rows to measure.
        by: column of input_fields, or several; metrics and gates are also shown within each of their values.
        sample: number of rows to look at gates, experts and features on, at least 100.
        users: column of users, whose rows are drawn together; None: that of gauc or session_auc.
        resamples: number of resamples, at least 20; None: 200.
        seed: seed of all draws, 0 or more; None: 0.
        check_data: true reads all rows of training and evaluation, and adds what check-data finds.
        gradients: number of training batches to hold the gradients of the tasks against each other on; 0: not done.
        json_output: JSON file to write the same to.

    Returns:
        What is known of each run: `measurement`, `inspection`, `curves` and more.

    Raises:
        ArgumentError: a number is out of its range.
        ConfigError: a config has no eval_input_path, there is no such column, or gradients are asked for and there is
            one task.
        DataError: the data has a mistake.
        RunError: there is no trained model, or it cannot be read; matplotlib or jinja2 is not installed; an output
            cannot be written.

    Example:
        >>> (run,) = apps_rec.report("out/my_run", "report.html")  # doctest: +SKIP
        >>> run.inspection.alarms  # doctest: +SKIP
    """
    folders = [model_dirs] if isinstance(model_dirs, str | Path) else list(model_dirs)
    if not folders:
        raise ArgumentError("{model_dirs}: expected a folder of a run, or several", "model_dirs")
    if sample < 100:
        raise ArgumentError("{sample}: expected 100 or more rows, got {got}", "sample", got=sample)
    if gradients < 0:
        raise ArgumentError("{gradients}: expected 1 or more batches, or 0, got {got}", "gradients", got=gradients)
    for name, path in (("output", output), ("json_output", json_output)):
        if path is not None:
            require_local(path, name)
            if Path(path).is_dir():
                raise RunError(f"{path}: expected a file to write, got a folder")
    columns = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    configs = [_config(folder, overrides, columns, users) for folder in folders]
    for config in configs if gradients else ():
        _require_gradients(config)
    _require_libraries()
    quiet_tensorflow()
    from apps_rec.evaluation.intervals import Resampling
    from apps_rec.evaluation.plan import build_plan, column_of_users
    from apps_rec.tools.reporting.compared import compared
    from apps_rec.tools.reporting.page import page_of
    from apps_rec.tools.reporting.run_report import as_text, report_on

    runs = []
    for config in configs:
        own = column_of_users(build_plan(config.message)) if users is None else users
        runs.append(report_on(config, columns, sample, Resampling.of(resamples, seed, own), check_data, gradients))
    others = [compared((configs[0], runs[0]), other) for other in zip(configs[1:], runs[1:], strict=True)]
    _write(Path(output), page_of(runs, others))
    if json_output is not None:
        _write(Path(json_output), as_text(runs))
    return runs


def _config(folder: str | Path, overrides: Sequence[str], columns: Sequence[str], users: str | None) -> Config:
    """Returns the config of a run, once all that can be checked without reading rows has been."""
    from apps_rec.data import build_schema, data_files, with_slices
    from apps_rec.training.run.folder import open_for_reading

    run = open_for_reading(str(folder))
    config = checked_config(run.config, overrides)
    message = config.message
    # The run may have moved since it was trained.
    message.model_dir = str(folder)
    if not message.eval_input_path:
        raise ConfigError(f"{config.path}: eval_input_path: report needs files to measure on; none is given. Give them")
    schema = build_schema(message, "evaluate")
    for column in columns:
        with_slices(schema, column)
    if users is not None:
        with_slices(schema, users, "users")
    data_files(message.eval_input_path, "eval_input_path", message.data_config.input_timeout_seconds)
    return config


def _require_gradients(config: Config) -> None:
    """Checks that there are tasks whose gradients can be held against each other, and rows of a training."""
    from apps_rec.data import data_files

    message = config.message
    towers = [tower.tower_name for tower in message.model_config.rank_model.task_towers]
    if len(towers) < 2:
        raise ConfigError(
            f"{config.path}: the gradients of two tasks or more are held against each other; the model has one, "
            f"{towers[0]}. Leave the gradients out"
        )
    data_files(message.train_input_path, "train_input_path", message.data_config.input_timeout_seconds)


def _require_libraries() -> None:
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise RunError(f"report needs {error.name}: pip install 'apps_rec[report]'") from None


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)
    except OSError as error:
        raise RunError(f"{error.filename or path}: cannot be written: {error.strerror}") from None

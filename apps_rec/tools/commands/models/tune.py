"""Tries a config with other values, and finds the best."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apps_rec import plugins
from apps_rec.atomic_file import replace_text
from apps_rec.config.imports.written import written
from apps_rec.config.load import Config, changed
from apps_rec.config.outputs import metric_names, metrics_by_name
from apps_rec.config.passes import VALIDATE, has_holdout, input_field
from apps_rec.config.tuning.default_space import default_space
from apps_rec.config.tuning.parameters import Parameter, assignments, check_values, own_values, parameters_of
from apps_rec.errors import ArgumentError, ConfigError, InterruptedRunError, RunError
from apps_rec.protos import train_pb2
from apps_rec.protos.eval_pb2 import EvalMetrics
from apps_rec.tools.commands.common import checked_config, command, require_local
from apps_rec.tools.commands.configs.check import ConfigLike
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.tools.tuning.study import Study
    from apps_rec.tools.tuning.summary import TuneResult

log = logging.getLogger("apps_rec.tune")


@command
def tune(
    config: ConfigLike, overrides: Sequence[str] = (), output: str | Path | None = None, workers: int = 1
) -> TuneResult:
    """Trains a config with other values again and again, and finds the best; goes on with a study that is there.

    What is tried stands in `tune_config`, else it follows from the model; docs/tuning.md has both, and which rows the
    best is chosen on. The folder of the study gets `study.db` (Optuna, SQLite), `best.config`, `summary.json`,
    `plots.html`, a log of each trial, and the model_dir of the best trials.

    Args:
        config: path of a config, or a config that is read already.
        overrides: changes to the config, `path=value` each; only for a path.
        output: folder of the study; None: `tune` in the config's model_dir.
        workers: number of processes on this machine; 1: this process alone.

    Returns:
        `best`, `kept` and `trials`, each trial with its `values`, its `value` or its `reason`.

    Raises:
        ConfigError: the config has a mistake, or cannot have a value that is to be tried.
        RunError: Optuna is not installed; the folder holds a study of something else; no trial came to its end.
        DataError: the data has a mistake.
        InterruptedRunError: a signal came. The same call goes on.

    Example:
        >>> result = apps_rec.tune("my.config", ["tune_config.n_trials=30"])  # doctest: +SKIP
        >>> result.best.values  # doctest: +SKIP
    """
    if workers < 1:
        raise ArgumentError("{workers}: expected 1 or more, got {got}", "workers", got=workers)
    if workers > 1 and "__main__" in plugins.loaded():
        text = "{workers}: other processes do not have the BODIES and LOSSES of __main__; put them into a module"
        raise ArgumentError(text, "workers")
    checked = checked_config(config, overrides)
    _require_optuna()
    metric = _metric(checked)
    always = _always(checked, metric)
    space = _space(checked, always)
    where = Path(output) if output is not None else Path(checked.message.model_dir) / "tune"
    require_local(where, "output")
    study = _open(checked, space, metric, where, always)
    # Processes that another one started read the study's own config.
    if Path(checked.path) != study.folder.config:
        _say(checked, metric, space, where)
    try:
        if workers > 1:
            _run_in_processes(study, workers)
        else:
            quiet_tensorflow()
            from apps_rec.tools.tuning.trial import run_trials

            run_trials(study, always)
    except InterruptedRunError as error:
        text = f"interrupted; the same command goes on with the study in {where}"
        raise InterruptedRunError(text, error.exit_code - 128) from None
    finally:
        result = _write(study, always)
    if result.best is None:
        reasons = "; ".join(dict.fromkeys(one.reason.splitlines()[0] for one in result.trials if one.reason))
        raise RunError(f"{where}: no trial came to its end: {reasons or 'all were pruned'}")
    return result


def _require_optuna() -> None:
    try:
        import optuna  # noqa: F401
        import plotly  # noqa: F401
    except ImportError as error:
        raise RunError(f"tune needs the package {error.name}: pip install 'apps_rec[tune]'") from None


def _metric(config: Config) -> str:
    """Returns the metric to choose by, and refuses what no study can do."""
    message = config.message
    if message.train_config.train_distribute == train_pb2.ParameterServerStrategy:
        where = config.describe("train_config.train_distribute")
        raise ConfigError(f"{where}: ParameterServerStrategy cannot end a trial early; expected another one to tune.")
    if not (message.eval_input_path or has_holdout(message.data_config)):
        raise ConfigError(
            f"{config.path}: tune needs rows to choose on that no trial trains on: expected "
            "data_config.holdout_fraction, data_config.holdout_from or eval_input_path."
        )
    metric = message.tune_config.metric or message.export_config.best_exporter_metric
    if not metric:
        known = [name for name, row in metrics_by_name(message).items() if row.has_best]
        raise ConfigError(
            f"{config.path}: tune_config.metric is missing: expected a metric to choose by, one of "
            f"{', '.join(known or metric_names(message))}. --set tune_config.metric=... sets it."
        )
    return metric


def _always(config: Config, metric: str) -> list[str]:
    """Returns the assignments that make a training measure the metric and keep its best checkpoint."""
    export, given = config.message.export_config, []
    bigger = metrics_by_name(config.message)[metric].better == EvalMetrics.HIGHER
    wanted = {"exporter_type": "best", "best_exporter_metric": metric, "metric_bigger": bigger}
    for name, value in wanted.items():
        if getattr(export, name) != value:
            given.append(f"export_config.{name}={str(value).lower() if isinstance(value, bool) else value}")
    return given


def _space(config: Config, always: Sequence[str]) -> list[Parameter]:
    space = parameters_of(config)
    check_values(config, space, always)
    space = space or default_space(changed(config, always), always)
    if not space:
        raise ConfigError(f"{config.path}: nothing to try follows from this model; write tune_config {{ parameters }}.")
    return space


def _say(config: Config, metric: str, space: Sequence[Parameter], where: Path) -> None:
    log.info("%s: trials are compared by %s on %s", where, metric, chosen_on(config))
    if not has_holdout(config.message.data_config):
        log.warning(
            "warning: values are chosen on eval_input_path, and `evaluate` measures the same rows: its figures will be "
            "too good. Measure the best on other rows, or set data_config.holdout_fraction"
        )
    if not config.message.tune_config.parameters:
        log.info("tune_config lists no parameters; tried are, by the rule in docs/tuning.md:")
    for one in space:
        more = f" and {len(one.message.path) - 1} more" if len(one.message.path) > 1 else ""
        values = one.to_text().partition(one.kind)[2].strip()
        log.info("  %s%s: %s %s", one.name, more, one.kind, values)


def chosen_on(config: Config) -> str:
    """Says in words which rows trials are compared on: those on which a training chooses its best checkpoint."""
    data = config.message.data_config
    field = input_field(data, VALIDATE)
    part = "the holdout of " if has_holdout(data) else ""
    return f"{part}{field}"


def _open(config: Config, space: Sequence[Parameter], metric: str, where: Path, always: Sequence[str]) -> Study:
    from apps_rec.tools.tuning.folder import StudyFolder
    from apps_rec.tools.tuning.study import Study

    folder = StudyFolder(where)
    try:
        folder.make()
        bigger = metrics_by_name(config.message)[metric].better == EvalMetrics.HIGHER
        study = Study(folder, config, space, metric, bigger, own_values(config, space))
        replace_text(folder.config, written(config.written))
    except OSError as error:
        raise RunError(f"{where} cannot be written: {error.strerror or error}; choose another with -o") from error
    return study


def _run_in_processes(study: Study, workers: int) -> None:
    from apps_rec.tools.tuning.processes import run_processes

    # -P: a folder apps_rec in the working directory, such as a clone of the repository, is not the package.
    line = [sys.executable, "-P", "-m", "apps_rec", "tune", str(study.folder.config), "-o", str(study.folder.path)]
    line += [word for name in plugins.loaded() for word in ("--plugin", name)]
    run_processes(line, workers, study.config.message.tune_config.n_trials)


def _write(study: Study, always: Sequence[str]) -> TuneResult:
    """Writes summary, plots and the best config of a study as it stands."""
    from apps_rec.tools.tuning.best_config import best_text
    from apps_rec.tools.tuning.plots import plots_html
    from apps_rec.tools.tuning.summary import summarize

    result = summarize(study, chosen_on(study.config))
    replace_text(study.folder.summary, json.dumps(result.to_json(), indent=1) + "\n")
    if result.best is not None:
        value = f"{study.metric} {result.best.value!r} on {result.chosen_on}"
        remark = f"Trial {result.best.number} of apps-rec tune {study.config.path}: {value}."
        values = assignments(study.space, result.best.values)
        replace_text(study.folder.best, best_text(study.config, [*always, *values], " ".join(remark.split())))
        replace_text(study.folder.plots, plots_html(study))
    return result

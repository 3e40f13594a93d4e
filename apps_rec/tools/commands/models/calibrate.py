"""Finds the correction of each tower's logit that makes its probabilities right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps_rec.errors import ConfigError, RunError
from apps_rec.tools.commands.common import checked_config, command, on_other_files
from apps_rec.tools.commands.configs.check import ConfigLike
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.evaluation.calibrating import Fitted


@command
def calibrate(
    config: ConfigLike, overrides: Sequence[str] = (), *, input: str | None = None, method: str = "platt"
) -> Calibrated:
    """Fits a correction of each tower's logit on the rows of eval_input_path; changes no file.

    `platt` is a scale and a shift, which few rows tell (Platt scaling). `isotonic` is a rising line of up to 100 points
    (isotonic regression, its steps joined), which follows any shape and needs more rows. Either goes into the config,
    as logit_scale and logit_shift of the tower or as logit_knots and logit_values, and is in all that evaluations,
    exports and predictions give. The order of rows by a tower stays.

    Args:
        config: path of a config, or a config that is read already.
        overrides: changes to the config, `path=value` each; only for a path.
        input: files in place of eval_input_path, on which no figure is read; None: that one.
        method: platt or isotonic, which needs scipy.

    Returns:
        The correction of each tower whose output is a probability, with log loss and calibration error on these rows
        before and after. Printed, it is a table and the lines for the config.

    Raises:
        ConfigError: the config has a mistake, no eval_input_path, or no tower of one probability; no such method.
        DataError: the data has a mistake.
        RunError: there is no trained model, or it cannot be read; memory is short; scipy is not installed.

    Example:
        >>> apps_rec.calibrate("my.config", input="validation.parquet")  # doctest: +SKIP
    """
    _check_method(method)
    checked = checked_config(config, overrides)
    if input is not None:
        checked = on_other_files(checked, input)
    from apps_rec.config.tasks.corrections import MOST_KNOTS, corrections_of
    from apps_rec.config.tasks.kinds import PROBABILITY, kind_name
    from apps_rec.data import data_files
    from apps_rec.evaluation.plan import build_plan
    from apps_rec.names import probability_name
    from apps_rec.training.run.folder import open_for_reading

    message = checked.message
    if not message.eval_input_path:
        raise ConfigError(f"{checked.path}: eval_input_path: calibrate needs files to measure on; none is given")
    towers = [tower for tower in message.model_config.rank_model.task_towers if kind_name(tower) == PROBABILITY]
    if not towers:
        raise ConfigError(
            f"{checked.path}: expected a tower of one probability, which alone can be calibrated; none is"
        )
    open_for_reading(message.model_dir)
    data_files(message.eval_input_path, "eval_input_path", message.data_config.input_timeout_seconds)
    quiet_tensorflow()
    from apps_rec.evaluation.calibrating import fitted
    from apps_rec.training.estimator import load_trained

    estimator, _, _ = load_trained(checked)
    collector = estimator.evaluate()
    found = []
    for tower in towers:
        # Of a later step the rows with the step before it: there its probability is what it says.
        task = next(task for task in build_plan(message) if task.score_output == probability_name(tower.tower_name))
        rows = collector.rows_of(task)
        found.append(fitted(tower.tower_name, task, rows, corrections_of(tower), method, MOST_KNOTS))
    return Calibrated(found)


def _check_method(method: str) -> None:
    """Checks that there is a method of this name, and what it needs."""
    from apps_rec.evaluation.calibrating import ISOTONIC, METHODS

    if method not in METHODS:
        raise ConfigError(f"method: expected {' or '.join(METHODS)}, got {method!r}")
    if method == ISOTONIC:
        try:
            import scipy.optimize  # noqa: F401
        except ImportError:
            raise RunError("isotonic needs scipy: pip install 'apps_rec[isotonic]'") from None


class Calibrated(list["Fitted"]):
    """The correction of each tower."""

    def to_json(self) -> dict[str, Any]:
        """Returns them by tower."""
        return {each.tower: each.to_json() for each in self}

    def __str__(self) -> str:
        from apps_rec.evaluation.calibrating import fitted_table

        return fitted_table(list(self))

"""Finds the scale and shift of each tower's logit that make its probabilities right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps_rec.errors import ConfigError
from apps_rec.tools.commands.common import checked_config, command, on_other_files
from apps_rec.tools.commands.configs.check import ConfigLike
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.evaluation.platt import Scaling


@command
def calibrate(config: ConfigLike, overrides: Sequence[str] = (), *, input: str | None = None) -> Calibrated:
    """Fits the scale and shift of each tower's logit on the rows of eval_input_path (Platt scaling); changes no file.

    They go into the config, as logit_scale and logit_shift of the tower, and are in all that evaluations, exports and
    predictions give. The order of rows by a tower stays.

    Args:
        config: path of a config, or a config that is read already.
        overrides: changes to the config, `path=value` each; only for a path.
        input: files in place of eval_input_path, on which no figure is read; None: that one.

    Returns:
        Scale and shift of each tower whose output is a probability, with log loss and calibration error on these rows
        before and after. Printed, it is a table and the lines for the config.

    Raises:
        ConfigError: the config has a mistake, no eval_input_path, or no tower of one probability.
        DataError: the data has a mistake.
        RunError: there is no trained model, or it cannot be read; memory is short.

    Example:
        >>> apps_rec.calibrate("my.config", input="validation.parquet")  # doctest: +SKIP
    """
    checked = checked_config(config, overrides)
    if input is not None:
        checked = on_other_files(checked, input)
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
    from apps_rec.evaluation.platt import scaling_of
    from apps_rec.training.estimator import load_trained

    estimator, _, _ = load_trained(checked)
    collector = estimator.evaluate()
    found = []
    for tower in towers:
        # Of a later step the rows with the step before it: there its probability is what it says.
        task = next(task for task in build_plan(message) if task.score_output == probability_name(tower.tower_name))
        rows = collector.rows_of(task)
        found.append(scaling_of(tower.tower_name, task, rows, tower.logit_scale, tower.logit_shift))
    return Calibrated(found)


class Calibrated(list["Scaling"]):
    """The scale and shift of each tower."""

    def to_json(self) -> dict[str, Any]:
        """Returns them by tower."""
        return {each.tower: each.to_json() for each in self}

    def __str__(self) -> str:
        from apps_rec.evaluation.platt import scalings_table

        return scalings_table(list(self))

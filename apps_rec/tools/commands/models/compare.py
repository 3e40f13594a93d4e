"""Compares two models on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apps_rec.config import Config
from apps_rec.errors import ArgumentError, ConfigError
from apps_rec.tools.commands.common import checked_config, command, on_other_files
from apps_rec.tools.commands.configs.check import ConfigLike
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.evaluation.intervals import Comparison


@command
def compare(
    a: ConfigLike,
    b: ConfigLike,
    overrides: Sequence[str] = (),
    *,
    input: str | None = None,
    labels: str | None = None,
    tasks: Sequence[str] = (),
    keys: Sequence[str] = (),
    users: str | None = None,
    resamples: int | None = None,
    seed: int | None = None,
) -> Comparison:
    """Compares two models on the same rows: each metric, its difference with a 95 % interval, and p.

    Either two trained models, which are measured on the `eval_input_path` of their configs; or two sets of files with
    scores, as `predict` writes them. Both see the same resamples of users, so that what a user does to both is not
    taken for a difference.

    Args:
        a: config, model_dir, or files with scores.
        b: another of the same kind.
        overrides: changes to both configs, `path=value` each; only for models.
        input: files in place of the configs' eval_input_path, all of their rows; only for models.
        labels: files with labels and users of the scores; None: those of `a` have them.
        tasks: what to measure in score files, `probs_ctr=click` each, or `probs_cvr=download:click` of the rows where
            the click is 1.
        keys: columns that tell rows of score files apart; none: both have the same rows in the same order.
        users: column of users, whose rows are drawn together; None: of models that of gauc or session_auc. Without one
            rows are drawn alone.
        resamples: number of resamples, at least 20; None: 200.
        seed: seed of the draws, 0 or more; None: 0.

    Returns:
        Differences B - A by task and metric. Printed, they are a table.

    Raises:
        ArgumentError: an argument is wrong, or is not for what is compared.
        ConfigError: a config has a mistake, or the two measure other rows or other labels.
        DataError: files have a mistake, or other rows.
        RunError: there is no trained model, or it cannot be read; memory is short.

    Example:
        >>> apps_rec.compare("a.config", "b.config")  # doctest: +SKIP
        >>> apps_rec.compare("a.parquet", "b.parquet", tasks=["probs_ctr=click"], users="user_id")  # doctest: +SKIP
    """
    if isinstance(a, Config) or isinstance(b, Config) or not (_holds_scores(a) or _holds_scores(b)):
        given = {"labels": labels, "tasks": tasks, "keys": keys}
        if names := [name for name, value in given.items() if value]:
            raise ArgumentError(f"{', '.join(f'{{{name}}}' for name in names)}: for files with scores only", *names)
        configs = [_config(each, overrides) for each in (a, b)]
        if input is not None:
            configs = [on_other_files(each, input) for each in configs]
        return _models(configs[0], configs[1], users, resamples, seed)
    if not (_holds_scores(a) and _holds_scores(b)):
        raise ConfigError(f"expected two models or two sets of files with scores, got {a} and {b}")
    of_models = {"overrides": overrides, "input": input}
    if names := [name for name, value in of_models.items() if value]:
        raise ArgumentError(f"{', '.join(f'{{{name}}}' for name in names)}: for models only", *names)
    return _scores(str(a), str(b), labels, tasks, keys, users, resamples, seed)


def _models(a: Config, b: Config, users: str | None, resamples: int | None, seed: int | None) -> Comparison:
    from apps_rec.data import build_schema, data_files, with_slices
    from apps_rec.evaluation.intervals import Comparison, Resampling, differences, pairs_of
    from apps_rec.evaluation.plan import column_of_users
    from apps_rec.tools.comparison.models import collect_model, common_tasks
    from apps_rec.training.run.folder import open_for_reading

    tasks, left_out = common_tasks(a, b)
    column = column_of_users(tasks) if users is None else users
    resampling = Resampling.of(resamples, seed, column)
    for config in (a, b):
        message = config.message
        if not message.eval_input_path:
            raise ConfigError(f"{config.path}: eval_input_path: compare needs files to measure on; none is given")
        if column:
            with_slices(build_schema(message, "evaluate"), column, "users")
        open_for_reading(message.model_dir)
        data_files(message.eval_input_path, "eval_input_path", message.data_config.input_timeout_seconds)
    quiet_tensorflow()
    first, second = (collect_model(config, resampling) for config in (a, b))
    pairs = pairs_of(first, second, tasks, resampling)
    name_a, name_b = (f"{config.path} ({config.message.model_dir})" for config in (a, b))
    found = differences(pairs, resampling)
    return Comparison(name_a, name_b, first.rows, pairs[0].units.count, resampling, found, tuple(left_out))


def _scores(
    a: str,
    b: str,
    labels: str | None,
    tasks: Sequence[str],
    keys: Sequence[str],
    users: str | None,
    resamples: int | None,
    seed: int | None,
) -> Comparison:
    from apps_rec.evaluation.intervals import Comparison, Resampling, differences, pairs_of
    from apps_rec.tools.comparison.score_files import collect_scores, tasks_of

    plan, resampling = tasks_of(tasks, users or ""), Resampling.of(resamples, seed, users or "")
    first, second = collect_scores(a, b, labels, plan, keys, resampling)
    pairs = pairs_of(first, second, plan, resampling)
    return Comparison(a, b, first.rows, pairs[0].units.count, resampling, differences(pairs, resampling))


def _holds_scores(given: ConfigLike) -> bool:
    """Tells whether a path is of files with scores: a folder that is no run, or a name that ends as data does."""
    from apps_rec.data.folders import ending_of

    path = Path(str(given))
    return not (path / "pipeline.config").is_file() if path.is_dir() else ending_of(str(given)) in (".parquet", ".csv")


def _config(given: ConfigLike, overrides: Sequence[str]) -> Config:
    """Reads a config; a model_dir stands for the one that its run was trained with."""
    if isinstance(given, Config) or not Path(given).is_dir():
        return checked_config(given, overrides)
    return checked_config(Path(given) / "pipeline.config", overrides)

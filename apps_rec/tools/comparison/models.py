"""Two trained models, measured on the same rows."""

from __future__ import annotations

from apps_rec.config import Config
from apps_rec.config.passes import evaluated_rows
from apps_rec.errors import ConfigError
from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.intervals import Resampling
from apps_rec.evaluation.plan import build_plan
from apps_rec.evaluation.tasks import TaskMetrics


def common_tasks(a: Config, b: Config) -> tuple[list[TaskMetrics], list[str]]:
    """Returns the tasks that two models have in common, with the metrics of A, and the suffixes of the others.

    Raises:
        ConfigError: the two configs measure other rows, none of their tasks is the same, or a task has other labels.
    """
    rows_a, rows_b = evaluated_rows(a.message), evaluated_rows(b.message)
    differ = [name for name in rows_a if rows_a[name] != rows_b[name]]
    if differ:
        listed = "; ".join(f"{name}: {rows_a[name]} of A, {rows_b[name]} of B" for name in differ)
        raise ConfigError(f"expected the same rows of A and B, got other {listed}. --set PATH=VALUE changes both")
    plan, others = build_plan(a.message), {task.suffix: task for task in build_plan(b.message)}
    tasks = [task for task in plan if task.suffix in others]
    if not tasks:
        raise ConfigError(
            f"expected a task that both have, got {', '.join(task.suffix for task in plan)} of A and "
            f"{', '.join(others)} of B"
        )
    for task in tasks:
        other = others[task.suffix]
        if (task.labels, task.mask_label, task.kind) != (other.labels, other.mask_label, other.kind):
            raise ConfigError(
                f"{task.suffix}: expected the same labels of A and B, got {_labels(task)} of A and "
                f"{_labels(other)} of B"
            )
    suffixes = [task.suffix for task in plan] + list(others)
    return tasks, [suffix for suffix in dict.fromkeys(suffixes) if suffixes.count(suffix) == 1]


def collect_model(config: Config, resampling: Resampling) -> MetricCollector:
    """Returns the scores of a trained model on the rows of its `eval_input_path`."""
    from apps_rec.training.estimator import load_trained

    estimator, _, _ = load_trained(config)
    return estimator.evaluate(resampling=resampling)


def _labels(task: TaskMetrics) -> str:
    rows = f" where {task.mask_label} is 1" if task.mask_label else ""
    return f"{' x '.join(task.labels)}{rows}"

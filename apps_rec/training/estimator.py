"""The estimator: the model of a config with its preprocessing, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import tensorflow as tf

from apps_rec.config import Config
from apps_rec.config.passes import input_field
from apps_rec.data import build_schema
from apps_rec.data.pipeline.dataset import reraise
from apps_rec.data.pipeline.sharding import ALONE, Share
from apps_rec.errors import RunError
from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.evaluator import evaluate_model
from apps_rec.evaluation.intervals import Intervals, Resampling, intervals_of
from apps_rec.evaluation.plan import EXPORTED, as_exported, build_plan
from apps_rec.evaluation.reliability import Reliability, reliability_of
from apps_rec.evaluation.slices import Slices, slices_of
from apps_rec.features import Preprocessor, build_features
from apps_rec.legacy_keras import keras
from apps_rec.models import build_model, build_variables
from apps_rec.terminal.progress_bar import progress_bar
from apps_rec.training.input import evaluation_dataset, rows_to_measure
from apps_rec.training.memory import weights_fit
from apps_rec.training.optimizers.build import slots_of
from apps_rec.training.run import folder as run_folder
from apps_rec.training.run.checkpoints import Checkpoints
from apps_rec.training.run.folder import RunFolder
from apps_rec.training.run.vocabularies import frozen_vocabularies


@dataclass(frozen=True)
class Measurement:
    """The measurement of a model by `evaluate`.

    Attributes:
        metrics: metrics by name, and `rows`, with each row as it was logged.
        missing: reasons that a task's metrics are None, by suffix.
        as_exported: same metrics with the default of the position columns in every row; None: there are none.
        filled: position columns and their defaults.
        slices: metrics by the values of each column that was asked for.
        intervals: intervals of all these; None: not asked for.
        reliability: calibration of each task by prediction, with the logged position; empty: not asked for.
        rows_read: number of rows that were read; None: not to the end of the files.
        rows_filtered: number of these that a row_filter left out.
        left_out: what was left out and by what, in words; "": nothing.
        collector: labels and scores of the rows, and the columns that `by` and `resampling` name.
    """

    metrics: dict[str, float | int | None]
    missing: dict[str, str]
    as_exported: dict[str, float | int | None] | None
    filled: dict[str, str | int | float]
    slices: tuple[Slices, ...]
    intervals: Intervals | None
    reliability: tuple[Reliability, ...]
    rows_read: int | None
    rows_filtered: int
    left_out: str
    collector: MetricCollector


class Estimator:
    """The model of a config with its preprocessing, in memory.

    Args:
        config: config, checked and normalised.
        vocabularies: words by feature name, in place of reading each vocab_file.
        strategy: strategy to train with; None: this process' default device, on which any checkpoint can be read.
        share: replicas that this process feeds.
        async_workers: number of workers of a ParameterServerStrategy; 0 for any other.
        trains: true if an optimizer will be made for the model; its memory then counts too.

    Raises:
        RunError: the weights do not fit in memory.
    """

    def __init__(
        self,
        config: Config,
        vocabularies: Mapping[str, Sequence[str]] | None = None,
        strategy: tf.distribute.Strategy | None = None,
        share: Share = ALONE,
        async_workers: int = 0,
        trains: bool = False,
    ) -> None:
        self.config = config
        message = config.message
        _fix_random_numbers(message.train_config.seed, message.train_config.deterministic)
        self.features = build_features(message, vocabularies)
        self.strategy = strategy or tf.distribute.get_strategy()
        self.share, self.async_workers = share, async_workers
        # The preprocessor's lookup tables live on the host, outside any strategy; but workers of parameter servers
        # have hosts of their own, and the strategy gives each a copy.
        with self.strategy.scope() if async_workers else nullcontext():
            self.preprocessor = Preprocessor(self.features)
        slots = slots_of(message.train_config) if trains else 0
        # The tables of parameter servers are in the servers' memory.
        fit = nullcontext() if async_workers else weights_fit(share.local, slots)
        with self.strategy.scope(), fit:
            self.model = build_model(message, self.features)
            build_variables(self.model, self.preprocessor)
        # One trace for every batch size.
        self.predict = tf.function(
            lambda features: self.model(features, training=False),
            input_signature=[self.preprocessor.output_signature()],
            autograph=False,
        )

    def evaluate(
        self,
        purpose: str = "evaluate",
        is_stopped: Callable[[], bool] = lambda: False,
        resampling: Resampling | None = None,
    ) -> MetricCollector:
        """Measures the model on the rows of a pass, `evaluate` or `validate`. See `apps_rec.config.passes`.

        With `resampling` the collector also holds what that draws.

        Raises:
            EvaluationStoppedError: `is_stopped`, which is called before each batch, returned true.
        """
        message = self.config.message
        columns = [resampling.users] if resampling is not None and resampling.users else []
        dataset, positions = evaluation_dataset(message, self.preprocessor, purpose, columns)
        reads_eval_files = input_field(message.data_config, purpose) == "eval_input_path"
        with reraise(positions), progress_bar("measuring") as bar:
            return evaluate_model(
                self.predict,
                dataset,
                build_plan(message),
                message.eval_config.num_examples if reads_eval_files else 0,
                is_stopped,
                columns=columns,
                with_places=resampling is not None,
                on_rows=bar.add,
            )

    def measure(
        self, by: Sequence[str] = (), resampling: Resampling | None = None, reliability: bool = False
    ) -> Measurement:
        """Measures the model on the rows of `evaluate`, in one pass.

        A model with a position tower is measured twice on each row: with the logged position, and with that of an
        export.

        Args:
            by: columns of input_fields; metrics are also measured within each of their values.
            resampling: how to make intervals; None: there will be none.
            reliability: true adds calibration by prediction.
        """
        message, plan = self.config.message, build_plan(self.config.message)
        at_serving = {column.name for column in build_schema(message, "predict").columns}
        filled = [column for column in build_schema(message, "train").inputs if column.name not in at_serving]
        users = [resampling.users] if resampling is not None and resampling.users else []
        columns = list(dict.fromkeys((*by, *users)))
        dataset, positions = evaluation_dataset(message, self.preprocessor, columns=columns, filled=filled)
        predict: Callable[[Any], Mapping[str, tf.Tensor]] = self._predict_both if filled else self.predict
        tasks = [*plan, *as_exported(plan)] if filled else plan
        with reraise(positions), progress_bar("measuring") as bar:
            wanted = rows_to_measure(message) if bar.is_shown else None
            collector = evaluate_model(
                predict,
                dataset,
                tasks,
                message.eval_config.num_examples,
                columns=columns,
                with_places=resampling is not None,
                on_rows=lambda rows: bar.add(rows, wanted and min(1.0, (bar.rows + rows) / wanted)),
            )
        result, missing = collector.result(), collector.missing()
        names = [name for task in plan for name in task.names]
        exported = [name for task in tasks[len(plan) :] for name in task.names]
        intervals = None if resampling is None else intervals_of(collector, tasks, resampling)
        if intervals is not None:
            of_both = intervals.metrics
            of_exported = (
                {name: of_both[other] for name, other in zip(names, exported, strict=True)} if filled else None
            )
            intervals = replace(intervals, metrics={name: of_both[name] for name in names}, as_exported=of_exported)
        # The stream reads ahead of what is measured.
        is_whole = not message.eval_config.num_examples
        assert positions.stream is not None
        counts, filters = positions.stream.counts, positions.stream.schema.filters
        return Measurement(
            {**{name: result[name] for name in names}, "rows": collector.rows},
            {task.suffix: missing[task.suffix] for task in plan if task.suffix in missing},
            {name: result[other] for name, other in zip(names, exported, strict=True)} if filled else None,
            {column.name: _shown(column.default) for column in filled},
            tuple(slices_of(collector, plan, column, resampling=resampling) for column in by),
            intervals,
            reliability_of(collector, plan, resampling) if reliability else (),
            counts.read if is_whole else None,
            counts.filtered if is_whole else 0,
            counts.left_out(filters) if is_whole else "",
            collector,
        )

    def _predict_both(self, pair: Any) -> dict[str, tf.Tensor]:
        """Returns the outputs of rows as they were logged and, under another name, as an export scores them."""
        logged, constant = (self.predict(features) for features in pair)
        return {**logged, **{f"{EXPORTED}{name}": output for name, output in constant.items()}}

    def restore(self, folder: RunFolder) -> int:
        """Reads the weights that export_config.exporter_type names, and returns their step.

        Raises:
            RunError: there is no such checkpoint, or it cannot be read.
        """
        checkpoints = Checkpoints(folder, self.model)
        wants_best = self.config.message.export_config.exporter_type == "best"
        step = checkpoints.restore_best() if wants_best else checkpoints.restore_latest()
        if step is None:
            where = folder.best if wants_best else folder.checkpoints
            raise RunError(f"{where} holds no checkpoint yet; train first: apps-rec train {self.config.path}")
        return step


def load_trained(config: Config) -> tuple[Estimator, RunFolder, int]:
    """Loads the model of a config with the weights of the run in its model_dir. Returns their step too.

    Raises:
        RunError: there is no run, or it was trained with other features or another model.
    """
    folder = run_folder.open_for_reading(config.message.model_dir)
    run_folder.check_same_model(folder, config.message)
    estimator = Estimator(config, frozen_vocabularies(folder, config.message))
    return estimator, folder, estimator.restore(folder)


def _fix_random_numbers(seed: int, deterministic: bool) -> None:
    keras.utils.set_random_seed(seed % 2**32)
    if deterministic:
        tf.config.experimental.enable_op_determinism()


def _shown(default: Any) -> str | int | float:
    return default.decode() if isinstance(default, bytes) else default

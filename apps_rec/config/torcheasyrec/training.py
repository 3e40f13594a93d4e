"""Training, evaluation and export of TorchEasyRec, as this package's."""

from __future__ import annotations

from typing import Any

from apps_rec.config.report import Report
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.protos.train_pb2 import LearningRate, Optimizer

_LR = 0.002
_METRICS = {"grouped_auc": "gauc", "recall_at_k": "recall_at_topk"}
_COPIED = ("num_steps", "save_checkpoints_steps", "log_step_count_steps")


def training(theirs: Any, ours: PipelineConfig, report: Report) -> None:
    """Translates train_config."""
    given, train = theirs.train_config, ours.train_config
    train.SetInParent()
    for name in _COPIED:
        if given.HasField(name):
            setattr(train, name, getattr(given, name))
    if given.HasField("num_epochs"):
        ours.data_config.num_epochs = given.num_epochs
    if given.keep_checkpoint_max:
        train.keep_checkpoint_max = given.keep_checkpoint_max
    if given.mixed_precision == "BF16":
        train.mixed_precision = True
    elif given.mixed_precision:
        report.error("train_config.mixed_precision", f'expected BF16 or "", got "{given.mixed_precision}".')
    if given.HasField("grad_clipping") and given.grad_clipping.clipping_type == "norm":
        clipping = given.grad_clipping
        train.gradient_clipping_by_norm = clipping.max_gradient if clipping.HasField("max_gradient") else 1.0
    elif given.HasField("grad_clipping") and given.grad_clipping.clipping_type not in ("", "none"):
        text = f'expected norm or none, got "{given.grad_clipping.clipping_type}".'
        report.error("train_config.grad_clipping.clipping_type", text)
    sparse = _optimizer(given.sparse_optimizer, "train_config.sparse_optimizer", report)
    dense = _optimizer(given.dense_optimizer, "train_config.dense_optimizer", report)
    train.optimizer_config.append(sparse)
    report.places.origins["train_config.optimizer_config[0]"] = ("train_config.sparse_optimizer", False)
    if dense != sparse:
        train.optimizer_config.append(dense)
        report.places.origins["train_config.optimizer_config[1]"] = ("train_config.dense_optimizer", False)


def _optimizer(given: Any, path: str, report: Report) -> Optimizer:
    made, kind = Optimizer(), given.WhichOneof("optimizer")
    if kind is None:
        if not report.any_refused(path):
            report.error(path, "names no optimizer; expected one, such as adagrad_optimizer { lr: 0.001 }.")
        return made
    rule = getattr(given, kind)
    lr = rule.lr if rule.HasField("lr") else _LR
    if kind == "sgd_optimizer" and "momentum" in rule.DESCRIPTOR.fields_by_name:
        momentum = rule.momentum if rule.HasField("momentum") else 0.9
        if momentum:
            kind = "momentum_optimizer"
            made.momentum_optimizer.momentum_optimizer_value = momentum
    target = getattr(made, kind)
    target.SetInParent()
    for name in ("beta1", "beta2"):
        if name in rule.DESCRIPTOR.fields_by_name and rule.HasField(name):
            setattr(target, name, getattr(rule, name))
    if kind == "adagrad_optimizer":
        # 0 where nothing is said, as in PyTorch.
        target.initial_accumulator_value = rule.initial_accumulator_value
    if kind == "adamw_optimizer":
        target.weight_decay = rule.weight_decay * lr
        if rule.weight_decay and given.WhichOneof("learning_rate") not in (None, "constant_learning_rate"):
            text = "is multiplied by a rate that changes there, and not here; expected a constant_learning_rate."
            report.error(f"{path}.{kind}.weight_decay", text)
    _rate(given, lr, target.learning_rate, path, report)
    return made


def _rate(given: Any, lr: float, made: LearningRate, path: str, report: Report) -> None:
    kind = given.WhichOneof("learning_rate")
    schedule: Any = getattr(given, kind) if kind else None
    if kind is None or kind == "constant_learning_rate":
        made.constant_learning_rate.learning_rate = lr
    elif kind == "exponential_decay_learning_rate":
        rate = made.exponential_decay_learning_rate
        rate.initial_learning_rate, rate.decay_steps = lr, schedule.decay_size
        rate.decay_factor = schedule.decay_factor if schedule.HasField("decay_factor") else 0.95
        rate.staircase = schedule.staircase if schedule.HasField("staircase") else True
        rate.min_learning_rate = schedule.min_learning_rate
        if schedule.warmup_size:
            rate.burnin_learning_rate, rate.burnin_steps = schedule.warmup_learning_rate, schedule.warmup_size
    elif kind == "manual_step_learning_rate":
        steps = made.manual_step_learning_rate
        steps.initial_learning_rate, steps.warmup = lr, schedule.warmup
        if len(schedule.schedule_sizes) != len(schedule.learning_rates):
            text = f"expected a rate for each of {len(schedule.schedule_sizes)} schedule_sizes, got"
            report.error(f"{path}.{kind}.learning_rates", f"{text} {len(schedule.learning_rates)}.")
        for step, rate_then in zip(schedule.schedule_sizes, schedule.learning_rates, strict=False):
            # There a rate holds from the step behind its size on.
            steps.schedule.add(step=step + 1, learning_rate=rate_then)
    elif kind == "cosine_annealing_learning_rate":
        cosine = made.cosine_decay_learning_rate
        cosine.learning_rate_base, cosine.total_steps = lr, schedule.T_max + schedule.warmup_size
        cosine.warmup_learning_rate, cosine.warmup_steps = schedule.warmup_learning_rate, schedule.warmup_size


def evaluation(theirs: Any, ours: PipelineConfig, report: Report) -> None:
    """Translates eval_config and export_config."""
    if theirs.eval_config.num_steps:
        data = ours.data_config
        batch = theirs.data_config.eval_batch_size or data.batch_size
        ours.eval_config.num_examples = theirs.eval_config.num_steps * batch
    if not theirs.HasField("export_config"):
        return
    given, export = theirs.export_config, ours.export_config
    export.exporter_type = given.exporter_type or "latest"
    if given.HasField("best_exporter_metric") or export.exporter_type == "best":
        export.best_exporter_metric = _metric(given.best_exporter_metric or "auc", ours)
    if given.HasField("metric_larger_is_better"):
        export.metric_bigger = given.metric_larger_is_better
    if given.mixed_precision == "BF16":
        export.half_precision = True
    elif given.mixed_precision:
        report.error("export_config.mixed_precision", f'expected BF16 or "", got "{given.mixed_precision}".')


def _metric(name: str, ours: PipelineConfig) -> str:
    """Returns the name that a metric has here: with the tower behind it, where there is one."""
    towers = [tower.tower_name for tower in ours.model_config.rank_model.task_towers]
    for old, new in _METRICS.items():
        if name == old or name.startswith(f"{old}_"):
            name = new + name[len(old) :]
    is_alone = len(towers) == 1 and not name.endswith(f"_{towers[0]}")
    return f"{name}_{towers[0]}" if is_alone else name

"""Puts what was decided together as a config, with a comment where a reader would ask why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps_rec.config.imports.written import written
from apps_rec.profile.choices.decide import Decision, said_of_form, said_of_model
from apps_rec.profile.choices.kinds import POSITION
from apps_rec.profile.choices.sides import CONTEXT, USER
from apps_rec.profile.choices.split import HOLDOUT
from apps_rec.profile.choices.tasks import ESMM, FUNNEL, MMOE, ONE, best_metric, said_of_label, score_outputs, why_best
from apps_rec.profile.facts import REAL, WHOLE
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.dnn_pb2 import DNN
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.network_pb2 import TaskTower
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# Those of our samples, which the figures in docs/results.md were measured with.
_EXPERTS, _EXPERT_UNITS, _TOWER_UNITS, _STEP_UNITS, _DROPOUT = 4, (128, 64), (32,), (128, 64), 0.2
# An untrained table of larger numbers is noise that a training of one or two passes does not get rid of.
_EMBEDDING_STDDEV = 0.01
_SHUFFLED_WHOLE = 300_000


@dataclass(frozen=True)
class Placed:
    """The part of a config that does not depend on the table.

    Attributes:
        command: the command, for the first line.
        train_paths, eval_paths: files of the config.
        input_type: format of these files.
        model_dir: folder of the run.
        easyrec: whether fields are kept to that EasyRec knows.
    """

    command: str
    train_paths: str
    eval_paths: str
    input_type: str
    model_dir: str
    easyrec: bool


def config_text(decided: Decision, placed: Placed) -> str:
    """Returns the text of the config, with its comments."""
    message, remarks = PipelineConfig(), dict[str, str]()
    message.train_input_path = placed.train_paths
    message.eval_input_path = placed.eval_paths
    message.model_dir = placed.model_dir
    _data(message, remarks, decided, placed)
    _features(message, remarks, decided, placed)
    _model(message, remarks, decided, placed)
    _training(message, remarks, decided, placed)
    return _head(decided, placed) + written(message, remarks)


def _head(decided: Decision, placed: Placed) -> str:
    table = decided.table
    lines = [f"Written by: {placed.command}"]
    sampled = (
        f"{table.rows:,} rows, all of them looked at."
        if table.is_whole
        else f"{table.rows:,} rows. Missing shares, labels and numbers of values are of all rows; cut points, words "
        f"and all else of a sample of {table.sample_rows:,}, chosen by a hash of the row."
    )
    lines.append(sampled)
    lines += [said_of_label(label, table.rows) for label in decided.tasks.labels]
    lines += [decided.tasks.why, decided.split.why, *said_of_model(decided), *said_of_form(decided.source)]
    if decided.left_out:
        lines += ["", "Left out, and why (--keep NAME takes one in):"]
        lines += [f"  {name}: {reason}" for name, reason in decided.left_out.items()]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines) + "\n"


def _data(message: PipelineConfig, remarks: dict[str, str], decided: Decision, placed: Placed) -> None:
    data, source = message.data_config, decided.source
    data.input_type = DataConfig.ParquetInput if placed.input_type == "ParquetInput" else DataConfig.CSVInput
    data.batch_size = decided.training.batch_size
    data.num_epochs = decided.training.num_epochs
    train_rows = decided.split.train_share * decided.table.rows
    if DataConfig().shuffle_buffer_size < train_rows <= _SHUFFLED_WHOLE:
        data.shuffle_buffer_size = _SHUFFLED_WHOLE
    if placed.input_type == "CSVInput" and source.csv is not None:
        data.with_header = True
        if source.csv.separator != ",":
            data.separator = source.csv.separator
        if source.csv.escape == "\\":
            data.escape_char = "\\"
        if source.csv.decimal != ".":
            data.decimal_separator = source.csv.decimal
        data.null_words.extend(source.csv.null_words)
    elif source.csv is not None and source.csv.is_readable and not placed.easyrec:
        form = data.csv_form
        form.separator = source.csv.separator
        if source.csv.escape == "\\":
            form.escape_char = "\\"
        if source.csv.decimal != ".":
            form.decimal_separator = source.csv.decimal
        form.null_words.extend(source.csv.null_words)
        remarks["data_config.csv_form"] = (
            "how the CSV files are written: predict reads such files so, and evaluate --input"
        )
    data.label_fields.extend(label.name for label in decided.tasks.labels)
    if decided.split.holdout_by is not None and not placed.easyrec:
        if decided.split.holdout_by:
            data.holdout_by = decided.split.holdout_by
        if decided.split.holdout_from is not None:
            data.holdout_from = decided.split.holdout_from
            remarks["data_config.holdout_from"] = "rows from here on choose the checkpoint and stop the training"
        else:
            data.holdout_fraction = HOLDOUT
            remarks["data_config.holdout_fraction"] = "of the training rows choose the checkpoint and stop the training"
    for one in decided.split.filters:
        data.row_filter.add(
            column=one.column,
            keep=one.keep,
            to=one.end,
            use=[DataConfig.RowFilter.Use.Value(one.use)],
            **{"from": one.start},
        )
    columns = {made.column.name: made.field for made in decided.features}
    fields = [columns[name] for name in decided.source.names if name in columns]
    for name in dict.fromkeys((*(one.column for one in decided.split.filters), *_read_besides(decided, placed))):
        if name not in columns:
            fields.append(_plain_field(name, decided))
    for label in decided.tasks.labels:
        field = DataConfig.Field(input_name=label.name, input_type=DataConfig.INT32)
        if label.name in decided.tasks.not_observed:
            field.not_observed.append("")
        fields.append(field)
    data.input_fields.extend(fields)


def _read_besides(decided: Decision, placed: Placed) -> list[str]:
    """Returns the columns that are read though no feature has them: the user of GAUC, and what divides the rows."""
    return [name for name in (decided.roles.user, None if placed.easyrec else decided.split.holdout_by) if name]


def _plain_field(name: str, decided: Decision) -> DataConfig.Field:
    column = decided.table.column(name)
    kind = {WHOLE: DataConfig.INT64, REAL: DataConfig.DOUBLE}.get(column.family, DataConfig.STRING)
    return DataConfig.Field(input_name=name, input_type=kind)


def _features(message: PipelineConfig, remarks: dict[str, str], decided: Decision, placed: Placed) -> None:
    for at, made in enumerate(decided.features):
        feature = message.feature_config.features.add()
        feature.CopyFrom(made.feature)
        side = decided.sides.get(made.column.name)
        if side in (USER, CONTEXT) and not placed.easyrec:
            feature.side = FeatureConfig.USER if side == USER else FeatureConfig.CONTEXT
        remarks[f"feature_config.features[{at}]"] = made.about


def _model(message: PipelineConfig, remarks: dict[str, str], decided: Decision, placed: Placed) -> None:
    model, tasks = message.model_config, decided.tasks
    if not placed.easyrec:
        model.embedding_stddev = _EMBEDDING_STDDEV
    names = [made.column.name for made in decided.features if made.kind.what != POSITION]
    positions = [made.column.name for made in decided.features if made.kind.what == POSITION]
    model.feature_groups.add(group_name="all", feature_names=names)
    if positions:
        model.feature_groups.add(group_name="position", feature_names=positions)
        remarks["model_config.feature_groups[1]"] = "where it stood: known in a log, and 1 in every request"
    towers = [
        TaskTower(tower_name=tower, label_name=label.name, dnn=_dnn(_TOWER_UNITS))
        for tower, label in zip(tasks.towers, tasks.labels, strict=True)
    ]
    if tasks.model in (ESMM, FUNNEL):
        for tower in towers:
            tower.dnn.CopyFrom(_dnn(_STEP_UNITS, _DROPOUT))
    body: object
    if tasks.model == ESMM:
        model.esmm.ctr_tower.CopyFrom(towers[0])
        model.esmm.cvr_tower.CopyFrom(towers[1])
        body = model.esmm
        if placed.easyrec:
            model.model_class = "ESMM"
            model.esmm.groups.add(input="all", dnn=_dnn(_EXPERT_UNITS, _DROPOUT))
    elif tasks.model == FUNNEL:
        model.rank_model.body.shared_bottom.SetInParent()
        model.rank_model.head.funnel.SetInParent()
        model.rank_model.task_towers.extend(towers)
        body = model.rank_model
    elif tasks.model == MMOE:
        model.mmoe.num_expert = _EXPERTS
        model.mmoe.expert_dnn.CopyFrom(_dnn(_EXPERT_UNITS))
        model.mmoe.task_towers.extend(towers)
        body = model.mmoe
        if placed.easyrec:
            model.model_class = "MMoE"
    else:
        towers[0].dnn.CopyFrom(_dnn((*_STEP_UNITS, *_TOWER_UNITS), _DROPOUT))
        model.simple_multi_task.task_towers.extend(towers)
        body = model.simple_multi_task
        if placed.easyrec:
            model.model_class = "SimpleMultiTask"
    if tasks.model != ONE and not placed.easyrec:
        for output in score_outputs(tasks):
            model.score.add(output=output, weight=1)
        remarks["model_config.score[0]"] = "what rows are ranked by: the sum of weight * output"
    body.l2_regularization = 0  # type: ignore[attr-defined]
    if positions:
        body.position_tower.SetInParent()  # type: ignore[attr-defined]


def _dnn(units: Sequence[int], dropout: float = 0.0) -> DNN:
    return DNN(hidden_units=units, use_bn=False, dropout_ratio=[dropout] * len(units) if dropout else [])


def _training(message: PipelineConfig, remarks: dict[str, str], decided: Decision, placed: Placed) -> None:
    training, tasks = decided.training, decided.tasks
    rate = message.train_config.optimizer_config.add().adam_optimizer.learning_rate.cosine_decay_learning_rate
    rate.learning_rate_base = training.learning_rate
    rate.total_steps = training.total_steps
    rate.warmup_steps = 0
    message.train_config.save_checkpoints_steps = training.check_steps
    export = message.export_config
    export.exporter_type = "best"
    export.best_exporter_metric = best_metric(tasks)
    export.enable_early_stop = True
    export.max_check_steps = training.patience_steps
    remarks["export_config.best_exporter_metric"] = why_best(tasks)
    remarks["export_config.max_check_steps"] = "steps without a better one, and training stops"
    if decided.roles.user is not None:
        for metric in ("auc", "gauc") if placed.easyrec else ("auc", "gauc", "log_loss", "calibration"):
            getattr(message.eval_config.metrics_set.add(), metric).SetInParent()
        message.eval_config.metrics_set[1].gauc.uid_field = decided.roles.user
        message.eval_config.metrics_set[1].gauc.reduction = "mean_by_sample_num"

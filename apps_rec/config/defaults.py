"""Defaults that depend on other fields; plain defaults stand in the proto.

A resolved config, written out, resolves to itself.
"""

from __future__ import annotations

from apps_rec.config import metrics
from apps_rec.config.bodies import body_of, places_of
from apps_rec.config.heads import head_of, kind_of
from apps_rec.config.outputs import measured
from apps_rec.config.report import Report
from apps_rec.config.rewrite import RANK
from apps_rec.config.sequences import sequences
from apps_rec.config.tasks.distillation import resolve_names
from apps_rec.config.tasks.kinds import logits_of
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.dnn_pb2 import DNN
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.model_pb2 import ModelConfig, RankModel
from apps_rec.protos.network_pb2 import FmTerm, TaskTower
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.protos.train_pb2 import LearningRate, Optimizer

# More numbers in a cell are refused.
_MOST_ZEROS = 1_000_000


def resolve_defaults(config: PipelineConfig, report: Report) -> None:
    """Fills in a rewritten config in place; reports a default that cannot be worked out."""
    for feature in config.feature_config.features:
        _feature(feature)
    _columns(config)
    _csv_form(config.data_config)
    for _, _, sequence in sequences(config.model_config):
        if not sequence.HasField("seq_dnn"):
            sequence.seq_dnn.hidden_units.extend([128, 64, 32, 1])
        _activation(sequence.seq_dnn)
    if config.model_config.WhichOneof("model") == "rank_model":
        _model(config, report)
    for each in config.train_config.optimizer_config or [config.train_config.optimizer_config.add()]:
        _optimizer(each)


def _csv_form(data: DataConfig) -> None:
    """Takes over how CSV files are written, if CSV files are read."""
    if data.input_type != DataConfig.CSVInput or not data.HasField("csv_form"):
        return
    form = DataConfig(with_header=True, separator=data.csv_form.separator, null_words=data.csv_form.null_words)
    for name in ("escape_char", "decimal_separator"):
        if data.csv_form.HasField(name):
            setattr(form, name, getattr(data.csv_form, name))
    data.ClearField("csv_form")
    for field, value in form.ListFields():
        if field.is_repeated and not data.null_words:
            data.null_words.extend(value)
        elif not field.is_repeated and not data.HasField(field.name):
            setattr(data, field.name, value)


def _columns(config: PipelineConfig) -> None:
    """Makes a missing cell of several numbers that many zeros, as one of one number is 0."""
    readers: dict[str, list[FeatureConfig]] = {}
    for feature in config.feature_config.features:
        for name in feature.input_names:
            readers.setdefault(name, []).append(feature)
    for column in config.data_config.input_fields:
        found = readers.get(column.input_name, [])
        first = found[0] if found else FeatureConfig()
        count = first.raw_input_dim
        is_text = column.input_type == DataConfig.STRING
        if not is_text or column.default_val or not 1 < count <= _MOST_ZEROS:
            continue
        if all(one.feature_type == FeatureConfig.RawFeature and one.raw_input_dim == count for one in found):
            column.default_val = first.separator.join(["0"] * count)


def _feature(feature: FeatureConfig) -> None:
    if not feature.feature_name and feature.input_names:
        feature.feature_name = feature.input_names[0]
    if not feature.embedding_name:
        feature.embedding_name = feature.feature_name
    if feature.feature_type == FeatureConfig.SequenceFeature:
        _sequence(feature)
    if feature.sequence_combiner.HasField("target_attention"):
        _activation(feature.sequence_combiner.target_attention.dnn)


def _sequence(feature: FeatureConfig) -> None:
    """Fills in the combiner of a sequence, and its length.

    It is the mean where nothing else is said; `combiner: mean` says the same, unless it is of the values of a step.
    """
    in_step = feature.HasField("seq_multi_sep")  # then combiner is of the values of a step
    averaged = in_step or not feature.HasField("combiner") or feature.combiner == "mean"
    if averaged and not feature.HasField("sequence_combiner"):
        if not in_step:
            feature.ClearField("combiner")
        feature.sequence_combiner.mean.SetInParent()
    if feature.sequence_length > 1 and not feature.HasField("max_seq_len"):
        feature.max_seq_len = feature.sequence_length
    attention = feature.sequence_combiner.target_attention
    if feature.sequence_combiner.HasField("target_attention") and not attention.HasField("dnn"):
        attention.dnn.hidden_units.append(32)
        attention.dnn.use_bn = False


# Names of code in EasyRec's configs, of which the last part says which activation it is.
_MODULES = ("tf.nn.", "tf.math.", "tf.keras.activations.", "tf.")


def _activation(dnn: DNN) -> None:
    """Shortens `tf.nn.relu` to `relu`; as in EasyRec, capitals do not count, and no name is no activation."""
    module = next((module for module in _MODULES if dnn.activation.startswith(module)), "")
    name = dnn.activation.removeprefix(module).lower()
    dnn.activation = "linear" if name in ("", "identity") else name


def _model(config: PipelineConfig, report: Report) -> None:
    model = config.model_config
    rank = model.rank_model
    _body(rank)
    if rank.HasField("fm"):
        _fm(model, report)
    if rank.head.WhichOneof("head") is None:
        rank.head.independent.SetInParent()
    if rank.HasField("position_tower") and not rank.position_tower.HasField("group_name"):
        rank.position_tower.group_name = rank.position_tower.group_name
    _towers(config, report)
    _wide(rank)
    for dnn in dnns(rank):
        _activation(dnn)
    head_of(rank).resolve(rank)
    resolve_names(model)
    if not model.score:
        _score(model)
    _best_metric(config, report)


def _best_metric(config: PipelineConfig, report: Report) -> None:
    """Reads a metric without its tower as the only one of that kind: a config of EasyRec may leave the tower out."""
    export = config.export_config
    asked = [(each.suffix, metric.metric.name) for each in measured(config) for metric in each.metrics]
    found = [suffix for suffix, name in asked if name == export.best_exporter_metric]
    if len(found) == 1:
        export.best_exporter_metric = f"{export.best_exporter_metric}_{found[0]}"
        report.note("export_config.best_exporter_metric", f'read as "{export.best_exporter_metric}", its name here')


def _body(rank: RankModel) -> None:
    if found := body_of(rank):
        _, body, _ = found
        if not body.groups and not body.HasField("group_name"):
            body.group_name = body.group_name


def dnns(rank: RankModel) -> list[DNN]:
    """Returns every DNN that is given in the model."""
    return [dnn for _, dnn in dnns_by_path(rank)]


def dnns_by_path(rank: RankModel) -> list[tuple[str, DNN]]:
    """Returns every DNN that is given in the model, with its config path."""
    holders: list[tuple[str, object, str]] = []
    if found := body_of(rank):
        row, body, path = found
        holders += [place for name in row.dnns for place in places_of(body, path, name)]
        holders += [(f"{path}.groups[{i}]", group, "dnn") for i, group in enumerate(body.groups)]
    for name in ("dnn", "relation_dnn"):
        holders += [(f"{RANK}.task_towers[{i}]", tower, name) for i, tower in enumerate(rank.task_towers)]
    if rank.HasField("position_tower"):
        holders.append((f"{RANK}.position_tower", rank.position_tower, "dnn"))
    if rank.head.funnel.HasField("counterfactual"):
        holders.append((f"{RANK}.head.funnel.counterfactual", rank.head.funnel.counterfactual, "imputation_dnn"))
    return [(f"{p}.{name}", getattr(h, name)) for p, h, name in holders if h.HasField(name)]  # type: ignore[attr-defined]


def _wide(rank: RankModel) -> None:
    """Makes first-order weights as long as the logits that they are added to are many."""
    if not rank.HasField("fm") or rank.fm.output != FmTerm.LOGIT or rank.fm.HasField("wide_output_dim"):
        return
    counts = {logits_of(tower) for tower in rank.task_towers}
    if len(counts) == 1 and counts != {1}:
        rank.fm.wide_output_dim = counts.pop()


def _fm(model: ModelConfig, report: Report) -> None:
    rank = model.rank_model
    if not rank.fm.pairwise:
        if not rank.fm.HasField("wide_group_name"):
            report.missing(f"{RANK}.fm", "wide_group_name", "the group of the first-order weights")
        return
    if not rank.fm.HasField("group_name"):
        found = body_of(rank)
        body = found[1] if found else None
        if any(group.group_name == "fm" for group in model.feature_groups):
            rank.fm.group_name = "fm"
        elif body is not None and not body.groups:
            rank.fm.group_name = body.group_name
        elif body is None and rank.HasField("body"):
            return
        else:
            why = "the body reads several groups" if body is not None else "there is no body whose group it could take"
            report.error(f"{RANK}.fm", f'group_name is missing: no group is called "fm" and {why}.')
            return
    if not rank.fm.HasField("wide_group_name"):
        rank.fm.wide_group_name = rank.fm.group_name


def _towers(config: PipelineConfig, report: Report) -> None:
    model = config.model_config
    towers = model.rank_model.task_towers
    if len(towers) == 1:
        _single_label(config, report)
        _single_losses(model, report)
    elif towers:
        _of_one_tower_alone(model, report)
    for at, tower in enumerate(towers):
        if not tower.metrics_set:
            kind = kind_of(model.rank_model, at)
            tower.metrics_set.extend(metrics.metrics_without_own(config.eval_config.metrics_set, kind))


def _single_label(config: PipelineConfig, report: Report) -> None:
    model, tower = config.model_config, config.model_config.rank_model.task_towers[0]
    path = "model_config.label_name"
    if tower.HasField("label_name"):
        if model.HasField("label_name") and model.label_name != tower.label_name:
            text = (
                f'"{model.label_name}" is not the label_name of the tower, "{tower.label_name}"; expected one of them.'
            )
            report.error(path, text)
    elif model.HasField("label_name"):
        tower.label_name = model.label_name
        report.places.origins[f"{RANK}.task_towers[0].label_name"] = (path, True)
    elif config.data_config.label_fields:
        tower.label_name = config.data_config.label_fields[0]
    model.ClearField("label_name")


# Fields of a tower that a model with one tower may hold itself.
_OF_ONE_TOWER = ("loss_type", "num_class", "losses")


def _is_given(message: ModelConfig | TaskTower, name: str) -> bool:
    return bool(message.losses) if name == "losses" else message.HasField(name)


def _of_one_tower_alone(model: ModelConfig, report: Report) -> None:
    """Reports fields of one tower over several: with their defaults they change nothing."""
    for name in ("label_name", *_OF_ONE_TOWER):
        path = f"model_config.{name}"
        if not _is_given(model, name):
            continue
        if name in ("loss_type", "num_class") and getattr(model, name) == getattr(ModelConfig(), name):
            report.note(path, "is for a model with one tower; each of these has its own")
            model.ClearField(name)
        else:
            report.error(path, f"is for a model with one tower; give each tower its own {name}.")


def _single_losses(model: ModelConfig, report: Report) -> None:
    """Moves the losses and num_class of a model with one tower to that tower."""
    tower = model.rank_model.task_towers[0]
    for name in _OF_ONE_TOWER:
        if not _is_given(model, name):
            continue
        path, new = f"model_config.{name}", f"{RANK}.task_towers[0].{name}"
        if _is_given(tower, name):
            report.error(path, f"the tower has its own {name} ({report.line(new)}); expected one of them.")
        elif name == "losses":
            tower.losses.extend(model.losses)
        else:
            setattr(tower, name, getattr(model, name))
        report.places.origins.setdefault(new, (path, True))
        model.ClearField(name)


def _score(model: ModelConfig) -> None:
    """Fills in the score: each tower's loss weight times the output that the loss trains."""
    rank = model.rank_model
    for output, tower in zip(head_of(rank).trained(rank), rank.task_towers, strict=False):
        model.score.add(output=output, weight=tower.weight)


def _optimizer(given: Optimizer) -> None:
    """Fills in Adam with a constant rate where nothing else is said."""
    kind = given.WhichOneof("optimizer") or "adam_optimizer"
    rate: LearningRate = getattr(given, kind).learning_rate
    if rate.WhichOneof("learning_rate") is None:
        constant = rate.constant_learning_rate
        constant.learning_rate = constant.learning_rate

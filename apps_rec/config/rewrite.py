"""Rewriting of shorthands and older spellings to one form: `feature_config.features` and `model_config.rank_model`.

It notes where each part came from, so that a later mistake is reported in the user's own words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps_rec.config.metrics import METRICS
from apps_rec.config.report import Report
from apps_rec.config.shorthands import one_tower
from apps_rec.config.shorthands.origins import RANK, Origins
from apps_rec.protos import named_pb2
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.model_pb2 import ModelConfig, RankModel
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# EasyRec's names of the model messages, for model_class.
MODEL_CLASSES = {
    "WideAndDeep": "wide_and_deep",
    "DeepFM": "deepfm",
    "MultiTower": "multi_tower",
    "MultiTowerDIN": "multi_tower",
    "FM": "fm",
    "DCN": "dcn",
    "DLRM": "dlrm",
    "MMoE": "mmoe",
    "ESMM": "esmm",
    "SimpleMultiTask": "simple_multi_task",
    "DBMTL": "dbmtl",
    "PLE": "ple",
    "RankModel": "rank_model",
}
# EasyRec's classes that share a message with one of these, and why they are refused.
_OTHER_CLASSES = {"MultiTowerBST": "sequences are not read by transformers"}


def rewrite(config: PipelineConfig, report: Report) -> None:
    """Rewrites a config in place; reports mistakes that only the written form shows."""
    _paths(config, report)
    _features(config, report)
    model = config.model_config
    kind = model.WhichOneof("model")
    if kind is None:
        return
    _model_class(model, kind, report)
    if kind == "rank_model":
        _unread_sequences(model, report)
        return
    if kind == "wide_and_deep":
        _optimizer_of_wide(config)
    origins = report.places.origins
    origins[RANK] = (f"model_config.{kind}", False)
    origins[f"{RANK}.l2_regularization"] = (f"model_config.{kind}.l2_regularization", True)
    rank = _REWRITES[kind](model, Origins(origins, kind), report)
    _unread_sequences(model, report)
    if len(rank.task_towers) > 1:
        _labels_by_order(config, kind, rank, report)
    elif rank.task_towers:
        _metric_of_one_tower(config, rank, report)
    model.rank_model.CopyFrom(rank)
    model.rank_model.SetInParent()


def _optimizer_of_wide(config: PipelineConfig) -> None:
    """Makes the first of several optimizers that of first-order weights, as EasyRec's WideAndDeep does."""
    given = config.train_config.optimizer_config
    if len(given) > 1 and not any(one.HasField("of_first_order_weights") for one in given):
        given[0].of_first_order_weights = True


def _unread_sequences(model: ModelConfig, report: Report) -> None:
    """Drops the seq_att_groups that are left, with a note: no din_towers read them."""
    for at, group in enumerate(model.seq_att_groups):
        path = f"model_config.seq_att_groups[{at}]"
        if not any(report.places.origins.get(new, ("",))[0] == path for new in list(report.places.origins)):
            report.note(path, f'no din_towers of a multi_tower read "{group.group_name}"')
    model.ClearField("seq_att_groups")


def _labels_by_order(config: PipelineConfig, kind: str, rank: RankModel, report: Report) -> None:
    """Gives towers of EasyRec's models without label_name the labels of label_fields by their order, with a note.

    As in EasyRec, the first label of an ESMM is that of the conversion.
    """
    towers, labels = list(enumerate(rank.task_towers)), list(config.data_config.label_fields)
    if kind == "esmm":
        towers.reverse()
    for (at, tower), label in zip(towers, labels, strict=False):
        path = f"{RANK}.task_towers[{at}]"
        if not tower.HasField("label_name") and not report.is_broken(f"{path}.label_name"):
            tower.label_name = label
            report.note(path, f'label_name is "{label}", by the order of label_fields')


def _metric_of_one_tower(config: PipelineConfig, rank: RankModel, report: Report) -> None:
    """Adds the tower to the name of the metric that chooses a checkpoint; EasyRec leaves it out, and takes auc."""
    export, (tower,) = config.export_config, rank.task_towers
    name = export.best_exporter_metric
    if not export.HasField("best_exporter_metric") and (export.exporter_type == "best" or export.enable_early_stop):
        name = "auc"
    if name in METRICS and tower.tower_name:
        export.best_exporter_metric = f"{name}_{tower.tower_name}"
        report.note("export_config.best_exporter_metric", f'read as "{export.best_exporter_metric}", its name here')


def _paths(config: PipelineConfig, report: Report) -> None:
    """Makes train_input_path and eval_input_path of EasyRec's names of Parquet files."""
    for old, new in (("parquet_train_input", "train_input_path"), ("parquet_eval_input", "eval_input_path")):
        if not config.HasField(old):  # type: ignore[arg-type]
            continue
        if config.data_config.HasField("input_type") and config.data_config.input_type != DataConfig.ParquetInput:
            kind = DataConfig.InputType.Name(config.data_config.input_type)
            report.error(old, f"names Parquet files, and data_config.input_type is {kind}; expected ParquetInput.")
        setattr(config, new, getattr(config, old))
        report.places.origins[new] = (old, True)


def _features(config: PipelineConfig, report: Report) -> None:
    """Moves feature_configs to the end of feature_config.features."""
    for at, feature in enumerate(config.feature_configs):
        new = len(config.feature_config.features)
        config.feature_config.features.append(feature)
        report.places.origins[f"feature_config.features[{new}]"] = (f"feature_configs[{at}]", True)
    config.ClearField("feature_configs")


def _model_class(model: ModelConfig, kind: str, report: Report) -> None:
    path = "model_config.model_class"
    if not model.HasField("model_class"):
        return
    given = model.model_class
    if given in _OTHER_CLASSES:
        text = f'"{given}" is refused: {_OTHER_CLASSES[given]}; models are {", ".join(MODEL_CLASSES)}.'
        report.error(path, text)
    elif given not in MODEL_CLASSES:
        text = f'there is no model "{given}"; models are {", ".join(MODEL_CLASSES)}.'
        report.error(path, text, got=given, among=MODEL_CLASSES)
    elif MODEL_CLASSES[given] != kind:
        fits = next(name for name, message in MODEL_CLASSES.items() if message == kind)
        report.error(
            path, f'"{given}" stands over a {kind} {{ }} ({report.line(f"model_config.{kind}")}); it is {fits}.'
        )
    model.model_class = "RankModel"


def _shared_parts(given: object, rank: RankModel, note: Origins) -> None:
    """Copies FM, position tower and l2_regularization, which several shorthands have under the same names."""
    for part in ("fm", "position_tower"):
        if given.HasField(part):  # type: ignore[attr-defined]
            getattr(rank, part).CopyFrom(getattr(given, part))
            getattr(rank, part).SetInParent()
            note.note(part, part)
    rank.l2_regularization = given.l2_regularization  # type: ignore[attr-defined]


def _mmoe(model: ModelConfig, note: Origins, report: Report) -> RankModel:
    given, rank = model.mmoe, RankModel()
    rank.body.mmoe.group_name = "all"
    _experts(given, rank, note)
    if given.experts:
        _old_experts(given, rank, note, report)
    rank.head.independent.SetInParent()
    rank.task_towers.extend(given.task_towers)
    note.note("task_towers", "task_towers")
    _shared_parts(given, rank, note)
    return rank


# Fields of esmm and dbmtl that make it a mixture of experts.
_OF_EXPERTS: tuple[Any, ...] = ("expert_dnn", "num_expert", "gate_dnn")


def _experts(given: Any, rank: RankModel, note: Origins) -> None:
    body = rank.body.mmoe
    for name in ("expert_dnn", "gate_dnn"):
        if given.HasField(name):
            getattr(body, name).CopyFrom(getattr(given, name))
            getattr(body, name).SetInParent()
    if given.HasField("num_expert"):
        body.num_expert = given.num_expert
    for name in _OF_EXPERTS:
        note.note(f"body.mmoe.{name}", name)


def _old_experts(given: named_pb2.Mmoe, rank: RankModel, note: Origins, report: Report) -> None:
    """Makes num_expert and expert_dnn of a list of experts, which is EasyRec's older spelling."""
    path, first = "model_config.mmoe", given.experts[0]
    for name in ("expert_dnn", "num_expert"):
        if given.HasField(name):
            report.error(f"{path}.{name}", "experts are given too, the older spelling; expected one of them.")
    for at, expert in enumerate(given.experts):
        if not expert.HasField("dnn"):
            report.missing(f"{path}.experts[{at}]", "dnn", "the network of the expert")
            report.places.broken.add(f"{path}.experts[0].dnn")
        elif at and first.HasField("dnn") and expert.dnn != first.dnn:
            text = (
                f"differs from that of the first expert ({report.line(f'{path}.experts[0].dnn')}); expected it alike."
            )
            report.error(f"{path}.experts[{at}].dnn", text)
    rank.body.mmoe.expert_dnn.CopyFrom(first.dnn)
    rank.body.mmoe.num_expert = len(given.experts)
    note.note("body.mmoe.expert_dnn", "experts[0].dnn")
    note.note("body.mmoe.num_expert", "experts")


def _esmm(model: ModelConfig, note: Origins, report: Report) -> RankModel:
    given, rank = model.esmm, RankModel()
    if any(given.HasField(name) for name in _OF_EXPERTS):
        _experts(given, rank, note)
        body, kind = rank.body.mmoe, "mmoe"
    else:
        body, kind = rank.body.shared_bottom, "shared_bottom"  # type: ignore[assignment]
    body.SetInParent()
    body.groups.extend(given.groups)
    note.note(f"body.{kind}.groups", "groups")
    rank.head.funnel.SetInParent()
    if given.HasField("counterfactual"):
        rank.head.funnel.counterfactual.CopyFrom(given.counterfactual)
        rank.head.funnel.counterfactual.SetInParent()
    note.note("head.funnel.counterfactual", "counterfactual")
    for at, (part, name) in enumerate((("ctr_tower", "ctr"), ("cvr_tower", "cvr"))):
        if not given.HasField(part):
            report.missing("model_config.esmm", part, f"the tower of the {name} task")
            report.places.broken.add(f"model_config.esmm.{part}")
        tower = rank.task_towers.add()
        tower.CopyFrom(getattr(given, part))
        if not tower.HasField("tower_name"):
            tower.tower_name = name
        note.note(f"task_towers[{at}]", part)
    _shared_parts(given, rank, note)
    return rank


def _simple_multi_task(model: ModelConfig, note: Origins, report: Report) -> RankModel:
    given, rank = model.simple_multi_task, RankModel()
    rank.body.shared_bottom.group_name = "all"
    if given.HasField("bottom_dnn"):
        rank.body.shared_bottom.dnn.CopyFrom(given.bottom_dnn)
        rank.body.shared_bottom.dnn.SetInParent()
    note.note("body.shared_bottom.dnn", "bottom_dnn")
    rank.head.independent.SetInParent()
    rank.task_towers.extend(given.task_towers)
    note.note("task_towers", "task_towers")
    _shared_parts(given, rank, note)
    return rank


def _dbmtl(model: ModelConfig, note: Origins, report: Report) -> RankModel:
    given, rank = model.dbmtl, RankModel()
    if any(given.HasField(name) for name in _OF_EXPERTS):
        _experts(given, rank, note)
        if given.HasField("bottom_dnn"):
            rank.body.mmoe.groups.add(input="all").dnn.CopyFrom(given.bottom_dnn)
        else:
            rank.body.mmoe.group_name = "all"
        note.note("body.mmoe.groups[0].dnn", "bottom_dnn")
    else:
        rank.body.shared_bottom.group_name = "all"
        if given.HasField("bottom_dnn"):
            rank.body.shared_bottom.dnn.CopyFrom(given.bottom_dnn)
        note.note("body.shared_bottom.dnn", "bottom_dnn")
    for refused in ("bottom_cmbf", "bottom_uniter"):
        if report.any_refused("model_config.dbmtl", refused):
            # Such a config has groups of other names: a word on the group all would be no help.
            note.note("body", refused)
            report.places.broken.add(f"model_config.dbmtl.{refused}")
    rank.head.independent.SetInParent()
    rank.task_towers.extend(given.task_towers)
    note.note("task_towers", "task_towers")
    rank.l2_regularization = given.l2_regularization
    return rank


def _ple(model: ModelConfig, note: Origins, report: Report) -> RankModel:
    given, rank = model.ple, RankModel()
    rank.body.ple.group_name = "all"
    rank.body.ple.extraction_networks.extend(given.extraction_networks)
    note.note("body.ple.extraction_networks", "extraction_networks")
    rank.head.independent.SetInParent()
    rank.task_towers.extend(given.task_towers)
    note.note("task_towers", "task_towers")
    rank.l2_regularization = given.l2_regularization
    return rank


_REWRITES: dict[str, Callable[[ModelConfig, Origins, Report], RankModel]] = {
    "wide_and_deep": one_tower.wide_and_deep,
    "deepfm": one_tower.deepfm,
    "multi_tower": one_tower.multi_tower,
    "fm": one_tower.fm,
    "dcn": one_tower.dcn,
    "dlrm": one_tower.dlrm,
    "mmoe": _mmoe,
    "esmm": _esmm,
    "simple_multi_task": _simple_multi_task,
    "dbmtl": _dbmtl,
    "ple": _ple,
}

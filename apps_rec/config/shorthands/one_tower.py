"""Models with one tower: fm, deepfm, wide_and_deep, dcn, multi_tower, dlrm."""

from __future__ import annotations

from typing import Any

from apps_rec.config.report import Report, quoted
from apps_rec.config.shorthands.origins import Origins, has_group
from apps_rec.protos import network_pb2
from apps_rec.protos.model_pb2 import ModelConfig, RankModel


def fm(model: ModelConfig, note: Origins, report: Report) -> RankModel:
    """Returns the model of `fm`."""
    rank = RankModel()
    rank.fm.group_name = next((name for name in ("fm", "deep") if has_group(model, name)), "all")
    if has_group(model, "wide"):
        rank.fm.wide_group_name = "wide"
    rank.task_towers.add(tower_name=model.fm.tower_name)
    note.note("task_towers[0].tower_name", "tower_name")
    return rank


def deepfm(model: ModelConfig, note: Origins, report: Report) -> RankModel:
    """Returns the model of `deepfm`."""
    given, rank = model.deepfm, RankModel()
    rank.body.shared_bottom.group_name = "deep"
    rank.fm.group_name = "fm" if has_group(model, "fm") else "deep"
    if has_group(model, "wide"):
        rank.fm.wide_group_name = "wide"
    _wide_beside_deep(given, "deepfm", rank, note, report)
    rank.l2_regularization = given.l2_regularization
    if given.HasField("dense_regularization"):
        rank.l2_regularization = given.dense_regularization
        note.note("l2_regularization", "dense_regularization")
        if given.HasField("l2_regularization"):
            text = "is EasyRec's older name of l2_regularization, which is given too; expected one of them."
            report.error("model_config.deepfm.dense_regularization", text)
    return rank


def wide_and_deep(model: ModelConfig, note: Origins, report: Report) -> RankModel:
    """Returns the model of `wide_and_deep`."""
    given, rank = model.wide_and_deep, RankModel()
    rank.body.shared_bottom.group_name = "deep"
    rank.fm.pairwise = False
    rank.fm.wide_group_name = "wide"
    _wide_beside_deep(given, "wide_and_deep", rank, note, report)
    rank.l2_regularization = given.l2_regularization
    return rank


def dcn(model: ModelConfig, note: Origins, report: Report) -> RankModel:
    """Returns the model of `dcn`."""
    given, rank, path = model.dcn, RankModel(), "model_config.dcn"
    body = rank.body.cross
    body.group_name = given.deep_tower.input or given.cross_tower.input or "all"
    if given.deep_tower.input and given.cross_tower.input not in ("", body.group_name):
        text = (
            f'"{given.cross_tower.input}" is not the group of deep_tower, "{body.group_name}"; expected one for both.'
        )
        report.error(f"{path}.cross_tower.input", text)
    for name, what in (("deep_tower", "the network beside the cross layers"), ("cross_tower", "the cross layers")):
        if not given.HasField(name):
            report.missing(path, name, what)
    if given.HasField("deep_tower") and not given.deep_tower.HasField("dnn"):
        report.missing(f"{path}.deep_tower", "dnn", "the network beside the cross layers")
    body.dnn.CopyFrom(given.deep_tower.dnn)
    body.cross_num = given.cross_tower.cross_num
    tower = rank.task_towers.add(tower_name=given.tower_name)
    if given.HasField("final_dnn"):
        tower.dnn.CopyFrom(given.final_dnn)
    else:
        report.missing(path, "final_dnn", "the network over both outputs")
    parts = {"group_name": "deep_tower.input", "dnn": "deep_tower.dnn", "cross_num": "cross_tower.cross_num"}
    for new, old in parts.items():
        note.note(f"body.cross.{new}", old)
    note.note("task_towers[0].tower_name", "tower_name")
    note.note("task_towers[0].dnn", "final_dnn")
    rank.l2_regularization = given.l2_regularization
    return rank


def multi_tower(model: ModelConfig, note: Origins, report: Report) -> RankModel:
    """Returns the model of `multi_tower`."""
    given, rank = model.multi_tower, RankModel()
    body = rank.body.shared_bottom
    body.groups.extend(given.towers)
    body.normalize_groups = True
    note.note("body.shared_bottom.groups", "towers")
    written = report.places.written.model_config
    if given.din_towers and written.model_class == "MultiTower":
        # In EasyRec it is the class that decides, and it is a mistake there that trains.
        text = "model_class MultiTower does not read them, as in EasyRec; MultiTowerDIN does"
        report.note("model_config.multi_tower.din_towers", text)
        given.ClearField("din_towers")
    for at in range(len(given.din_towers)):
        _din_tower(model, at, rank, note, report)
    tower = rank.task_towers.add(tower_name=given.tower_name)
    note.note("task_towers[0].tower_name", "tower_name")
    if not given.towers and not given.din_towers:
        report.missing("model_config.multi_tower", "towers", "a network for each feature group")
    if given.HasField("final_dnn"):
        tower.dnn.CopyFrom(given.final_dnn)
        tower.dnn.SetInParent()
    else:
        report.missing("model_config.multi_tower", "final_dnn", "the network over all towers")
        report.places.broken.add("model_config.multi_tower.final_dnn")
    note.note("task_towers[0].dnn", "final_dnn")
    rank.l2_regularization = given.l2_regularization
    return rank


def _din_tower(model: ModelConfig, at: int, rank: RankModel, note: Origins, report: Report) -> None:
    """Adds a group of one sequence alone, which the body reads without a batch norm or a network."""
    tower, path = model.multi_tower.din_towers[at], f"model_config.multi_tower.din_towers[{at}]"
    names = [group.group_name for group in model.seq_att_groups]
    for name, what in (("input", "one of seq_att_groups"), ("dnn", "the network that compares item and key")):
        if not tower.HasField(name):
            report.missing(path, name, what)
            report.places.broken.add(f"{path}.{name}")
    if tower.input not in names:
        if tower.HasField("input"):
            text = f'no group of seq_att_groups is called "{tower.input}". They are {quoted(names)}.'
            report.error(f"{path}.input", text, got=tower.input, among=names)
        return
    place, group = names.index(tower.input), f"model_config.feature_groups[{len(model.feature_groups)}]"
    sequence = f"{group}.sequence_features[0]"
    note.whole(group, f"model_config.seq_att_groups[{place}]")
    note.whole(sequence, f"model_config.seq_att_groups[{place}]")
    note.whole(f"{sequence}.seq_dnn", f"{path}.dnn")
    new = model.feature_groups.add(group_name=tower.input).sequence_features.add()
    new.CopyFrom(model.seq_att_groups[place])
    new.seq_dnn.CopyFrom(tower.dnn)
    new.allow_key_search = True
    for name in ("need_key_feature", "allow_key_transform", "transform_dnn"):
        if new.HasField(name):
            report.note(f"{sequence}.{name}", "a DIN tower does not read it")
            new.ClearField(name)
    body = rank.body.shared_bottom
    note.note(f"body.shared_bottom.groups[{len(body.groups)}]", f"din_towers[{at}]")
    body.groups.add(input=tower.input)


def dlrm(model: ModelConfig, note: Origins, report: Report) -> RankModel:
    """Returns the model of `dlrm`."""
    given, rank, path = model.dlrm, RankModel(), "model_config.dlrm"
    body = rank.body.interaction
    dense, sparse = "dense", "sparse"
    names = [group.group_name for group in model.feature_groups]
    if len(names) == 2 and not {dense, sparse}.intersection(names):
        dense, sparse = names
        report.note(path, f'no group is called dense or sparse: read as "{dense}" and "{sparse}", by their order')
    body.groups.add(input=dense).dnn.CopyFrom(given.bot_dnn)
    body.groups.add(input=sparse)
    tower = rank.task_towers.add(tower_name=given.tower_name)
    tower.dnn.CopyFrom(given.top_dnn)
    for name, what in (("bot_dnn", "the network over the group dense"), ("top_dnn", "the network over interactions")):
        if not given.HasField(name):
            report.missing(path, name, what)
            report.places.broken.add(f"{path}.{name}")
    for name in ("arch_interaction_op", "arch_interaction_itself", "arch_with_dense_feature"):
        if given.HasField(name):
            setattr(body, name, getattr(given, name))
        note.note(f"body.interaction.{name}", name)
    note.note("body.interaction.groups[0].dnn", "bot_dnn")
    note.note("task_towers[0].tower_name", "tower_name")
    note.note("task_towers[0].dnn", "top_dnn")
    rank.l2_regularization = given.l2_regularization
    return rank


def _wide_beside_deep(given: Any, kind: str, rank: RankModel, note: Origins, report: Report) -> None:
    """Adds the tower, which reads the first-order part where there is a final_dnn; else the two logits are added."""
    tower = rank.task_towers.add(tower_name=given.tower_name)
    note.note("task_towers[0].tower_name", "tower_name")
    if not given.HasField("dnn"):
        report.missing(f"model_config.{kind}", "dnn", "the network over the group deep")
        report.places.broken.add(f"model_config.{kind}.dnn")
    if given.HasField("final_dnn"):
        rank.body.shared_bottom.dnn.CopyFrom(given.dnn)
        tower.dnn.CopyFrom(given.final_dnn)
        rank.fm.output = network_pb2.FmTerm.TOWER_INPUT
        note.note("body.shared_bottom.dnn", "dnn")
        note.note("task_towers[0].dnn", "final_dnn")
    else:
        tower.dnn.CopyFrom(given.dnn)
        rank.fm.output = network_pb2.FmTerm.LOGIT
        note.note("task_towers[0].dnn", "dnn")
    if kind == "wide_and_deep" and not given.HasField("final_dnn"):
        if given.HasField("wide_output_dim"):
            text = "without final_dnn there are as many as logits, whatever it says, as in EasyRec"
            report.note(f"model_config.{kind}.wide_output_dim", text)
    elif given.HasField("wide_output_dim"):
        rank.fm.wide_output_dim = given.wide_output_dim
        note.note("fm.wide_output_dim", "wide_output_dim")

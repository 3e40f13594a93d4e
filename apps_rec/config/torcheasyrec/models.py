"""Models of TorchEasyRec, as a rank_model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps_rec.config.report import Report
from apps_rec.config.rewrite import RANK
from apps_rec.config.torcheasyrec.groups import Groups
from apps_rec.config.torcheasyrec.towers import Towers
from apps_rec.protos import network_pb2
from apps_rec.protos.model_pb2 import RankModel
from apps_rec.protos.pipeline_pb2 import PipelineConfig

_ALONE = "ctr"


class Models:
    """A translation of model_config.

    Args:
        theirs: TorchEasyRec's config.
        ours: the config to fill.
        groups: its groups.
        towers: reads networks, losses and metrics.
        report: receiver of mistakes.
    """

    def __init__(self, theirs: Any, ours: PipelineConfig, groups: Groups, towers: Towers, report: Report) -> None:
        self._theirs, self._ours, self._groups, self._towers, self._report = theirs, ours, groups, towers, report
        self._rank: RankModel = ours.model_config.rank_model

    def translate(self) -> None:
        """Fills in model_config, and the columns of labels."""
        given = self._theirs.model_config
        kind = given.WhichOneof("model")
        if given.HasField("variational_dropout"):
            dropout = self._ours.model_config.variational_dropout
            dropout.SetInParent()
            for name in ("regularization_lambda", "embedding_wise_variational_dropout"):
                if given.variational_dropout.HasField(name):
                    setattr(dropout, name, getattr(given.variational_dropout, name))
        if kind is None:
            if not self._report.any_refused("model_config"):
                self._report.error("model_config", "names no model; expected one, such as mmoe { }.")
            self._report.places.broken.add("model_config")
            return
        self._report.places.origins[RANK] = (f"model_config.{kind}", False)
        self._rank.SetInParent()
        _MODELS[kind](self, getattr(given, kind), f"model_config.{kind}")

    def _origin(self, new: str, path: str) -> None:
        self._report.places.origins[f"{RANK}.{new}"] = (path, False)

    def _dnn(self, given: Any, field: str, path: str, made: Any, new: str) -> None:
        """Translates a network of the model, which must be there."""
        if not given.HasField(field):
            self._report.missing(path, field, "a network, mlp's fields in { }")
            self._report.places.broken.add(f"{path}.{field}")
        self._origin(new, f"{path}.{field}")
        self._towers.dnn(getattr(given, field), f"{path}.{field}", made)

    def _several(self, given: Any, path: str) -> None:
        """Adds towers, each with its label."""
        labels = list(self._theirs.data_config.label_fields)
        for at, tower in enumerate(given.task_towers):
            here, new = f"{path}.task_towers[{at}]", f"task_towers[{at}]"
            self._origin(new, here)
            made = self._rank.task_towers.add()
            self._towers.tower(tower, here, labels[at] if at < len(labels) else "", made)
            self._towers.label(made.label_name, here, self._towers.is_of_numbers(tower))
            if "relation_mlp" in tower.DESCRIPTOR.fields_by_name and tower.HasField("relation_mlp"):
                made.relation_tower_names.extend(tower.relation_tower_names)
                self._towers.dnn(tower.relation_mlp, f"{here}.relation_mlp", made.relation_dnn)
            elif "relation_mlp" in tower.DESCRIPTOR.fields_by_name and tower.relation_tower_names:
                self._report.note(f"{here}.relation_tower_names", "without relation_mlp nothing reads them, as there")

    def _alone(self, given: Any, field: str, path: str) -> Any:
        """Adds the tower of a model with one task, with the network of a field if that is given."""
        model, data = self._theirs.model_config, self._theirs.data_config
        made = self._rank.task_towers.add(tower_name=_ALONE)
        self._origin("task_towers[0]", path)
        if data.label_fields:
            made.label_name = data.label_fields[0]
            self._towers.label(made.label_name, "data_config.label_fields", self._towers.is_of_numbers(model))
        if model.HasField("num_class"):
            made.num_class = model.num_class
        self._towers.learns(model, "model_config", made)
        if data.sample_weight_fields:
            self._ours.data_config.sample_weight = data.sample_weight_fields[0]
            self._towers.weight(data.sample_weight_fields[0], "data_config.sample_weight_fields[0]")
        if given.HasField(field):
            self._towers.dnn(getattr(given, field), f"{path}.{field}", made.dnn)
        return made

    def _mmoe(self, given: Any, path: str) -> None:
        self._rank.body.mmoe.group_name = self._groups.first
        self._experts(given, path)
        self._several(given, path)

    def _experts(self, given: Any, path: str) -> None:
        body = self._rank.body.mmoe
        self._dnn(given, "expert_mlp", path, body.expert_dnn, "body.mmoe.expert_dnn")
        body.num_expert = given.num_expert if given.HasField("num_expert") else 3
        if given.HasField("gate_mlp"):
            self._dnn(given, "gate_mlp", path, body.gate_dnn, "body.mmoe.gate_dnn")

    def _dbmtl(self, given: Any, path: str) -> None:
        body = self._rank.body
        if given.HasField("expert_mlp"):
            if given.HasField("bottom_mlp"):
                bottom = body.mmoe.groups.add(input=self._groups.first)
                self._dnn(given, "bottom_mlp", path, bottom.dnn, "body.mmoe.groups[0].dnn")
            else:
                body.mmoe.group_name = self._groups.first
            self._experts(given, path)
        else:
            body.shared_bottom.group_name = self._groups.first
            if given.HasField("bottom_mlp"):
                self._dnn(given, "bottom_mlp", path, body.shared_bottom.dnn, "body.shared_bottom.dnn")
        self._several(given, path)

    def _ple(self, given: Any, path: str) -> None:
        body = self._rank.body.ple
        body.group_name = self._groups.first
        for at, layer in enumerate(given.extraction_networks):
            here, new = f"{path}.extraction_networks[{at}]", f"body.ple.extraction_networks[{at}]"
            self._origin(new, here)
            made = body.extraction_networks.add()
            for name in ("network_name", "expert_num_per_task", "share_num"):
                if layer.HasField(name):
                    setattr(made, name, getattr(layer, name))
            for name in ("task_expert_net", "share_expert_net"):
                if layer.HasField(name):
                    self._towers.dnn(getattr(layer, name), f"{here}.{name}", getattr(made, name))
        self._several(given, path)

    def _simple(self, given: Any, path: str) -> None:
        self._rank.body.shared_bottom.group_name = self._groups.first
        self._several(given, path)

    def _multi_tower(self, given: Any, path: str) -> None:
        body = self._rank.body.shared_bottom
        for at, tower in enumerate(given.towers):
            self._origin(f"body.shared_bottom.groups[{at}]", f"{path}.towers[{at}]")
            made = body.groups.add(input=tower.input)
            self._towers.dnn(tower.mlp, f"{path}.towers[{at}].mlp", made.dnn)
        for at, tower in enumerate(getattr(given, "din_towers", ())):
            here = f"{path}.din_towers[{at}]"
            self._origin(f"body.shared_bottom.groups[{len(body.groups)}]", here)
            body.groups.add(input=self._groups.of_din_tower(tower, here))
        self._alone(given, "final", path)

    def _wide_beside_deep(self, given: Any, path: str) -> None:
        rank = self._rank
        rank.body.shared_bottom.group_name = "deep"
        if given.HasField("final"):
            self._dnn(given, "deep", path, rank.body.shared_bottom.dnn, "body.shared_bottom.dnn")
            self._alone(given, "final", path)
            rank.fm.output = network_pb2.FmTerm.TOWER_INPUT
        else:
            self._alone(given, "deep", path)
        rank.fm.wide_group_name = "wide"

    def _deepfm(self, given: Any, path: str) -> None:
        self._wide_beside_deep(given, path)
        self._rank.fm.group_name = "fm" if self._groups.has("fm") else "deep"

    def _wide_and_deep(self, given: Any, path: str) -> None:
        self._wide_beside_deep(given, path)
        self._rank.fm.pairwise = False

    def _dcn(self, given: Any, path: str) -> None:
        body = self._rank.body.cross
        body.group_name = self._groups.first
        self._dnn(given, "deep_tower", path, body.dnn, "body.cross.dnn")
        body.cross_num = given.cross_tower.cross_num if given.cross_tower.HasField("cross_num") else 3
        self._alone(given, "final_dnn", path)

    def _dlrm(self, given: Any, path: str) -> None:
        body = self._rank.body.interaction
        if self._groups.has("dense"):
            dense = body.groups.add(input="dense")
            self._dnn(given, "dense_mlp", path, dense.dnn, "body.interaction.groups[0].dnn")
            body.groups.add(input="sparse")
            body.arch_with_dense_feature = True
        else:
            body.group_name = self._groups.first
        self._alone(given, "final", path)


_MODELS: dict[str, Callable[[Models, Any, str], None]] = {
    "mmoe": Models._mmoe,
    "dbmtl": Models._dbmtl,
    "ple": Models._ple,
    "simple_multi_task": Models._simple,
    "multi_tower": Models._multi_tower,
    "multi_tower_din": Models._multi_tower,
    "deepfm": Models._deepfm,
    "wide_and_deep": Models._wide_and_deep,
    "dcn_v1": Models._dcn,
    "dlrm": Models._dlrm,
}

"""The models that are compared, each as a model_config of the package's own language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf import text_format

from apps_rec.protos.model_pb2 import ModelConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from benchmarks.evidence.datasets import Dataset, Task


@dataclass(frozen=True)
class Variant:
    """A model.

    Attributes:
        name: short name.
        title: name in a table.
        body: kind of body; "": none, the logit is the FM alone.
        has_fm: whether the FM is added to every tower's logit.
        is_funnel: whether the head is ESMM's.
        alone: whether each task has a model of its own.
        experts: number of experts; None: the dataset's.
        weights: weights of both losses; None: the dataset's.
        learns_weights: whether the weights are learned (Kendall et al. 2018).
        relations: whether the second tower reads the first (DBMTL).
    """

    name: str
    title: str
    body: str = "mmoe"
    has_fm: bool = True
    is_funnel: bool = False
    alone: bool = False
    experts: int | None = None
    weights: tuple[float, float] | None = None
    learns_weights: bool = False
    relations: bool = False


FM = Variant("fm", "FM", body="", alone=True)
DEEPFM = Variant("deepfm", "DeepFM", body="shared_bottom", alone=True)
MMOE = Variant("mmoe", "MMOE")
ESMM = Variant("esmm", "ESMM", is_funnel=True)
# Each is compared with the one before it, as the store did.
LINE = (FM, DEEPFM, MMOE, ESMM)

EVEN, STORES = (0.5, 0.5), (0.95, 0.05)
# Each differs from MMOE in one thing.
ABLATIONS = (
    Variant("mmoe_no_fm", "without FM", has_fm=False),
    Variant("mmoe_1_expert", "1 expert", experts=1),
    Variant("mmoe_2_experts", "2 experts", experts=2),
    Variant("mmoe_4_experts", "4 experts", experts=4),
    Variant("mmoe_stores_weights", "losses weigh .95, .05", weights=STORES),
    Variant("mmoe_even_weights", "losses weigh the same", weights=EVEN),
    Variant("mmoe_uncertainty", "learned weights (uncertainty)", weights=EVEN, learns_weights=True),
    Variant("ple", "PLE in place of MMOE", body="ple"),
    Variant("aitm", "AITM in place of MMOE", body="aitm"),
    Variant("dbmtl", "DBMTL in place of MMOE", relations=True),
)


def line_of(dataset: Dataset) -> tuple[Variant, ...]:
    """Returns the models of the store's line that a dataset allows: ESMM's head needs a funnel."""
    return tuple(variant for variant in LINE if dataset.is_funnel or not variant.is_funnel)


def ablations_of(dataset: Dataset) -> tuple[Variant, ...]:
    """Returns the variants that are not MMOE itself on a dataset."""

    def is_base(variant: Variant) -> bool:
        same_experts = variant.experts == dataset.experts
        first, second = dataset.weights
        same_weights = (
            variant.weights is not None
            and not variant.learns_weights
            and abs(variant.weights[0] / variant.weights[1] - first / second) < 1e-9
        )
        return same_experts or same_weights

    return tuple(variant for variant in ABLATIONS if not is_base(variant))


def parts_of(variant: Variant, dataset: Dataset) -> list[tuple[Task, ...]]:
    """Returns the tasks of each model that a variant trains: one model for all, or one a task."""
    return [(task,) for task in dataset.tasks] if variant.alone else [dataset.tasks]


def config_text(variant: Variant, dataset: Dataset, tasks: Sequence[Task]) -> str:
    """Returns the config of a model: the dataset's, with this model and these tasks."""
    message = text_format.Parse(dataset.config.read_text(encoding="utf-8"), PipelineConfig())
    old = message.model_config
    model = text_format.Parse(_model(variant, dataset, tasks), ModelConfig())
    for name in ("embedding_regularization", "embedding_stddev"):
        if old.HasField(name) and not model.HasField(name):
            setattr(model, name, getattr(old, name))
    model.feature_groups.extend(old.feature_groups)
    message.model_config.CopyFrom(model)
    if dataset.position and not _reads_position(dataset, tasks):
        _remove_position(message)
    message.data_config.label_fields[:] = [task.label for task in tasks]
    if variant.alone and message.export_config.best_exporter_metric:
        message.export_config.best_exporter_metric = f"auc_{tasks[0].name}"
    message.eval_config.Clear()
    text_format.Parse(
        "metrics_set { auc { } } metrics_set { log_loss { } } metrics_set { calibration { } }", message.eval_config
    )
    return text_format.MessageToString(message, as_utf8=True)


def _model(variant: Variant, dataset: Dataset, tasks: Sequence[Task]) -> str:
    """Returns the model_config without its feature groups."""
    weights = variant.weights or dataset.weights
    towers = [
        _tower(variant, dataset, tasks, place, 1 if variant.alone else weights[place]) for place in range(len(tasks))
    ]
    parts = [
        f"body {{ {_body(variant, dataset)} }}" if variant.body else "",
        'fm { group_name: "all" }' if variant.has_fm else "",
        f"head {{ {'funnel' if variant.is_funnel else 'independent'} {{ }} }}",
        *towers,
        dataset.position if _reads_position(dataset, tasks) else "",
        f"l2_regularization: {dataset.l2_regularization}",
    ]
    others = "loss_weight_strategy: Uncertainty" if variant.learns_weights else ""
    if not variant.body and dataset.fm_regularization is not None:
        others += f" embedding_regularization: {dataset.fm_regularization}"
    return f"{others} rank_model {{ {' '.join(filter(None, parts))} }}"


def _tower(variant: Variant, dataset: Dataset, tasks: Sequence[Task], place: int, weight: float) -> str:
    # The funnel's second tower is the step of the click: its product with the first is named ctcvr.
    name = "cvr" if variant.is_funnel and place else tasks[place].name
    dnn = "" if variant.alone else f"dnn {{ {dataset.tower} }}"
    relation = f'relation_tower_names: "{tasks[0].name}" relation_dnn {{ {dataset.tower} }}'
    return (
        f'task_towers {{ tower_name: "{name}" label_name: "{tasks[place].label}" {dnn} weight: {weight} '
        f"{relation if variant.relations and place else ''} }}"
    )


def _body(variant: Variant, dataset: Dataset) -> str:
    dnn, experts = dataset.dnn, variant.experts or dataset.experts
    bodies = {
        "shared_bottom": f"shared_bottom {{ dnn {{ {dnn} }} }}",
        "mmoe": f"mmoe {{ num_expert: {experts} expert_dnn {{ {dnn} }} }}",
        "ple": "ple { extraction_networks { expert_num_per_task: 1 share_num: 1 "
        f"task_expert_net {{ {dnn} }} share_expert_net {{ {dnn} }} }} }}",
        "aitm": f"aitm {{ task_dnn {{ {dnn} }} transfer_dnn {{ hidden_units: 64 use_bn: false }} }}",
    }
    return bodies[variant.body]


def _reads_position(dataset: Dataset, tasks: Sequence[Task]) -> bool:
    """Tells whether a model has the position tower: it is added to the click's logit."""
    return bool(dataset.position) and tasks[0] == dataset.tasks[0]


def _remove_position(message: PipelineConfig) -> None:
    _keep(message.model_config.feature_groups, lambda group: group.group_name != "position")
    _keep(message.feature_config.features, lambda feature: list(feature.input_names) != ["position"])
    _keep(message.data_config.input_fields, lambda field: field.input_name != "position")


def _keep(rows: Any, wanted: Callable[[Any], bool]) -> None:
    kept = [row for row in rows if wanted(row)]
    del rows[:]
    rows.extend(kept)

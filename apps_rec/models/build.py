"""The RankModel that a config describes. No other file of this folder reads messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from apps_rec.config.bodies import body_of
from apps_rec.config.custom import body_arguments
from apps_rec.config.heads import space_of
from apps_rec.config.outputs import labels_not_always_observed, labels_of_losses, may_be_any_number
from apps_rec.config.sequences import listed_in_groups
from apps_rec.config.tasks.corrections import corrections_of
from apps_rec.config.tasks.distillation import is_any_number, soft_labels_of
from apps_rec.config.tasks.kinds import kind_name
from apps_rec.config.tasks.losses import LOSSES, AskedLoss, asked_losses, is_learned
from apps_rec.data.schema import NOT_OBSERVED, NOT_OBSERVED_NUMBER
from apps_rec.features import Embedder, Preprocessor, VariationalDropout
from apps_rec.features.build import build_initials, build_sequences, dnn_arguments
from apps_rec.features.embeddings.variational_dropout import widths_of
from apps_rec.features.specs import FeatureSpec
from apps_rec.models.bodies import (
    Body,
    Custom,
    DeepAndCross,
    InformationTransfer,
    Interaction,
    MixtureOfExperts,
    ProgressiveExtraction,
    SharedBottom,
)
from apps_rec.models.heads import HEADS
from apps_rec.models.rank_model import RankModel
from apps_rec.models.specs import (
    CounterfactualSpec,
    DistillationSpec,
    DnnSpec,
    ExtractionSpec,
    FmSpec,
    Group,
    PositionSpec,
    ScoreTerm,
    Task,
    TaskLoss,
)
from apps_rec.protos import loss_pb2, model_pb2, network_pb2, train_pb2
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def build_model(config: PipelineConfig, features: Sequence[FeatureSpec], embedder: Embedder | None = None) -> RankModel:
    """Builds the model that a checked and normalised config describes; its variables are made at the first call.

    Args:
        config: the whole config, with its `rank_model`.
        features: the features that the model reads.
        embedder: embedder of another model with this config, whose tables both share; None: a new one.
    """
    model_config = config.model_config
    message = model_config.rank_model
    groups = {group.group_name: tuple(group.feature_names) for group in model_config.feature_groups}
    fm = _build_fm(message, groups)
    # What a body reads of each group; an FM and the position tower read features alone.
    read = {
        group.group_name: (*group.feature_names, *(sequence.output for sequence in build_sequences([group])))
        for group in model_config.feature_groups
    }
    sequences = build_sequences(_groups_of_body(model_config))
    train_config = config.train_config
    seed = train_config.seed
    # Only for the layers of this model: Keras' global policy would reach every other model of the process. bfloat16
    # has float32's range of exponents, so gradients do not vanish and the loss need not be scaled.
    dtype = "mixed_bfloat16" if train_config.mixed_precision else None
    return RankModel(
        embedder
        or Embedder(
            features,
            first_order=fm.first_order if fm else (),
            seed=seed,
            stddev=model_config.embedding_stddev,
            wide_dim=message.fm.wide_output_dim,
            l2=message.l2_regularization,
            sequences=sequences,
            only_items=_only_items(model_config),
            trim_lists=not isinstance(tf.distribute.get_strategy(), tf.distribute.TPUStrategy),
            initial=build_initials(config),
        ),
        HEADS[message.head.WhichOneof("head")](_build_tasks(config), *_build_counterfactual(message)),
        body=_build_body(message, read, {name for name, features in groups.items() if not features}, dtype),
        fm=fm,
        position=_build_position(message, groups),
        score=[ScoreTerm(term.output, term.weight) for term in model_config.score],
        l2=message.l2_regularization,
        embedding_l2=model_config.embedding_regularization,
        seed=seed,
        dtype=dtype,
        jit_compile=train_config.jit_compile,
        variational_dropout=_build_variational_dropout(model_config, features, fm),
        keep_averages=train_config.on_nan == train_pb2.SKIP_BATCH,
        distillations=[_build_distillation(kd) for kd in model_config.kd],
        score_formula=model_pb2.ScoreFormula.Name(model_config.score_formula).lower(),
    )


def _groups_of_body(model: model_pb2.ModelConfig) -> list[model_pb2.FeatureGroup]:
    found = body_of(model.rank_model)
    names = ([tower.input for tower in found[1].groups] or [found[1].group_name]) if found else []
    return [group for group in model.feature_groups if group.group_name in names]


def _only_items(model: model_pb2.ModelConfig) -> set[str]:
    """Returns the lists that only sequences read, which nobody needs pooled by themselves."""
    lists = {name for one in build_sequences(model.feature_groups) for name in (*one.lists, *one.auxiliary)}
    return lists - listed_in_groups(model)


def build_variables(model: RankModel, preprocessor: Preprocessor) -> None:
    """Makes a model's variables by one call on a row of zeros."""
    signature = preprocessor.output_signature()
    shapes = {name: [1, *(1 if size is None else size for size in spec.shape[1:])] for name, spec in signature.items()}
    row = {name: tf.zeros(shapes[name], spec.dtype) for name, spec in signature.items()}
    model(row, training=False)


def _build_variational_dropout(
    message: model_pb2.ModelConfig, features: Sequence[FeatureSpec], fm: FmSpec | None
) -> VariationalDropout | None:
    if not message.HasField("variational_dropout"):
        return None
    given = message.variational_dropout
    # Sequences keep what they read.
    names = listed_in_groups(message)
    listed = [feature for feature in features if feature.name in names]
    return VariationalDropout(
        widths_of(listed, fm.first_order if fm else (), message.rank_model.fm.wide_output_dim),
        given.embedding_wise_variational_dropout,
        given.regularization_lambda,
    )


def half_precision_twin(config: PipelineConfig, model: RankModel, preprocessor: Preprocessor) -> RankModel:
    """Builds a copy of a model whose DNNs multiply in bfloat16; it shares the tables and copies all other weights."""
    half = PipelineConfig()
    half.CopyFrom(config)
    half.train_config.mixed_precision = True
    twin = build_model(half, preprocessor.specs, model.embedder)
    build_variables(twin, preprocessor)
    for copy, original in zip(twin.variables, model.variables, strict=True):
        if copy is not original:
            copy.assign(original)
    return twin


def _optional_dnn(message: Any, name: str = "dnn") -> DnnSpec | None:
    return DnnSpec(**dnn_arguments(getattr(message, name))) if message.HasField(name) else None


def _build_body(
    message: model_pb2.RankModel, groups: dict[str, tuple[str, ...]], of_sequences: set[str], dtype: str | None
) -> Body | None:
    kind = message.body.WhichOneof("body")
    if kind is None:
        return None
    if kind not in BODIES:
        raise ValueError(f"no body is called {kind}; expected one of {', '.join(BODIES)}")
    body = getattr(message.body, kind)
    if body.groups:
        parts = [
            Group(tower.input, groups[tower.input], _optional_dnn(tower), tower.input in of_sequences)
            for tower in body.groups
        ]
    else:
        parts = [Group(body.group_name, groups[body.group_name])]
    return BODIES[kind](body, parts, len(message.task_towers), l2=message.l2_regularization, dtype=dtype)


def _shared_bottom(message: network_pb2.SharedBottom, parts: Sequence[Group], num_tasks: int, **options: Any) -> Body:
    return SharedBottom(
        parts, num_tasks, dnn=_optional_dnn(message), normalize_groups=message.normalize_groups, **options
    )


def _deep_and_cross(message: network_pb2.CrossBody, parts: Sequence[Group], num_tasks: int, **options: Any) -> Body:
    return DeepAndCross(parts, num_tasks, message.cross_num, dnn=_optional_dnn(message), **options)


def _interaction(message: network_pb2.InteractionBody, parts: Sequence[Group], num_tasks: int, **options: Any) -> Body:
    return Interaction(
        parts,
        num_tasks,
        has_products=message.arch_interaction_op == "dot",
        itself=message.arch_interaction_itself,
        with_dense=message.arch_with_dense_feature,
        **options,
    )


def _mixture_of_experts(message: network_pb2.MmoeBody, parts: Sequence[Group], num_tasks: int, **options: Any) -> Body:
    expert = DnnSpec(**dnn_arguments(message.expert_dnn))
    gate = _optional_dnn(message, "gate_dnn")
    return MixtureOfExperts(parts, num_tasks, message.num_expert, expert, gate=gate, **options)


def _progressive_extraction(
    message: network_pb2.PleBody, parts: Sequence[Group], num_tasks: int, **options: Any
) -> Body:
    networks = [
        ExtractionSpec(
            network.network_name or f"network_{at}",
            network.expert_num_per_task,
            network.share_num,
            DnnSpec(**dnn_arguments(network.task_expert_net)),
            DnnSpec(**dnn_arguments(network.share_expert_net)),
        )
        for at, network in enumerate(message.extraction_networks)
    ]
    return ProgressiveExtraction(parts, num_tasks, networks, **options)


def _information_transfer(
    message: network_pb2.AitmBody, parts: Sequence[Group], num_tasks: int, **options: Any
) -> Body:
    task_dnn, transfer_dnn = (DnnSpec(**dnn_arguments(dnn)) for dnn in (message.task_dnn, message.transfer_dnn))
    return InformationTransfer(parts, num_tasks, task_dnn, transfer_dnn, **options)


def _custom(message: network_pb2.CustomBody, parts: Sequence[Group], num_tasks: int, **options: Any) -> Body:
    return Custom(parts, num_tasks, message.name, body_arguments(message), **options)


# By the name of the message in the config; apps_rec/config/bodies.py checks them, by the same names.
BODIES: dict[str, Callable[..., Body]] = {
    "shared_bottom": _shared_bottom,
    "mmoe": _mixture_of_experts,
    "ple": _progressive_extraction,
    "cross": _deep_and_cross,
    "interaction": _interaction,
    "aitm": _information_transfer,
    "custom": _custom,
}


def _build_fm(message: model_pb2.RankModel, groups: dict[str, tuple[str, ...]]) -> FmSpec | None:
    if not message.HasField("fm"):
        return None
    fm = message.fm
    pairwise = groups[fm.group_name] if fm.pairwise else ()
    return FmSpec(pairwise, groups[fm.wide_group_name], fm.output == network_pb2.FmTerm.TOWER_INPUT)


def _build_position(message: model_pb2.RankModel, groups: dict[str, tuple[str, ...]]) -> PositionSpec | None:
    if not message.HasField("position_tower"):
        return None
    tower = message.position_tower
    return PositionSpec(groups[tower.group_name], _optional_dnn(tower))


def _build_counterfactual(message: model_pb2.RankModel) -> tuple[CounterfactualSpec, ...]:
    """Returns the further argument of a funnel that has one."""
    if not message.head.funnel.HasField("counterfactual"):
        return ()
    given = message.head.funnel.counterfactual
    return (
        CounterfactualSpec(
            given.estimator == network_pb2.CounterfactualRisk.DR,
            given.weight,
            given.min_propensity,
            _optional_dnn(given, "imputation_dnn"),
            given.imputation_weight,
        ),
    )


def _build_distillation(kd: loss_pb2.Kd) -> DistillationSpec:
    return DistillationSpec(
        kd.loss_name,
        kd.pred_name,
        tuple(soft_labels_of(kd)),
        loss_pb2.Kd.Form.Name(kd.loss_type),
        kd.label_is_logits,
        kd.loss_weight,
        kd.temperature,
        space_of(kd) or None,
        kd.in_task_space_weight,
        kd.out_task_space_weight,
        NOT_OBSERVED_NUMBER if is_any_number(kd) else NOT_OBSERVED,
    )


def _build_tasks(config: PipelineConfig) -> list[Task]:
    message, sample_weight = config.model_config.rank_model, config.data_config.sample_weight
    unsure = labels_not_always_observed(config)
    learned = is_learned(config.model_config)
    is_drawn = config.model_config.loss_weight_strategy == model_pb2.ModelConfig.Random
    return [
        _build_task(
            tower,
            sample_weight,
            tuple(name for name in read if name in unsure),
            NOT_OBSERVED_NUMBER if may_be_any_number(message, tower.label_name) else NOT_OBSERVED,
            asked_losses(tower, learned),
            is_drawn,
        )
        for tower, read in zip(message.task_towers, labels_of_losses(config), strict=True)
    ]


def _build_task(
    tower: network_pb2.TaskTower,
    sample_weight: str,
    observed: tuple[str, ...],
    unobserved: float,
    losses: Sequence[AskedLoss],
    is_drawn: bool,
) -> Task:
    shared = sample_weight if tower.use_sample_weight else ""
    return Task(
        tower.tower_name,
        tower.label_name,
        dnn=_optional_dnn(tower),
        weight=tower.weight,
        relations=tuple(tower.relation_tower_names),
        relation_dnn=_optional_dnn(tower, "relation_dnn"),
        sample_weight=tower.sample_weight or shared or None,
        space_label=space_of(tower) or None,
        in_space_weight=tower.in_task_space_weight,
        out_space_weight=tower.out_task_space_weight,
        **corrections_of(tower),
        observed=observed,
        losses=tuple(_build_loss(asked, is_drawn) for asked in losses),
        kind=kind_name(tower),
        num_class=tower.num_class,
        unobserved=unobserved,
        options={
            n: v for asked in losses if asked.name in LOSSES for n, v in asked.options.items() if n in _OF_OUTPUTS
        },
    )


# Options of a loss that say how an output is made of its logits; max_sigma says both.
_OF_OUTPUTS = ("max_sigma", "max_log_clip_value", "return_log_pred_value")


def _build_loss(asked: AskedLoss, is_drawn: bool) -> TaskLoss:
    outputs = [name for name in _OF_OUTPUTS if name != "max_sigma"] if asked.name in LOSSES else []
    options = {name: value for name, value in asked.options.items() if name not in outputs}
    return TaskLoss(asked.name, asked.weight, asked.is_learned, options, asked.session or None, asked.towers, is_drawn)

from apps_rec.protos import dnn_pb2 as _dnn_pb2
from apps_rec.protos import eval_pb2 as _eval_pb2
from apps_rec.protos import loss_pb2 as _loss_pb2
from apps_rec.protos import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ScoreFormula(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WEIGHTED_SUM: _ClassVar[ScoreFormula]
    PRODUCT_OF_POWERS: _ClassVar[ScoreFormula]
WEIGHTED_SUM: ScoreFormula
PRODUCT_OF_POWERS: ScoreFormula

class ModelConfig(_message.Message):
    __slots__ = ("model_class", "feature_groups", "embedding_regularization", "loss_type", "num_class", "losses", "loss_weight_strategy", "variational_dropout", "label_name", "wide_and_deep", "deepfm", "multi_tower", "fm", "dcn", "dlrm", "mmoe", "esmm", "dbmtl", "simple_multi_task", "ple", "rank_model", "embedding_stddev", "score", "score_formula", "score_value_field")
    class LossWeightStrategy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        Fixed: _ClassVar[ModelConfig.LossWeightStrategy]
        Uncertainty: _ClassVar[ModelConfig.LossWeightStrategy]
    Fixed: ModelConfig.LossWeightStrategy
    Uncertainty: ModelConfig.LossWeightStrategy
    MODEL_CLASS_FIELD_NUMBER: _ClassVar[int]
    FEATURE_GROUPS_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    LOSS_TYPE_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASS_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    LOSS_WEIGHT_STRATEGY_FIELD_NUMBER: _ClassVar[int]
    VARIATIONAL_DROPOUT_FIELD_NUMBER: _ClassVar[int]
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    WIDE_AND_DEEP_FIELD_NUMBER: _ClassVar[int]
    DEEPFM_FIELD_NUMBER: _ClassVar[int]
    MULTI_TOWER_FIELD_NUMBER: _ClassVar[int]
    FM_FIELD_NUMBER: _ClassVar[int]
    DCN_FIELD_NUMBER: _ClassVar[int]
    DLRM_FIELD_NUMBER: _ClassVar[int]
    MMOE_FIELD_NUMBER: _ClassVar[int]
    ESMM_FIELD_NUMBER: _ClassVar[int]
    DBMTL_FIELD_NUMBER: _ClassVar[int]
    SIMPLE_MULTI_TASK_FIELD_NUMBER: _ClassVar[int]
    PLE_FIELD_NUMBER: _ClassVar[int]
    RANK_MODEL_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_STDDEV_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FORMULA_FIELD_NUMBER: _ClassVar[int]
    SCORE_VALUE_FIELD_FIELD_NUMBER: _ClassVar[int]
    model_class: str
    feature_groups: _containers.RepeatedCompositeFieldContainer[FeatureGroup]
    embedding_regularization: float
    loss_type: _loss_pb2.LossType
    num_class: int
    losses: _containers.RepeatedCompositeFieldContainer[_loss_pb2.Loss]
    loss_weight_strategy: ModelConfig.LossWeightStrategy
    variational_dropout: VariationalDropoutLayer
    label_name: str
    wide_and_deep: WideAndDeep
    deepfm: DeepFm
    multi_tower: MultiTower
    fm: Fm
    dcn: Dcn
    dlrm: Dlrm
    mmoe: Mmoe
    esmm: Esmm
    dbmtl: Dbmtl
    simple_multi_task: SimpleMultiTask
    ple: Ple
    rank_model: RankModel
    embedding_stddev: float
    score: _containers.RepeatedCompositeFieldContainer[ScoreTerm]
    score_formula: ScoreFormula
    score_value_field: str
    def __init__(self, model_class: _Optional[str] = ..., feature_groups: _Optional[_Iterable[_Union[FeatureGroup, _Mapping]]] = ..., embedding_regularization: _Optional[float] = ..., loss_type: _Optional[_Union[_loss_pb2.LossType, str]] = ..., num_class: _Optional[int] = ..., losses: _Optional[_Iterable[_Union[_loss_pb2.Loss, _Mapping]]] = ..., loss_weight_strategy: _Optional[_Union[ModelConfig.LossWeightStrategy, str]] = ..., variational_dropout: _Optional[_Union[VariationalDropoutLayer, _Mapping]] = ..., label_name: _Optional[str] = ..., wide_and_deep: _Optional[_Union[WideAndDeep, _Mapping]] = ..., deepfm: _Optional[_Union[DeepFm, _Mapping]] = ..., multi_tower: _Optional[_Union[MultiTower, _Mapping]] = ..., fm: _Optional[_Union[Fm, _Mapping]] = ..., dcn: _Optional[_Union[Dcn, _Mapping]] = ..., dlrm: _Optional[_Union[Dlrm, _Mapping]] = ..., mmoe: _Optional[_Union[Mmoe, _Mapping]] = ..., esmm: _Optional[_Union[Esmm, _Mapping]] = ..., dbmtl: _Optional[_Union[Dbmtl, _Mapping]] = ..., simple_multi_task: _Optional[_Union[SimpleMultiTask, _Mapping]] = ..., ple: _Optional[_Union[Ple, _Mapping]] = ..., rank_model: _Optional[_Union[RankModel, _Mapping]] = ..., embedding_stddev: _Optional[float] = ..., score: _Optional[_Iterable[_Union[ScoreTerm, _Mapping]]] = ..., score_formula: _Optional[_Union[ScoreFormula, str]] = ..., score_value_field: _Optional[str] = ...) -> None: ...

class VariationalDropoutLayer(_message.Message):
    __slots__ = ("regularization_lambda", "embedding_wise_variational_dropout")
    REGULARIZATION_LAMBDA_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_WISE_VARIATIONAL_DROPOUT_FIELD_NUMBER: _ClassVar[int]
    regularization_lambda: float
    embedding_wise_variational_dropout: bool
    def __init__(self, regularization_lambda: _Optional[float] = ..., embedding_wise_variational_dropout: bool = ...) -> None: ...

class FeatureGroup(_message.Message):
    __slots__ = ("group_name", "feature_names", "wide_deep")
    class WideOrDeep(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEEP: _ClassVar[FeatureGroup.WideOrDeep]
        WIDE: _ClassVar[FeatureGroup.WideOrDeep]
        WIDE_AND_DEEP: _ClassVar[FeatureGroup.WideOrDeep]
    DEEP: FeatureGroup.WideOrDeep
    WIDE: FeatureGroup.WideOrDeep
    WIDE_AND_DEEP: FeatureGroup.WideOrDeep
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    FEATURE_NAMES_FIELD_NUMBER: _ClassVar[int]
    WIDE_DEEP_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    feature_names: _containers.RepeatedScalarFieldContainer[str]
    wide_deep: FeatureGroup.WideOrDeep
    def __init__(self, group_name: _Optional[str] = ..., feature_names: _Optional[_Iterable[str]] = ..., wide_deep: _Optional[_Union[FeatureGroup.WideOrDeep, str]] = ...) -> None: ...

class ScoreTerm(_message.Message):
    __slots__ = ("output", "weight")
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    output: str
    weight: float
    def __init__(self, output: _Optional[str] = ..., weight: _Optional[float] = ...) -> None: ...

class RankModel(_message.Message):
    __slots__ = ("body", "fm", "head", "task_towers", "position_tower", "l2_regularization")
    BODY_FIELD_NUMBER: _ClassVar[int]
    FM_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    TASK_TOWERS_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOWER_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    body: Body
    fm: FmTerm
    head: Head
    task_towers: _containers.RepeatedCompositeFieldContainer[TaskTower]
    position_tower: PositionTower
    l2_regularization: float
    def __init__(self, body: _Optional[_Union[Body, _Mapping]] = ..., fm: _Optional[_Union[FmTerm, _Mapping]] = ..., head: _Optional[_Union[Head, _Mapping]] = ..., task_towers: _Optional[_Iterable[_Union[TaskTower, _Mapping]]] = ..., position_tower: _Optional[_Union[PositionTower, _Mapping]] = ..., l2_regularization: _Optional[float] = ...) -> None: ...

class Body(_message.Message):
    __slots__ = ("shared_bottom", "mmoe", "ple", "cross", "interaction", "aitm")
    SHARED_BOTTOM_FIELD_NUMBER: _ClassVar[int]
    MMOE_FIELD_NUMBER: _ClassVar[int]
    PLE_FIELD_NUMBER: _ClassVar[int]
    CROSS_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_FIELD_NUMBER: _ClassVar[int]
    AITM_FIELD_NUMBER: _ClassVar[int]
    shared_bottom: SharedBottom
    mmoe: MmoeBody
    ple: PleBody
    cross: CrossBody
    interaction: InteractionBody
    aitm: AitmBody
    def __init__(self, shared_bottom: _Optional[_Union[SharedBottom, _Mapping]] = ..., mmoe: _Optional[_Union[MmoeBody, _Mapping]] = ..., ple: _Optional[_Union[PleBody, _Mapping]] = ..., cross: _Optional[_Union[CrossBody, _Mapping]] = ..., interaction: _Optional[_Union[InteractionBody, _Mapping]] = ..., aitm: _Optional[_Union[AitmBody, _Mapping]] = ...) -> None: ...

class SharedBottom(_message.Message):
    __slots__ = ("group_name", "groups", "dnn", "normalize_groups")
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    DNN_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_GROUPS_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    groups: _containers.RepeatedCompositeFieldContainer[Tower]
    dnn: _dnn_pb2.DNN
    normalize_groups: bool
    def __init__(self, group_name: _Optional[str] = ..., groups: _Optional[_Iterable[_Union[Tower, _Mapping]]] = ..., dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., normalize_groups: bool = ...) -> None: ...

class MmoeBody(_message.Message):
    __slots__ = ("group_name", "expert_dnn", "num_expert", "groups")
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    EXPERT_DNN_FIELD_NUMBER: _ClassVar[int]
    NUM_EXPERT_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    expert_dnn: _dnn_pb2.DNN
    num_expert: int
    groups: _containers.RepeatedCompositeFieldContainer[Tower]
    def __init__(self, group_name: _Optional[str] = ..., expert_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., num_expert: _Optional[int] = ..., groups: _Optional[_Iterable[_Union[Tower, _Mapping]]] = ...) -> None: ...

class AitmBody(_message.Message):
    __slots__ = ("group_name", "groups", "task_dnn", "transfer_dnn")
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    TASK_DNN_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_DNN_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    groups: _containers.RepeatedCompositeFieldContainer[Tower]
    task_dnn: _dnn_pb2.DNN
    transfer_dnn: _dnn_pb2.DNN
    def __init__(self, group_name: _Optional[str] = ..., groups: _Optional[_Iterable[_Union[Tower, _Mapping]]] = ..., task_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., transfer_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class CrossBody(_message.Message):
    __slots__ = ("group_name", "groups", "dnn", "cross_num")
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    DNN_FIELD_NUMBER: _ClassVar[int]
    CROSS_NUM_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    groups: _containers.RepeatedCompositeFieldContainer[Tower]
    dnn: _dnn_pb2.DNN
    cross_num: int
    def __init__(self, group_name: _Optional[str] = ..., groups: _Optional[_Iterable[_Union[Tower, _Mapping]]] = ..., dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., cross_num: _Optional[int] = ...) -> None: ...

class InteractionBody(_message.Message):
    __slots__ = ("group_name", "groups", "arch_interaction_op", "arch_interaction_itself", "arch_with_dense_feature")
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    ARCH_INTERACTION_OP_FIELD_NUMBER: _ClassVar[int]
    ARCH_INTERACTION_ITSELF_FIELD_NUMBER: _ClassVar[int]
    ARCH_WITH_DENSE_FEATURE_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    groups: _containers.RepeatedCompositeFieldContainer[Tower]
    arch_interaction_op: str
    arch_interaction_itself: bool
    arch_with_dense_feature: bool
    def __init__(self, group_name: _Optional[str] = ..., groups: _Optional[_Iterable[_Union[Tower, _Mapping]]] = ..., arch_interaction_op: _Optional[str] = ..., arch_interaction_itself: bool = ..., arch_with_dense_feature: bool = ...) -> None: ...

class PleBody(_message.Message):
    __slots__ = ("group_name", "groups", "extraction_networks")
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    EXTRACTION_NETWORKS_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    groups: _containers.RepeatedCompositeFieldContainer[Tower]
    extraction_networks: _containers.RepeatedCompositeFieldContainer[ExtractionNetwork]
    def __init__(self, group_name: _Optional[str] = ..., groups: _Optional[_Iterable[_Union[Tower, _Mapping]]] = ..., extraction_networks: _Optional[_Iterable[_Union[ExtractionNetwork, _Mapping]]] = ...) -> None: ...

class ExtractionNetwork(_message.Message):
    __slots__ = ("network_name", "expert_num_per_task", "share_num", "task_expert_net", "share_expert_net")
    NETWORK_NAME_FIELD_NUMBER: _ClassVar[int]
    EXPERT_NUM_PER_TASK_FIELD_NUMBER: _ClassVar[int]
    SHARE_NUM_FIELD_NUMBER: _ClassVar[int]
    TASK_EXPERT_NET_FIELD_NUMBER: _ClassVar[int]
    SHARE_EXPERT_NET_FIELD_NUMBER: _ClassVar[int]
    network_name: str
    expert_num_per_task: int
    share_num: int
    task_expert_net: _dnn_pb2.DNN
    share_expert_net: _dnn_pb2.DNN
    def __init__(self, network_name: _Optional[str] = ..., expert_num_per_task: _Optional[int] = ..., share_num: _Optional[int] = ..., task_expert_net: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., share_expert_net: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class FmTerm(_message.Message):
    __slots__ = ("group_name", "wide_group_name", "output", "wide_output_dim", "pairwise")
    class Output(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        LOGIT: _ClassVar[FmTerm.Output]
        TOWER_INPUT: _ClassVar[FmTerm.Output]
    LOGIT: FmTerm.Output
    TOWER_INPUT: FmTerm.Output
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    WIDE_GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    WIDE_OUTPUT_DIM_FIELD_NUMBER: _ClassVar[int]
    PAIRWISE_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    wide_group_name: str
    output: FmTerm.Output
    wide_output_dim: int
    pairwise: bool
    def __init__(self, group_name: _Optional[str] = ..., wide_group_name: _Optional[str] = ..., output: _Optional[_Union[FmTerm.Output, str]] = ..., wide_output_dim: _Optional[int] = ..., pairwise: bool = ...) -> None: ...

class Head(_message.Message):
    __slots__ = ("independent", "funnel")
    INDEPENDENT_FIELD_NUMBER: _ClassVar[int]
    FUNNEL_FIELD_NUMBER: _ClassVar[int]
    independent: Independent
    funnel: Funnel
    def __init__(self, independent: _Optional[_Union[Independent, _Mapping]] = ..., funnel: _Optional[_Union[Funnel, _Mapping]] = ...) -> None: ...

class Independent(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Funnel(_message.Message):
    __slots__ = ("tower_names",)
    TOWER_NAMES_FIELD_NUMBER: _ClassVar[int]
    tower_names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, tower_names: _Optional[_Iterable[str]] = ...) -> None: ...

class PositionTower(_message.Message):
    __slots__ = ("group_name", "dnn")
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    DNN_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    dnn: _dnn_pb2.DNN
    def __init__(self, group_name: _Optional[str] = ..., dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class Tower(_message.Message):
    __slots__ = ("input", "dnn")
    INPUT_FIELD_NUMBER: _ClassVar[int]
    DNN_FIELD_NUMBER: _ClassVar[int]
    input: str
    dnn: _dnn_pb2.DNN
    def __init__(self, input: _Optional[str] = ..., dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class TaskTower(_message.Message):
    __slots__ = ("tower_name", "label_name", "metrics_set", "loss_type", "num_class", "dnn", "weight", "task_space_indicator_label", "in_task_space_weight", "out_task_space_weight", "losses", "use_sample_weight", "task_space_indicator_name", "task_space_indicator_value", "sample_weight", "relation_tower_names", "relation_dnn")
    TOWER_NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    METRICS_SET_FIELD_NUMBER: _ClassVar[int]
    LOSS_TYPE_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASS_FIELD_NUMBER: _ClassVar[int]
    DNN_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    TASK_SPACE_INDICATOR_LABEL_FIELD_NUMBER: _ClassVar[int]
    IN_TASK_SPACE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    OUT_TASK_SPACE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    USE_SAMPLE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    TASK_SPACE_INDICATOR_NAME_FIELD_NUMBER: _ClassVar[int]
    TASK_SPACE_INDICATOR_VALUE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    RELATION_TOWER_NAMES_FIELD_NUMBER: _ClassVar[int]
    RELATION_DNN_FIELD_NUMBER: _ClassVar[int]
    tower_name: str
    label_name: str
    metrics_set: _containers.RepeatedCompositeFieldContainer[_eval_pb2.EvalMetrics]
    loss_type: _loss_pb2.LossType
    num_class: int
    dnn: _dnn_pb2.DNN
    weight: float
    task_space_indicator_label: str
    in_task_space_weight: float
    out_task_space_weight: float
    losses: _containers.RepeatedCompositeFieldContainer[_loss_pb2.Loss]
    use_sample_weight: bool
    task_space_indicator_name: str
    task_space_indicator_value: str
    sample_weight: str
    relation_tower_names: _containers.RepeatedScalarFieldContainer[str]
    relation_dnn: _dnn_pb2.DNN
    def __init__(self, tower_name: _Optional[str] = ..., label_name: _Optional[str] = ..., metrics_set: _Optional[_Iterable[_Union[_eval_pb2.EvalMetrics, _Mapping]]] = ..., loss_type: _Optional[_Union[_loss_pb2.LossType, str]] = ..., num_class: _Optional[int] = ..., dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., weight: _Optional[float] = ..., task_space_indicator_label: _Optional[str] = ..., in_task_space_weight: _Optional[float] = ..., out_task_space_weight: _Optional[float] = ..., losses: _Optional[_Iterable[_Union[_loss_pb2.Loss, _Mapping]]] = ..., use_sample_weight: bool = ..., task_space_indicator_name: _Optional[str] = ..., task_space_indicator_value: _Optional[str] = ..., sample_weight: _Optional[str] = ..., relation_tower_names: _Optional[_Iterable[str]] = ..., relation_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class Fm(_message.Message):
    __slots__ = ("tower_name",)
    TOWER_NAME_FIELD_NUMBER: _ClassVar[int]
    tower_name: str
    def __init__(self, tower_name: _Optional[str] = ...) -> None: ...

class WideAndDeep(_message.Message):
    __slots__ = ("wide_output_dim", "dnn", "final_dnn", "l2_regularization", "tower_name")
    WIDE_OUTPUT_DIM_FIELD_NUMBER: _ClassVar[int]
    DNN_FIELD_NUMBER: _ClassVar[int]
    FINAL_DNN_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    TOWER_NAME_FIELD_NUMBER: _ClassVar[int]
    wide_output_dim: int
    dnn: _dnn_pb2.DNN
    final_dnn: _dnn_pb2.DNN
    l2_regularization: float
    tower_name: str
    def __init__(self, wide_output_dim: _Optional[int] = ..., dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., final_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., l2_regularization: _Optional[float] = ..., tower_name: _Optional[str] = ...) -> None: ...

class DeepFm(_message.Message):
    __slots__ = ("dnn", "final_dnn", "wide_output_dim", "dense_regularization", "l2_regularization", "tower_name")
    DNN_FIELD_NUMBER: _ClassVar[int]
    FINAL_DNN_FIELD_NUMBER: _ClassVar[int]
    WIDE_OUTPUT_DIM_FIELD_NUMBER: _ClassVar[int]
    DENSE_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    TOWER_NAME_FIELD_NUMBER: _ClassVar[int]
    dnn: _dnn_pb2.DNN
    final_dnn: _dnn_pb2.DNN
    wide_output_dim: int
    dense_regularization: float
    l2_regularization: float
    tower_name: str
    def __init__(self, dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., final_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., wide_output_dim: _Optional[int] = ..., dense_regularization: _Optional[float] = ..., l2_regularization: _Optional[float] = ..., tower_name: _Optional[str] = ...) -> None: ...

class MultiTower(_message.Message):
    __slots__ = ("towers", "final_dnn", "l2_regularization", "tower_name")
    TOWERS_FIELD_NUMBER: _ClassVar[int]
    FINAL_DNN_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    TOWER_NAME_FIELD_NUMBER: _ClassVar[int]
    towers: _containers.RepeatedCompositeFieldContainer[Tower]
    final_dnn: _dnn_pb2.DNN
    l2_regularization: float
    tower_name: str
    def __init__(self, towers: _Optional[_Iterable[_Union[Tower, _Mapping]]] = ..., final_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., l2_regularization: _Optional[float] = ..., tower_name: _Optional[str] = ...) -> None: ...

class ExpertTower(_message.Message):
    __slots__ = ("dnn",)
    DNN_FIELD_NUMBER: _ClassVar[int]
    dnn: _dnn_pb2.DNN
    def __init__(self, dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class Dcn(_message.Message):
    __slots__ = ("deep_tower", "cross_tower", "final_dnn", "l2_regularization", "tower_name")
    DEEP_TOWER_FIELD_NUMBER: _ClassVar[int]
    CROSS_TOWER_FIELD_NUMBER: _ClassVar[int]
    FINAL_DNN_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    TOWER_NAME_FIELD_NUMBER: _ClassVar[int]
    deep_tower: Tower
    cross_tower: CrossTower
    final_dnn: _dnn_pb2.DNN
    l2_regularization: float
    tower_name: str
    def __init__(self, deep_tower: _Optional[_Union[Tower, _Mapping]] = ..., cross_tower: _Optional[_Union[CrossTower, _Mapping]] = ..., final_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., l2_regularization: _Optional[float] = ..., tower_name: _Optional[str] = ...) -> None: ...

class Dlrm(_message.Message):
    __slots__ = ("top_dnn", "bot_dnn", "arch_interaction_op", "arch_interaction_itself", "arch_with_dense_feature", "l2_regularization", "tower_name")
    TOP_DNN_FIELD_NUMBER: _ClassVar[int]
    BOT_DNN_FIELD_NUMBER: _ClassVar[int]
    ARCH_INTERACTION_OP_FIELD_NUMBER: _ClassVar[int]
    ARCH_INTERACTION_ITSELF_FIELD_NUMBER: _ClassVar[int]
    ARCH_WITH_DENSE_FEATURE_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    TOWER_NAME_FIELD_NUMBER: _ClassVar[int]
    top_dnn: _dnn_pb2.DNN
    bot_dnn: _dnn_pb2.DNN
    arch_interaction_op: str
    arch_interaction_itself: bool
    arch_with_dense_feature: bool
    l2_regularization: float
    tower_name: str
    def __init__(self, top_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., bot_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., arch_interaction_op: _Optional[str] = ..., arch_interaction_itself: bool = ..., arch_with_dense_feature: bool = ..., l2_regularization: _Optional[float] = ..., tower_name: _Optional[str] = ...) -> None: ...

class CrossTower(_message.Message):
    __slots__ = ("input", "cross_num")
    INPUT_FIELD_NUMBER: _ClassVar[int]
    CROSS_NUM_FIELD_NUMBER: _ClassVar[int]
    input: str
    cross_num: int
    def __init__(self, input: _Optional[str] = ..., cross_num: _Optional[int] = ...) -> None: ...

class Mmoe(_message.Message):
    __slots__ = ("experts", "expert_dnn", "num_expert", "task_towers", "l2_regularization", "fm", "position_tower")
    EXPERTS_FIELD_NUMBER: _ClassVar[int]
    EXPERT_DNN_FIELD_NUMBER: _ClassVar[int]
    NUM_EXPERT_FIELD_NUMBER: _ClassVar[int]
    TASK_TOWERS_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    FM_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOWER_FIELD_NUMBER: _ClassVar[int]
    experts: _containers.RepeatedCompositeFieldContainer[ExpertTower]
    expert_dnn: _dnn_pb2.DNN
    num_expert: int
    task_towers: _containers.RepeatedCompositeFieldContainer[TaskTower]
    l2_regularization: float
    fm: FmTerm
    position_tower: PositionTower
    def __init__(self, experts: _Optional[_Iterable[_Union[ExpertTower, _Mapping]]] = ..., expert_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., num_expert: _Optional[int] = ..., task_towers: _Optional[_Iterable[_Union[TaskTower, _Mapping]]] = ..., l2_regularization: _Optional[float] = ..., fm: _Optional[_Union[FmTerm, _Mapping]] = ..., position_tower: _Optional[_Union[PositionTower, _Mapping]] = ...) -> None: ...

class Esmm(_message.Message):
    __slots__ = ("groups", "ctr_tower", "cvr_tower", "l2_regularization", "expert_dnn", "num_expert", "fm", "position_tower")
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    CTR_TOWER_FIELD_NUMBER: _ClassVar[int]
    CVR_TOWER_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    EXPERT_DNN_FIELD_NUMBER: _ClassVar[int]
    NUM_EXPERT_FIELD_NUMBER: _ClassVar[int]
    FM_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOWER_FIELD_NUMBER: _ClassVar[int]
    groups: _containers.RepeatedCompositeFieldContainer[Tower]
    ctr_tower: TaskTower
    cvr_tower: TaskTower
    l2_regularization: float
    expert_dnn: _dnn_pb2.DNN
    num_expert: int
    fm: FmTerm
    position_tower: PositionTower
    def __init__(self, groups: _Optional[_Iterable[_Union[Tower, _Mapping]]] = ..., ctr_tower: _Optional[_Union[TaskTower, _Mapping]] = ..., cvr_tower: _Optional[_Union[TaskTower, _Mapping]] = ..., l2_regularization: _Optional[float] = ..., expert_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., num_expert: _Optional[int] = ..., fm: _Optional[_Union[FmTerm, _Mapping]] = ..., position_tower: _Optional[_Union[PositionTower, _Mapping]] = ...) -> None: ...

class SimpleMultiTask(_message.Message):
    __slots__ = ("task_towers", "l2_regularization", "bottom_dnn", "fm", "position_tower")
    TASK_TOWERS_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_DNN_FIELD_NUMBER: _ClassVar[int]
    FM_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOWER_FIELD_NUMBER: _ClassVar[int]
    task_towers: _containers.RepeatedCompositeFieldContainer[TaskTower]
    l2_regularization: float
    bottom_dnn: _dnn_pb2.DNN
    fm: FmTerm
    position_tower: PositionTower
    def __init__(self, task_towers: _Optional[_Iterable[_Union[TaskTower, _Mapping]]] = ..., l2_regularization: _Optional[float] = ..., bottom_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., fm: _Optional[_Union[FmTerm, _Mapping]] = ..., position_tower: _Optional[_Union[PositionTower, _Mapping]] = ...) -> None: ...

class Dbmtl(_message.Message):
    __slots__ = ("bottom_dnn", "expert_dnn", "num_expert", "task_towers", "l2_regularization")
    BOTTOM_DNN_FIELD_NUMBER: _ClassVar[int]
    EXPERT_DNN_FIELD_NUMBER: _ClassVar[int]
    NUM_EXPERT_FIELD_NUMBER: _ClassVar[int]
    TASK_TOWERS_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    bottom_dnn: _dnn_pb2.DNN
    expert_dnn: _dnn_pb2.DNN
    num_expert: int
    task_towers: _containers.RepeatedCompositeFieldContainer[TaskTower]
    l2_regularization: float
    def __init__(self, bottom_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., expert_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., num_expert: _Optional[int] = ..., task_towers: _Optional[_Iterable[_Union[TaskTower, _Mapping]]] = ..., l2_regularization: _Optional[float] = ...) -> None: ...

class Ple(_message.Message):
    __slots__ = ("extraction_networks", "task_towers", "l2_regularization")
    EXTRACTION_NETWORKS_FIELD_NUMBER: _ClassVar[int]
    TASK_TOWERS_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    extraction_networks: _containers.RepeatedCompositeFieldContainer[ExtractionNetwork]
    task_towers: _containers.RepeatedCompositeFieldContainer[TaskTower]
    l2_regularization: float
    def __init__(self, extraction_networks: _Optional[_Iterable[_Union[ExtractionNetwork, _Mapping]]] = ..., task_towers: _Optional[_Iterable[_Union[TaskTower, _Mapping]]] = ..., l2_regularization: _Optional[float] = ...) -> None: ...

from apps_rec.protos import feature_pb2 as _feature_pb2
from apps_rec.protos import loss_pb2 as _loss_pb2
from apps_rec.protos import named_pb2 as _named_pb2
from apps_rec.protos import network_pb2 as _network_pb2
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
    __slots__ = ("model_class", "feature_groups", "seq_att_groups", "embedding_regularization", "kd", "loss_type", "num_class", "losses", "loss_weight_strategy", "variational_dropout", "label_name", "wide_and_deep", "deepfm", "multi_tower", "fm", "dcn", "dlrm", "mmoe", "esmm", "dbmtl", "simple_multi_task", "ple", "rank_model", "embedding_stddev", "score", "score_formula", "score_value_field")
    class LossWeightStrategy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        Fixed: _ClassVar[ModelConfig.LossWeightStrategy]
        Uncertainty: _ClassVar[ModelConfig.LossWeightStrategy]
        Random: _ClassVar[ModelConfig.LossWeightStrategy]
    Fixed: ModelConfig.LossWeightStrategy
    Uncertainty: ModelConfig.LossWeightStrategy
    Random: ModelConfig.LossWeightStrategy
    MODEL_CLASS_FIELD_NUMBER: _ClassVar[int]
    FEATURE_GROUPS_FIELD_NUMBER: _ClassVar[int]
    SEQ_ATT_GROUPS_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    KD_FIELD_NUMBER: _ClassVar[int]
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
    seq_att_groups: _containers.RepeatedCompositeFieldContainer[_feature_pb2.SeqAttGroupConfig]
    embedding_regularization: float
    kd: _containers.RepeatedCompositeFieldContainer[_loss_pb2.Kd]
    loss_type: _loss_pb2.LossType
    num_class: int
    losses: _containers.RepeatedCompositeFieldContainer[_loss_pb2.Loss]
    loss_weight_strategy: ModelConfig.LossWeightStrategy
    variational_dropout: VariationalDropoutLayer
    label_name: str
    wide_and_deep: _named_pb2.WideAndDeep
    deepfm: _named_pb2.DeepFm
    multi_tower: _named_pb2.MultiTower
    fm: _named_pb2.Fm
    dcn: _named_pb2.Dcn
    dlrm: _named_pb2.Dlrm
    mmoe: _named_pb2.Mmoe
    esmm: _named_pb2.Esmm
    dbmtl: _named_pb2.Dbmtl
    simple_multi_task: _named_pb2.SimpleMultiTask
    ple: _named_pb2.Ple
    rank_model: RankModel
    embedding_stddev: float
    score: _containers.RepeatedCompositeFieldContainer[ScoreTerm]
    score_formula: ScoreFormula
    score_value_field: str
    def __init__(self, model_class: _Optional[str] = ..., feature_groups: _Optional[_Iterable[_Union[FeatureGroup, _Mapping]]] = ..., seq_att_groups: _Optional[_Iterable[_Union[_feature_pb2.SeqAttGroupConfig, _Mapping]]] = ..., embedding_regularization: _Optional[float] = ..., kd: _Optional[_Iterable[_Union[_loss_pb2.Kd, _Mapping]]] = ..., loss_type: _Optional[_Union[_loss_pb2.LossType, str]] = ..., num_class: _Optional[int] = ..., losses: _Optional[_Iterable[_Union[_loss_pb2.Loss, _Mapping]]] = ..., loss_weight_strategy: _Optional[_Union[ModelConfig.LossWeightStrategy, str]] = ..., variational_dropout: _Optional[_Union[VariationalDropoutLayer, _Mapping]] = ..., label_name: _Optional[str] = ..., wide_and_deep: _Optional[_Union[_named_pb2.WideAndDeep, _Mapping]] = ..., deepfm: _Optional[_Union[_named_pb2.DeepFm, _Mapping]] = ..., multi_tower: _Optional[_Union[_named_pb2.MultiTower, _Mapping]] = ..., fm: _Optional[_Union[_named_pb2.Fm, _Mapping]] = ..., dcn: _Optional[_Union[_named_pb2.Dcn, _Mapping]] = ..., dlrm: _Optional[_Union[_named_pb2.Dlrm, _Mapping]] = ..., mmoe: _Optional[_Union[_named_pb2.Mmoe, _Mapping]] = ..., esmm: _Optional[_Union[_named_pb2.Esmm, _Mapping]] = ..., dbmtl: _Optional[_Union[_named_pb2.Dbmtl, _Mapping]] = ..., simple_multi_task: _Optional[_Union[_named_pb2.SimpleMultiTask, _Mapping]] = ..., ple: _Optional[_Union[_named_pb2.Ple, _Mapping]] = ..., rank_model: _Optional[_Union[RankModel, _Mapping]] = ..., embedding_stddev: _Optional[float] = ..., score: _Optional[_Iterable[_Union[ScoreTerm, _Mapping]]] = ..., score_formula: _Optional[_Union[ScoreFormula, str]] = ..., score_value_field: _Optional[str] = ...) -> None: ...

class VariationalDropoutLayer(_message.Message):
    __slots__ = ("regularization_lambda", "embedding_wise_variational_dropout")
    REGULARIZATION_LAMBDA_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_WISE_VARIATIONAL_DROPOUT_FIELD_NUMBER: _ClassVar[int]
    regularization_lambda: float
    embedding_wise_variational_dropout: bool
    def __init__(self, regularization_lambda: _Optional[float] = ..., embedding_wise_variational_dropout: bool = ...) -> None: ...

class FeatureGroup(_message.Message):
    __slots__ = ("group_name", "feature_names", "wide_deep", "sequence_features")
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
    SEQUENCE_FEATURES_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    feature_names: _containers.RepeatedScalarFieldContainer[str]
    wide_deep: FeatureGroup.WideOrDeep
    sequence_features: _containers.RepeatedCompositeFieldContainer[_feature_pb2.SeqAttGroupConfig]
    def __init__(self, group_name: _Optional[str] = ..., feature_names: _Optional[_Iterable[str]] = ..., wide_deep: _Optional[_Union[FeatureGroup.WideOrDeep, str]] = ..., sequence_features: _Optional[_Iterable[_Union[_feature_pb2.SeqAttGroupConfig, _Mapping]]] = ...) -> None: ...

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
    body: _network_pb2.Body
    fm: _network_pb2.FmTerm
    head: Head
    task_towers: _containers.RepeatedCompositeFieldContainer[_network_pb2.TaskTower]
    position_tower: _network_pb2.PositionTower
    l2_regularization: float
    def __init__(self, body: _Optional[_Union[_network_pb2.Body, _Mapping]] = ..., fm: _Optional[_Union[_network_pb2.FmTerm, _Mapping]] = ..., head: _Optional[_Union[Head, _Mapping]] = ..., task_towers: _Optional[_Iterable[_Union[_network_pb2.TaskTower, _Mapping]]] = ..., position_tower: _Optional[_Union[_network_pb2.PositionTower, _Mapping]] = ..., l2_regularization: _Optional[float] = ...) -> None: ...

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
    __slots__ = ("tower_names", "counterfactual")
    TOWER_NAMES_FIELD_NUMBER: _ClassVar[int]
    COUNTERFACTUAL_FIELD_NUMBER: _ClassVar[int]
    tower_names: _containers.RepeatedScalarFieldContainer[str]
    counterfactual: _network_pb2.CounterfactualRisk
    def __init__(self, tower_names: _Optional[_Iterable[str]] = ..., counterfactual: _Optional[_Union[_network_pb2.CounterfactualRisk, _Mapping]] = ...) -> None: ...

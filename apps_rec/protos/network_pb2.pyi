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

class Body(_message.Message):
    __slots__ = ("shared_bottom", "mmoe", "ple", "cross", "interaction", "aitm", "custom")
    SHARED_BOTTOM_FIELD_NUMBER: _ClassVar[int]
    MMOE_FIELD_NUMBER: _ClassVar[int]
    PLE_FIELD_NUMBER: _ClassVar[int]
    CROSS_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_FIELD_NUMBER: _ClassVar[int]
    AITM_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_FIELD_NUMBER: _ClassVar[int]
    shared_bottom: SharedBottom
    mmoe: MmoeBody
    ple: PleBody
    cross: CrossBody
    interaction: InteractionBody
    aitm: AitmBody
    custom: CustomBody
    def __init__(self, shared_bottom: _Optional[_Union[SharedBottom, _Mapping]] = ..., mmoe: _Optional[_Union[MmoeBody, _Mapping]] = ..., ple: _Optional[_Union[PleBody, _Mapping]] = ..., cross: _Optional[_Union[CrossBody, _Mapping]] = ..., interaction: _Optional[_Union[InteractionBody, _Mapping]] = ..., aitm: _Optional[_Union[AitmBody, _Mapping]] = ..., custom: _Optional[_Union[CustomBody, _Mapping]] = ...) -> None: ...

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
    __slots__ = ("group_name", "expert_dnn", "num_expert", "groups", "gate_dnn")
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    EXPERT_DNN_FIELD_NUMBER: _ClassVar[int]
    NUM_EXPERT_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    GATE_DNN_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    expert_dnn: _dnn_pb2.DNN
    num_expert: int
    groups: _containers.RepeatedCompositeFieldContainer[Tower]
    gate_dnn: _dnn_pb2.DNN
    def __init__(self, group_name: _Optional[str] = ..., expert_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., num_expert: _Optional[int] = ..., groups: _Optional[_Iterable[_Union[Tower, _Mapping]]] = ..., gate_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

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

class CustomBody(_message.Message):
    __slots__ = ("name", "group_name", "groups", "params")
    NAME_FIELD_NUMBER: _ClassVar[int]
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    name: str
    group_name: str
    groups: _containers.RepeatedCompositeFieldContainer[Tower]
    params: _containers.RepeatedCompositeFieldContainer[_loss_pb2.Param]
    def __init__(self, name: _Optional[str] = ..., group_name: _Optional[str] = ..., groups: _Optional[_Iterable[_Union[Tower, _Mapping]]] = ..., params: _Optional[_Iterable[_Union[_loss_pb2.Param, _Mapping]]] = ...) -> None: ...

class Tower(_message.Message):
    __slots__ = ("input", "dnn")
    INPUT_FIELD_NUMBER: _ClassVar[int]
    DNN_FIELD_NUMBER: _ClassVar[int]
    input: str
    dnn: _dnn_pb2.DNN
    def __init__(self, input: _Optional[str] = ..., dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class TaskTower(_message.Message):
    __slots__ = ("tower_name", "label_name", "metrics_set", "loss_type", "num_class", "dnn", "weight", "task_space_indicator_label", "in_task_space_weight", "out_task_space_weight", "losses", "use_sample_weight", "task_space_indicator_name", "task_space_indicator_value", "sample_weight", "relation_tower_names", "relation_dnn", "negatives_kept", "logit_scale", "logit_shift", "logit_knots", "logit_values")
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
    NEGATIVES_KEPT_FIELD_NUMBER: _ClassVar[int]
    LOGIT_SCALE_FIELD_NUMBER: _ClassVar[int]
    LOGIT_SHIFT_FIELD_NUMBER: _ClassVar[int]
    LOGIT_KNOTS_FIELD_NUMBER: _ClassVar[int]
    LOGIT_VALUES_FIELD_NUMBER: _ClassVar[int]
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
    negatives_kept: float
    logit_scale: float
    logit_shift: float
    logit_knots: _containers.RepeatedScalarFieldContainer[float]
    logit_values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, tower_name: _Optional[str] = ..., label_name: _Optional[str] = ..., metrics_set: _Optional[_Iterable[_Union[_eval_pb2.EvalMetrics, _Mapping]]] = ..., loss_type: _Optional[_Union[_loss_pb2.LossType, str]] = ..., num_class: _Optional[int] = ..., dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., weight: _Optional[float] = ..., task_space_indicator_label: _Optional[str] = ..., in_task_space_weight: _Optional[float] = ..., out_task_space_weight: _Optional[float] = ..., losses: _Optional[_Iterable[_Union[_loss_pb2.Loss, _Mapping]]] = ..., use_sample_weight: bool = ..., task_space_indicator_name: _Optional[str] = ..., task_space_indicator_value: _Optional[str] = ..., sample_weight: _Optional[str] = ..., relation_tower_names: _Optional[_Iterable[str]] = ..., relation_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., negatives_kept: _Optional[float] = ..., logit_scale: _Optional[float] = ..., logit_shift: _Optional[float] = ..., logit_knots: _Optional[_Iterable[float]] = ..., logit_values: _Optional[_Iterable[float]] = ...) -> None: ...

class CounterfactualRisk(_message.Message):
    __slots__ = ("estimator", "weight", "min_propensity", "imputation_dnn", "imputation_weight")
    class Estimator(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        IPS: _ClassVar[CounterfactualRisk.Estimator]
        DR: _ClassVar[CounterfactualRisk.Estimator]
    IPS: CounterfactualRisk.Estimator
    DR: CounterfactualRisk.Estimator
    ESTIMATOR_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    MIN_PROPENSITY_FIELD_NUMBER: _ClassVar[int]
    IMPUTATION_DNN_FIELD_NUMBER: _ClassVar[int]
    IMPUTATION_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    estimator: CounterfactualRisk.Estimator
    weight: float
    min_propensity: float
    imputation_dnn: _dnn_pb2.DNN
    imputation_weight: float
    def __init__(self, estimator: _Optional[_Union[CounterfactualRisk.Estimator, str]] = ..., weight: _Optional[float] = ..., min_propensity: _Optional[float] = ..., imputation_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., imputation_weight: _Optional[float] = ...) -> None: ...

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

class PositionTower(_message.Message):
    __slots__ = ("group_name", "dnn")
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    DNN_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    dnn: _dnn_pb2.DNN
    def __init__(self, group_name: _Optional[str] = ..., dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

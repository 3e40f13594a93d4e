from apps_rec.protos import dnn_pb2 as _dnn_pb2
from apps_rec.protos import network_pb2 as _network_pb2
from apps_rec.protos import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

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
    __slots__ = ("towers", "final_dnn", "l2_regularization", "din_towers", "tower_name")
    TOWERS_FIELD_NUMBER: _ClassVar[int]
    FINAL_DNN_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    DIN_TOWERS_FIELD_NUMBER: _ClassVar[int]
    TOWER_NAME_FIELD_NUMBER: _ClassVar[int]
    towers: _containers.RepeatedCompositeFieldContainer[_network_pb2.Tower]
    final_dnn: _dnn_pb2.DNN
    l2_regularization: float
    din_towers: _containers.RepeatedCompositeFieldContainer[DinTower]
    tower_name: str
    def __init__(self, towers: _Optional[_Iterable[_Union[_network_pb2.Tower, _Mapping]]] = ..., final_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., l2_regularization: _Optional[float] = ..., din_towers: _Optional[_Iterable[_Union[DinTower, _Mapping]]] = ..., tower_name: _Optional[str] = ...) -> None: ...

class DinTower(_message.Message):
    __slots__ = ("input", "dnn")
    INPUT_FIELD_NUMBER: _ClassVar[int]
    DNN_FIELD_NUMBER: _ClassVar[int]
    input: str
    dnn: _dnn_pb2.DNN
    def __init__(self, input: _Optional[str] = ..., dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class Fm(_message.Message):
    __slots__ = ("tower_name",)
    TOWER_NAME_FIELD_NUMBER: _ClassVar[int]
    tower_name: str
    def __init__(self, tower_name: _Optional[str] = ...) -> None: ...

class Dcn(_message.Message):
    __slots__ = ("deep_tower", "cross_tower", "final_dnn", "l2_regularization", "tower_name")
    DEEP_TOWER_FIELD_NUMBER: _ClassVar[int]
    CROSS_TOWER_FIELD_NUMBER: _ClassVar[int]
    FINAL_DNN_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    TOWER_NAME_FIELD_NUMBER: _ClassVar[int]
    deep_tower: _network_pb2.Tower
    cross_tower: CrossTower
    final_dnn: _dnn_pb2.DNN
    l2_regularization: float
    tower_name: str
    def __init__(self, deep_tower: _Optional[_Union[_network_pb2.Tower, _Mapping]] = ..., cross_tower: _Optional[_Union[CrossTower, _Mapping]] = ..., final_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., l2_regularization: _Optional[float] = ..., tower_name: _Optional[str] = ...) -> None: ...

class CrossTower(_message.Message):
    __slots__ = ("input", "cross_num")
    INPUT_FIELD_NUMBER: _ClassVar[int]
    CROSS_NUM_FIELD_NUMBER: _ClassVar[int]
    input: str
    cross_num: int
    def __init__(self, input: _Optional[str] = ..., cross_num: _Optional[int] = ...) -> None: ...

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

class Mmoe(_message.Message):
    __slots__ = ("experts", "expert_dnn", "num_expert", "task_towers", "l2_regularization", "fm", "position_tower", "gate_dnn")
    EXPERTS_FIELD_NUMBER: _ClassVar[int]
    EXPERT_DNN_FIELD_NUMBER: _ClassVar[int]
    NUM_EXPERT_FIELD_NUMBER: _ClassVar[int]
    TASK_TOWERS_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    FM_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOWER_FIELD_NUMBER: _ClassVar[int]
    GATE_DNN_FIELD_NUMBER: _ClassVar[int]
    experts: _containers.RepeatedCompositeFieldContainer[ExpertTower]
    expert_dnn: _dnn_pb2.DNN
    num_expert: int
    task_towers: _containers.RepeatedCompositeFieldContainer[_network_pb2.TaskTower]
    l2_regularization: float
    fm: _network_pb2.FmTerm
    position_tower: _network_pb2.PositionTower
    gate_dnn: _dnn_pb2.DNN
    def __init__(self, experts: _Optional[_Iterable[_Union[ExpertTower, _Mapping]]] = ..., expert_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., num_expert: _Optional[int] = ..., task_towers: _Optional[_Iterable[_Union[_network_pb2.TaskTower, _Mapping]]] = ..., l2_regularization: _Optional[float] = ..., fm: _Optional[_Union[_network_pb2.FmTerm, _Mapping]] = ..., position_tower: _Optional[_Union[_network_pb2.PositionTower, _Mapping]] = ..., gate_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class ExpertTower(_message.Message):
    __slots__ = ("dnn",)
    DNN_FIELD_NUMBER: _ClassVar[int]
    dnn: _dnn_pb2.DNN
    def __init__(self, dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class Esmm(_message.Message):
    __slots__ = ("groups", "ctr_tower", "cvr_tower", "l2_regularization", "expert_dnn", "num_expert", "fm", "position_tower", "counterfactual", "gate_dnn")
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    CTR_TOWER_FIELD_NUMBER: _ClassVar[int]
    CVR_TOWER_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    EXPERT_DNN_FIELD_NUMBER: _ClassVar[int]
    NUM_EXPERT_FIELD_NUMBER: _ClassVar[int]
    FM_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOWER_FIELD_NUMBER: _ClassVar[int]
    COUNTERFACTUAL_FIELD_NUMBER: _ClassVar[int]
    GATE_DNN_FIELD_NUMBER: _ClassVar[int]
    groups: _containers.RepeatedCompositeFieldContainer[_network_pb2.Tower]
    ctr_tower: _network_pb2.TaskTower
    cvr_tower: _network_pb2.TaskTower
    l2_regularization: float
    expert_dnn: _dnn_pb2.DNN
    num_expert: int
    fm: _network_pb2.FmTerm
    position_tower: _network_pb2.PositionTower
    counterfactual: _network_pb2.CounterfactualRisk
    gate_dnn: _dnn_pb2.DNN
    def __init__(self, groups: _Optional[_Iterable[_Union[_network_pb2.Tower, _Mapping]]] = ..., ctr_tower: _Optional[_Union[_network_pb2.TaskTower, _Mapping]] = ..., cvr_tower: _Optional[_Union[_network_pb2.TaskTower, _Mapping]] = ..., l2_regularization: _Optional[float] = ..., expert_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., num_expert: _Optional[int] = ..., fm: _Optional[_Union[_network_pb2.FmTerm, _Mapping]] = ..., position_tower: _Optional[_Union[_network_pb2.PositionTower, _Mapping]] = ..., counterfactual: _Optional[_Union[_network_pb2.CounterfactualRisk, _Mapping]] = ..., gate_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class SimpleMultiTask(_message.Message):
    __slots__ = ("task_towers", "l2_regularization", "bottom_dnn", "fm", "position_tower")
    TASK_TOWERS_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_DNN_FIELD_NUMBER: _ClassVar[int]
    FM_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOWER_FIELD_NUMBER: _ClassVar[int]
    task_towers: _containers.RepeatedCompositeFieldContainer[_network_pb2.TaskTower]
    l2_regularization: float
    bottom_dnn: _dnn_pb2.DNN
    fm: _network_pb2.FmTerm
    position_tower: _network_pb2.PositionTower
    def __init__(self, task_towers: _Optional[_Iterable[_Union[_network_pb2.TaskTower, _Mapping]]] = ..., l2_regularization: _Optional[float] = ..., bottom_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., fm: _Optional[_Union[_network_pb2.FmTerm, _Mapping]] = ..., position_tower: _Optional[_Union[_network_pb2.PositionTower, _Mapping]] = ...) -> None: ...

class Dbmtl(_message.Message):
    __slots__ = ("bottom_dnn", "expert_dnn", "num_expert", "task_towers", "l2_regularization", "gate_dnn")
    BOTTOM_DNN_FIELD_NUMBER: _ClassVar[int]
    EXPERT_DNN_FIELD_NUMBER: _ClassVar[int]
    NUM_EXPERT_FIELD_NUMBER: _ClassVar[int]
    TASK_TOWERS_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    GATE_DNN_FIELD_NUMBER: _ClassVar[int]
    bottom_dnn: _dnn_pb2.DNN
    expert_dnn: _dnn_pb2.DNN
    num_expert: int
    task_towers: _containers.RepeatedCompositeFieldContainer[_network_pb2.TaskTower]
    l2_regularization: float
    gate_dnn: _dnn_pb2.DNN
    def __init__(self, bottom_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., expert_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., num_expert: _Optional[int] = ..., task_towers: _Optional[_Iterable[_Union[_network_pb2.TaskTower, _Mapping]]] = ..., l2_regularization: _Optional[float] = ..., gate_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class Ple(_message.Message):
    __slots__ = ("extraction_networks", "task_towers", "l2_regularization")
    EXTRACTION_NETWORKS_FIELD_NUMBER: _ClassVar[int]
    TASK_TOWERS_FIELD_NUMBER: _ClassVar[int]
    L2_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    extraction_networks: _containers.RepeatedCompositeFieldContainer[_network_pb2.ExtractionNetwork]
    task_towers: _containers.RepeatedCompositeFieldContainer[_network_pb2.TaskTower]
    l2_regularization: float
    def __init__(self, extraction_networks: _Optional[_Iterable[_Union[_network_pb2.ExtractionNetwork, _Mapping]]] = ..., task_towers: _Optional[_Iterable[_Union[_network_pb2.TaskTower, _Mapping]]] = ..., l2_regularization: _Optional[float] = ...) -> None: ...

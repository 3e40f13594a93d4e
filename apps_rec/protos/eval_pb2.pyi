from apps_rec.protos import options_pb2 as _options_pb2
from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
BETTER_FIELD_NUMBER: _ClassVar[int]
better: _descriptor.FieldDescriptor
USER_COLUMN_FIELD_NUMBER: _ClassVar[int]
user_column: _descriptor.FieldDescriptor

class EvalConfig(_message.Message):
    __slots__ = ("num_examples", "metrics_set")
    NUM_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    METRICS_SET_FIELD_NUMBER: _ClassVar[int]
    num_examples: int
    metrics_set: _containers.RepeatedCompositeFieldContainer[EvalMetrics]
    def __init__(self, num_examples: _Optional[int] = ..., metrics_set: _Optional[_Iterable[_Union[EvalMetrics, _Mapping]]] = ...) -> None: ...

class EvalMetrics(_message.Message):
    __slots__ = ("auc", "gauc", "log_loss", "calibration")
    class Better(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        HIGHER: _ClassVar[EvalMetrics.Better]
        LOWER: _ClassVar[EvalMetrics.Better]
        NEAREST_TO_ONE: _ClassVar[EvalMetrics.Better]
    HIGHER: EvalMetrics.Better
    LOWER: EvalMetrics.Better
    NEAREST_TO_ONE: EvalMetrics.Better
    AUC_FIELD_NUMBER: _ClassVar[int]
    GAUC_FIELD_NUMBER: _ClassVar[int]
    LOG_LOSS_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    auc: Auc
    gauc: Gauc
    log_loss: LogLoss
    calibration: Calibration
    def __init__(self, auc: _Optional[_Union[Auc, _Mapping]] = ..., gauc: _Optional[_Union[Gauc, _Mapping]] = ..., log_loss: _Optional[_Union[LogLoss, _Mapping]] = ..., calibration: _Optional[_Union[Calibration, _Mapping]] = ...) -> None: ...

class Auc(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Gauc(_message.Message):
    __slots__ = ("uid_field", "reduction")
    UID_FIELD_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_FIELD_NUMBER: _ClassVar[int]
    uid_field: str
    reduction: str
    def __init__(self, uid_field: _Optional[str] = ..., reduction: _Optional[str] = ...) -> None: ...

class LogLoss(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Calibration(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

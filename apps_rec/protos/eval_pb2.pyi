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
MEASURES_FIELD_NUMBER: _ClassVar[int]
measures: _descriptor.FieldDescriptor

class EvalConfig(_message.Message):
    __slots__ = ("num_examples", "metrics_set")
    NUM_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    METRICS_SET_FIELD_NUMBER: _ClassVar[int]
    num_examples: int
    metrics_set: _containers.RepeatedCompositeFieldContainer[EvalMetrics]
    def __init__(self, num_examples: _Optional[int] = ..., metrics_set: _Optional[_Iterable[_Union[EvalMetrics, _Mapping]]] = ...) -> None: ...

class EvalMetrics(_message.Message):
    __slots__ = ("auc", "gauc", "session_auc", "log_loss", "normalized_entropy", "calibration", "expected_calibration_error", "max_f1", "precision", "recall", "accuracy", "recall_at_topk", "mean_absolute_error", "mean_squared_error", "root_mean_squared_error")
    class Better(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        HIGHER: _ClassVar[EvalMetrics.Better]
        LOWER: _ClassVar[EvalMetrics.Better]
        NEAREST_TO_ONE: _ClassVar[EvalMetrics.Better]
    HIGHER: EvalMetrics.Better
    LOWER: EvalMetrics.Better
    NEAREST_TO_ONE: EvalMetrics.Better
    class TaskKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        BINARY: _ClassVar[EvalMetrics.TaskKind]
        NUMBER: _ClassVar[EvalMetrics.TaskKind]
        CLASSES: _ClassVar[EvalMetrics.TaskKind]
    BINARY: EvalMetrics.TaskKind
    NUMBER: EvalMetrics.TaskKind
    CLASSES: EvalMetrics.TaskKind
    AUC_FIELD_NUMBER: _ClassVar[int]
    GAUC_FIELD_NUMBER: _ClassVar[int]
    SESSION_AUC_FIELD_NUMBER: _ClassVar[int]
    LOG_LOSS_FIELD_NUMBER: _ClassVar[int]
    NORMALIZED_ENTROPY_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_CALIBRATION_ERROR_FIELD_NUMBER: _ClassVar[int]
    MAX_F1_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    RECALL_FIELD_NUMBER: _ClassVar[int]
    ACCURACY_FIELD_NUMBER: _ClassVar[int]
    RECALL_AT_TOPK_FIELD_NUMBER: _ClassVar[int]
    MEAN_ABSOLUTE_ERROR_FIELD_NUMBER: _ClassVar[int]
    MEAN_SQUARED_ERROR_FIELD_NUMBER: _ClassVar[int]
    ROOT_MEAN_SQUARED_ERROR_FIELD_NUMBER: _ClassVar[int]
    auc: Auc
    gauc: Gauc
    session_auc: SessionAuc
    log_loss: LogLoss
    normalized_entropy: NormalizedEntropy
    calibration: Calibration
    expected_calibration_error: ExpectedCalibrationError
    max_f1: MaxF1
    precision: Precision
    recall: Recall
    accuracy: Accuracy
    recall_at_topk: RecallAtTopK
    mean_absolute_error: MeanAbsoluteError
    mean_squared_error: MeanSquaredError
    root_mean_squared_error: RootMeanSquaredError
    def __init__(self, auc: _Optional[_Union[Auc, _Mapping]] = ..., gauc: _Optional[_Union[Gauc, _Mapping]] = ..., session_auc: _Optional[_Union[SessionAuc, _Mapping]] = ..., log_loss: _Optional[_Union[LogLoss, _Mapping]] = ..., normalized_entropy: _Optional[_Union[NormalizedEntropy, _Mapping]] = ..., calibration: _Optional[_Union[Calibration, _Mapping]] = ..., expected_calibration_error: _Optional[_Union[ExpectedCalibrationError, _Mapping]] = ..., max_f1: _Optional[_Union[MaxF1, _Mapping]] = ..., precision: _Optional[_Union[Precision, _Mapping]] = ..., recall: _Optional[_Union[Recall, _Mapping]] = ..., accuracy: _Optional[_Union[Accuracy, _Mapping]] = ..., recall_at_topk: _Optional[_Union[RecallAtTopK, _Mapping]] = ..., mean_absolute_error: _Optional[_Union[MeanAbsoluteError, _Mapping]] = ..., mean_squared_error: _Optional[_Union[MeanSquaredError, _Mapping]] = ..., root_mean_squared_error: _Optional[_Union[RootMeanSquaredError, _Mapping]] = ...) -> None: ...

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

class SessionAuc(_message.Message):
    __slots__ = ("session_id_field", "reduction")
    SESSION_ID_FIELD_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_FIELD_NUMBER: _ClassVar[int]
    session_id_field: str
    reduction: str
    def __init__(self, session_id_field: _Optional[str] = ..., reduction: _Optional[str] = ...) -> None: ...

class LogLoss(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class NormalizedEntropy(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Calibration(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExpectedCalibrationError(_message.Message):
    __slots__ = ("num_bins",)
    NUM_BINS_FIELD_NUMBER: _ClassVar[int]
    num_bins: int
    def __init__(self, num_bins: _Optional[int] = ...) -> None: ...

class MaxF1(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Precision(_message.Message):
    __slots__ = ("threshold",)
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    def __init__(self, threshold: _Optional[float] = ...) -> None: ...

class Recall(_message.Message):
    __slots__ = ("threshold",)
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    def __init__(self, threshold: _Optional[float] = ...) -> None: ...

class Accuracy(_message.Message):
    __slots__ = ("threshold",)
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    def __init__(self, threshold: _Optional[float] = ...) -> None: ...

class RecallAtTopK(_message.Message):
    __slots__ = ("topk",)
    TOPK_FIELD_NUMBER: _ClassVar[int]
    topk: int
    def __init__(self, topk: _Optional[int] = ...) -> None: ...

class MeanAbsoluteError(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MeanSquaredError(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RootMeanSquaredError(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

from apps_rec.protos import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ExportConfig(_message.Message):
    __slots__ = ("exporter_type", "best_exporter_metric", "metric_bigger", "enable_early_stop", "max_check_steps", "asset_files", "exports_to_keep", "gate_metric", "gate_max_drop", "half_precision")
    EXPORTER_TYPE_FIELD_NUMBER: _ClassVar[int]
    BEST_EXPORTER_METRIC_FIELD_NUMBER: _ClassVar[int]
    METRIC_BIGGER_FIELD_NUMBER: _ClassVar[int]
    ENABLE_EARLY_STOP_FIELD_NUMBER: _ClassVar[int]
    MAX_CHECK_STEPS_FIELD_NUMBER: _ClassVar[int]
    ASSET_FILES_FIELD_NUMBER: _ClassVar[int]
    EXPORTS_TO_KEEP_FIELD_NUMBER: _ClassVar[int]
    GATE_METRIC_FIELD_NUMBER: _ClassVar[int]
    GATE_MAX_DROP_FIELD_NUMBER: _ClassVar[int]
    HALF_PRECISION_FIELD_NUMBER: _ClassVar[int]
    exporter_type: str
    best_exporter_metric: str
    metric_bigger: bool
    enable_early_stop: bool
    max_check_steps: int
    asset_files: _containers.RepeatedScalarFieldContainer[str]
    exports_to_keep: int
    gate_metric: str
    gate_max_drop: float
    half_precision: bool
    def __init__(self, exporter_type: _Optional[str] = ..., best_exporter_metric: _Optional[str] = ..., metric_bigger: bool = ..., enable_early_stop: bool = ..., max_check_steps: _Optional[int] = ..., asset_files: _Optional[_Iterable[str]] = ..., exports_to_keep: _Optional[int] = ..., gate_metric: _Optional[str] = ..., gate_max_drop: _Optional[float] = ..., half_precision: bool = ...) -> None: ...

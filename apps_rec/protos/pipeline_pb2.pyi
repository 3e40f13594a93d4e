from apps_rec.protos import data_pb2 as _data_pb2
from apps_rec.protos import eval_pb2 as _eval_pb2
from apps_rec.protos import export_pb2 as _export_pb2
from apps_rec.protos import feature_pb2 as _feature_pb2
from apps_rec.protos import model_pb2 as _model_pb2
from apps_rec.protos import options_pb2 as _options_pb2
from apps_rec.protos import train_pb2 as _train_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PipelineConfig(_message.Message):
    __slots__ = ("train_input_path", "parquet_train_input", "eval_input_path", "parquet_eval_input", "model_dir", "train_config", "eval_config", "data_config", "feature_configs", "feature_config", "model_config", "export_config", "tune_config")
    TRAIN_INPUT_PATH_FIELD_NUMBER: _ClassVar[int]
    PARQUET_TRAIN_INPUT_FIELD_NUMBER: _ClassVar[int]
    EVAL_INPUT_PATH_FIELD_NUMBER: _ClassVar[int]
    PARQUET_EVAL_INPUT_FIELD_NUMBER: _ClassVar[int]
    MODEL_DIR_FIELD_NUMBER: _ClassVar[int]
    TRAIN_CONFIG_FIELD_NUMBER: _ClassVar[int]
    EVAL_CONFIG_FIELD_NUMBER: _ClassVar[int]
    DATA_CONFIG_FIELD_NUMBER: _ClassVar[int]
    FEATURE_CONFIGS_FIELD_NUMBER: _ClassVar[int]
    FEATURE_CONFIG_FIELD_NUMBER: _ClassVar[int]
    MODEL_CONFIG_FIELD_NUMBER: _ClassVar[int]
    EXPORT_CONFIG_FIELD_NUMBER: _ClassVar[int]
    TUNE_CONFIG_FIELD_NUMBER: _ClassVar[int]
    train_input_path: str
    parquet_train_input: str
    eval_input_path: str
    parquet_eval_input: str
    model_dir: str
    train_config: _train_pb2.TrainConfig
    eval_config: _eval_pb2.EvalConfig
    data_config: _data_pb2.DataConfig
    feature_configs: _containers.RepeatedCompositeFieldContainer[_feature_pb2.FeatureConfig]
    feature_config: _feature_pb2.FeatureSet
    model_config: _model_pb2.ModelConfig
    export_config: _export_pb2.ExportConfig
    tune_config: TuneConfig
    def __init__(self, train_input_path: _Optional[str] = ..., parquet_train_input: _Optional[str] = ..., eval_input_path: _Optional[str] = ..., parquet_eval_input: _Optional[str] = ..., model_dir: _Optional[str] = ..., train_config: _Optional[_Union[_train_pb2.TrainConfig, _Mapping]] = ..., eval_config: _Optional[_Union[_eval_pb2.EvalConfig, _Mapping]] = ..., data_config: _Optional[_Union[_data_pb2.DataConfig, _Mapping]] = ..., feature_configs: _Optional[_Iterable[_Union[_feature_pb2.FeatureConfig, _Mapping]]] = ..., feature_config: _Optional[_Union[_feature_pb2.FeatureSet, _Mapping]] = ..., model_config: _Optional[_Union[_model_pb2.ModelConfig, _Mapping]] = ..., export_config: _Optional[_Union[_export_pb2.ExportConfig, _Mapping]] = ..., tune_config: _Optional[_Union[TuneConfig, _Mapping]] = ...) -> None: ...

class TuneConfig(_message.Message):
    __slots__ = ("parameters", "n_trials", "seed", "metric", "median_pruner", "no_pruner", "keep_trials")
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    N_TRIALS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_PRUNER_FIELD_NUMBER: _ClassVar[int]
    NO_PRUNER_FIELD_NUMBER: _ClassVar[int]
    KEEP_TRIALS_FIELD_NUMBER: _ClassVar[int]
    parameters: _containers.RepeatedCompositeFieldContainer[TunedParameter]
    n_trials: int
    seed: int
    metric: str
    median_pruner: MedianPruner
    no_pruner: NoPruner
    keep_trials: int
    def __init__(self, parameters: _Optional[_Iterable[_Union[TunedParameter, _Mapping]]] = ..., n_trials: _Optional[int] = ..., seed: _Optional[int] = ..., metric: _Optional[str] = ..., median_pruner: _Optional[_Union[MedianPruner, _Mapping]] = ..., no_pruner: _Optional[_Union[NoPruner, _Mapping]] = ..., keep_trials: _Optional[int] = ...) -> None: ...

class TunedParameter(_message.Message):
    __slots__ = ("path", "uniform", "log_uniform", "integers", "choices")
    PATH_FIELD_NUMBER: _ClassVar[int]
    UNIFORM_FIELD_NUMBER: _ClassVar[int]
    LOG_UNIFORM_FIELD_NUMBER: _ClassVar[int]
    INTEGERS_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    path: _containers.RepeatedScalarFieldContainer[str]
    uniform: Interval
    log_uniform: Interval
    integers: Integers
    choices: Choices
    def __init__(self, path: _Optional[_Iterable[str]] = ..., uniform: _Optional[_Union[Interval, _Mapping]] = ..., log_uniform: _Optional[_Union[Interval, _Mapping]] = ..., integers: _Optional[_Union[Integers, _Mapping]] = ..., choices: _Optional[_Union[Choices, _Mapping]] = ...) -> None: ...

class Interval(_message.Message):
    __slots__ = ("min", "max")
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    min: float
    max: float
    def __init__(self, min: _Optional[float] = ..., max: _Optional[float] = ...) -> None: ...

class Integers(_message.Message):
    __slots__ = ("min", "max", "step")
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    min: int
    max: int
    step: int
    def __init__(self, min: _Optional[int] = ..., max: _Optional[int] = ..., step: _Optional[int] = ...) -> None: ...

class Choices(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, value: _Optional[_Iterable[str]] = ...) -> None: ...

class MedianPruner(_message.Message):
    __slots__ = ("n_startup_trials", "n_warmup_steps")
    N_STARTUP_TRIALS_FIELD_NUMBER: _ClassVar[int]
    N_WARMUP_STEPS_FIELD_NUMBER: _ClassVar[int]
    n_startup_trials: int
    n_warmup_steps: int
    def __init__(self, n_startup_trials: _Optional[int] = ..., n_warmup_steps: _Optional[int] = ...) -> None: ...

class NoPruner(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

from apps_rec.protos import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DataConfig(_message.Message):
    __slots__ = ("batch_size", "auto_expand_input_fields", "label_fields", "label_dim", "label_sep", "shuffle", "num_epochs", "prefetch_size", "input_type", "shuffle_buffer_size", "separator", "input_fields", "sample_weight", "with_header", "eval_batch_size", "drop_remainder", "holdout_fraction", "bad_rows", "row_filter", "key_fields", "worker_split", "holdout_by", "holdout_from", "quoting", "escape_char", "decimal_separator", "null_words", "csv_form", "max_bad_row_share", "input_timeout_seconds")
    class InputType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CSVInput: _ClassVar[DataConfig.InputType]
        TFRecordInput: _ClassVar[DataConfig.InputType]
        BatchTFRecordInput: _ClassVar[DataConfig.InputType]
        ParquetInput: _ClassVar[DataConfig.InputType]
    CSVInput: DataConfig.InputType
    TFRecordInput: DataConfig.InputType
    BatchTFRecordInput: DataConfig.InputType
    ParquetInput: DataConfig.InputType
    class FieldType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        INT32: _ClassVar[DataConfig.FieldType]
        INT64: _ClassVar[DataConfig.FieldType]
        STRING: _ClassVar[DataConfig.FieldType]
        FLOAT: _ClassVar[DataConfig.FieldType]
        DOUBLE: _ClassVar[DataConfig.FieldType]
        BOOL: _ClassVar[DataConfig.FieldType]
    INT32: DataConfig.FieldType
    INT64: DataConfig.FieldType
    STRING: DataConfig.FieldType
    FLOAT: DataConfig.FieldType
    DOUBLE: DataConfig.FieldType
    BOOL: DataConfig.FieldType
    class BadRows(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FAIL: _ClassVar[DataConfig.BadRows]
        SKIP: _ClassVar[DataConfig.BadRows]
    FAIL: DataConfig.BadRows
    SKIP: DataConfig.BadRows
    class Quoting(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MINIMAL: _ClassVar[DataConfig.Quoting]
        NONE: _ClassVar[DataConfig.Quoting]
    MINIMAL: DataConfig.Quoting
    NONE: DataConfig.Quoting
    class WorkerSplit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        AUTO: _ClassVar[DataConfig.WorkerSplit]
        BY_FILE: _ClassVar[DataConfig.WorkerSplit]
        BY_ROW: _ClassVar[DataConfig.WorkerSplit]
    AUTO: DataConfig.WorkerSplit
    BY_FILE: DataConfig.WorkerSplit
    BY_ROW: DataConfig.WorkerSplit
    class Field(_message.Message):
        __slots__ = ("input_name", "input_type", "default_val", "input_dim", "input_shape", "not_observed", "column_name")
        INPUT_NAME_FIELD_NUMBER: _ClassVar[int]
        INPUT_TYPE_FIELD_NUMBER: _ClassVar[int]
        DEFAULT_VAL_FIELD_NUMBER: _ClassVar[int]
        INPUT_DIM_FIELD_NUMBER: _ClassVar[int]
        INPUT_SHAPE_FIELD_NUMBER: _ClassVar[int]
        NOT_OBSERVED_FIELD_NUMBER: _ClassVar[int]
        COLUMN_NAME_FIELD_NUMBER: _ClassVar[int]
        input_name: str
        input_type: DataConfig.FieldType
        default_val: str
        input_dim: int
        input_shape: int
        not_observed: _containers.RepeatedScalarFieldContainer[str]
        column_name: str
        def __init__(self, input_name: _Optional[str] = ..., input_type: _Optional[_Union[DataConfig.FieldType, str]] = ..., default_val: _Optional[str] = ..., input_dim: _Optional[int] = ..., input_shape: _Optional[int] = ..., not_observed: _Optional[_Iterable[str]] = ..., column_name: _Optional[str] = ...) -> None: ...
    class RowFilter(_message.Message):
        __slots__ = ("column", "keep", "drop", "to", "use")
        class Use(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
            __slots__ = ()
            TRAIN: _ClassVar[DataConfig.RowFilter.Use]
            VALIDATION: _ClassVar[DataConfig.RowFilter.Use]
            EVALUATION: _ClassVar[DataConfig.RowFilter.Use]
        TRAIN: DataConfig.RowFilter.Use
        VALIDATION: DataConfig.RowFilter.Use
        EVALUATION: DataConfig.RowFilter.Use
        COLUMN_FIELD_NUMBER: _ClassVar[int]
        KEEP_FIELD_NUMBER: _ClassVar[int]
        DROP_FIELD_NUMBER: _ClassVar[int]
        FROM_FIELD_NUMBER: _ClassVar[int]
        TO_FIELD_NUMBER: _ClassVar[int]
        USE_FIELD_NUMBER: _ClassVar[int]
        column: str
        keep: _containers.RepeatedScalarFieldContainer[str]
        drop: _containers.RepeatedScalarFieldContainer[str]
        to: str
        use: _containers.RepeatedScalarFieldContainer[DataConfig.RowFilter.Use]
        def __init__(self, column: _Optional[str] = ..., keep: _Optional[_Iterable[str]] = ..., drop: _Optional[_Iterable[str]] = ..., to: _Optional[str] = ..., use: _Optional[_Iterable[_Union[DataConfig.RowFilter.Use, str]]] = ..., **kwargs) -> None: ...
    class CsvForm(_message.Message):
        __slots__ = ("separator", "escape_char", "decimal_separator", "null_words")
        SEPARATOR_FIELD_NUMBER: _ClassVar[int]
        ESCAPE_CHAR_FIELD_NUMBER: _ClassVar[int]
        DECIMAL_SEPARATOR_FIELD_NUMBER: _ClassVar[int]
        NULL_WORDS_FIELD_NUMBER: _ClassVar[int]
        separator: str
        escape_char: str
        decimal_separator: str
        null_words: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, separator: _Optional[str] = ..., escape_char: _Optional[str] = ..., decimal_separator: _Optional[str] = ..., null_words: _Optional[_Iterable[str]] = ...) -> None: ...
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    AUTO_EXPAND_INPUT_FIELDS_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELDS_FIELD_NUMBER: _ClassVar[int]
    LABEL_DIM_FIELD_NUMBER: _ClassVar[int]
    LABEL_SEP_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    NUM_EPOCHS_FIELD_NUMBER: _ClassVar[int]
    PREFETCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    INPUT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_BUFFER_SIZE_FIELD_NUMBER: _ClassVar[int]
    SEPARATOR_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELDS_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    WITH_HEADER_FIELD_NUMBER: _ClassVar[int]
    EVAL_BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    DROP_REMAINDER_FIELD_NUMBER: _ClassVar[int]
    HOLDOUT_FRACTION_FIELD_NUMBER: _ClassVar[int]
    BAD_ROWS_FIELD_NUMBER: _ClassVar[int]
    ROW_FILTER_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELDS_FIELD_NUMBER: _ClassVar[int]
    WORKER_SPLIT_FIELD_NUMBER: _ClassVar[int]
    HOLDOUT_BY_FIELD_NUMBER: _ClassVar[int]
    HOLDOUT_FROM_FIELD_NUMBER: _ClassVar[int]
    QUOTING_FIELD_NUMBER: _ClassVar[int]
    ESCAPE_CHAR_FIELD_NUMBER: _ClassVar[int]
    DECIMAL_SEPARATOR_FIELD_NUMBER: _ClassVar[int]
    NULL_WORDS_FIELD_NUMBER: _ClassVar[int]
    CSV_FORM_FIELD_NUMBER: _ClassVar[int]
    MAX_BAD_ROW_SHARE_FIELD_NUMBER: _ClassVar[int]
    INPUT_TIMEOUT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    auto_expand_input_fields: bool
    label_fields: _containers.RepeatedScalarFieldContainer[str]
    label_dim: _containers.RepeatedScalarFieldContainer[int]
    label_sep: _containers.RepeatedScalarFieldContainer[str]
    shuffle: bool
    num_epochs: int
    prefetch_size: int
    input_type: DataConfig.InputType
    shuffle_buffer_size: int
    separator: str
    input_fields: _containers.RepeatedCompositeFieldContainer[DataConfig.Field]
    sample_weight: str
    with_header: bool
    eval_batch_size: int
    drop_remainder: bool
    holdout_fraction: float
    bad_rows: DataConfig.BadRows
    row_filter: _containers.RepeatedCompositeFieldContainer[DataConfig.RowFilter]
    key_fields: _containers.RepeatedScalarFieldContainer[str]
    worker_split: DataConfig.WorkerSplit
    holdout_by: str
    holdout_from: str
    quoting: DataConfig.Quoting
    escape_char: str
    decimal_separator: str
    null_words: _containers.RepeatedScalarFieldContainer[str]
    csv_form: DataConfig.CsvForm
    max_bad_row_share: float
    input_timeout_seconds: int
    def __init__(self, batch_size: _Optional[int] = ..., auto_expand_input_fields: bool = ..., label_fields: _Optional[_Iterable[str]] = ..., label_dim: _Optional[_Iterable[int]] = ..., label_sep: _Optional[_Iterable[str]] = ..., shuffle: bool = ..., num_epochs: _Optional[int] = ..., prefetch_size: _Optional[int] = ..., input_type: _Optional[_Union[DataConfig.InputType, str]] = ..., shuffle_buffer_size: _Optional[int] = ..., separator: _Optional[str] = ..., input_fields: _Optional[_Iterable[_Union[DataConfig.Field, _Mapping]]] = ..., sample_weight: _Optional[str] = ..., with_header: bool = ..., eval_batch_size: _Optional[int] = ..., drop_remainder: bool = ..., holdout_fraction: _Optional[float] = ..., bad_rows: _Optional[_Union[DataConfig.BadRows, str]] = ..., row_filter: _Optional[_Iterable[_Union[DataConfig.RowFilter, _Mapping]]] = ..., key_fields: _Optional[_Iterable[str]] = ..., worker_split: _Optional[_Union[DataConfig.WorkerSplit, str]] = ..., holdout_by: _Optional[str] = ..., holdout_from: _Optional[str] = ..., quoting: _Optional[_Union[DataConfig.Quoting, str]] = ..., escape_char: _Optional[str] = ..., decimal_separator: _Optional[str] = ..., null_words: _Optional[_Iterable[str]] = ..., csv_form: _Optional[_Union[DataConfig.CsvForm, _Mapping]] = ..., max_bad_row_share: _Optional[float] = ..., input_timeout_seconds: _Optional[int] = ...) -> None: ...

from apps_rec.protos import dnn_pb2 as _dnn_pb2
from apps_rec.protos import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FeatureSet(_message.Message):
    __slots__ = ("features",)
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    features: _containers.RepeatedCompositeFieldContainer[FeatureConfig]
    def __init__(self, features: _Optional[_Iterable[_Union[FeatureConfig, _Mapping]]] = ...) -> None: ...

class FeatureConfig(_message.Message):
    __slots__ = ("feature_name", "input_names", "feature_type", "embedding_name", "embedding_dim", "hash_bucket_size", "num_buckets", "boundaries", "separator", "kv_separator", "vocab_file", "vocab_list", "shared_names", "lookup_max_sel_elem_num", "combiner", "initializer", "precision", "raw_input_dim", "sequence_combiner", "sub_feature_type", "sequence_length", "seq_multi_sep", "max_seq_len", "min_val", "max_val", "normalizer_fn", "expression", "combo_join_sep", "combo_input_seps", "min_count", "mean", "stddev", "position", "side", "input_sides", "embedding_init")
    class FeatureType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        IdFeature: _ClassVar[FeatureConfig.FeatureType]
        RawFeature: _ClassVar[FeatureConfig.FeatureType]
        TagFeature: _ClassVar[FeatureConfig.FeatureType]
        ComboFeature: _ClassVar[FeatureConfig.FeatureType]
        LookupFeature: _ClassVar[FeatureConfig.FeatureType]
        SequenceFeature: _ClassVar[FeatureConfig.FeatureType]
        ExprFeature: _ClassVar[FeatureConfig.FeatureType]
        LookupRawFeature: _ClassVar[FeatureConfig.FeatureType]
    IdFeature: FeatureConfig.FeatureType
    RawFeature: FeatureConfig.FeatureType
    TagFeature: FeatureConfig.FeatureType
    ComboFeature: FeatureConfig.FeatureType
    LookupFeature: FeatureConfig.FeatureType
    SequenceFeature: FeatureConfig.FeatureType
    ExprFeature: FeatureConfig.FeatureType
    LookupRawFeature: FeatureConfig.FeatureType
    class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ITEM: _ClassVar[FeatureConfig.Side]
        USER: _ClassVar[FeatureConfig.Side]
        CONTEXT: _ClassVar[FeatureConfig.Side]
    ITEM: FeatureConfig.Side
    USER: FeatureConfig.Side
    CONTEXT: FeatureConfig.Side
    FEATURE_NAME_FIELD_NUMBER: _ClassVar[int]
    INPUT_NAMES_FIELD_NUMBER: _ClassVar[int]
    FEATURE_TYPE_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_NAME_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_DIM_FIELD_NUMBER: _ClassVar[int]
    HASH_BUCKET_SIZE_FIELD_NUMBER: _ClassVar[int]
    NUM_BUCKETS_FIELD_NUMBER: _ClassVar[int]
    BOUNDARIES_FIELD_NUMBER: _ClassVar[int]
    SEPARATOR_FIELD_NUMBER: _ClassVar[int]
    KV_SEPARATOR_FIELD_NUMBER: _ClassVar[int]
    VOCAB_FILE_FIELD_NUMBER: _ClassVar[int]
    VOCAB_LIST_FIELD_NUMBER: _ClassVar[int]
    SHARED_NAMES_FIELD_NUMBER: _ClassVar[int]
    LOOKUP_MAX_SEL_ELEM_NUM_FIELD_NUMBER: _ClassVar[int]
    COMBINER_FIELD_NUMBER: _ClassVar[int]
    INITIALIZER_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    RAW_INPUT_DIM_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_COMBINER_FIELD_NUMBER: _ClassVar[int]
    SUB_FEATURE_TYPE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    SEQ_MULTI_SEP_FIELD_NUMBER: _ClassVar[int]
    MAX_SEQ_LEN_FIELD_NUMBER: _ClassVar[int]
    MIN_VAL_FIELD_NUMBER: _ClassVar[int]
    MAX_VAL_FIELD_NUMBER: _ClassVar[int]
    NORMALIZER_FN_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    COMBO_JOIN_SEP_FIELD_NUMBER: _ClassVar[int]
    COMBO_INPUT_SEPS_FIELD_NUMBER: _ClassVar[int]
    MIN_COUNT_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    STDDEV_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    INPUT_SIDES_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_INIT_FIELD_NUMBER: _ClassVar[int]
    feature_name: str
    input_names: _containers.RepeatedScalarFieldContainer[str]
    feature_type: FeatureConfig.FeatureType
    embedding_name: str
    embedding_dim: int
    hash_bucket_size: int
    num_buckets: int
    boundaries: _containers.RepeatedScalarFieldContainer[float]
    separator: str
    kv_separator: str
    vocab_file: str
    vocab_list: _containers.RepeatedScalarFieldContainer[str]
    shared_names: _containers.RepeatedScalarFieldContainer[str]
    lookup_max_sel_elem_num: int
    combiner: str
    initializer: Initializer
    precision: int
    raw_input_dim: int
    sequence_combiner: SequenceCombiner
    sub_feature_type: FeatureConfig.FeatureType
    sequence_length: int
    seq_multi_sep: str
    max_seq_len: int
    min_val: float
    max_val: float
    normalizer_fn: str
    expression: str
    combo_join_sep: str
    combo_input_seps: _containers.RepeatedScalarFieldContainer[str]
    min_count: int
    mean: float
    stddev: float
    position: bool
    side: FeatureConfig.Side
    input_sides: _containers.RepeatedScalarFieldContainer[FeatureConfig.Side]
    embedding_init: EmbeddingInit
    def __init__(self, feature_name: _Optional[str] = ..., input_names: _Optional[_Iterable[str]] = ..., feature_type: _Optional[_Union[FeatureConfig.FeatureType, str]] = ..., embedding_name: _Optional[str] = ..., embedding_dim: _Optional[int] = ..., hash_bucket_size: _Optional[int] = ..., num_buckets: _Optional[int] = ..., boundaries: _Optional[_Iterable[float]] = ..., separator: _Optional[str] = ..., kv_separator: _Optional[str] = ..., vocab_file: _Optional[str] = ..., vocab_list: _Optional[_Iterable[str]] = ..., shared_names: _Optional[_Iterable[str]] = ..., lookup_max_sel_elem_num: _Optional[int] = ..., combiner: _Optional[str] = ..., initializer: _Optional[_Union[Initializer, _Mapping]] = ..., precision: _Optional[int] = ..., raw_input_dim: _Optional[int] = ..., sequence_combiner: _Optional[_Union[SequenceCombiner, _Mapping]] = ..., sub_feature_type: _Optional[_Union[FeatureConfig.FeatureType, str]] = ..., sequence_length: _Optional[int] = ..., seq_multi_sep: _Optional[str] = ..., max_seq_len: _Optional[int] = ..., min_val: _Optional[float] = ..., max_val: _Optional[float] = ..., normalizer_fn: _Optional[str] = ..., expression: _Optional[str] = ..., combo_join_sep: _Optional[str] = ..., combo_input_seps: _Optional[_Iterable[str]] = ..., min_count: _Optional[int] = ..., mean: _Optional[float] = ..., stddev: _Optional[float] = ..., position: bool = ..., side: _Optional[_Union[FeatureConfig.Side, str]] = ..., input_sides: _Optional[_Iterable[_Union[FeatureConfig.Side, str]]] = ..., embedding_init: _Optional[_Union[EmbeddingInit, _Mapping]] = ...) -> None: ...

class EmbeddingInit(_message.Message):
    __slots__ = ("input_path", "id_column", "vector_column", "trainable")
    INPUT_PATH_FIELD_NUMBER: _ClassVar[int]
    ID_COLUMN_FIELD_NUMBER: _ClassVar[int]
    VECTOR_COLUMN_FIELD_NUMBER: _ClassVar[int]
    TRAINABLE_FIELD_NUMBER: _ClassVar[int]
    input_path: str
    id_column: str
    vector_column: str
    trainable: bool
    def __init__(self, input_path: _Optional[str] = ..., id_column: _Optional[str] = ..., vector_column: _Optional[str] = ..., trainable: bool = ...) -> None: ...

class Initializer(_message.Message):
    __slots__ = ("truncated_normal_initializer", "random_normal_initializer", "glorot_normal_initializer", "constant_initializer", "uniform_initializer")
    TRUNCATED_NORMAL_INITIALIZER_FIELD_NUMBER: _ClassVar[int]
    RANDOM_NORMAL_INITIALIZER_FIELD_NUMBER: _ClassVar[int]
    GLOROT_NORMAL_INITIALIZER_FIELD_NUMBER: _ClassVar[int]
    CONSTANT_INITIALIZER_FIELD_NUMBER: _ClassVar[int]
    UNIFORM_INITIALIZER_FIELD_NUMBER: _ClassVar[int]
    truncated_normal_initializer: TruncatedNormalInitializer
    random_normal_initializer: RandomNormalInitializer
    glorot_normal_initializer: GlorotNormalInitializer
    constant_initializer: ConstantInitializer
    uniform_initializer: UniformInitializer
    def __init__(self, truncated_normal_initializer: _Optional[_Union[TruncatedNormalInitializer, _Mapping]] = ..., random_normal_initializer: _Optional[_Union[RandomNormalInitializer, _Mapping]] = ..., glorot_normal_initializer: _Optional[_Union[GlorotNormalInitializer, _Mapping]] = ..., constant_initializer: _Optional[_Union[ConstantInitializer, _Mapping]] = ..., uniform_initializer: _Optional[_Union[UniformInitializer, _Mapping]] = ...) -> None: ...

class TruncatedNormalInitializer(_message.Message):
    __slots__ = ("mean", "stddev")
    MEAN_FIELD_NUMBER: _ClassVar[int]
    STDDEV_FIELD_NUMBER: _ClassVar[int]
    mean: float
    stddev: float
    def __init__(self, mean: _Optional[float] = ..., stddev: _Optional[float] = ...) -> None: ...

class RandomNormalInitializer(_message.Message):
    __slots__ = ("mean", "stddev")
    MEAN_FIELD_NUMBER: _ClassVar[int]
    STDDEV_FIELD_NUMBER: _ClassVar[int]
    mean: float
    stddev: float
    def __init__(self, mean: _Optional[float] = ..., stddev: _Optional[float] = ...) -> None: ...

class GlorotNormalInitializer(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ConstantInitializer(_message.Message):
    __slots__ = ("consts",)
    CONSTS_FIELD_NUMBER: _ClassVar[int]
    consts: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, consts: _Optional[_Iterable[float]] = ...) -> None: ...

class UniformInitializer(_message.Message):
    __slots__ = ("minval", "maxval")
    MINVAL_FIELD_NUMBER: _ClassVar[int]
    MAXVAL_FIELD_NUMBER: _ClassVar[int]
    minval: float
    maxval: float
    def __init__(self, minval: _Optional[float] = ..., maxval: _Optional[float] = ...) -> None: ...

class SequenceCombiner(_message.Message):
    __slots__ = ("attention", "mean", "target_attention")
    ATTENTION_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    TARGET_ATTENTION_FIELD_NUMBER: _ClassVar[int]
    attention: AttentionCombiner
    mean: MeanCombiner
    target_attention: TargetAttention
    def __init__(self, attention: _Optional[_Union[AttentionCombiner, _Mapping]] = ..., mean: _Optional[_Union[MeanCombiner, _Mapping]] = ..., target_attention: _Optional[_Union[TargetAttention, _Mapping]] = ...) -> None: ...

class AttentionCombiner(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MeanCombiner(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TargetAttention(_message.Message):
    __slots__ = ("key", "dnn")
    KEY_FIELD_NUMBER: _ClassVar[int]
    DNN_FIELD_NUMBER: _ClassVar[int]
    key: str
    dnn: _dnn_pb2.DNN
    def __init__(self, key: _Optional[str] = ..., dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ...) -> None: ...

class SeqAttGroupConfig(_message.Message):
    __slots__ = ("group_name", "seq_att_map", "seq_dnn", "allow_key_search", "need_key_feature", "allow_key_transform", "transform_dnn")
    GROUP_NAME_FIELD_NUMBER: _ClassVar[int]
    SEQ_ATT_MAP_FIELD_NUMBER: _ClassVar[int]
    SEQ_DNN_FIELD_NUMBER: _ClassVar[int]
    ALLOW_KEY_SEARCH_FIELD_NUMBER: _ClassVar[int]
    NEED_KEY_FEATURE_FIELD_NUMBER: _ClassVar[int]
    ALLOW_KEY_TRANSFORM_FIELD_NUMBER: _ClassVar[int]
    TRANSFORM_DNN_FIELD_NUMBER: _ClassVar[int]
    group_name: str
    seq_att_map: _containers.RepeatedCompositeFieldContainer[SeqAttMap]
    seq_dnn: _dnn_pb2.DNN
    allow_key_search: bool
    need_key_feature: bool
    allow_key_transform: bool
    transform_dnn: bool
    def __init__(self, group_name: _Optional[str] = ..., seq_att_map: _Optional[_Iterable[_Union[SeqAttMap, _Mapping]]] = ..., seq_dnn: _Optional[_Union[_dnn_pb2.DNN, _Mapping]] = ..., allow_key_search: bool = ..., need_key_feature: bool = ..., allow_key_transform: bool = ..., transform_dnn: bool = ...) -> None: ...

class SeqAttMap(_message.Message):
    __slots__ = ("key", "hist_seq", "aux_hist_seq")
    KEY_FIELD_NUMBER: _ClassVar[int]
    HIST_SEQ_FIELD_NUMBER: _ClassVar[int]
    AUX_HIST_SEQ_FIELD_NUMBER: _ClassVar[int]
    key: _containers.RepeatedScalarFieldContainer[str]
    hist_seq: _containers.RepeatedScalarFieldContainer[str]
    aux_hist_seq: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, key: _Optional[_Iterable[str]] = ..., hist_seq: _Optional[_Iterable[str]] = ..., aux_hist_seq: _Optional[_Iterable[str]] = ...) -> None: ...

from apps_rec.protos import options_pb2 as _options_pb2
from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LossType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLASSIFICATION: _ClassVar[LossType]
    L2_LOSS: _ClassVar[LossType]
    SIGMOID_L2_LOSS: _ClassVar[LossType]
    PAIR_WISE_LOSS: _ClassVar[LossType]
    PAIRWISE_FOCAL_LOSS: _ClassVar[LossType]
    PAIRWISE_LOGISTIC_LOSS: _ClassVar[LossType]
    PAIRWISE_HINGE_LOSS: _ClassVar[LossType]
    F1_REWEIGHTED_LOSS: _ClassVar[LossType]
    BINARY_FOCAL_LOSS: _ClassVar[LossType]
    LISTWISE_RANK_LOSS: _ClassVar[LossType]
    JRC_LOSS: _ClassVar[LossType]
    ORDER_CALIBRATE_LOSS: _ClassVar[LossType]
    ZILN_LOSS: _ClassVar[LossType]
    CUSTOM: _ClassVar[LossType]
CLASSIFICATION: LossType
L2_LOSS: LossType
SIGMOID_L2_LOSS: LossType
PAIR_WISE_LOSS: LossType
PAIRWISE_FOCAL_LOSS: LossType
PAIRWISE_LOGISTIC_LOSS: LossType
PAIRWISE_HINGE_LOSS: LossType
F1_REWEIGHTED_LOSS: LossType
BINARY_FOCAL_LOSS: LossType
LISTWISE_RANK_LOSS: LossType
JRC_LOSS: LossType
ORDER_CALIBRATE_LOSS: LossType
ZILN_LOSS: LossType
CUSTOM: LossType
OPTIONS_FIELD_NUMBER: _ClassVar[int]
options: _descriptor.FieldDescriptor
KINDS_FIELD_NUMBER: _ClassVar[int]
kinds: _descriptor.FieldDescriptor
COMPARES_FIELD_NUMBER: _ClassVar[int]
compares: _descriptor.FieldDescriptor
NEEDS_SESSION_FIELD_NUMBER: _ClassVar[int]
needs_session: _descriptor.FieldDescriptor

class Loss(_message.Message):
    __slots__ = ("loss_type", "weight", "learn_loss_weight", "f1_reweighted_loss", "binary_focal_loss", "pairwise_loss", "pairwise_focal_loss", "pairwise_logistic_loss", "jrc_loss", "pairwise_hinge_loss", "listwise_rank_loss", "ziln_loss", "classification_loss", "order_calibrate_loss", "custom_loss")
    LOSS_TYPE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    LEARN_LOSS_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    F1_REWEIGHTED_LOSS_FIELD_NUMBER: _ClassVar[int]
    BINARY_FOCAL_LOSS_FIELD_NUMBER: _ClassVar[int]
    PAIRWISE_LOSS_FIELD_NUMBER: _ClassVar[int]
    PAIRWISE_FOCAL_LOSS_FIELD_NUMBER: _ClassVar[int]
    PAIRWISE_LOGISTIC_LOSS_FIELD_NUMBER: _ClassVar[int]
    JRC_LOSS_FIELD_NUMBER: _ClassVar[int]
    PAIRWISE_HINGE_LOSS_FIELD_NUMBER: _ClassVar[int]
    LISTWISE_RANK_LOSS_FIELD_NUMBER: _ClassVar[int]
    ZILN_LOSS_FIELD_NUMBER: _ClassVar[int]
    CLASSIFICATION_LOSS_FIELD_NUMBER: _ClassVar[int]
    ORDER_CALIBRATE_LOSS_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_LOSS_FIELD_NUMBER: _ClassVar[int]
    loss_type: LossType
    weight: float
    learn_loss_weight: bool
    f1_reweighted_loss: F1ReweighedLoss
    binary_focal_loss: BinaryFocalLoss
    pairwise_loss: PairwiseLoss
    pairwise_focal_loss: PairwiseFocalLoss
    pairwise_logistic_loss: PairwiseLogisticLoss
    jrc_loss: JRCLoss
    pairwise_hinge_loss: PairwiseHingeLoss
    listwise_rank_loss: ListwiseRankLoss
    ziln_loss: ZILNLoss
    classification_loss: ClassificationLoss
    order_calibrate_loss: OrderCalibrateLoss
    custom_loss: CustomLoss
    def __init__(self, loss_type: _Optional[_Union[LossType, str]] = ..., weight: _Optional[float] = ..., learn_loss_weight: bool = ..., f1_reweighted_loss: _Optional[_Union[F1ReweighedLoss, _Mapping]] = ..., binary_focal_loss: _Optional[_Union[BinaryFocalLoss, _Mapping]] = ..., pairwise_loss: _Optional[_Union[PairwiseLoss, _Mapping]] = ..., pairwise_focal_loss: _Optional[_Union[PairwiseFocalLoss, _Mapping]] = ..., pairwise_logistic_loss: _Optional[_Union[PairwiseLogisticLoss, _Mapping]] = ..., jrc_loss: _Optional[_Union[JRCLoss, _Mapping]] = ..., pairwise_hinge_loss: _Optional[_Union[PairwiseHingeLoss, _Mapping]] = ..., listwise_rank_loss: _Optional[_Union[ListwiseRankLoss, _Mapping]] = ..., ziln_loss: _Optional[_Union[ZILNLoss, _Mapping]] = ..., classification_loss: _Optional[_Union[ClassificationLoss, _Mapping]] = ..., order_calibrate_loss: _Optional[_Union[OrderCalibrateLoss, _Mapping]] = ..., custom_loss: _Optional[_Union[CustomLoss, _Mapping]] = ...) -> None: ...

class CustomLoss(_message.Message):
    __slots__ = ("name", "kind", "session_name", "params")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SESSION_NAME_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: str
    session_name: str
    params: _containers.RepeatedCompositeFieldContainer[Param]
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[str] = ..., session_name: _Optional[str] = ..., params: _Optional[_Iterable[_Union[Param, _Mapping]]] = ...) -> None: ...

class Param(_message.Message):
    __slots__ = ("name", "int_value", "float_value", "string_value", "bool_value", "int_values", "float_values", "string_values")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INT_VALUE_FIELD_NUMBER: _ClassVar[int]
    FLOAT_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT_VALUES_FIELD_NUMBER: _ClassVar[int]
    FLOAT_VALUES_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUES_FIELD_NUMBER: _ClassVar[int]
    name: str
    int_value: int
    float_value: float
    string_value: str
    bool_value: bool
    int_values: _containers.RepeatedScalarFieldContainer[int]
    float_values: _containers.RepeatedScalarFieldContainer[float]
    string_values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., int_value: _Optional[int] = ..., float_value: _Optional[float] = ..., string_value: _Optional[str] = ..., bool_value: bool = ..., int_values: _Optional[_Iterable[int]] = ..., float_values: _Optional[_Iterable[float]] = ..., string_values: _Optional[_Iterable[str]] = ...) -> None: ...

class ClassificationLoss(_message.Message):
    __slots__ = ("label_smoothing",)
    LABEL_SMOOTHING_FIELD_NUMBER: _ClassVar[int]
    label_smoothing: float
    def __init__(self, label_smoothing: _Optional[float] = ...) -> None: ...

class F1ReweighedLoss(_message.Message):
    __slots__ = ("f1_beta_square", "label_smoothing")
    F1_BETA_SQUARE_FIELD_NUMBER: _ClassVar[int]
    LABEL_SMOOTHING_FIELD_NUMBER: _ClassVar[int]
    f1_beta_square: float
    label_smoothing: float
    def __init__(self, f1_beta_square: _Optional[float] = ..., label_smoothing: _Optional[float] = ...) -> None: ...

class BinaryFocalLoss(_message.Message):
    __slots__ = ("gamma", "alpha", "ohem_ratio", "label_smoothing")
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    OHEM_RATIO_FIELD_NUMBER: _ClassVar[int]
    LABEL_SMOOTHING_FIELD_NUMBER: _ClassVar[int]
    gamma: float
    alpha: float
    ohem_ratio: float
    label_smoothing: float
    def __init__(self, gamma: _Optional[float] = ..., alpha: _Optional[float] = ..., ohem_ratio: _Optional[float] = ..., label_smoothing: _Optional[float] = ...) -> None: ...

class PairwiseLoss(_message.Message):
    __slots__ = ("margin", "session_name", "temperature")
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    SESSION_NAME_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    margin: float
    session_name: str
    temperature: float
    def __init__(self, margin: _Optional[float] = ..., session_name: _Optional[str] = ..., temperature: _Optional[float] = ...) -> None: ...

class PairwiseFocalLoss(_message.Message):
    __slots__ = ("gamma", "alpha", "hinge_margin", "session_name", "ohem_ratio", "temperature")
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    HINGE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    SESSION_NAME_FIELD_NUMBER: _ClassVar[int]
    OHEM_RATIO_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    gamma: float
    alpha: float
    hinge_margin: float
    session_name: str
    ohem_ratio: float
    temperature: float
    def __init__(self, gamma: _Optional[float] = ..., alpha: _Optional[float] = ..., hinge_margin: _Optional[float] = ..., session_name: _Optional[str] = ..., ohem_ratio: _Optional[float] = ..., temperature: _Optional[float] = ...) -> None: ...

class PairwiseLogisticLoss(_message.Message):
    __slots__ = ("temperature", "session_name", "hinge_margin", "ohem_ratio", "use_label_margin")
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    SESSION_NAME_FIELD_NUMBER: _ClassVar[int]
    HINGE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    OHEM_RATIO_FIELD_NUMBER: _ClassVar[int]
    USE_LABEL_MARGIN_FIELD_NUMBER: _ClassVar[int]
    temperature: float
    session_name: str
    hinge_margin: float
    ohem_ratio: float
    use_label_margin: bool
    def __init__(self, temperature: _Optional[float] = ..., session_name: _Optional[str] = ..., hinge_margin: _Optional[float] = ..., ohem_ratio: _Optional[float] = ..., use_label_margin: bool = ...) -> None: ...

class JRCLoss(_message.Message):
    __slots__ = ("session_name", "alpha", "same_label_loss")
    SESSION_NAME_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    SAME_LABEL_LOSS_FIELD_NUMBER: _ClassVar[int]
    session_name: str
    alpha: float
    same_label_loss: bool
    def __init__(self, session_name: _Optional[str] = ..., alpha: _Optional[float] = ..., same_label_loss: bool = ...) -> None: ...

class PairwiseHingeLoss(_message.Message):
    __slots__ = ("temperature", "session_name", "margin", "ohem_ratio", "label_is_logits", "use_label_margin")
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    SESSION_NAME_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    OHEM_RATIO_FIELD_NUMBER: _ClassVar[int]
    LABEL_IS_LOGITS_FIELD_NUMBER: _ClassVar[int]
    USE_LABEL_MARGIN_FIELD_NUMBER: _ClassVar[int]
    temperature: float
    session_name: str
    margin: float
    ohem_ratio: float
    label_is_logits: bool
    use_label_margin: bool
    def __init__(self, temperature: _Optional[float] = ..., session_name: _Optional[str] = ..., margin: _Optional[float] = ..., ohem_ratio: _Optional[float] = ..., label_is_logits: bool = ..., use_label_margin: bool = ...) -> None: ...

class ListwiseRankLoss(_message.Message):
    __slots__ = ("temperature", "session_name", "label_is_logits")
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    SESSION_NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_IS_LOGITS_FIELD_NUMBER: _ClassVar[int]
    temperature: float
    session_name: str
    label_is_logits: bool
    def __init__(self, temperature: _Optional[float] = ..., session_name: _Optional[str] = ..., label_is_logits: bool = ...) -> None: ...

class ZILNLoss(_message.Message):
    __slots__ = ("mu_regularization", "sigma_regularization", "max_log_clip_value", "max_sigma", "return_log_pred_value", "classification_weight", "regression_weight")
    MU_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    SIGMA_REGULARIZATION_FIELD_NUMBER: _ClassVar[int]
    MAX_LOG_CLIP_VALUE_FIELD_NUMBER: _ClassVar[int]
    MAX_SIGMA_FIELD_NUMBER: _ClassVar[int]
    RETURN_LOG_PRED_VALUE_FIELD_NUMBER: _ClassVar[int]
    CLASSIFICATION_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    REGRESSION_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    mu_regularization: float
    sigma_regularization: float
    max_log_clip_value: float
    max_sigma: float
    return_log_pred_value: bool
    classification_weight: float
    regression_weight: float
    def __init__(self, mu_regularization: _Optional[float] = ..., sigma_regularization: _Optional[float] = ..., max_log_clip_value: _Optional[float] = ..., max_sigma: _Optional[float] = ..., return_log_pred_value: bool = ..., classification_weight: _Optional[float] = ..., regression_weight: _Optional[float] = ...) -> None: ...

class OrderCalibrateLoss(_message.Message):
    __slots__ = ("tower_names",)
    TOWER_NAMES_FIELD_NUMBER: _ClassVar[int]
    tower_names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, tower_names: _Optional[_Iterable[str]] = ...) -> None: ...

class Kd(_message.Message):
    __slots__ = ("loss_type", "loss_weight", "temperature", "task_space_indicator_name", "task_space_indicator_value", "in_task_space_weight", "out_task_space_weight", "loss_name", "pred_name", "pred_is_logits", "soft_label_name", "label_is_logits", "soft_label_names")
    class Form(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CROSS_ENTROPY_LOSS: _ClassVar[Kd.Form]
        BINARY_CROSS_ENTROPY_LOSS: _ClassVar[Kd.Form]
        KL_DIVERGENCE_LOSS: _ClassVar[Kd.Form]
        CLASSIFICATION: _ClassVar[Kd.Form]
        L2_LOSS: _ClassVar[Kd.Form]
    CROSS_ENTROPY_LOSS: Kd.Form
    BINARY_CROSS_ENTROPY_LOSS: Kd.Form
    KL_DIVERGENCE_LOSS: Kd.Form
    CLASSIFICATION: Kd.Form
    L2_LOSS: Kd.Form
    LOSS_TYPE_FIELD_NUMBER: _ClassVar[int]
    LOSS_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TASK_SPACE_INDICATOR_NAME_FIELD_NUMBER: _ClassVar[int]
    TASK_SPACE_INDICATOR_VALUE_FIELD_NUMBER: _ClassVar[int]
    IN_TASK_SPACE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    OUT_TASK_SPACE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    LOSS_NAME_FIELD_NUMBER: _ClassVar[int]
    PRED_NAME_FIELD_NUMBER: _ClassVar[int]
    PRED_IS_LOGITS_FIELD_NUMBER: _ClassVar[int]
    SOFT_LABEL_NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_IS_LOGITS_FIELD_NUMBER: _ClassVar[int]
    SOFT_LABEL_NAMES_FIELD_NUMBER: _ClassVar[int]
    loss_type: Kd.Form
    loss_weight: float
    temperature: float
    task_space_indicator_name: str
    task_space_indicator_value: str
    in_task_space_weight: float
    out_task_space_weight: float
    loss_name: str
    pred_name: str
    pred_is_logits: bool
    soft_label_name: str
    label_is_logits: bool
    soft_label_names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, loss_type: _Optional[_Union[Kd.Form, str]] = ..., loss_weight: _Optional[float] = ..., temperature: _Optional[float] = ..., task_space_indicator_name: _Optional[str] = ..., task_space_indicator_value: _Optional[str] = ..., in_task_space_weight: _Optional[float] = ..., out_task_space_weight: _Optional[float] = ..., loss_name: _Optional[str] = ..., pred_name: _Optional[str] = ..., pred_is_logits: bool = ..., soft_label_name: _Optional[str] = ..., label_is_logits: bool = ..., soft_label_names: _Optional[_Iterable[str]] = ...) -> None: ...

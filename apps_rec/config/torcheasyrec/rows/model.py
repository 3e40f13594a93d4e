"""Verdicts on model_config, less its models: groups, sequences, towers, losses, metrics."""

from apps_rec.config.easyrec.verdict import Verdict, noted, refused, used
from apps_rec.config.torcheasyrec.fields import Row, flag, part, parts, real, text, whole

_MODELS = (
    "models that are read are mmoe, dbmtl, ple, simple_multi_task, multi_tower, multi_tower_din, deepfm, wide_and_deep,"
    " dcn_v1 and dlrm"
)
_OTHER = refused(f"it is none of the bodies that are built here; {_MODELS}")
_RECALL = refused(f"it finds candidates, where this package ranks them; {_MODELS}")
_GENERATES = refused(f"it generates sequences, where this package ranks rows; {_MODELS}")
_BACKBONE = refused(f"a backbone builds code from the config, which is never done here; {_MODELS}")
_ENCODER = refused(
    "sequences are averaged, added up, or compared with the candidate: write pooling_encoder { } or din_encoder { }"
)
_SUFFIX = refused("groups share the tables of their features: delete it").unless("", because="groups share tables")
_XAUC = refused("pairs of rows are not counted for labels that are numbers: write mean_absolute_error")

MODEL: dict[str, dict[str, Row]] = {
    "ModelConfig": {
        "feature_groups": parts("FeatureGroupConfig"),
        "dlrm": part("DLRM", "rank_model: interaction", "model"),
        "deepfm": part("DeepFM", "rank_model: shared_bottom and fm", "model"),
        "multi_tower": part("MultiTower", "rank_model: shared_bottom over groups", "model"),
        "multi_tower_din": part("MultiTowerDIN", "rank_model: shared_bottom over groups", "model"),
        "wide_and_deep": part("WideAndDeep", "rank_model: shared_bottom and the wide part", "model"),
        "dcn_v1": part("DCNV1", "rank_model: cross", "model"),
        "simple_multi_task": part("SimpleMultiTask", "rank_model: shared_bottom", "model"),
        "mmoe": part("MMoE", "rank_model: mmoe", "model"),
        "dbmtl": part("DBMTL", "rank_model: mmoe or shared_bottom, with towers that read each other", "model"),
        "ple": part("PLE", "rank_model: ple", "model"),
        **dict.fromkeys(("mask_net", "dcn_v2", "xdeepfm", "wukong", "dc2vr", "pepnet", "tmmoe"), _OTHER),
        **dict.fromkeys(("dlrm_hstu", "ultra_hstu", "dlrm_hstu_onerank", "rocket_launching"), _OTHER),
        **dict.fromkeys(("dssm", "dssm_v2", "dat", "hstu_match", "mind", "tdm", "fusion_dssm"), _RECALL),
        **dict.fromkeys(("sid_rqvae", "sid_rqkmeans", "generative_qwen", "prompt_generative_qwen"), _GENERATES),
        **dict.fromkeys(("rank_backbone", "multi_task_backbone", "match_backbone"), _BACKBONE),
        "num_class": whole("of a model with one task"),
        "losses": parts("LossConfig", "of a model with one task"),
        "metrics": parts("MetricConfig", "of a model with one task; each is exact"),
        "train_metrics": noted("metrics are measured on rows that were not trained on"),
        "variational_dropout": part("VariationalDropout", "one probability for a feature in all its groups"),
        "kernel": noted("it is of PyTorch"),
        "use_pareto_loss_weight": refused("write false, and loss_weight_strategy in the new config").unless(
            False, because="losses have the weights that the config gives"
        ),
    },
    "FeatureGroupConfig": {
        "group_name": text(),
        "feature_names": text(is_list=True),
        "group_type": part("FeatureGroupType", "wide_deep"),
        "sequence_groups": parts("SeqGroupConfig", "its sequences become features of the group"),
        "sequence_encoders": parts("SeqEncoderConfig"),
        "embedding_name_suffix": _SUFFIX,
    },
    "SeqGroupConfig": {
        "group_name": text(),
        "feature_names": text(is_list=True),
        "embedding_name_suffix": _SUFFIX,
    },
    "SeqEncoderConfig": {
        "din_encoder": part(
            "DINEncoder", "sequence_features, whose items are compared with all other features", "seq_module"
        ),
        "pooling_encoder": part("PoolingEncoder", "the mean or the sum of each sequence", "seq_module"),
        "simple_attention": _ENCODER,
        "multi_window_din_encoder": _ENCODER,
        "hstu_encoder": _ENCODER,
        "self_attention_encoder": _ENCODER,
    },
    "DINEncoder": {
        "name": noted("a name for people"),
        "input": text(),
        "attn_mlp": part("MLP", "seq_dnn, with the layer to the score"),
        "max_seq_length": whole("max_seq_len"),
    },
    "PoolingEncoder": {
        "name": noted("a name for people"),
        "input": text(),
        "pooling_type": text("mean or sum"),
        "max_seq_length": whole("max_seq_len"),
    },
    "VariationalDropout": {
        "regularization_lambda": real("divided by the rows of the batch"),
        "embedding_wise_variational_dropout": flag(),
    },
    "MLP": {
        "hidden_units": whole(is_list=True),
        "dropout_ratio": real(is_list=True),
        "activation": text("by name, such as nn.ReLU"),
        "use_bn": flag("false by default, as there, and written out"),
        "bias": refused("layers have a bias: write true").unless(True, because="layers have a bias"),
        "use_ln": refused("write use_bn, or false").unless(False, because="layers are not normalised"),
    },
    "LossConfig": {
        "binary_cross_entropy": part("BinaryCrossEntropy", "CLASSIFICATION", "loss"),
        "softmax_cross_entropy": part("SoftmaxCrossEntropy", "CLASSIFICATION over num_class", "loss"),
        "l2_loss": part("L2Loss", "L2_LOSS", "loss"),
        "jrc_loss": part("JRCLoss", "JRC_LOSS; sessions are within a replica's part of the batch", "loss"),
        "binary_focal_loss": part("BinaryFocalLoss", "BINARY_FOCAL_LOSS", "loss"),
    },
    "BinaryCrossEntropy": {},
    "SoftmaxCrossEntropy": {"label_smoothing": real()},
    "L2Loss": {},
    "JRCLoss": {"session_name": text(), "alpha": real()},
    "BinaryFocalLoss": {"gamma": real(), "alpha": real("0.5 by default, as there, and written out")},
    "MetricConfig": {
        "auc": part("AUC", "exact", "metric"),
        "multiclass_auc": refused("classes are not held against each other one by one: write accuracy, or recall_at_k"),
        "recall_at_k": part("RecallAtK", "recall_at_topk", "metric"),
        "mean_absolute_error": part("MeanAbsoluteError", oneof="metric"),
        "mean_squared_error": part("MeanSquaredError", oneof="metric"),
        "accuracy": part("Accuracy", oneof="metric"),
        "grouped_auc": part("GroupedAUC", "gauc, the mean over users", "metric"),
        "normalized_entropy": part("NormalizedEntropy", oneof="metric"),
        "xauc": _XAUC,
        "grouped_xauc": _XAUC,
        "step_decay_rate": noted("it is of metrics of training"),
    },
    "AUC": {"thresholds": noted("AUC is exact, by no thresholds")},
    "RecallAtK": {"top_k": whole("topk")},
    "MeanAbsoluteError": {},
    "MeanSquaredError": {},
    "Accuracy": {
        "threshold": real(),
        "top_k": refused("of the likeliest classes it is a recall: write recall_at_k").unless(
            1, because="it is of the likeliest class"
        ),
    },
    "GroupedAUC": {"grouping_key": text("uid_field")},
    "NormalizedEntropy": {},
}

MODEL_ENUMS: dict[str, dict[str, Verdict]] = {
    "FeatureGroupType": {
        "DEEP": used(),
        "WIDE": used(),
        "SEQUENCE": used("the group of a din_tower"),
        "JAGGED_SEQUENCE": refused("it is of sequence models: write DEEP, with a pooling_encoder"),
    },
}

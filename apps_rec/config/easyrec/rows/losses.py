"""Verdicts on losses and distillation."""

from apps_rec.config.easyrec.verdict import Verdict, noted, refused, used

_MATCHING = refused("a loss of matching models, of users against sampled items: delete it")
_PAIRS = used("pairs are within a replica's part of the batch; a pair weighs the product of both rows' weights")
_SESSIONS = used("sessions are within a replica's part of the batch")
_DISTILLED = refused("a loss of distillation, which kd { } of model_config takes: write CLASSIFICATION here")
_LISTS = refused(
    "lists are not distilled: write CLASSIFICATION here, and kd { loss_type: CROSS_ENTROPY_LOSS } for the soft label"
)
_KD = refused("a soft label is learned row by row, by cross entropy, KL divergence or squared error: delete it")

LOSSES: dict[str, dict[str, Verdict]] = {
    "Loss": {
        "loss_type": used(),
        "weight": used("each loss has its own; EasyRec gives every loss of a tower the first one's"),
        "loss_name": noted("losses are shown summed up, by tower"),
        "learn_loss_weight": used("under loss_weight_strategy: Uncertainty; the weight multiplies the loss too"),
        "f1_reweighted_loss": used(),
        "softmax_loss": _MATCHING,
        "circle_loss": _MATCHING,
        "multi_simi_loss": _MATCHING,
        "binary_focal_loss": used(),
        "pairwise_loss": _PAIRS,
        "pairwise_focal_loss": _PAIRS,
        "pairwise_logistic_loss": _PAIRS,
        "jrc_loss": _SESSIONS,
        "pairwise_hinge_loss": _PAIRS,
        "listwise_rank_loss": _SESSIONS,
        "listwise_distill_loss": _LISTS,
        "ziln_loss": used(),
    },
    "F1ReweighedLoss": {
        "f1_beta_square": used("TP is the sum of p over positives, as in the paper; EasyRec sums over all rows"),
        "label_smoothing": used(),
    },
    "SoftmaxCrossEntropyWithNegativeMining": {
        "num_negative_samples": _MATCHING,
        "margin": _MATCHING,
        "gamma": _MATCHING,
        "coefficient_of_support_vector": _MATCHING,
    },
    "CircleLoss": {
        "margin": _MATCHING,
        "gamma": _MATCHING,
    },
    "MultiSimilarityLoss": {
        "alpha": _MATCHING,
        "beta": _MATCHING,
        "lamb": _MATCHING,
        "eps": _MATCHING,
    },
    "BinaryFocalLoss": {
        "gamma": used(),
        "alpha": used(),
        "ohem_ratio": used(),
        "label_smoothing": used(),
    },
    "PairwiseLoss": {
        "margin": used(),
        "session_name": used(),
        "temperature": used(),
    },
    "PairwiseFocalLoss": {
        "gamma": used(),
        "alpha": used(),
        "hinge_margin": used(),
        "session_name": used(),
        "ohem_ratio": used(),
        "temperature": used(),
    },
    "PairwiseLogisticLoss": {
        "temperature": used(),
        "session_name": used(),
        "hinge_margin": used(),
        "ohem_ratio": used(),
        "use_label_margin": used(),
    },
    "JRCLoss": {
        "session_name": used(),
        "alpha": used(),
        "same_label_loss": used(),
        "loss_weight_strategy": refused("alpha is given, not drawn: write fixed").unless(
            "fixed", because="alpha is fixed"
        ),
    },
    "PairwiseHingeLoss": {
        "temperature": used(),
        "session_name": used(),
        "margin": used(),
        "ohem_ratio": used(),
        "label_is_logits": used(),
        "use_label_margin": used(),
        "use_exponent": refused("EasyRec takes the logits from the labels then: write false").unless(
            False, because="differences are taken as they are"
        ),
    },
    "ListwiseRankLoss": {
        "temperature": used(),
        "session_name": used(),
        "transform_fn": refused("it names code; labels are taken as they are: delete it"),
        "label_is_logits": used(
            "false: the labels of a session, divided by their sum; one without a positive does not count"
        ),
        "scale_logits": refused(
            "the last layer of the tower has a scale already, which is learned: write false"
        ).unless(False, because="logits have no learned scale"),
    },
    "ListwiseDistillLoss": {
        "temperature": _LISTS,
        "session_name": _LISTS,
        "transform_fn": _LISTS,
        "label_clip_max_value": _LISTS,
        "scale_logits": _LISTS,
    },
    "ZILNLoss": {
        "mu_regularization": used(),
        "sigma_regularization": used(),
        "max_log_clip_value": used(),
        "max_sigma": used(),
        "return_log_pred_value": used(),
        "classification_weight": used(),
        "regression_weight": used(),
    },
    "KD": {
        "loss_name": used("loss_<loss_name> in logs; kd_<pred_name> where there is none"),
        "pred_name": used("logits_<tower>, probs_<tower>, y_<tower> or a product; logits and probs of one tower"),
        "pred_is_logits": used("it must agree with pred_name"),
        "soft_label_name": used("one of label_fields, which no tower learns"),
        "label_is_logits": used(),
        "loss_type": used("a mean over the rows whose soft label is known; sample weights do not count, as in EasyRec"),
        "loss_weight": used(),
        "temperature": used(
            "of probabilities p to p^(1/T), of one or several; EasyRec takes log p of one for its logit in"
            " CROSS_ENTROPY_LOSS"
        ),
        "task_space_indicator_name": used(),
        "task_space_indicator_value": used("a value of the column's type"),
        "in_task_space_weight": used(),
        "out_task_space_weight": used(),
        **dict.fromkeys(
            (
                "f1_reweighted_loss",
                "softmax_loss",
                "circle_loss",
                "multi_simi_loss",
                "binary_focal_loss",
                "pairwise_loss",
                "pairwise_focal_loss",
                "pairwise_logistic_loss",
                "jrc_loss",
                "pairwise_hinge_loss",
                "listwise_rank_loss",
                "listwise_distill_loss",
            ),
            _KD,
        ),
    },
    "LossType": {
        "CLASSIFICATION": used(),
        "L2_LOSS": used(),
        "SIGMOID_L2_LOSS": used(),
        "CROSS_ENTROPY_LOSS": _DISTILLED,
        "SOFTMAX_CROSS_ENTROPY": _MATCHING,
        "CIRCLE_LOSS": _MATCHING,
        "MULTI_SIMILARITY_LOSS": _MATCHING,
        "SOFTMAX_CROSS_ENTROPY_WITH_NEGATIVE_MINING": _MATCHING,
        "PAIR_WISE_LOSS": used(),
        "F1_REWEIGHTED_LOSS": used(),
        "BINARY_FOCAL_LOSS": used(),
        "PAIRWISE_FOCAL_LOSS": used(),
        "PAIRWISE_LOGISTIC_LOSS": used(),
        "PAIRWISE_HINGE_LOSS": used(),
        "JRC_LOSS": used(),
        "ORDER_CALIBRATE_LOSS": used("it is refused where no other tower is named, where EasyRec leaves it out"),
        "BINARY_CROSS_ENTROPY_LOSS": _DISTILLED,
        "KL_DIVERGENCE_LOSS": _DISTILLED,
        "LISTWISE_RANK_LOSS": used(),
        "LISTWISE_DISTILL_LOSS": _LISTS,
        "ZILN_LOSS": used(),
    },
}

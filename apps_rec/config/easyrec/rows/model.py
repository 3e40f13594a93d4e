"""Verdicts on model_config, less its models: feature groups, sequences, regularisation."""

from apps_rec.config.easyrec.rows.models import HERE
from apps_rec.config.easyrec.verdict import Verdict, noted, refused, used

_ATTENTION = refused(f"features do not attend to each other; write dlrm or dcn for products of features: {HERE}")
_ROCKET = refused(
    "two models are not trained in one; train the larger one, and give the smaller one its predictions by kd { }"
)
_RECALL = refused(f"it finds candidates, where this package ranks them; {HERE}")
_BACKBONE = refused(f"a backbone builds code from the config, which is never done here; {HERE}")
_CONTENT = refused(f"images and texts are not read; {HERE}")

MODEL: dict[str, dict[str, Verdict]] = {
    "EasyRecModel": {
        "model_class": used("the message that follows decides; another name is an error"),
        "model_name": noted("a name for people"),
        "feature_groups": used(),
        "model_params": _BACKBONE,
        "dummy": refused(f"it learns nothing; {HERE}"),
        "wide_and_deep": used(),
        "deepfm": used(),
        "multi_tower": used(),
        "fm": used(),
        "dcn": used(),
        "autoint": _ATTENTION,
        "dlrm": used(),
        "cmbf": _CONTENT,
        "uniter": _CONTENT,
        "multi_tower_recall": _RECALL,
        "dssm": _RECALL,
        "mind": _RECALL,
        "dropoutnet": _RECALL,
        "metric_learning": _RECALL,
        "pdn": _RECALL,
        "dssm_senet": _RECALL,
        "dat": _RECALL,
        "mmoe": used("experts train as the rest does: with dropout, and with statistics of the batch"),
        "esmm": used("losses are means over the rows of a batch, where EasyRec sums"),
        "dbmtl": used("experts train as the rest does, as in mmoe"),
        "simple_multi_task": used(),
        "ple": used("experts train as the rest does, as in mmoe"),
        "rocket_launching": _ROCKET,
        "seq_att_groups": used("those that din_towers read"),
        "embedding_regularization": used(
            "half the squared length of what is looked up, averaged over the rows of a batch; EasyRec sums. Sequences"
            " count after pooling, but in sequence_features by item"
        ),
        "loss_type": used("of a model with one tower"),
        "num_class": used("of a model with one tower"),
        "ev_params": refused("tables of DeepRec's embedding variables do not grow here: delete it"),
        "kd": used("a loss between an output and soft labels, one of label_fields"),
        "restore_filters": refused("all weights of a checkpoint are taken that fit by name and shape: delete it"),
        "variational_dropout": used("one probability for a feature in all its groups, which begins at 1/2"),
        "losses": used("of a model with one tower; means over rows or pairs"),
        "loss_weight_strategy": used(),
        "backbone": _BACKBONE,
        "label_name": used("of a model with one tower"),
    },
    "EasyRecModel.LossWeightStrategy": {
        "Fixed": used(),
        "Uncertainty": used("of all losses, where none has learn_loss_weight: true"),
        "Random": used("drawn for the losses of all towers together; the weights of the config multiply them"),
    },
    "FeatureGroupConfig": {
        "group_name": used(),
        "feature_names": used(),
        "wide_deep": used("it must agree with how the model reads the group"),
        "sequence_features": used("read by bodies; an FM over the group reads its features alone"),
        "negative_sampler": refused("negatives are not drawn while training: write false").unless(
            False, because="negatives are not drawn"
        ),
    },
    "WideOrDeep": {"DEEP": used(), "WIDE": used(), "WIDE_AND_DEEP": used()},
    "SeqAttGroupConfig": {
        "group_name": used(),
        "seq_att_map": used(),
        "tf_summary": noted("no summaries of tensors are written"),
        "seq_dnn": used("batch norm counts items alone, no padding"),
        "allow_key_search": used(),
        "need_key_feature": used(),
        "allow_key_transform": used("a shorter key is joined behind without the zeros that it is compared with"),
        "transform_dnn": used("with allow_key_transform"),
    },
    "SeqAttMap": {
        "key": used("not a SequenceFeature"),
        "hist_seq": used(
            "the items of the first are those that are there; a shorter one has zeros behind, EasyRec ends the run"
        ),
        "aux_hist_seq": used("of all seq_att_map; EasyRec takes those of the last"),
    },
    "VariationalDropoutLayer": {
        "regularization_lambda": used("divided by the rows of the batch, as there"),
        "embedding_wise_variational_dropout": used(),
    },
}

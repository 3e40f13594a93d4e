"""Verdicts on the messages of single models."""

from apps_rec.config.easyrec.verdict import Verdict, noted, refused, used

HERE = (
    "models here are mmoe, esmm, dbmtl, ple, simple_multi_task, deepfm, wide_and_deep, fm, multi_tower, dcn,"
    " dlrm and rank_model"
)
_L2 = used("half the squared kernels, as tf.nn.l2_loss")
_BST = refused("sequences are not read by transformers; write din_towers, or sequence_features of a feature group")

MODELS: dict[str, dict[str, Verdict]] = {
    "MMoE": {
        "experts": used("as num_expert and expert_dnn; their networks must be alike"),
        "expert_dnn": used(),
        "num_expert": used(),
        "task_towers": used(),
        "l2_regularization": _L2,
    },
    "ESMM": {
        "groups": used(),
        "ctr_tower": used(),
        "cvr_tower": used("its weight is that of the loss of CTCVR"),
        "l2_regularization": _L2,
    },
    "SimpleMultiTask": {"task_towers": used(), "l2_regularization": _L2},
    "DeepFM": {
        "dnn": used(),
        "final_dnn": used(),
        "wide_output_dim": used("without final_dnn it must be the number of logits"),
        "wide_regularization": noted(
            "EasyRec reads it nowhere; embedding_regularization weighs first-order weights too"
        ),
        "dense_regularization": used("an older name of l2_regularization; both together are an error"),
        "l2_regularization": _L2,
    },
    "WideAndDeep": {
        "wide_output_dim": used("without final_dnn it is the number of logits, whatever it says, as in EasyRec"),
        "dnn": used(),
        "final_dnn": used(),
        "l2_regularization": _L2,
    },
    "MultiTower": {
        "towers": used(),
        "final_dnn": used(),
        "l2_regularization": _L2,
        "din_towers": used(
            "joined to the towers as they are, without a batch norm; of model_class MultiTower not read, as there"
        ),
        "bst_towers": _BST,
    },
    "DINTower": {"input": used("one of seq_att_groups"), "dnn": used("in place of seq_dnn")},
    "BSTTower": {"input": _BST, "seq_len": _BST, "multi_head_size": _BST},
    "DCN": {
        "deep_tower": used("its input is the group of both towers; EasyRec reads the group all whatever it says"),
        "cross_tower": used("its input is that of deep_tower"),
        "final_dnn": used(),
        "l2_regularization": used("half the squared kernels of the networks; cross layers have none, as in EasyRec"),
    },
    "CrossTower": {"input": used("the group of deep_tower"), "cross_num": used()},
    "DLRM": {
        "top_dnn": used(),
        "bot_dnn": used("of two groups of other names the first is dense"),
        "arch_interaction_op": used(),
        "arch_interaction_itself": used(),
        "arch_with_dense_feature": used(),
        "l2_regularization": _L2,
    },
    "DBMTL": {
        "bottom_cmbf": refused("images and texts are not read: delete it"),
        "bottom_uniter": refused("images and texts are not read: delete it"),
        "bottom_dnn": used(),
        "expert_dnn": used(),
        "num_expert": used(),
        "task_towers": used(),
        "l2_regularization": _L2,
    },
    "PLE": {"extraction_networks": used(), "task_towers": used(), "l2_regularization": _L2},
    "ExtractionNetwork": {
        "network_name": used("a part of the names of its weights"),
        "expert_num_per_task": used(),
        "share_num": used(),
        "task_expert_net": used(),
        "share_expert_net": used(),
    },
}

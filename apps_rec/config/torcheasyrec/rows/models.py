"""Verdicts on the messages of single models, and on towers."""

from apps_rec.config.easyrec.verdict import noted, refused
from apps_rec.config.torcheasyrec.fields import Row, part, parts, real, text, whole

_GATES = part("MLP", "gate_dnn, of each gate")
_WIDE = noted("a first-order weight is one number; there that many, which are added up")
_WIDE_INIT = noted("first-order weights begin at 0")
_TOWER: dict[str, Row] = {
    "tower_name": text(),
    "label_name": text("without it, label_fields in their order"),
    "metrics": parts("MetricConfig", "each is exact"),
    "losses": parts("LossConfig", "their sum; each is a mean over the rows that count"),
    "num_class": whole(),
    "mlp": part("MLP", "dnn"),
    "weight": real(),
    "sample_weight_name": text("sample_weight"),
    "task_space_indicator_label": text(),
    "in_task_space_weight": real(),
    "out_task_space_weight": real(),
    "pareto_min_loss_weight": noted("it is of use_pareto_loss_weight, which is refused unless it is false"),
}

MODELS: dict[str, dict[str, Row]] = {
    "TaskTower": _TOWER,
    "BayesTaskTower": {
        **_TOWER,
        "relation_tower_names": text("towers that stand before this one", is_list=True),
        "relation_mlp": part("MLP", "relation_dnn"),
    },
    "MMoE": {
        "expert_mlp": part("MLP", "expert_dnn"),
        "gate_mlp": _GATES,
        "num_expert": whole("3 by default, as there"),
        "task_towers": parts("TaskTower"),
    },
    "SimpleMultiTask": {"task_towers": parts("TaskTower")},
    "DBMTL": {
        "mask_net": refused("features are not masked by products: write bottom_mlp"),
        "bottom_mlp": part("MLP", "the DNN over the group"),
        "expert_mlp": part("MLP", "expert_dnn"),
        "gate_mlp": _GATES,
        "num_expert": whole("3 by default, as there"),
        "task_towers": parts("BayesTaskTower"),
    },
    "PLE": {"extraction_networks": parts("ExtractionNetwork"), "task_towers": parts("TaskTower")},
    "ExtractionNetwork": {
        "network_name": text("a part of the names of its weights"),
        "expert_num_per_task": whole(),
        "share_num": whole(),
        "task_expert_net": part("MLP"),
        "share_expert_net": part("MLP"),
    },
    "MultiTower": {"towers": parts("Tower"), "final": part("MLP", "dnn of the tower")},
    "MultiTowerDIN": {
        "towers": parts("Tower"),
        "din_towers": parts("DINTower", "a group with sequence_features"),
        "final": part("MLP", "dnn of the tower"),
    },
    "Tower": {"input": text(), "mlp": part("MLP", "dnn")},
    "DINTower": {"input": text(), "attn_mlp": part("MLP", "seq_dnn, with the layer to the score")},
    "DeepFM": {
        "deep": part("MLP"),
        "final": part("MLP", "dnn of the tower"),
        "wide_embedding_dim": _WIDE,
        "wide_init_fn": _WIDE_INIT,
    },
    "WideAndDeep": {
        "deep": part("MLP"),
        "final": part("MLP", "dnn of the tower"),
        "wide_embedding_dim": _WIDE,
        "wide_init_fn": _WIDE_INIT,
    },
    "DCNV1": {
        "cross_tower": part("Cross"),
        "deep_tower": part("MLP", "dnn of the body"),
        "final_dnn": part("MLP", "dnn of the tower; its logit has a bias here"),
    },
    "Cross": {"cross_num": whole("3 by default, as there")},
    "DLRM": {
        "dense_mlp": part("MLP", "the DNN over the group dense"),
        "arch_with_sparse": refused("the embeddings are read beside their products: write true").unless(
            True, because="the embeddings are read beside their products"
        ),
        "final": part("MLP", "dnn of the tower"),
    },
}

"""Verdicts on networks and towers."""

from apps_rec.config.easyrec.verdict import Verdict, later, used

_DBMTL = later("models here are mmoe, esmm, ple, deepfm, fm, simple_multi_task and rank_model")
_EXPERTS = later("write num_expert, and their network once in expert_dnn")

TOWERS: dict[str, dict[str, Verdict]] = {
    "DNN": {
        "hidden_units": used(),
        "dropout_ratio": used(),
        "activation": used("by name, such as tf.nn.relu; no code is run"),
        "use_bn": used(),
    },
    "Tower": {"input": used(), "dnn": used()},
    "ExpertTower": {"expert_name": _EXPERTS, "dnn": _EXPERTS},
    "TaskTower": {
        "tower_name": used(),
        "label_name": used("without it, label_fields in their order; of an ESMM the first is the conversion's"),
        "metrics_set": used("eval_config.metrics_set where there is none"),
        "loss_type": used("a mean over the rows that count"),
        "num_class": used(),
        "dnn": used(),
        "weight": used(),
        "task_space_indicator_label": used(),
        "in_task_space_weight": used(),
        "out_task_space_weight": used(),
        "losses": used("their weighted sum; each is a mean over the rows or pairs that count"),
        "use_sample_weight": used(),
        "task_space_indicator_name": used(),
        "task_space_indicator_value": used("a value of the column's type"),
    },
    "BayesTaskTower": {
        "tower_name": _DBMTL,
        "label_name": _DBMTL,
        "metrics_set": _DBMTL,
        "loss_type": _DBMTL,
        "num_class": _DBMTL,
        "dnn": _DBMTL,
        "relation_tower_names": _DBMTL,
        "relation_dnn": _DBMTL,
        "weight": _DBMTL,
        "task_space_indicator_label": _DBMTL,
        "in_task_space_weight": _DBMTL,
        "out_task_space_weight": _DBMTL,
        "losses": _DBMTL,
        "use_sample_weight": _DBMTL,
        "task_space_indicator_name": _DBMTL,
        "task_space_indicator_value": _DBMTL,
    },
}

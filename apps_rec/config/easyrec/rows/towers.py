"""Verdicts on networks and towers."""

from apps_rec.config.easyrec.verdict import Verdict, later, used

_DBMTL = later("models here are mmoe, esmm, ple, deepfm, fm, simple_multi_task and rank_model")
_SPACE = later("write task_space_indicator_label, a label that is 1 on the rows of the space")
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
        "loss_type": later("losses are cross-entropies of two classes: write CLASSIFICATION").unless(
            "CLASSIFICATION", because="losses are cross-entropies of two classes always"
        ),
        "num_class": later("every task has two classes: write 1").unless(1, because="every task has two classes"),
        "dnn": used(),
        "weight": used(),
        "task_space_indicator_label": used(),
        "in_task_space_weight": used(),
        "out_task_space_weight": used(),
        "losses": later("losses are cross-entropies of two classes: delete it"),
        "use_sample_weight": used(),
        "task_space_indicator_name": _SPACE,
        "task_space_indicator_value": _SPACE,
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

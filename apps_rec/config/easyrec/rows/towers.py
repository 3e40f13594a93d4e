"""Verdicts on networks and towers."""

from apps_rec.config.easyrec.verdict import Verdict, noted, used

TOWERS: dict[str, dict[str, Verdict]] = {
    "DNN": {
        "hidden_units": used(),
        "dropout_ratio": used(),
        "activation": used(
            "by name, such as tf.nn.relu or dice; no code is run. gelu is not approximated, prelu has a weight a unit"
        ),
        "use_bn": used(),
    },
    "Tower": {"input": used(), "dnn": used()},
    "ExpertTower": {"expert_name": noted("experts have numbers"), "dnn": used("one network for all experts")},
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
}
# One message of ours is both.
TOWERS["BayesTaskTower"] = {
    **TOWERS["TaskTower"],
    "relation_tower_names": used("towers that stand before this one"),
    "relation_dnn": used(),
}

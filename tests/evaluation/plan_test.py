import pytest

from apps_rec.evaluation import MetricSpec, TaskMetrics
from apps_rec.evaluation.plan import build_plan
from apps_rec.protos.pipeline_pb2 import PipelineConfig

AUC = MetricSpec("auc")
DEFAULT = (AUC, MetricSpec("log_loss"), MetricSpec("calibration"))


def test_a_funnel_from_a_config(tiny):
    assert build_plan(tiny.load().message) == [
        TaskMetrics("ctr", "probs_ctr", ("click",), None, DEFAULT),
        TaskMetrics("cvr_masked", "probs_cvr", ("download",), "click", DEFAULT),
        TaskMetrics("ctcvr", "probs_ctcvr", ("click", "download"), None, DEFAULT),
    ]


def make_config(*towers, funnel=False):
    config = PipelineConfig()
    model = config.model_config.rank_model
    (model.head.funnel if funnel else model.head.independent).SetInParent()
    for name, label, options in towers:
        tower = model.task_towers.add(tower_name=name, label_name=label, **options)
        if not tower.metrics_set:
            tower.metrics_set.add().auc.SetInParent()
    return config


def test_independent_towers():
    config = make_config(("ctr", "click", {}), ("ctcvr", "download", {}))
    assert build_plan(config) == [
        TaskMetrics("ctr", "probs_ctr", ("click",), None, (AUC,)),
        TaskMetrics("ctcvr", "probs_ctcvr", ("download",), None, (AUC,)),
    ]


@pytest.mark.parametrize(("outside", "is_masked"), [(0.0, True), (0.5, False)])
def test_a_tower_that_ignores_rows_outside_its_space_is_measured_inside(outside, is_masked):
    space = {"task_space_indicator_label": "click", "out_task_space_weight": outside}
    plan = build_plan(make_config(("ctr", "click", {}), ("cvr", "download", space)))
    mask = "click" if is_masked else None
    assert plan[1] == TaskMetrics("cvr_masked" if is_masked else "cvr", "probs_cvr", ("download",), mask, (AUC,))


def test_each_tower_has_its_metrics():
    config = make_config(("see", "click", {}), ("get", "download", {}), funnel=True)
    see = config.model_config.rank_model.task_towers[0]
    del see.metrics_set[:]
    see.metrics_set.add().calibration.SetInParent()
    gauc = see.metrics_set.add().gauc
    gauc.uid_field, gauc.reduction = "user", "mean_by_sample_num"
    plan = build_plan(config)
    assert [name for task in plan for name in task.names] == [
        "calibration_see",
        "gauc_see",
        "auc_get_masked",
        "auc_ctcvr",
    ]
    assert plan[0].metrics[1] == MetricSpec("gauc", "user", {"reduction": "mean_by_sample_num"})
    assert plan[1].mask_label == "click"


def test_labels_that_are_not_always_observed():
    space = {"task_space_indicator_label": "click", "out_task_space_weight": 0.0}
    config = make_config(("ctr", "click", {}), ("cvr", "download", space))
    for name in ("click", "download"):
        config.data_config.input_fields.add(input_name=name)
    config.data_config.input_fields[0].not_observed.append("-1")
    assert [task.observed for task in build_plan(config)] == [("click",), ("click",)]
    config.data_config.input_fields[1].not_observed.append("")
    assert [task.observed for task in build_plan(config)] == [("click",), ("download", "click")]
    config.model_config.rank_model.head.funnel.SetInParent()
    assert [task.observed for task in build_plan(config)][2] == ("click", "download")


@pytest.mark.parametrize(
    ("options", "output", "kind"),
    [
        ({"loss_type": "L2_LOSS"}, "y_t", "number"),
        ({"num_class": 3}, "probs_t", "classes"),
        # EasyRec's auc of two classes is that of the second's probability.
        ({"num_class": 2}, "probs_t_1", "binary"),
    ],
)
def test_the_kind_of_a_task_is_what_its_tower_learns(options, output, kind):
    config = make_config(("t", "label", options))
    (task,) = build_plan(config)
    assert (task.score_output, task.kind) == (output, kind)


def test_precision_recall_and_max_f1_are_measured_on_probabilities():
    # EasyRec gives logits to max_f1, and passes over precision and recall without a word.
    config = make_config(("ctr", "click", {}))
    tower = config.model_config.rank_model.task_towers[0]
    del tower.metrics_set[:]
    for name in ("precision", "recall", "max_f1"):
        getattr(tower.metrics_set.add(), name).SetInParent()
    half = {"threshold": 0.5}
    metrics = (MetricSpec("precision", options=half), MetricSpec("recall", options=half), MetricSpec("max_f1"))
    assert build_plan(config) == [TaskMetrics("ctr", "probs_ctr", ("click",), None, metrics)]

"""Outputs of a model and what is measured of them, for each head."""

import pytest

from apps_rec.config import metric_names, outputs
from apps_rec.config.heads import HEADS
from apps_rec.config.outputs import labels_of_losses, measured, metrics_by_name, score_outputs
from apps_rec.protos.eval_pb2 import EvalMetrics
from apps_rec.protos.model_pb2 import Head
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def make(head, **space):
    config = PipelineConfig()
    rank = config.model_config.rank_model
    getattr(rank.head, head).SetInParent()
    for name, label, options in (("ctr", "click", {}), ("cvr", "download", space)):
        tower = rank.task_towers.add(tower_name=name, label_name=label, **options)
        tower.metrics_set.add().log_loss.SetInParent()
    config.data_config.input_fields.add(input_name="click").not_observed.append("-1")
    return config


def test_every_head_of_the_config_has_a_row():
    assert list(HEADS) == [field.name for field in Head.DESCRIPTOR.oneofs_by_name["head"].fields]


@pytest.mark.parametrize(("head", "product"), [("independent", []), ("funnel", ["probs_ctcvr"])])
def test_outputs(head, product):
    config = make(head)
    assert outputs(config) == ["probs_ctr", "logits_ctr", "probs_cvr", "logits_cvr", *product, "score"]
    assert score_outputs(config) == ["probs_ctr", "probs_cvr", *product]


def test_towers_side_by_side_are_measured_each_on_its_label():
    found = [
        (each.suffix, each.output, each.labels, each.mask, each.observed) for each in measured(make("independent"))
    ]
    assert found == [
        ("ctr", "probs_ctr", ("click",), "", ("click",)),
        ("cvr", "probs_cvr", ("download",), "", ()),
    ]
    assert labels_of_losses(make("independent")) == [("click",), ("download",)]


def test_a_tower_of_its_task_space_alone_is_measured_there():
    inside = make("independent", task_space_indicator_label="click", out_task_space_weight=0)
    assert [(each.suffix, each.mask, each.observed) for each in measured(inside)][1] == (
        "cvr_masked",
        "click",
        ("click",),
    )
    assert labels_of_losses(inside) == [("click",), ("download", "click")]


def test_a_funnel_is_measured_at_each_step_and_as_the_product():
    found = [(each.suffix, each.output, each.labels, each.mask, each.observed) for each in measured(make("funnel"))]
    assert found == [
        ("ctr", "probs_ctr", ("click",), "", ("click",)),
        ("cvr_masked", "probs_cvr", ("download",), "click", ("click",)),
        ("ctcvr", "probs_ctcvr", ("click", "download"), "", ("click",)),
    ]
    assert labels_of_losses(make("funnel")) == [("click",), ("click", "download")]


def test_a_funnel_of_three_steps():
    config = make("funnel")
    tower = config.model_config.rank_model.task_towers.add(tower_name="pay", label_name="paid")
    tower.metrics_set.add().log_loss.SetInParent()
    assert outputs(config)[4:] == ["probs_pay", "logits_pay", "probs_ctr_to_cvr", "probs_ctr_to_pay", "score"]
    assert score_outputs(config) == ["probs_ctr", "probs_cvr", "probs_pay", "probs_ctr_to_cvr", "probs_ctr_to_pay"]
    trained = HEADS["funnel"].trained(config.model_config.rank_model)
    assert trained == ["probs_ctr", "probs_ctr_to_cvr", "probs_ctr_to_pay"]
    found = [(each.suffix, each.output, each.labels, each.mask, each.observed) for each in measured(config)]
    assert found == [
        ("ctr", "probs_ctr", ("click",), "", ("click",)),
        ("cvr_masked", "probs_cvr", ("download",), "click", ("click",)),
        ("ctr_to_cvr", "probs_ctr_to_cvr", ("click", "download"), "", ("click",)),
        ("pay_masked", "probs_pay", ("paid",), "download", ()),
        ("ctr_to_pay", "probs_ctr_to_pay", ("click", "download", "paid"), "", ("click",)),
    ]
    assert labels_of_losses(config) == [("click",), ("click", "download"), ("click", "download", "paid")]
    assert HEADS["funnel"].label_steps(config.model_config.rank_model) == ("click", "download", "paid")


def test_a_full_name_finds_its_row():
    config = make("funnel")
    assert metric_names(config) == ["log_loss_ctr", "log_loss_cvr_masked", "log_loss_ctcvr"]
    assert metrics_by_name(config)["log_loss_cvr_masked"].better == EvalMetrics.LOWER


def test_a_name_does_not_say_what_is_better():
    config = make("independent")
    config.model_config.rank_model.task_towers[0].tower_name = "loss_ctr"
    del config.model_config.rank_model.task_towers[0].metrics_set[:]
    config.model_config.rank_model.task_towers[0].metrics_set.add().auc.SetInParent()
    assert metrics_by_name(config)["auc_loss_ctr"].better == EvalMetrics.HIGHER

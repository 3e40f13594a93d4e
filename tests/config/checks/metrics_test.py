"""Metrics of towers that learn numbers or classes."""

from dataclasses import replace

import pytest

from apps_rec.config import heads, parse_text
from apps_rec.errors import ConfigError
from apps_rec.protos.eval_pb2 import EvalMetrics

R = "model_config.rank_model"
CTR = f"{R}.task_towers[tower_name=ctr].metrics_set"
CVR = f"{R}.task_towers[tower_name=cvr].metrics_set"


@pytest.fixture
def towers(base, monkeypatch):
    """Return a function that reads the config, its first tower binary, its second of a kind; gives their metrics."""

    def read(kind, *overrides):
        class Toy(heads.Independent):
            def targets(self, rank, at):
                (target,) = super().targets(rank, at)
                return [replace(target, kind=kind if at else EvalMetrics.BINARY)]

        monkeypatch.setitem(heads.HEADS, "independent", Toy())
        text = base.replace("    head { funnel { } }\n", "")
        towers = parse_text(text, "a.config", overrides).message.model_config.rank_model.task_towers
        return [[metric.WhichOneof("metric") for metric in tower.metrics_set] for tower in towers]

    return read


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (EvalMetrics.BINARY, ["auc", "log_loss", "calibration"]),
        (EvalMetrics.NUMBER, ["root_mean_squared_error", "mean_absolute_error", "calibration"]),
        (EvalMetrics.CLASSES, ["accuracy", "log_loss"]),
    ],
)
def test_a_tower_without_metrics_has_those_of_what_it_learns(towers, kind, expected):
    assert towers(kind) == [["auc", "log_loss", "calibration"], expected]


def test_a_tower_without_metrics_takes_those_of_eval_config_that_measure_it(towers):
    shared = "eval_config.metrics_set=[{auc {}}, {calibration {}}, {mean_squared_error {}}]"
    assert towers(EvalMetrics.NUMBER, shared) == [
        ["auc", "calibration", "mean_squared_error"],
        ["calibration", "mean_squared_error"],
    ]
    assert towers(EvalMetrics.CLASSES, shared)[1] == ["accuracy", "log_loss"]
    own = f"{CVR}={{mean_absolute_error {{}}}}"
    assert towers(EvalMetrics.NUMBER, shared, own)[1] == ["mean_absolute_error"]


def test_a_metric_that_does_not_measure_what_a_tower_learns_is_refused(towers):
    with pytest.raises(ConfigError) as caught:
        towers(EvalMetrics.NUMBER, f"{CVR}=[{{mean_squared_error {{}}}}, {{auc {{}}}}]")
    (line,) = str(caught.value).splitlines()
    assert line.endswith(
        "metrics_set[1].auc: measures labels of 0 and 1; the tower cvr learns labels that are numbers. "
        "Expected calibration, mean_absolute_error, mean_squared_error, root_mean_squared_error."
    )
    with pytest.raises(ConfigError, match=r"measures labels of 0 and 1 or labels of several classes; the tower cvr"):
        towers(EvalMetrics.NUMBER, f"{CVR}={{accuracy {{}}}}")
    text = r"eval_config.metrics_set\[0\].auc: measures labels of 0 and 1; the tower cvr learns labels that are numbers"
    with pytest.raises(ConfigError, match=text):
        towers(EvalMetrics.NUMBER, "eval_config.metrics_set={auc {}}", f"{CTR}={{log_loss {{}}}}")


def test_classes_have_no_threshold(towers):
    assert towers(EvalMetrics.CLASSES, f"{CVR}=[{{accuracy {{}}}}, {{recall_at_topk {{topk: 2}}}}]")[1] == [
        "accuracy",
        "recall_at_topk",
    ]
    with pytest.raises(ConfigError, match=r"accuracy.threshold: of several classes the likeliest counts"):
        towers(EvalMetrics.CLASSES, f"{CVR}={{accuracy {{threshold: 0.3}}}}")


@pytest.mark.parametrize(("num_class", "topk", "is_warned"), [(3, 2, False), (3, 3, True), (2, 1, False), (2, 2, True)])
@pytest.mark.parametrize("path", [CVR, "eval_config.metrics_set"])
def test_a_share_that_is_always_1_is_warned_of(base, num_class, topk, is_warned, path):
    towers = (
        'task_towers { tower_name: "ctr" label_name: "click" } task_towers { tower_name: "cvr" label_name: "download"'
    )
    text = (
        base[: base.index("model_config {")].replace(" position: true", "")
        + 'model_config { feature_groups { group_name: "all" feature_names: ["user", "app"] } '
        + f"rank_model {{ body {{ shared_bottom {{ }} }} {towers} num_class: {num_class} }} }} }}"
    )
    overrides = [f"{path}={{recall_at_topk {{topk: {topk}}}}}", f"{CTR}={{auc {{}}}}"]
    warned = [line for line in parse_text(text, "a.config", overrides).warnings if "recall_at_topk" in line]
    expected = f"{path}[0].recall_at_topk: of any model it is 1: tower cvr has {num_class} classes, and topk is {topk}."
    assert [expected in line for line in warned] == [True] * is_warned


def test_a_model_with_one_tower_has_the_classes_of_model_config(base):
    text = (
        base[: base.index("model_config {")].replace(" position: true", "")
        + """
eval_config { metrics_set { accuracy { } } metrics_set { recall_at_topk { topk: 2 } } }
model_config {
  num_class: 5
  feature_groups { group_name: "wide" feature_names: ["user", "app"] wide_deep: WIDE }
  feature_groups { group_name: "deep" feature_names: ["user", "app"] }
  deepfm { final_dnn { hidden_units: 4 } dnn { hidden_units: 4 } }
}
"""
    )
    (tower,) = parse_text(text).message.model_config.rank_model.task_towers
    assert [metric.WhichOneof("metric") for metric in tower.metrics_set] == ["accuracy", "recall_at_topk"]
    (tower,) = parse_text(text, "a", ["eval_config.metrics_set="]).message.model_config.rank_model.task_towers
    assert [metric.WhichOneof("metric") for metric in tower.metrics_set] == ["accuracy", "log_loss"]
    with pytest.raises(
        ConfigError, match=r"metrics_set\[0\].auc: measures labels of 0 and 1; the tower ctr learns labels"
    ):
        parse_text(text, "a", ["eval_config.metrics_set={auc {}}"])

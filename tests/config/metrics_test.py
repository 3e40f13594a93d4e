"""The table of metrics, as the options in eval.proto say it."""

import pytest

from apps_rec.config.metrics import DEFAULT, METRICS, asked_metrics
from apps_rec.protos import eval_pb2
from apps_rec.protos.eval_pb2 import EvalMetrics

REDUCTIONS = ("mean", "mean_by_sample_num", "mean_by_positive_num")


def test_every_metric_says_what_is_better():
    for name, field in EvalMetrics.DESCRIPTOR.fields_by_name.items():
        assert field.GetOptions().HasExtension(eval_pb2.better), name
    better = {name: EvalMetrics.Better.Name(metric.better) for name, metric in METRICS.items()}
    assert better == {"auc": "HIGHER", "gauc": "HIGHER", "log_loss": "LOWER", "calibration": "NEAREST_TO_ONE"}
    assert [name for name, metric in METRICS.items() if not metric.has_best] == ["calibration"]


def test_what_a_metric_needs_and_takes():
    assert {name: metric.user_field for name, metric in METRICS.items() if metric.user_field} == {"gauc": "uid_field"}
    assert {name: metric.choices for name, metric in METRICS.items() if metric.choices} == {
        "gauc": {"reduction": REDUCTIONS}
    }
    assert set(DEFAULT) <= set(METRICS)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [("auc", 0.7, 0.6), ("log_loss", 0.1, 0.2), ("calibration", 1.0, 0.9), ("calibration", 0.95, 1.1)],
)
def test_the_worse_is_the_larger(name, good, bad):
    assert METRICS[name].badness(good) < METRICS[name].badness(bad)


def test_either_way_off_is_as_bad():
    assert METRICS["calibration"].badness(0.9) == pytest.approx(METRICS["calibration"].badness(1.1))


def test_asked_metrics_hold_their_users_and_options():
    messages = [EvalMetrics(), EvalMetrics(), EvalMetrics()]
    messages[0].log_loss.SetInParent()
    messages[2].gauc.uid_field = "user"
    log_loss, gauc = asked_metrics(messages)
    assert (log_loss.metric.name, log_loss.users, log_loss.options) == ("log_loss", "", {})
    assert (gauc.metric.name, gauc.users, gauc.options) == ("gauc", "user", {"reduction": "mean"})

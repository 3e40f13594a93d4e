"""The table of metrics, as the options in eval.proto say it."""

import pytest

from apps_rec.config import parse_text
from apps_rec.config.metrics import DEFAULT, KINDS, METRICS, asked_metrics
from apps_rec.errors import ConfigError
from apps_rec.protos import eval_pb2
from apps_rec.protos.eval_pb2 import EvalMetrics

REDUCTIONS = ("mean", "mean_by_sample_num", "mean_by_positive_num")


def test_every_metric_says_what_is_better():
    for name, field in EvalMetrics.DESCRIPTOR.fields_by_name.items():
        assert field.GetOptions().HasExtension(eval_pb2.better), name
    better = {name: EvalMetrics.Better.Name(metric.better) for name, metric in METRICS.items()}
    higher = {"auc", "gauc", "session_auc", "max_f1", "precision", "recall", "accuracy", "recall_at_topk"}
    lower = {"mean_absolute_error", "mean_squared_error", "root_mean_squared_error", "log_loss", "normalized_entropy"}
    lower |= {"expected_calibration_error"}
    assert better == {
        "calibration": "NEAREST_TO_ONE",
        **dict.fromkeys(higher, "HIGHER"),
        **dict.fromkeys(lower, "LOWER"),
    }
    assert [name for name, metric in METRICS.items() if not metric.has_best] == ["calibration"]


def test_what_a_metric_needs_and_takes():
    assert {name: metric.user_field for name, metric in METRICS.items() if metric.user_field} == {
        "gauc": "uid_field",
        "session_auc": "session_id_field",
    }
    assert {name: metric.choices for name, metric in METRICS.items() if metric.choices} == {
        "gauc": {"reduction": REDUCTIONS},
        "session_auc": {"reduction": REDUCTIONS},
    }


def test_every_metric_says_what_it_measures():
    kinds = {name: [EvalMetrics.TaskKind.Name(kind) for kind in metric.kinds] for name, metric in METRICS.items()}
    errors = ("mean_absolute_error", "mean_squared_error", "root_mean_squared_error")
    assert {name for name, found in kinds.items() if "BINARY" in found} == {*METRICS}
    assert {name for name, found in kinds.items() if "NUMBER" in found} == {*errors, "calibration"}
    assert {name for name, found in kinds.items() if "CLASSES" in found} == {"accuracy", "recall_at_topk", "log_loss"}
    for kind, names in DEFAULT.items():
        assert [name for name in names if kind not in METRICS[name].kinds] == []
    assert set(DEFAULT) == set(KINDS) == set(EvalMetrics.TaskKind.values())


def test_names_and_numbers_are_those_of_easyrec():
    numbers = {field.name: field.number for field in EvalMetrics.DESCRIPTOR.fields}
    ours = {name: number for name, number in numbers.items() if number >= 1000}
    assert set(ours) == {"log_loss", "calibration", "normalized_entropy", "expected_calibration_error"}
    assert {name: number for name, number in numbers.items() if name not in ours} == {
        "auc": 1,
        "recall_at_topk": 2,
        "mean_absolute_error": 3,
        "mean_squared_error": 4,
        "accuracy": 5,
        "max_f1": 6,
        "root_mean_squared_error": 7,
        "gauc": 8,
        "session_auc": 9,
        "recall": 10,
        "precision": 11,
    }


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [("auc", 0.7, 0.6), ("log_loss", 0.1, 0.2), ("calibration", 1.0, 0.9), ("calibration", 0.95, 1.1)],
)
def test_the_worse_is_the_larger(name, good, bad):
    assert METRICS[name].badness(good) < METRICS[name].badness(bad)


def test_either_way_off_is_as_bad():
    assert METRICS["calibration"].badness(0.9) == pytest.approx(METRICS["calibration"].badness(1.1))


def test_asked_metrics_hold_their_users_and_options():
    messages = [EvalMetrics() for _ in range(5)]
    messages[0].log_loss.SetInParent()
    messages[2].gauc.uid_field = "user"
    messages[3].session_auc.session_id_field = "visit"
    messages[4].recall_at_topk.topk = 2
    log_loss, gauc, session_auc, recall = asked_metrics(messages)
    assert (session_auc.users, session_auc.options) == ("visit", {"reduction": "mean"})
    assert (recall.users, recall.options) == ("", {"topk": 2})
    assert (log_loss.metric.name, log_loss.users, log_loss.options) == ("log_loss", "", {})
    assert (gauc.metric.name, gauc.users, gauc.options) == ("gauc", "user", {"reduction": "mean"})


def test_a_metric_without_its_tower_is_the_only_one_of_its_kind(base):
    cvr = "model_config.rank_model.task_towers[tower_name=cvr].metrics_set"
    head = "model_config.rank_model.head=independent { }"
    best = [
        "export_config.exporter_type=best",
        "export_config.best_exporter_metric=max_f1",
        head,
        f"{cvr}=[{{ max_f1 {{ }} }}]",
    ]
    assert parse_text(base, overrides=best).message.export_config.best_exporter_metric == "max_f1_cvr"
    ctr = cvr.replace("cvr", "ctr")
    with pytest.raises(ConfigError, match='no metric "max_f1"; it gives max_f1_ctr, max_f1_cvr'):
        parse_text(base, overrides=[*best, f"{ctr}=[{{ max_f1 {{ }} }}]"])

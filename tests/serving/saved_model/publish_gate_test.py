import json

import pytest

from apps_rec.errors import CheckFailedError, RunError
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.saved_model.publish_gate import check_gate, versions

ROWS = {"eval_input_path": "eval.csv", "row_filter": [], "num_examples": 0, "bad_rows": "FAIL", "files": []}


def measured(metrics, **rows):
    return {**metrics, "measured_on": {**ROWS, **rows}}


def publish(folder, version, metrics):
    (folder / str(version) / "assets").mkdir(parents=True)
    if metrics is not None:
        (folder / str(version) / "assets/metrics.json").write_text(json.dumps(metrics))


def gate(name="auc_ctr", drop=0.01):
    config = PipelineConfig()
    config.export_config.gate_metric, config.export_config.gate_max_drop = name, drop
    tower = config.model_config.rank_model.task_towers.add(tower_name="ctr", label_name="click")
    for metric in ("auc", "log_loss", "calibration"):
        getattr(tower.metrics_set.add(), metric).SetInParent()
    return config


def test_versions_are_in_the_order_of_their_numbers(tmp_path):
    for name in ("10", "9", ".11.partial", "latest"):
        (tmp_path / name).mkdir()
    (tmp_path / "12").write_text("a file")
    assert [path.name for path in versions(tmp_path)] == ["9", "10"]
    assert versions(tmp_path / "nowhere") == []


def test_without_a_metric_there_is_no_gate(tmp_path):
    check_gate(PipelineConfig(), None, tmp_path)


def test_the_first_version_has_nothing_to_be_worse_than(tmp_path):
    check_gate(gate(), {"auc_ctr": 0.5}, tmp_path)


@pytest.mark.parametrize(
    ("name", "before", "now", "passes"),
    [
        ("auc_ctr", 0.70, 0.695, True),
        ("auc_ctr", 0.70, 0.685, False),
        ("auc_ctr", 0.70, 0.9, True),
        ("log_loss_ctr", 0.10, 0.105, True),
        ("log_loss_ctr", 0.10, 0.12, False),
        ("calibration_ctr", 1.02, 0.985, True),
        ("calibration_ctr", 0.99, 1.03, False),
    ],
)
def test_a_worse_model_is_kept_back(tmp_path, name, before, now, passes):
    publish(tmp_path, 9, measured({name: -99}))
    publish(tmp_path, 10, measured({name: before}))
    if passes:
        check_gate(gate(name), measured({name: now}), tmp_path)
        return
    with pytest.raises(CheckFailedError, match=rf"not published: {name} is .* in .*/10: worse by 0\.0"):
        check_gate(gate(name), measured({name: now}), tmp_path)
    assert CheckFailedError.exit_code == 3


@pytest.mark.parametrize("metrics", [None, {}, {"auc_ctr": None}, {"auc_ctr": float("nan")}])
def test_a_model_that_was_not_measured_is_no_candidate(tmp_path, metrics):
    with pytest.raises(
        RunError, match="auc_ctr of the model to export is not known; measure it first: apps-rec evaluate"
    ):
        check_gate(gate(), metrics, tmp_path)


@pytest.mark.parametrize("metrics", [None, {}, {"auc_ctr": None}, ["auc_ctr"]])
def test_a_version_that_does_not_say_cannot_be_compared_with(tmp_path, metrics):
    publish(tmp_path, 10, metrics)
    with pytest.raises(RunError, match=r"/10 does not say its auc_ctr, .*--set export_config.gate_metric="):
        check_gate(gate(), {"auc_ctr": 0.7}, tmp_path)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"row_filter": ['country keep "CN"']}, r"""row_filter: \[\] here, \['country keep "CN"'\] there"""),
        ({"num_examples": 70}, "num_examples: 0 here, 70 there"),
        ({"bad_rows": "SKIP"}, "bad_rows: FAIL here, SKIP there"),
    ],
)
def test_metrics_of_other_rows_are_not_compared(tmp_path, rows, said):
    publish(tmp_path, 10, measured({"auc_ctr": 0.9}, **rows))
    with pytest.raises(RunError, match=rf"/10 was measured on other rows \({said}\).*--set export_config.gate_metric="):
        check_gate(gate(), measured({"auc_ctr": 0.7}), tmp_path)


def test_a_version_that_does_not_say_its_rows_is_said_to_be_older(tmp_path):
    publish(tmp_path, 10, {"auc_ctr": 0.7})
    with pytest.raises(
        RunError, match="/10 does not say which rows its metrics are of, as an older version exported it"
    ):
        check_gate(gate(), measured({"auc_ctr": 0.7}), tmp_path)


def test_files_of_another_day_are_compared_and_said(tmp_path, seen):
    publish(tmp_path, 10, measured({"auc_ctr": 0.7}, eval_input_path="monday.csv"))
    check_gate(gate(), measured({"auc_ctr": 0.7}, eval_input_path="tuesday.csv"), tmp_path)
    assert "measured on tuesday.csv, " in seen.text
    assert "/10 on monday.csv" in seen.text


def test_why_there_are_no_metrics_is_said(tmp_path):
    with pytest.raises(
        RunError, match=r"auc_ctr of the model to export is not known \(it was not measured\); measure it"
    ):
        check_gate(gate(), None, tmp_path, "it was not measured")

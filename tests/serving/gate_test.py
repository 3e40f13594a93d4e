import json

import pytest

from apps_rec.errors import CheckFailedError, RunError
from apps_rec.protos.export_pb2 import ExportConfig
from apps_rec.serving.gate import badness, check_gate, versions


def publish(folder, version, metrics):
    (folder / str(version) / "assets").mkdir(parents=True)
    if metrics is not None:
        (folder / str(version) / "assets/metrics.json").write_text(json.dumps(metrics))


def gate(name="auc_ctr", drop=0.01):
    return ExportConfig(gate_metric=name, gate_max_drop=drop)


def test_versions_are_in_the_order_of_their_numbers(tmp_path):
    for name in ("10", "9", ".11.partial", "latest"):
        (tmp_path / name).mkdir()
    (tmp_path / "12").write_text("a file")
    assert [path.name for path in versions(tmp_path)] == ["9", "10"]
    assert versions(tmp_path / "nowhere") == []


def test_without_a_metric_there_is_no_gate(tmp_path):
    check_gate(ExportConfig(), None, tmp_path)


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
    publish(tmp_path, 9, {name: -99})
    publish(tmp_path, 10, {name: before})
    if passes:
        check_gate(gate(name), {name: now}, tmp_path)
        return
    with pytest.raises(CheckFailedError, match=rf"not published: {name} is .* in .*/10: worse by 0\.0"):
        check_gate(gate(name), {name: now}, tmp_path)
    assert CheckFailedError.exit_code == 3


def test_the_worse_is_the_larger():
    assert badness("auc_ctr", 0.7) < badness("auc_ctr", 0.6)
    assert badness("log_loss_ctr", 0.1) < badness("log_loss_ctr", 0.2)
    assert (
        badness("calibration_ctr", 1.0)
        < badness("calibration_ctr", 0.9)
        == pytest.approx(badness("calibration_ctr", 1.1))
    )


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

import doctest
import json
import os
import stat

import numpy as np
import pytest

from apps_rec.evaluation import report
from apps_rec.evaluation.report import to_json, to_lines, to_table, write_metrics

METRICS = {
    "auc_ctr": 0.7654321,
    "log_loss_ctr": 0.1,
    "calibration_ctr": 1.25,
    "gauc_ctr": 0.5,
    "auc_cvr_masked": None,
    "log_loss_cvr_masked": 0.2,
    "calibration_cvr_masked": None,
    "rows": 1000,
    "step": 20,
}


def test_json_is_one_flat_object_with_every_digit():
    text = to_json({**METRICS, "auc_x": 0.1 + 0.2, "auc_y": np.float32(0.5), "count": np.int64(3)})
    assert "\n" not in text
    loaded = json.loads(text)
    assert list(loaded) == [*METRICS, "auc_x", "auc_y", "count"]
    assert loaded["auc_cvr_masked"] is None
    assert loaded["auc_x"] == 0.1 + 0.2
    assert loaded["auc_y"] == 0.5
    assert '"rows": 1000,' in text
    assert text.endswith('"count": 3}')


def test_a_log_has_a_line_for_each_task():
    rows = "evaluated on 1,000 rows"
    assert to_lines(METRICS) == [
        f"{rows}  ctr         auc 0.76543  log_loss 0.10000  calibration 1.25000  gauc 0.50000",
        f"{rows}  cvr_masked  auc n/a  log_loss 0.20000  calibration n/a",
        f"{rows}              step 20",
    ]
    assert to_lines({"auc_ctr": 0.5}) == ["evaluated  ctr  auc 0.50000"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_refuses_what_json_cannot_say(value):
    with pytest.raises(ValueError, match="metric auc_ctr: expected a finite number or None"):
        to_json({"auc_ctr": value})


def test_table_has_a_line_a_task_and_a_column_a_metric():
    lines = to_table(METRICS).splitlines()
    assert len(lines) == 4
    assert lines[0].split() == ["task", "auc", "gauc", "log_loss", "calibration"]
    assert lines[1].split() == ["ctr", "0.76543", "0.50000", "0.10000", "1.25000"]
    assert lines[2].split("  ")[0] == "cvr_masked"
    assert lines[2].count("n/a (no positives)") == 2
    assert "0.20000" in lines[2]
    assert lines[3] == "rows 1000, step 20"
    assert len({line.rindex(" ") for line in lines[:2]}) <= 2
    assert len(lines[0]) == len(lines[1]) == len(lines[2])  # right-aligned columns


def test_table_says_what_is_missing():
    no_negatives = {"auc_t": None, "log_loss_t": 0.1, "calibration_t": 1.0}
    assert "n/a (one class)" in to_table(no_negatives)
    no_rows = {"auc_t": None, "log_loss_t": None, "calibration_t": None}
    assert to_table(no_rows).count("n/a (no rows)") == 3
    assert "n/a (no positives)" in to_table({"auc_t": None}, {"t": "no positives"})
    assert "n/a (one class)" in to_table({"gauc_t": None}, {})


def test_table_says_why_a_metric_of_its_own_kind_has_no_value():
    values = {"auc_t": 0.5, "precision_t": None, "recall_at_topk_u": None, "recall_t": 0.0, "session_auc_t": 0.75}
    lines = to_table(values, {"u": "no rows"}).splitlines()
    assert lines[0].split() == ["task", "auc", "session_auc", "precision", "recall", "recall_at_topk"]
    assert lines[1].split("  ")[0] == "t"
    assert "0.75000  n/a (none above the threshold)  0.00000" in lines[1]
    assert lines[2].endswith("n/a (no rows)")


def test_table_without_tasks():
    assert to_table({"rows": 3}) == "rows 3"
    assert to_table({}) == ""


def test_write_is_whole_or_not_at_all(tmp_path):
    path = tmp_path / "eval" / "metrics.json"
    write_metrics(path, METRICS)
    assert json.loads(path.read_text()) == METRICS
    with pytest.raises(ValueError, match="finite"):
        write_metrics(path, {"auc_ctr": float("nan")})
    write_metrics(str(path), {"rows": 1})
    assert path.read_text() == '{"rows": 1}\n'
    assert [file.name for file in path.parent.iterdir()] == ["metrics.json"]


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_the_umask_decides_who_may_read(tmp_path, umask):
    before = os.umask(umask)
    try:
        write_metrics(tmp_path / "metrics.json", METRICS)
        (tmp_path / "plain").write_text("")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("metrics.json", "plain")]
    assert modes == [0o666 & ~umask] * 2


def test_a_link_that_lies_there_is_not_followed(tmp_path):
    (tmp_path / "victim").write_text("kept")
    (tmp_path / f".metrics.json.{os.getpid()}.partial").symlink_to(tmp_path / "victim")
    (tmp_path / "metrics.json").symlink_to(tmp_path / "victim")
    write_metrics(tmp_path / "metrics.json", METRICS)
    assert (tmp_path / "victim").read_text() == "kept"
    assert json.loads((tmp_path / "metrics.json").read_text()) == METRICS


def test_json_takes_what_is_nested():
    nested = {"as_exported": {"auc_ctr": np.float32(0.5)}, "by": {"slices": [{"value": "de", "rows": np.int64(3)}]}}
    assert json.loads(to_json({"auc_ctr": 0.75, **nested})) == {
        "auc_ctr": 0.75,
        "as_exported": {"auc_ctr": 0.5},
        "by": {"slices": [{"value": "de", "rows": 3}]},
    }
    with pytest.raises(ValueError, match=r"metric as_exported\.auc_ctr: expected a finite number or None, got nan"):
        to_json({"as_exported": {"auc_ctr": float("nan")}})


def test_nothing_is_left_behind_when_the_rename_fails(tmp_path):
    (tmp_path / "metrics.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_metrics(tmp_path / "metrics.json", METRICS)
    assert [file.name for file in tmp_path.iterdir()] == ["metrics.json"]


def test_docstring_examples_run():
    tried = doctest.testmod(report)
    assert tried.failed == 0
    assert tried.attempted >= 2

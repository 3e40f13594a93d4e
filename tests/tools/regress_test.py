import json
from pathlib import Path

import pytest

from apps_rec.errors import ConfigError, RunError
from apps_rec.tools import regress as tool
from apps_rec.tools.regress import read_expectation, regress

pytestmark = pytest.mark.usefixtures("proven_here")


def test_a_config_in_its_bands_repeats_itself_and_its_export_agrees(folder_of_configs):
    """And num_steps, set and quick shorten the run."""
    folder = folder_of_configs(
        num_steps=0,
        metrics={"auc_ctr": [2, 3]},
        quick={"num_steps": 3, "set": ["eval_config.num_examples=50"], "metrics": {"auc_ctr": [0.0, 1.0]}},
    )
    (result,) = regress(folder, quick=True)
    assert result.passed, result
    assert result.metrics["step"] == 3
    assert result.metrics["rows"] == 50
    assert not Path("run").exists()  # a regression leaves the config's own model_dir alone


@pytest.mark.slow
def test_write_makes_the_first_expectation_which_holds(folder_of_configs):
    folder = folder_of_configs(num_steps=0, metrics={"auc_ctr": [2, 3]})
    kept = (folder / "small.expected.json").read_text()
    (folder / "new.config").write_text((folder / "small.config").read_text())
    old, new = regress(folder, write=True)
    assert new.passed, new
    assert (new.config.name, old.config.name) == ("new.config", "small.config")
    assert old.failures == [f"auc_ctr: {old.metrics['auc_ctr']:.5f}, expected 2.0 to 3.0"]
    assert (folder / "small.expected.json").read_text() == kept
    assert new.metrics == old.metrics
    written = read_expectation(folder / "new.expected.json", quick=False)
    assert (written.num_steps, written.changes) == (0, ())
    assert list(written.bands) == ["auc_ctr", "log_loss_ctr", "calibration_ctr"]
    for name, (low, high) in written.bands.items():
        assert (low, high) == pytest.approx((new.metrics[name] - 0.01, new.metrics[name] + 0.01), abs=1e-5)


@pytest.mark.slow
def test_write_makes_none_of_a_run_that_does_not_repeat_itself(folder_of_configs, monkeypatch):
    monkeypatch.setattr(tool, "_differences", lambda first, second: ["auc_ctr: a second training gave 1, the first 2"])
    folder = folder_of_configs(metrics={})
    (folder / "small.expected.json").unlink()
    (result,) = regress(folder, write=True)
    assert result.failures == ["auc_ctr: a second training gave 1, the first 2"]
    assert not (folder / "small.expected.json").exists()


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(ConfigError, match=r"no <name>\.config, for which regress could write"):
        regress(tmp_path, write=True)
    with pytest.raises(ConfigError, match="expected a folder of configs"):
        regress(tmp_path / "nowhere", write=True)
    with pytest.raises(RunError, match=r"^write, quick: exclude each other"):
        regress(tmp_path, quick=True, write=True)


@pytest.mark.slow
def test_update_moves_the_missed_band_alone_and_keeps_its_width(folder_of_configs):
    bands = {"auc_ctr": [0.1, 0.2], "calibration_ctr": [0.0, 9.0]}
    folder = folder_of_configs(num_steps=3, metrics=bands, quick={"num_steps": 1, "metrics": {}})
    (result,) = regress(folder, update=True)
    assert result.passed, result
    written = json.loads((folder / "small.expected.json").read_text())
    low, high = written["metrics"]["auc_ctr"]
    assert (low + high) / 2 == pytest.approx(result.metrics["auc_ctr"], abs=1e-5)
    assert high - low == pytest.approx(0.1, abs=2e-5)
    assert written["metrics"]["calibration_ctr"] == [0.0, 9.0]
    assert written["quick"] == {"num_steps": 1, "metrics": {}}


@pytest.mark.slow
def test_update_does_not_bless_a_run_that_does_not_repeat_itself(folder_of_configs, monkeypatch):
    monkeypatch.setattr(tool, "_differences", lambda first, second: ["auc_ctr: a second training gave 1, the first 2"])
    (result,) = regress(folder_of_configs(num_steps=1, metrics={"auc_ctr": [0.1, 0.2]}), update=True)
    assert result.failures == ["auc_ctr: a second training gave 1, the first 2"]


def test_metrics_outside_their_bands_and_an_export_that_differs_are_found(folder_of_configs, monkeypatch):
    from apps_rec.tools import awkward_rows as proof

    honest = proof.score_with_model

    def shifted(*arguments):
        return {name: values + 0.01 for name, values in honest(*arguments).items()}

    monkeypatch.setattr(proof, "score_with_model", shifted)
    bands = {"auc_ctr": [0.1, 0.2], "auc_cvr": [0, 1], "calibration_ctr": [0.8, 1.25]}
    (result,) = regress(folder_of_configs(num_steps=0, metrics=bands))
    value = result.metrics["auc_ctr"]
    assert result.failures[:2] == [
        f"auc_ctr: {value:.5f}, expected 0.1 to 0.2",
        "auc_cvr: no such metric; there are auc_ctr, log_loss_ctr, calibration_ctr, rows, step",
    ]
    assert len(result.failures) == 5  # probs, logits, score
    assert "probs_ctr: the export differs from the model by 0.01 on awkward rows" in result.failures
    assert value > 0.8
    assert result.metrics["step"] == 20  # 2 epochs of 600 rows in batches of 64


def test_awkward_rows_hold_missing_unseen_and_non_ascii_values(folder_of_configs):
    import apps_rec
    from apps_rec.features import build_features
    from apps_rec.tools.awkward_rows import awkward_rows

    message = apps_rec.load_config(folder_of_configs(metrics={}) / "small.config").message
    rows = awkward_rows(message, build_features(message))
    apps = rows["app"].to_pylist()
    assert None in apps
    assert any(app and not app.isascii() for app in apps)
    assert sum(bool(app) and app.startswith("app") for app in apps) > 100
    assert rows["price"].null_count > 10
    assert rows.column_names == ["app", "price"]


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"num_steps": 3}, 'expected {"num_steps": N, "metrics": {name: [low, high]}}'),
        ({"metrics": {"auc_ctr": 0.5}}, "metrics.auc_ctr: expected [low, high], got 0.5"),
        ({"metrics": {"auc_ctr": [0.6, 0.5]}}, "metrics.auc_ctr: expected [low, high], got [0.6, 0.5]"),
        ({"metrics": {}, "num_steps": -1}, "num_steps: expected a whole number, 0 or more, got -1"),
        ({"metrics": {}, "num_step": 5}, "unknown name num_step; expected num_steps, set, metrics, quick"),
        ({"metrics": {}, "set": "a=1"}, "set: expected a list of \"path=value\", got 'a=1'"),
    ],
)
def test_a_wrong_expectation_is_refused(folder_of_configs, expected, words):
    path = folder_of_configs(**expected) / "small.expected.json"
    with pytest.raises(ConfigError) as error:
        read_expectation(path, quick=False)
    assert words in str(error.value)
    assert str(path) in str(error.value)


def test_an_expectation_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "x.expected.json").write_text("{")
    with pytest.raises(ConfigError, match="cannot be read as JSON"):
        read_expectation(tmp_path / "x.expected.json", quick=False)


def test_an_expectation_needs_its_config_and_a_folder_its_expectations(tmp_path):
    with pytest.raises(ConfigError, match=r"regress has nothing to hold configs against.*--write makes them"):
        regress(tmp_path)
    (tmp_path / "x.expected.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"there is no x\.config beside it"):
        regress(tmp_path)
    with pytest.raises(ConfigError, match="expected a folder of configs"):
        regress(tmp_path / "nowhere")

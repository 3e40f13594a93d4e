"""Probabilities over all rows, of a model that was trained on rows of which negatives were left out."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import apps_rec
from apps_rec.cli.main import main
from apps_rec.errors import ConfigError
from apps_rec.models import DnnSpec, FunnelHead, IndependentHead, Task, shared_bottom
from apps_rec.serving.parity.verify import verify_export
from apps_rec.tools.measured import metrics_for
from apps_rec.training.run.folder import RunFolder

FEATURES = ("user", "app", "price")
KEPT = 0.25
TOWER = f"model_config.esmm.ctr_tower.negatives_kept={KEPT}"


def over_all_rows(prob):
    """He et al. 2014, section 6.3: q = p / (p + (1 - p) / w)."""
    return prob / (prob + (1 - prob) / KEPT)


def test_the_formula_undoes_the_sampling():
    rate = np.linspace(0.001, 0.999, 50)
    among_kept = rate / (rate + (1 - rate) * KEPT)
    np.testing.assert_allclose(over_all_rows(among_kept), rate, rtol=1e-12)


@pytest.mark.parametrize("head", [IndependentHead, FunnelHead])
def test_outputs_are_corrected_and_losses_are_not(make_embedder, make_batch, prepare, head):
    tasks = (Task("ctr", "click", weight=1.0), Task("cvr", "download", weight=2.0))
    batch, found = make_batch(rows=16), []
    for kept in (1.0, KEPT):
        of_head = head([dataclasses.replace(tasks[0], negatives_kept=kept), tasks[1]])
        model = prepare(shared_bottom(make_embedder(()), of_head, FEATURES, DnnSpec((6,), "tanh")))
        outputs = {name: value.numpy().astype(np.float64) for name, value in model(batch[0]).items()}
        found.append((outputs, {name: float(value) for name, value in model.train_step(batch).items()}))
    (plain, losses), (corrected, losses_then) = found
    assert losses == losses_then
    np.testing.assert_allclose(corrected["probs_ctr"], over_all_rows(plain["probs_ctr"]), rtol=1e-5)
    np.testing.assert_allclose(1 / (1 + np.exp(-corrected["logits_ctr"])), corrected["probs_ctr"], rtol=1e-5)
    np.testing.assert_array_equal(corrected["probs_cvr"], plain["probs_cvr"])
    conversion = plain["probs_cvr"]
    if head is FunnelHead:
        conversion = corrected["probs_ctr"] * plain["probs_cvr"]
        np.testing.assert_allclose(corrected["probs_ctcvr"], conversion, rtol=1e-5)
    np.testing.assert_allclose(corrected["score"], corrected["probs_ctr"] + 2 * conversion, rtol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"negatives_kept": 0.0}, "negatives_kept is above 0 and at most 1, and logit_scale above 0; got 0 and 1"),
        ({"logit_scale": -1.0}, "got 1 and -1"),
        ({"negatives_kept": 0.5, "kind": "value"}, "only the logit of a probability is corrected, not of a value"),
        ({"logit_shift": 0.5, "kind": "amount"}, "not of a amount"),
    ],
)
def test_wrong_corrections(wrong, message):
    with pytest.raises(ValueError, match=message):
        Task("ctr", "click", **wrong)


def test_scale_and_shift_come_behind_the_negatives(make_embedder, make_batch, prepare):
    features, found = make_batch(rows=16)[0], []
    for given in ({}, {"negatives_kept": KEPT, "logit_scale": 1.5, "logit_shift": -0.25}):
        head = IndependentHead([Task("ctr", "click", **given)])
        model = prepare(shared_bottom(make_embedder(()), head, FEATURES, DnnSpec((6,), "tanh")))
        found.append(model(features)["logits_ctr"].numpy())
    np.testing.assert_allclose(found[1], 1.5 * (found[0] + np.log(KEPT)) - 0.25, rtol=1e-5)


def test_calibrated_towers_predict_as_many_as_there_are(trained_small, capsys):
    rows = "eval_input_path=train.csv"
    found = apps_rec.calibrate("tiny.config", [rows, TOWER])
    assert apps_rec.calibrate("tiny.config", [TOWER], input="train.csv") == found
    assert [each.tower for each in found] == ["ctr", "cvr"]
    assert main(["calibrate", "tiny.config", "--set", rows, "--set", TOWER, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(found.to_json()))
    assert main(["calibrate", "tiny.config", "--set", rows, "--set", TOWER]) == 0
    assert f"ctr: logit_scale: {found[0].scale:.6g} logit_shift: {found[0].shift:.6g}\n" in capsys.readouterr().out
    fields = [
        f"model_config.esmm.{each.tower}_tower.{name}={value!r}"
        for each in found
        if not each.why_not
        for name, value in (("logit_scale", each.scale), ("logit_shift", each.shift))
    ]
    before, after = (apps_rec.evaluate("tiny.config", [rows, TOWER, *given]) for given in ([], fields))
    assert not found[0].why_not
    for each, suffix in zip(found, ("ctr", "cvr_masked"), strict=True):
        assert after[f"auc_{suffix}"] == pytest.approx(before[f"auc_{suffix}"], abs=1e-6)
        if not each.why_not:
            assert after[f"calibration_{suffix}"] == pytest.approx(1, abs=1e-4)
            of_both = (before[f"log_loss_{suffix}"], after[f"log_loss_{suffix}"])
            assert each.log_loss == pytest.approx(of_both, abs=1e-5)


def test_metrics_of_other_corrections_are_not_those_of_an_export(trained_small):
    """metrics.json speaks of the run's own probabilities; those that were corrected have a file of their own."""
    plain = apps_rec.evaluate("tiny.config")
    folder, step = RunFolder(trained_small.folder / "run"), plain["step"]
    assert metrics_for(folder, trained_small.load(TOWER).message, step)[1] == (
        "metrics.json was measured with other probabilities (corrections)"
    )
    corrected = apps_rec.evaluate("tiny.config", [TOWER])
    kept, _ = metrics_for(folder, trained_small.load(TOWER).message, step)
    assert (kept["calibration_ctr"], kept["measured_on"]["corrections"]) == (
        corrected["calibration_ctr"],
        ["ctr negatives_kept 0.25"],
    )
    assert metrics_for(folder, trained_small.load().message, step)[0]["calibration_ctr"] == plain["calibration_ctr"]


def test_a_tower_of_classes_cannot_be_corrected(tiny):
    with pytest.raises(ConfigError, match=r"ctr.*negatives_kept: is for a tower of one probability; this one is of"):
        apps_rec.check("tiny.config", [TOWER, "model_config.esmm.ctr_tower.num_class=2"])


def test_a_trained_run_and_its_export_are_corrected(trained_small, tmp_path, proven_here):
    plain, corrected = (apps_rec.evaluate("tiny.config", given) for given in ([], [TOWER]))
    for name in ("auc_ctr", "auc_cvr_masked"):
        assert corrected[name] == pytest.approx(plain[name], abs=1e-9)
    assert corrected["calibration_cvr_masked"] == plain["calibration_cvr_masked"]
    scores = []
    for number, given in enumerate(([], [TOWER])):
        # The proof of an export compares what it answers with what the live model does.
        version = apps_rec.export("tiny.config", str(tmp_path / f"export{number}"), given)
        apps_rec.predict(str(version), "eval.csv", str(tmp_path / f"{number}.parquet"))
        scores.append(pd.read_parquet(tmp_path / f"{number}.parquet").astype({"click": float, "download": float}))
        verify_export(str(version))
    of_plain, of_corrected = scores
    np.testing.assert_allclose(of_corrected["probs_ctr"], over_all_rows(of_plain["probs_ctr"].astype(float)), rtol=1e-5)
    np.testing.assert_allclose(of_corrected["probs_cvr"], of_plain["probs_cvr"], rtol=1e-6)
    np.testing.assert_allclose(
        of_corrected["probs_ctcvr"], of_corrected["probs_ctr"] * of_corrected["probs_cvr"], rtol=1e-5
    )
    order = np.argsort(of_plain["probs_ctr"], kind="stable")
    assert (np.diff(of_corrected["probs_ctr"].to_numpy()[order]) >= 0).all()

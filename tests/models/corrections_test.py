"""Probabilities over all rows, of a model that was trained on rows of which negatives were left out."""

import dataclasses
import json
import sys

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.cli.main import main
from apps_rec.errors import ConfigError, RunError
from apps_rec.evaluation import calibrating
from apps_rec.evaluation.isotonic import fit_line, line_at
from apps_rec.evaluation.metrics import auc
from apps_rec.models import DnnSpec, FunnelHead, IndependentHead, Task, shared_bottom
from apps_rec.models.corrections import rising_line
from apps_rec.serving.parity.verify import verify_export
from apps_rec.tools.measured import metrics_for
from apps_rec.training.run.folder import RunFolder

FEATURES = ("user", "app", "price")
KEPT = 0.25
# Where logits of a model that has just been made lie on all its pieces.
LINE = {"logit_knots": (-0.5, 0.0, 0.25), "logit_values": (-2.0, -1.875, 1.0)}
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
        ({**LINE, "kind": "value"}, "only the logit of a probability is corrected, not of a value"),
        ({**LINE, "logit_scale": 2.0}, "expected logit_knots or logit_scale and logit_shift, got both"),
        ({**LINE, "logit_values": (1.0,)}, "as many numbers, 2 or more; got 3 and 1"),
        ({"logit_knots": (1.0,), "logit_values": (1.0,)}, "2 or more; got 1 and 1"),
        ({**LINE, "logit_knots": (0.0, 0.0, 1.0)}, "logit_knots are finite numbers, each above the one before it"),
        ({**LINE, "logit_values": (0.0, 2.0, 1.0)}, "logit_values are finite numbers, each above"),
        ({**LINE, "logit_values": (0.0, 1.0, np.inf)}, "logit_values are finite"),
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


def test_a_line_comes_behind_the_negatives(make_embedder, make_batch, prepare):
    features, found = make_batch(rows=64)[0], []
    for given in ({}, {"negatives_kept": 0.9, **LINE}):
        head = IndependentHead([Task("ctr", "click", **given)])
        model = prepare(shared_bottom(make_embedder(()), head, FEATURES, DnnSpec((6,), "tanh")))
        outputs = model(features)
        found.append(outputs["logits_ctr"].numpy())
    np.testing.assert_allclose(found[1], line_at(found[0] + np.log(0.9), *LINE.values()), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(outputs["probs_ctr"], 1 / (1 + np.exp(-found[1])), rtol=1e-5)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_rising_line_never_falls(jit_compile):
    draw = np.random.default_rng(0)
    read = tf.function(rising_line, jit_compile=jit_compile)
    for count in (2, 3, 100):
        knots = np.unique(draw.normal(0, 3, count).astype(np.float32))
        values = np.unique(draw.normal(0, 8, 2 * count).astype(np.float32))[: len(knots)]
        near = np.concatenate([np.nextafter(knots, np.float32(way)) for way in (-np.inf, np.inf)])
        x = np.sort(np.concatenate([knots, near, draw.normal(0, 6, 5000).astype(np.float32)]))
        line = (knots.tolist(), values.tolist())
        y = read(tf.constant(x), *line).numpy()
        assert y.dtype == np.float32
        assert (np.diff(y) >= 0).all()
        np.testing.assert_allclose(y, line_at(x.astype(float), *line), rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(read(tf.constant(knots), *line), values)
    ends = read(tf.constant([-np.inf, np.inf, np.nan], tf.float32), *line).numpy()
    np.testing.assert_array_equal(ends, [-np.inf, np.inf, np.nan])


def test_a_fitted_line_keeps_the_order_of_rows_in_float32():
    draw = np.random.default_rng(0)
    logits = draw.normal(-3, 1.3, 100_000).astype(np.float32)
    labels = draw.random(100_000) < 1 / (1 + np.exp(-(0.5 * logits + 0.4 * np.sin(2 * logits))))
    line = fit_line(labels.astype(float), logits.astype(float), 100, 100)
    assert len(line[0]) > 20
    # Some rows tie where the line is flat: float32 has no number between them.
    assert auc(labels, rising_line(tf.constant(logits), *line).numpy()) == pytest.approx(auc(labels, logits), abs=1e-8)


def test_a_gradient_is_the_slope():
    x = tf.constant([-1.0, -0.25, 0.125, 9.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = rising_line(x, *LINE.values())
    np.testing.assert_allclose(tape.gradient(y, x), [1, 0.25, 11.5, 1], rtol=1e-6)


def test_calibrated_towers_predict_as_many_as_there_are(trained_small, capsys):
    rows = "eval_input_path=train.csv"
    found = apps_rec.calibrate("tiny.config", [rows, TOWER])
    assert apps_rec.calibrate("tiny.config", [TOWER], input="train.csv") == found
    assert [each.tower for each in found] == ["ctr", "cvr"]
    assert main(["calibrate", "tiny.config", "--set", rows, "--set", TOWER, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(found.to_json()))
    assert main(["calibrate", "tiny.config", "--set", rows, "--set", TOWER]) == 0
    scale, shift = found[0].correction.values()
    assert f"ctr: logit_scale: {scale:.6g} logit_shift: {shift:.6g}\n" in capsys.readouterr().out
    fields = [
        f"model_config.esmm.{each.tower}_tower.{name}={value!r}"
        for each in found
        if not each.why_not
        for name, value in each.correction.items()
    ]
    before, after = (apps_rec.evaluate("tiny.config", [rows, TOWER, *given]) for given in ([], fields))
    assert not found[0].why_not
    for each, suffix in zip(found, ("ctr", "cvr_masked"), strict=True):
        # Of so few rows 1e-5 is a pair that ties in float32.
        assert after[f"auc_{suffix}"] == pytest.approx(before[f"auc_{suffix}"], abs=2e-5)
        if not each.why_not:
            assert after[f"calibration_{suffix}"] == pytest.approx(1, abs=1e-4)
            of_both = (before[f"log_loss_{suffix}"], after[f"log_loss_{suffix}"])
            assert each.log_loss == pytest.approx(of_both, abs=1e-5)


def test_isotonic_regression_of_a_trained_model(trained_small, capsys, monkeypatch):
    monkeypatch.setattr(calibrating, "FEW", 15)  # the rows are few
    words = ["calibrate", "tiny.config", "--input", "train.csv", "--method", "isotonic"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert main(words) == 0
    table, fields = capsys.readouterr().out, []
    for tower, entry in found.items():
        if entry["why_not"]:
            continue
        knots, values = ([f"{number:.9g}" for number in entry[name]] for name in ("logit_knots", "logit_values"))
        assert f"{tower}: logit_knots: [{', '.join(knots)}] logit_values: [{', '.join(values)}]\n" in table
        fields += [
            f"model_config.esmm.{tower}_tower.{name}={','.join(numbers)}"
            for name, numbers in (("logit_knots", knots), ("logit_values", values))
        ]
    assert not found["ctr"]["why_not"]
    rows = "eval_input_path=train.csv"
    before, after = (apps_rec.evaluate("tiny.config", [rows, *given], calibration=True) for given in ([], fields))
    assert after["auc_ctr"] == pytest.approx(before["auc_ctr"], abs=2e-5)
    assert found["ctr"]["log_loss"] == pytest.approx((before["log_loss_ctr"], after["log_loss_ctr"]), abs=1e-5)
    errors = [each.to_json()["reliability"]["ctr"]["expected_calibration_error"] for each in (before, after)]
    assert found["ctr"]["expected_calibration_error"] == pytest.approx(errors, abs=1e-5)
    # What is fitted again on its own probabilities stays.
    again = apps_rec.calibrate("tiny.config", [rows, *fields], method="isotonic").to_json()["ctr"]
    assert again["logit_values"] == pytest.approx(found["ctr"]["logit_values"], abs=1e-3)


def test_a_method_that_there_is_not(trained_small, monkeypatch):
    with pytest.raises(ConfigError, match="method: expected platt or isotonic, got 'beta'"):
        apps_rec.calibrate("tiny.config", method="beta")
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(RunError, match=r"isotonic needs scipy: pip install 'apps_rec\[isotonic\]'"):
        apps_rec.calibrate("tiny.config", method="isotonic")


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
    knots, values = (-4.0, -1.0, -0.5, 0.0, 0.5), (-3.0, -1.5, 0.25, 0.5, 2.0)
    lists = [f"{name}={','.join(map(str, of))}" for name, of in (("logit_knots", knots), ("logit_values", values))]
    given = [TOWER, *(f"model_config.esmm.cvr_tower.{text}" for text in lists)]
    plain, corrected = (apps_rec.evaluate("tiny.config", fields) for fields in ([], given))
    for name in ("auc_ctr", "auc_cvr_masked"):
        assert corrected[name] == pytest.approx(plain[name], abs=2e-5)
    scores = []
    for number, fields in enumerate(([], given)):
        # The proof of an export compares what it answers with what the live model does.
        version = apps_rec.export("tiny.config", str(tmp_path / f"export{number}"), fields)
        apps_rec.predict(str(version), "eval.csv", str(tmp_path / f"{number}.parquet"))
        scores.append(pd.read_parquet(tmp_path / f"{number}.parquet").astype({"click": float, "download": float}))
        verify_export(str(version))
    of_plain, of_corrected = scores
    np.testing.assert_allclose(of_corrected["probs_ctr"], over_all_rows(of_plain["probs_ctr"].astype(float)), rtol=1e-5)
    logits = line_at(of_plain["logits_cvr"].to_numpy(float), knots, values)
    np.testing.assert_allclose(of_corrected["logits_cvr"], logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(of_corrected["probs_cvr"], 1 / (1 + np.exp(-logits)), rtol=1e-5)
    assert (of_corrected["probs_ctcvr"] <= of_corrected["probs_ctr"]).all()
    np.testing.assert_allclose(
        of_corrected["probs_ctcvr"], of_corrected["probs_ctr"] * of_corrected["probs_cvr"], rtol=1e-5
    )
    for name in ("probs_ctr", "probs_cvr"):
        order = np.argsort(of_plain[name], kind="stable")
        assert (np.diff(of_corrected[name].to_numpy()[order]) >= 0).all()

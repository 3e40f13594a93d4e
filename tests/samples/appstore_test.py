"""The samples on the simulated store, as a user runs them: from the repository's root, on data/appstore."""

import shutil
from pathlib import Path

import pytest

import apps_rec
from apps_rec.config import load_config
from apps_rec.tools.regress import find_expectations, regress_one

SAMPLES = Path(__file__).parents[2] / "samples" / "appstore"
# Best possible AUC from the columns less what a model may lack: (CTR, CTCVR). With the store's weights the second tower
# lacks more (docs/results.md).
GAPS = {"mmoe": (0.02, 0.03), "esmm": (0.02, 0.03), "mmoe_even": (0.02, 0.02), "esmm_even": (0.02, 0.02)}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A folder with the default store in data/appstore."""
    folder = tmp_path_factory.mktemp("store")
    apps_rec.simulate_store(str(folder / "data" / "appstore"))
    yield folder
    shutil.rmtree(folder)


def test_every_sample_is_held_against_something():
    configs = {path.stem for path in SAMPLES.glob("*.config")} - {"cvr_clicked"}  # cvr_study.py's own
    assert configs == {path.name.split(".")[0] for path in find_expectations(SAMPLES)}
    assert configs == {*GAPS, "fm", "deepfm", "shared_bottom", "esmm_plain", "esmm_clicked"}


@pytest.mark.parametrize("name", ["mmoe", "esmm"])
def test_the_stores_samples_have_its_weights_and_the_even_ones_differ_in_nothing_else(name):
    """The store weighs the click's loss .95 and the loss of click and download .05."""
    store, even = (load_config(SAMPLES / f"{stem}.config").message for stem in (name, f"{name}_even"))
    assert [tower.weight for tower in store.model_config.rank_model.task_towers] == pytest.approx([0.95, 0.05])
    assert [tower.weight for tower in even.model_config.rank_model.task_towers] == [0.5, 0.5]
    assert [term.weight for term in store.model_config.score] == pytest.approx([0.95, 0.05])
    for config in (store, even):
        config.model_dir = ""
        for tower in config.model_config.rank_model.task_towers:
            tower.ClearField("weight")
    assert store == even


def test_the_stores_model_learns_in_a_few_steps(monkeypatch, tmp_path):
    """On a twentieth of the store."""
    monkeypatch.chdir(tmp_path)
    apps_rec.simulate_store("data/appstore", users=1000)
    rate = "train_config.optimizer_config.adam_optimizer.learning_rate.cosine_decay_learning_rate"
    changes = ["train_config.num_steps=30", f"{rate}.warmup_steps=1", "eval_config.num_examples=8000"]
    apps_rec.train(SAMPLES / "esmm.config", changes)
    metrics = apps_rec.evaluate(SAMPLES / "esmm.config", changes)
    assert metrics["rows"] == 8000
    assert metrics["auc_ctr"] > 0.65
    assert metrics["auc_ctcvr"] > 0.7


@pytest.mark.slow
@pytest.mark.parametrize("expected", find_expectations(SAMPLES), ids=lambda path: path.name.split(".")[0])
def test_a_shortened_run_holds_its_bands_repeats_itself_and_exports_what_it_learned(
    store, monkeypatch, proven_here, expected
):
    monkeypatch.chdir(store)
    result = regress_one(expected, quick=True)
    assert result.passed, result


@pytest.mark.slow
@pytest.mark.parametrize("expected", find_expectations(SAMPLES), ids=lambda path: path.name.split(".")[0])
def test_a_full_run_holds_its_bands(store, monkeypatch, expected):
    monkeypatch.chdir(store)
    result = regress_one(expected)
    assert result.passed, result


@pytest.mark.slow
@pytest.mark.parametrize("name", list(GAPS))
def test_models_come_near_the_best_possible_from_the_columns(store, monkeypatch, tmp_path, name):
    from apps_rec.simulation.truth import best_auc, load_truth

    monkeypatch.chdir(store)
    changes = [f"model_dir={tmp_path}/run"]
    apps_rec.train(SAMPLES / f"{name}.config", changes)
    metrics = apps_rec.evaluate(SAMPLES / f"{name}.config", changes)
    best = best_auc(load_truth("data/appstore"))
    print(name, dict(metrics), best)
    ctr_gap, ctcvr_gap = GAPS[name]
    assert metrics["auc_ctr"] >= best["ctr"] - ctr_gap
    assert metrics["auc_ctcvr"] >= best["ctcvr"] - ctcvr_gap
    assert 0.95 <= metrics["calibration_ctr"] <= 1.05
    assert 0.95 <= metrics["calibration_ctcvr"] <= 1.05
    assert metrics["auc_ctr"] <= best["ctr"] + 0.005  # nobody is better than the truth: the label has not leaked

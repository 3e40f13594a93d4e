"""The models of the store beside each other: a small version of `make results`, and its tables."""

from __future__ import annotations

import statistics
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import apps_rec
from apps_rec.config.load import parse_text
from apps_rec.evaluation.intervals import Interval
from benchmarks import machine
from benchmarks.evidence import documents, plots
from benchmarks.evidence.datasets import CENSUS, DATASETS, KUAIRAND, STORE
from benchmarks.evidence.paired import combined, gains
from benchmarks.evidence.plan import Size, online_tests, trainings
from benchmarks.evidence.train import Training, run
from benchmarks.evidence.variants import DEEPFM, ESMM, FM, LINE, MMOE, ablations_of, config_text, line_of, parts_of
from benchmarks.evidence.work import do_all


def test_every_config_passes_the_check(tmp_path):
    for dataset in DATASETS:
        for variant in (*line_of(dataset), *ablations_of(dataset)):
            for tasks in parts_of(variant, dataset):
                config = tmp_path / f"{dataset.name}_{variant.name}_{tasks[0].name}.config"
                config.write_text(config_text(variant, dataset, tasks), encoding="utf-8")
                assert apps_rec.check(config).warnings == []


def test_the_stores_models_are_what_the_samples_train():
    for name, variant in (("mmoe", MMOE), ("esmm", ESMM)):
        sample = apps_rec.check(STORE.config.with_name(f"{name}.config")).message.model_config.rank_model
        ours = parse_text(config_text(variant, STORE, STORE.tasks), "a.config").message.model_config.rank_model
        for model in (ours, sample):
            model.fm.ClearField("group_name")
            for tower in model.task_towers:
                tower.ClearField("metrics_set")
        assert ours == sample


def test_ablations_leave_out_what_the_dataset_has_anyway():
    assert "mmoe_2_experts" not in [variant.name for variant in ablations_of(STORE)]
    assert "mmoe_stores_weights" not in [variant.name for variant in ablations_of(STORE)]
    assert "mmoe_even_weights" in [variant.name for variant in ablations_of(STORE)]
    assert "mmoe_even_weights" not in [variant.name for variant in ablations_of(KUAIRAND)]
    assert "mmoe_stores_weights" in [variant.name for variant in ablations_of(KUAIRAND)]


def test_census_has_no_funnel_and_so_no_esmm():
    assert line_of(CENSUS) == (FM, DEEPFM, MMOE)
    assert line_of(KUAIRAND) == LINE


def test_no_two_tests_have_the_same_users():
    draws = [test.draw for test in online_tests(Size())]
    assert len(draws) == 12 == len(set(draws))


def test_the_gain_of_several_seeds_has_both_uncertainties():
    # Squares of errors over users: .01, .04, .01; variance over seeds of 1, 2, 3 is 1.
    found = combined([(1.0, 0.1), (2.0, 0.2), (3.0, 0.1)])
    assert found.value == 2
    assert found.half_width == pytest.approx(1.959964 * (0.02 + 1 / 3) ** 0.5, rel=1e-6)


def test_one_seed_borrows_the_variance_over_seeds_for_both_models():
    found = combined([(0.5, 0.1)], 0.04)
    assert found.value == 0.5
    assert found.half_width == pytest.approx(1.959964 * (0.01 + 0.08) ** 0.5, rel=1e-6)


@pytest.mark.parametrize(
    ("gain", "text"),
    [
        (Interval(0.0123, 0.01 / 1.96), "+.0123 ± .0100"),
        (Interval(-0.0023, 0.01 / 1.96), "-.0023 ± .0100, within noise"),
        (Interval(-0.00004, 0.01 / 1.96), ".0000 ± .0100, within noise"),
    ],
)
def test_a_gain_within_its_interval_is_called_noise(gain, text):
    assert documents.shown_gain(gain) == text


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A store of 300 users with all its models trained for some steps, and the simulated tests."""
    folder = tmp_path_factory.mktemp("evidence")
    apps_rec.simulate_store(str(folder / "data"), users=300)
    files = [f"{name}_input_path={folder}/data/{name}.parquet" for name in ("train", "eval")]
    store = replace(STORE, measured=f"{folder}/data/eval.parquet")
    few_steps = ("train_config.num_steps=30", "data_config.batch_size=256")
    size = Size((store,), seeds=(1, 2), users=60, has_study=False, overrides={"store": (*files, *few_steps)})
    results = do_all(size, folder / "results", processes=0)
    results["machine"] = machine.describe(Path(sys.executable))
    return store, size, results, folder / "results"


@pytest.mark.slow
class TestSmallVersion:
    def test_all_is_trained_and_tested(self, small):
        store, _, results, _ = small
        assert len(results["trainings"]) == 2 * len(LINE) + len(ablations_of(store))
        assert len(results["online"]) == 2 * len(LINE)

    def test_metrics_are_those_of_the_kept_scores(self, small):
        store, _, results, folder = small
        for variant in LINE:
            name = Training(store, variant, 1).name
            kept = np.load(folder / "runs" / f"{name}.npz")
            for task in ("ctr", "ctcvr"):
                auc = roc_auc_score(kept[f"{task}_labels"], kept[f"{task}_scores"])
                assert results["trainings"][name]["metrics"][f"auc_{task}"] == pytest.approx(auc, abs=1e-9)

    def test_gains_are_differences_of_the_metrics(self, small):
        store, size, results, folder = small
        found = gains(store, FM, MMOE, size.seeds, folder)
        for task in ("ctr", "ctcvr"):
            of_seeds = [
                results["trainings"][Training(store, MMOE, seed).name]["metrics"][f"auc_{task}"]
                - results["trainings"][Training(store, FM, seed).name]["metrics"][f"auc_{task}"]
                for seed in size.seeds
            ]
            assert found[task].value == pytest.approx(statistics.mean(of_seeds), abs=1e-9)
            assert found[task].half_width > 1.95 * statistics.stdev(of_seeds) / 2**0.5

    def test_a_second_run_trains_nothing(self, small, monkeypatch):
        _, size, results, folder = small
        monkeypatch.setattr(apps_rec, "train", None)
        again = do_all(size, folder, processes=0)
        assert again["trainings"] == results["trainings"]
        assert again["online"] == results["online"]

    def test_another_config_is_trained_again(self, small, monkeypatch):
        store, size, _, folder = small
        wanted = next(trainings(size))
        monkeypatch.setattr(apps_rec, "train", None)
        with pytest.raises(TypeError):
            run(replace(wanted, dataset=replace(store, fm_regularization=0.5)), folder)

    def test_the_document_gets_every_table(self, small, tmp_path):
        _, size, results, folder = small
        tables = documents.tables(results, size, folder)
        places = "".join(f"<!-- bench: {name} -->\n<!-- bench end -->\n" for name in tables)
        document = tmp_path / "results.md"
        document.write_text(places, encoding="utf-8")
        documents.write_into(document, results, size, folder)
        text = document.read_text(encoding="utf-8")
        assert all(f"| {variant.title} |" in text for variant in LINE)
        assert "_ESMM, reported by the store_ |" in text
        assert "[+4.53 %, +8.37 %]" in text
        assert all(f"| {variant.title} |" in text for variant in ablations_of(size.datasets[0]))

    def test_the_figures_are_drawn(self, small, tmp_path):
        _, size, results, _ = small
        plots.draw_all(tmp_path, results, size)
        for name in (plots.OFFLINE, plots.ONLINE):
            assert "ESMM over MMOE" in (tmp_path / name).read_text(encoding="utf-8")

"""The pCVR study: the table in docs/results.md is the one that was computed, and a seed of it comes out again."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _load():
    spec = importlib.util.spec_from_file_location("cvr_study", ROOT / "samples" / "appstore" / "cvr_study.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


study = _load()
RESULTS = json.loads((ROOT / "docs" / "cvr_study.json").read_text())


def test_the_table_in_the_docs_is_that_of_the_runs():
    assert study.to_table(RESULTS) in (ROOT / "docs" / "results.md").read_text()


def test_every_correlation_seed_and_rate_that_was_promised_was_run():
    assert tuple(map(float, RESULTS["correlations"])) == study.CORRELATIONS
    for part in RESULTS["correlations"].values():
        assert len(part["runs"]) == len(study.SEEDS)
        assert set(part["rates"]) == set(study.MODELS)
        assert set(part["rates"].values()) <= set(study.RATES)


def test_nobody_is_better_than_the_columns_allow():
    for part in RESULTS["correlations"].values():
        for run in part["runs"]:
            assert all(errors["mean_absolute"] >= errors["best_mean_absolute"] for errors in run.values())


def test_the_interval_by_hand():
    def run(esmm, clicked):
        return {
            "esmm_plain": {"mean_absolute": esmm, "best_mean_absolute": 0.1},
            "cvr_clicked": {"mean_absolute": clicked, "best_mean_absolute": 0.1},
        }

    # Differences .01, .02, .03, .04, .05: mean .03, deviation .015811, half width 2.776 * .015811 / sqrt(5) = .01963.
    runs = [run(0.2 + i / 100, 0.2) for i in range(1, 6)]
    table = study.to_table({"correlations": {"0.5": {"runs": runs}}})
    assert table.splitlines()[-1] == "| 0.5 | 0.2300 | 0.2000 | +0.0300 [+0.0104, +0.0496] | 0.1000 |"


@pytest.mark.slow
def test_a_seed_comes_out_again(capsys):
    code = study.check_seed(ROOT / "docs" / "cvr_study.json", seed=0)
    print(capsys.readouterr().out)
    assert code == 0

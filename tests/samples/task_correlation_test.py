"""The MMOE paper's study of correlated tasks: a small one runs, and the docs show the figures of the whole one."""

import dataclasses
import importlib.util
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "task_correlation.json"


def _load():
    spec = importlib.util.spec_from_file_location("task_correlation", ROOT / "samples" / "task_correlation.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["task_correlation"] = module  # where dataclasses look their module up
    spec.loader.exec_module(module)
    return module


study = _load()
whole = pytest.mark.skipif(not RESULTS.exists(), reason="samples/task_correlation.py has not been run")
SMALL = study.Size(repeats=2, rows=4000, test_rows=1000, epochs=4, batch=128)


@pytest.fixture(scope="module")
def small():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "tune", lambda kind, correlation, size: 0.01)
        return study.run_study(SMALL, (0.5,))


def test_the_models_have_equal_numbers_of_parameters():
    # Towers: 8 units and an output on a body of that width.
    def towers(width):
        return 2 * ((width + 1) * 8 + 9)

    by_hand = {
        "shared_bottom": 101 * 127 + towers(127),
        "one_gate": 8 * 101 * 17 + 101 * 8 + towers(17),
        "mmoe": 8 * 101 * 16 + 2 * 101 * 8 + towers(16),
    }
    assert {kind: study.built(kind).count_params() for kind in study.MODELS} == by_hand
    assert max(by_hand.values()) < 1.005 * min(by_hand.values())


@pytest.mark.parametrize("kind", ["shared_bottom", "one_gate", "mmoe"])
def test_only_mmoe_has_a_body_for_each_task(kind):
    model = study.built(kind)
    model.towers[1].set_weights(model.towers[0].get_weights())
    first, second = model(tf.random.stateless_normal([5, 100], [1, 2])).numpy().T
    assert np.allclose(first, second) == (kind != "mmoe")


def test_all_models_of_a_small_study_learn_both_tasks(small):
    (part,) = small["correlations"].values()
    _, y = study.RelatedTasks(0.5, seed=0).rows(1000, seed=1)
    for kind in study.MODELS:
        assert np.shape([run[kind] for run in part["runs"]]) == (2, 4, 2)
        assert np.all(study.last_errors(part, kind) < 0.75 * y.var(axis=0))


def test_a_repeat_comes_out_again_and_what_differs_is_said(small, tmp_path, capsys):
    file = tmp_path / "small.json"
    file.write_text(study.to_json(small))
    assert json.loads(file.read_text()) == small

    first, second = small["correlations"]["0.5"]["runs"]
    wrong = {**small["correlations"]["0.5"], "runs": [first, {**second, "mmoe": first["mmoe"]}]}
    file.write_text(study.to_json({**small, "correlations": {"0.5": wrong}}))
    assert study.check_repeat(file, 1, tolerance=0.001) == 3
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("correlation")] == [
        "correlation 0.5 shared_bottom",
        "correlation 0.5 one_gate",
        "correlation 0.5 mmoe",
    ]
    assert [line.endswith("DIFFERS") for line in lines if line.startswith("correlation")] == [False, False, True]


def test_the_figure_has_a_panel_a_correlation_and_is_the_same_again(small, tmp_path):
    study.draw(small, tmp_path / "a.svg")
    first = (tmp_path / "a.svg").read_text()
    study.draw(small, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text() == first
    for text in ("correlation 0.5", *study.MODELS.values()):
        assert first.count(f">{text}<") == 1


def test_the_rate_with_the_lowest_sum_of_last_errors_is_taken(monkeypatch):
    # At .003 the first epoch is best, at .01 one task is.
    runs = {0.001: [[3, 3], [3, 3]], 0.003: [[0, 0], [2, 3]], 0.01: [[9, 9], [0, 6]], 0.03: [[9, 9], [2, 2]]}
    seeds = []

    def train(kind, correlation, seed, rate, size):
        seeds.append(seed)
        return runs[rate]

    monkeypatch.setattr(study, "train", train)
    assert study.tune("mmoe", 0.5, SMALL) == 0.03
    assert set(seeds).isdisjoint(range(study.Size().repeats))


@whole
def test_the_docs_show_the_table_and_the_figure_of_the_runs(tmp_path):
    results = json.loads(RESULTS.read_text())
    assert study.to_table(results) in (ROOT / "docs" / "results.md").read_text()
    study.draw(results, tmp_path / study.FIGURE.name)
    is_there = ROOT / study.FIGURE
    assert _texts(tmp_path / study.FIGURE.name) == _texts(is_there)
    assert f"({study.FIGURE.name})" in (ROOT / "docs" / "results.md").read_text()


def _texts(drawing):
    return re.findall(r">([^<>]+)</text>", drawing.read_text())


@whole
def test_all_that_was_promised_was_run():
    results = json.loads(RESULTS.read_text())
    assert results["size"] == dataclasses.asdict(study.Size())
    assert tuple(map(float, results["correlations"])) == study.CORRELATIONS
    for part in results["correlations"].values():
        assert set(part["rates"].values()) <= set(study.RATES)
        for kind in study.MODELS:
            assert np.shape([run[kind] for run in part["runs"]]) == (5, 20, 2)
            assert np.min(study.last_errors(part, kind)) > 0.0094  # the noise, less four standard errors of its mean


@whole
@pytest.mark.slow
def test_a_repeat_of_the_whole_study_comes_out_again(capsys):
    code = study.check_repeat(RESULTS, 0)
    print(capsys.readouterr().out)
    assert code == 0


def test_the_table_by_hand():
    def run(shared, gate, mmoe):
        return {"shared_bottom": [[9, 9], shared], "one_gate": [[9, 9], gate], "mmoe": [[9, 9], mmoe]}

    # Student's t of three repeats: 4.303. Deviation .1, half width 4.303 * .1 / sqrt(3) = .2484.
    # MMOE - shared bottom, mean of both tasks: -1.0, -1.1, -0.9. MMOE - one gate: -.1, .0, -.2.
    runs = [run([2, 3], [1.1, 2.1], [1, 2]), run([2.1, 3.1], [1, 2], [1, 2]), run([1.9, 2.9], [1.2, 2.2], [1, 2])]
    rates = {"shared_bottom": 0.01, "one_gate": 0.003, "mmoe": 0.001}
    table = study.to_table({"correlations": {"0.5": {"label_correlation": 0.2869, "rates": rates, "runs": runs}}})
    assert table.splitlines()[2:] == [
        "| 0.5 (0.29) | shared bottom | 0.01 | 2.0000 ± 0.2484 | 3.0000 ± 0.2484 | -1.0000 [-1.2484, -0.7516] | "
        "MMOE is better |",
        "| 0.5 (0.29) | one-gate mixture | 0.003 | 1.1000 ± 0.2484 | 2.1000 ± 0.2484 | -0.1000 [-0.3484, +0.1484] | "
        "within noise |",
        "| 0.5 (0.29) | MMOE | 0.001 | 1.0000 ± 0.0000 | 2.0000 ± 0.0000 |  |  |",
    ]

"""samples/gaps.py: every variant is a config without mistakes, and none reads an evaluation row before it is final."""

import importlib.util
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.config import load_config

SAMPLES = Path(__file__).parents[2] / "samples"


def _load():
    spec = importlib.util.spec_from_file_location("gaps", SAMPLES / "gaps.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


gaps = _load()
ALL = [(sample, variant) for sample, variants in gaps.VARIANTS.items() for variant in variants]


def _both(sample, variant):
    """The config that a variant is chosen with, and the final one."""
    return [
        load_config(gaps.CONFIGS[sample], gaps.changes_of(sample, variant, is_final)).message for is_final in (0, 1)
    ]


@pytest.mark.parametrize(("sample", "variant"), ALL)
def test_every_variant_checks_and_keeps_off_the_evaluation_rows(sample, variant):
    message, final = _both(sample, variant)
    evaluation = gaps.EVALUATION.get(sample, final.eval_input_path)
    assert evaluation not in (message.eval_input_path, message.train_input_path, final.train_input_path)
    assert final.eval_input_path == load_config(gaps.CONFIGS[sample]).message.eval_input_path
    assert not final.data_config.holdout_from


@pytest.mark.parametrize("variant", gaps.VARIANTS["kuairand"])
def test_kuairand_is_stopped_by_the_day_before_the_choosing_day(variant):
    assert _both("kuairand", variant)[0].data_config.holdout_from == "20220501"


@pytest.mark.parametrize("sample", ["store_mmoe", "store_esmm"])
def test_the_store_is_chosen_by_days_that_are_not_trained_on(sample):
    filters = _both(sample, next(iter(gaps.VARIANTS[sample])))[0].data_config.row_filter
    train, choose = (rule for rule in filters if rule.column == "event_time")
    # 11 March 2024, 00:00; the first row is of 4 March.
    assert (list(train.use), getattr(train, "from"), train.to) == ([train.TRAIN], "", "1710115200")
    assert (list(choose.use), getattr(choose, "from"), choose.to) == ([choose.EVALUATION], "1710115200", "")


@pytest.mark.parametrize("sample", ["store_mmoe", "store_esmm"])
def test_the_store_keeps_its_weights(sample):
    for variant in gaps.VARIANTS[sample].keys() - {"even"}:
        weights = [tower.weight for tower in _both(sample, variant)[1].model_config.rank_model.task_towers[:2]]
        assert weights == pytest.approx([0.95, 0.05])


@pytest.mark.parametrize("sample", ["census", "store_mmoe"])
def test_a_variant_with_another_body_is_else_the_sample(sample):
    make, body = {"census": (gaps.census, gaps.CENSUS_MMOE), "store_mmoe": (gaps.store, gaps.STORE_MMOE)}[sample]
    again = load_config(gaps.CONFIGS[sample], [make(body)]).message
    assert again.model_config.rank_model == load_config(gaps.CONFIGS[sample]).message.model_config.rank_model


def test_the_census_is_chosen_by_every_fifth_row(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(gaps.CENSUS).parent.mkdir(parents=True)
    pq.write_table(pa.table({"age": range(12)}), gaps.CENSUS)
    gaps.split_census()
    assert pq.read_table(gaps.CENSUS_CHOOSE)["age"].to_pylist() == [4, 9]
    assert pq.read_table(gaps.CENSUS_FIT)["age"].to_pylist() == [0, 1, 2, 3, 5, 6, 7, 8, 10, 11]


def test_clicked_loss_is_the_sample():
    variant = load_config(gaps.CONFIGS["kuairand"], gaps.changes_of("kuairand", "clicked_loss", is_final=True)).message
    sample = load_config(gaps.CONFIGS["kuairand"]).message
    assert variant.model_config.rank_model == sample.model_config.rank_model


def test_a_training_that_the_log_holds_is_not_made_again(tmp_path, monkeypatch):
    log, calls = tmp_path / "out" / "log.jsonl", []
    monkeypatch.setattr(gaps, "measure", lambda *args: calls.append(args) or {"auc_ctr": 0.5})
    key = {"sample": "kuairand", "variant": "esmm", "seed": 1, "final": False}
    assert gaps.logged(log, key) == gaps.logged(log, key) == {"auc_ctr": 0.5}
    assert gaps.logged(log, {**key, "final": True}) == {"auc_ctr": 0.5}
    assert calls == [("kuairand", "esmm", 1, False), ("kuairand", "esmm", 1, True)]
    assert [json.loads(line)["final"] for line in log.read_text().splitlines()] == [False, True]


def test_a_row_has_mean_smallest_and_largest():
    row = gaps.to_row("esmm", [{"auc_ctr": 0.7, "rows": 3}, {"auc_ctr": 0.8, "rows": 3}])
    assert row.split() == ["esmm", "auc_ctr", "0.7500", "[0.7000,", "0.8000]"]

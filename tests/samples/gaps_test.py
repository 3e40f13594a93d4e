"""samples/gaps.py: every variant is a config without mistakes, and none reads an evaluation row before it is final."""

import importlib.util
import json
from pathlib import Path

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


@pytest.mark.parametrize(("sample", "variant"), ALL)
def test_every_variant_checks_and_keeps_off_the_evaluation_rows(sample, variant):
    message = load_config(gaps.CONFIGS[sample], gaps.changes_of(sample, variant)).message
    final = load_config(gaps.CONFIGS[sample], gaps.changes_of(sample, variant, is_final=True)).message
    assert message.eval_input_path != gaps.EVALUATION[sample] != message.train_input_path
    assert message.data_config.holdout_from == "20220501"
    assert not final.data_config.holdout_from


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

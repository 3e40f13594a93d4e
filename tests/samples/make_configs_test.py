"""samples/make_configs.py: boundaries by hand, and the committed configs from the shared folder where there is one."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from apps_rec.config import load_config, metric_names

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("APPS_REC_SHARED", ROOT.parent / "shared" / "data"))


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, ROOT / "samples" / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_configs = _load(Path("make_configs.py"))


def test_few_values_get_an_id_each():
    assert make_configs.boundaries(np.array([5, 0, 2, 2]), 3, 10) == [2, 5]


def test_many_values_are_cut_at_quantiles_of_those_that_are_not_zero():
    values = np.concatenate([np.zeros(900), np.arange(1, 101)])
    # 1 keeps zero apart; then the quarters of 1 .. 100.
    assert make_configs.boundaries(values, 50, 4) == [1, 26, 51, 76]


def test_zero_keeps_its_id_among_negative_values():
    values = np.concatenate([np.zeros(10), -np.arange(1, 101), np.arange(1, 101)])
    cuts = make_configs.boundaries(values, 50, 2)
    ids = np.searchsorted(cuts, [-1, 0, 1], side="right")
    assert len(set(ids)) == 3


def test_frequent_words_come_first_and_empty_ones_not_at_all():
    assert make_configs.frequent(pa.chunked_array([["b", "a", "c", "b", None, "", "c", "b"]])) == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("config", "metrics"),
    [
        ("census/mmoe", {"auc_income", "auc_never_married"}),
        ("kuairand/esmm", {"auc_ctr", "auc_cvr_masked", "auc_ctcvr"}),
        ("kuairand/esmm_attention", {"auc_ctr", "auc_cvr_masked", "auc_ctcvr"}),
    ],
)
def test_the_committed_configs_check_and_take_no_outcome_as_input(config, metrics):
    message = load_config(ROOT / "samples" / f"{config}.config").message
    assert metrics <= set(metric_names(message))
    inputs = {name for feature in message.feature_config.features for name in feature.input_names}
    assert not inputs & {"marital_stat", "y_college_degree", "y_any_college", *message.data_config.label_fields}
    assert not any(name.startswith(("is_c", "is_f", "is_h", "is_p", "play_")) for name in inputs)
    columns = {column.input_name for column in message.data_config.input_fields}
    assert columns == inputs | set(message.data_config.label_fields)


@pytest.mark.skipif(not SHARED.exists(), reason=f"no {SHARED}: set APPS_REC_SHARED to the folder of the real data")
@pytest.mark.parametrize(
    ("sample", "folder"),
    [("census", "census_income"), pytest.param("kuairand", "kuairand_pure", marks=pytest.mark.slow)],
)
def test_the_committed_configs_are_what_the_script_writes(tmp_path, sample, folder):
    prepare = _load(Path(sample, "prepare.py"))
    assert prepare.main([str(SHARED / folder), "-o", str(tmp_path)]) == 0
    out = tmp_path / "configs"
    out.mkdir()
    assert make_configs.main([sample, str(tmp_path / "train.parquet"), "-o", str(out)]) == 0
    for path in out.iterdir():
        assert path.read_text(encoding="utf-8") == (ROOT / "samples" / sample / path.name).read_text(encoding="utf-8")

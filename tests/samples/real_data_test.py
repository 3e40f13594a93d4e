"""The samples on real data: means of three seeds, as docs/results.md quotes them."""

import importlib.util
import statistics
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"

pytestmark = pytest.mark.slow


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _means(config, **options):
    metrics = _load(SAMPLES / "seeds.py").run_seeds(str(SAMPLES / config), [1, 2, 3], **options)
    print(config, metrics)
    return {name: statistics.mean(values) for name, values in metrics.items()}


def test_census_group_1(census_data):
    means = _means(
        "census/mmoe.config",
        changes=[f"train_input_path={census_data}/train.parquet", f"eval_input_path={census_data}/val.parquet"],
    )
    assert means["auc_income"] >= 0.955
    assert means["auc_never_married"] >= 0.9945


@pytest.mark.parametrize(
    ("config", "at_least"),
    [
        ("kuairand/esmm.config", {"auc_ctr": 0.740, "auc_cvr_masked": 0.655, "auc_ctcvr": 0.745}),
        ("kuairand/esmm_attention.config", {"auc_ctr": 0.735, "auc_ctcvr": 0.737}),
    ],
)
def test_kuairand(kuairand_data, config, at_least):
    means = _means(
        config,
        changes=[f"train_input_path={kuairand_data}/train.parquet", f"eval_input_path={kuairand_data}/val.parquet"],
        eval_path=f"{kuairand_data}/test.parquet",
    )
    assert {name: means[name] for name in at_least if means[name] < at_least[name]} == {}

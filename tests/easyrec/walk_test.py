"""Configs with the structure of EasyRec's own: each that checks trains, learns and exports; each other is refused."""

import os
import re
from pathlib import Path

import pytest

from apps_rec.config import load_config
from apps_rec.errors import ConfigError
from tests.easyrec.whole_way import learned, whole_way

SHARED = Path(os.environ.get("APPS_REC_SHARED", Path(__file__).parents[3] / "shared" / "data")).parent
CONFIGS = sorted((SHARED / "easyrec_like").glob("*.config"))
# By a word of the config. Momentum at 1e-4 learns in a day what Adam learns in a minute; and here is no cluster.
CHANGES = {
    "MultiWorkerMirroredStrategy": "train_config.train_distribute=NoStrategy",
    "ParameterServerStrategy": "train_config.train_distribute=NoStrategy",
    "momentumw_optimizer": (
        "train_config.optimizer_config.momentumw_optimizer.learning_rate.exponential_decay_learning_rate"
        ".initial_learning_rate=0.03"
    ),
}

pytestmark = pytest.mark.skipif(not CONFIGS, reason="the configs like EasyRec's are not here")


def refusals(path):
    """The mistakes of a config; none where it checks."""
    try:
        load_config(path, files_here=False)
    except ConfigError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_that_does_not_check_is_told_where_and_why(path):
    lines = refusals(path)
    assert [line for line in lines if not re.match(r".*\.config:\d+: [\w.\[\]=]+: .{20,}", line)] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_that_checks_trains_learns_and_exports(path, tmp_path):
    if refusals(path):
        pytest.skip("it is refused")
    text = path.read_text(encoding="utf-8")
    changes = [change for name, change in CHANGES.items() if name in text]
    metrics, truth, export = whole_way(path, tmp_path, *changes)
    assert learned(metrics, truth), (metrics, truth)
    assert (export / "saved_model.pb").exists()

import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("APPS_REC_SHARED", ROOT.parent / "shared" / "data"))


def _prepared(tmp_path_factory, sample, source):
    if not (SHARED / source).exists():
        pytest.skip(f"no {SHARED / source}: set APPS_REC_SHARED to the folder of the real data")
    spec = importlib.util.spec_from_file_location(f"{sample}_prepare", ROOT / "samples" / sample / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp(sample)
    assert module.main([str(SHARED / source), "-o", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def census_data(tmp_path_factory):
    """A folder that samples/census/prepare.py wrote."""
    return _prepared(tmp_path_factory, "census", "census_income")


@pytest.fixture(scope="session")
def kuairand_data(tmp_path_factory):
    """A folder that samples/kuairand/prepare.py wrote."""
    return _prepared(tmp_path_factory, "kuairand", "kuairand_pure")

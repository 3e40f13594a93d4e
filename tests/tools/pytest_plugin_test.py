import subprocess
import sys

import pytest


def _pytest(*arguments):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_each_expectation_is_a_test_that_passes_or_says_what_did_not_hold(folder_of_configs):
    configs = folder_of_configs(
        num_steps=2, metrics={"auc_ctr": [2, 3]}, quick={"num_steps": 2, "metrics": {"auc_ctr": [0.0, 1.0]}}
    )
    passed = _pytest(str(configs), "--regress=quick")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "1 passed" in passed.stdout
    failed = _pytest(str(configs), "--regress")
    assert failed.returncode == 1
    assert ", expected 2.0 to 3.0" in failed.stdout
    assert "Traceback" not in failed.stdout


def test_without_the_option_nothing_is_collected(folder_of_configs):
    result = _pytest(str(folder_of_configs(metrics={})))
    assert result.returncode == 5  # no tests were collected

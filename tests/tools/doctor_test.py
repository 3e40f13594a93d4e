"""`apps-rec doctor`: what is held against what, and what is said about it."""

import json

import pytest

from apps_rec.tools import doctor, quiet
from apps_rec.tools.doctor import Diagnosis, Finding, packages
from tests.cli.commands import run

REQUIREMENTS = [
    "numpy>=1.26",
    "tensorflow<2.22,>=2.21",
    'pywin32>=300; sys_platform == "win32"',
    'optuna>=4; extra == "tune"',
    'plotly; extra == "tune"',
    'ray>=2; extra == "ray"',
    'pytest>=8; extra == "dev"',
]


def test_packages_are_held_against_the_requirements():
    installed = {"Numpy": "2.0.1", "tensorflow": "2.19.0", "optuna": "4.1", "Ray": "2.9.1"}
    found = {finding.name: finding for finding in packages(REQUIREMENTS, installed)}
    assert list(found) == ["numpy", "tensorflow", "apps_rec[ray]", "apps_rec[tune]"]
    assert found["numpy"] == Finding("numpy", "2.0.1")
    assert found["tensorflow"].mistake == "apps_rec was tested with tensorflow<2.22,>=2.21 alone"
    assert found["tensorflow"].mend == "pip install 'tensorflow<2.22,>=2.21'"
    # What is optional is no mistake.
    assert found["apps_rec[tune]"] == Finding(
        "apps_rec[tune]", "optional, lacks plotly", mend="pip install 'apps_rec[tune]'"
    )
    assert found["apps_rec[ray]"] == Finding("apps_rec[ray]", "ray 2.9.1")


def test_a_package_that_is_absent_or_spelled_otherwise():
    absent, spelled = packages(["tf_keras>=2.21", "tensorflow-recommenders>=0.7"], {"tensorflow_recommenders": "0.7.7"})
    assert absent == Finding(
        "tf_keras", "not installed", "apps_rec needs tf_keras>=2.21", "pip install 'tf_keras>=2.21'"
    )
    assert spelled == Finding("tensorflow-recommenders", "0.7.7")


def test_printed_mistakes_stand_out():
    lines = str(Diagnosis([Finding("numpy", "2.0"), Finding("GPUs", "none", "not found", "install")])).splitlines()
    assert lines == ["   numpy  2.0", "!! GPUs   none", "          not found", "          -> install"]


def test_here_all_is_well(capsys):
    code, out, err = run(capsys, "doctor", "--json")
    assert (code, err) == (0, "")
    found = {finding["name"]: finding for finding in json.loads(out)}
    assert {"apps_rec", "Python", "tensorflow", "CPU cores", "memory", "GPUs", "disk"} <= set(found)
    assert not any(finding["mistake"] for finding in found.values())


def test_what_keeps_tensorflow_from_loading_is_a_finding(capsys, monkeypatch):
    def fails():
        raise ImportError("libcudart.so:\n cannot open")

    monkeypatch.setattr(quiet, "quiet_tensorflow", fails)
    code, out, err = run(capsys, "doctor")
    assert code == 3
    assert "ImportError: libcudart.so: cannot open" in out
    assert "Traceback" not in err
    assert err == "apps-rec does not run here as it should: TensorFlow\n"


@pytest.mark.parametrize("free", [5e8, 5e9])
def test_a_full_disk(monkeypatch, tmp_path, free):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": free}))
    assert bool(doctor._disk(tmp_path).mistake) == (free < 1e9)

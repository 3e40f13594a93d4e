"""What `pip install .` brings along."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from setuptools import find_packages

import apps_rec

ROOT = Path(__file__).parents[1]


def test_every_folder_with_code_is_a_package():
    # One without __init__.py would be left out of a wheel, and found in a checkout all the same.
    for root, package in ((ROOT, "apps_rec"), (ROOT / "clients/python", "apps_rec_client")):
        folders = {path.parent.relative_to(root) for path in (root / package).rglob("*.py")}
        found = find_packages(str(root), include=[package, f"{package}.*"])
        assert sorted(found) == sorted(".".join(folder.parts) for folder in folders)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return the folder of the wheel and the sdist, built from a copy as `pip` builds them."""
    folder = tmp_path_factory.mktemp("built")
    copy = folder / "source"
    shutil.copytree(ROOT / "apps_rec", copy / "apps_rec", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    code = "import setuptools.build_meta as b; print(b.build_sdist('dist')); print(b.build_wheel('dist'))"
    subprocess.run([sys.executable, "-c", code], cwd=copy, check=True, capture_output=True)
    return copy / "dist"


def test_wheel_and_sdist_hold_the_package_and_its_version(built):
    (wheel,) = built.glob("*.whl")
    (sdist,) = built.glob("*.tar.gz")
    assert wheel.name == f"apps_rec-{apps_rec.__version__}-py3-none-any.whl"
    in_wheel = set(zipfile.ZipFile(wheel).namelist())
    with tarfile.open(sdist) as file:
        in_sdist = {name.partition("/")[2] for name in file.getnames()}
    code = {str(path.relative_to(ROOT)) for path in (ROOT / "apps_rec").rglob("*.py")}
    templates = {str(path.relative_to(ROOT)) for path in (ROOT / "apps_rec/tools/reporting/templates").iterdir()}
    assert (
        code | templates | {"apps_rec/pages/style.css", "apps_rec/py.typed", "apps_rec/protos/pipeline_pb2.pyi"}
        <= in_wheel & in_sdist
    )
    assert {name.split("/")[0] for name in in_wheel} == {"apps_rec", f"apps_rec-{apps_rec.__version__}.dist-info"}
    # `pip install` of the sdist reads both.
    assert {"setup.py", "README.md"} <= in_sdist


def interpreter(version):
    """The path of a Python of a version, on the PATH or beside this one, as pyenv keeps them; None where none is."""
    beside = Path(sys.base_prefix).resolve().parent.glob(f"{version}.*/bin/python")
    for path in (shutil.which(f"python{version}"), *map(str, beside)):
        if path and not subprocess.run([path, "-c", ""], capture_output=True).returncode:
            return path
    return None


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_a_wheel_trains_exports_and_scores_in_a_clean_environment(built, version, tmp_path, small):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no python{version} on this machine")
    subprocess.run([python, "-m", "venv", "env"], check=True)
    (wheel,) = built.glob("*.whl")

    def run(program, *words):
        path = tmp_path / "env/bin" / program
        # Nothing of this checkout is to be found there.
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run([path, *words], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    run("python", "-m", "pip", "install", "--quiet", wheel)
    assert "No broken requirements found" in run("python", "-m", "pip", "check")
    assert run("apps-rec", "--version") == f"apps-rec {apps_rec.__version__}\n"
    run("apps-rec", "doctor")
    run("apps-rec", "train", "tiny.config")
    export = run("apps-rec", "export", "tiny.config", "-o", "export").splitlines()[-1].split()[-1]
    run("apps-rec", "predict", export, "eval.csv", "-o", "scores.csv")
    assert len((tmp_path / "scores.csv").read_text(encoding="utf-8").splitlines()) > 100

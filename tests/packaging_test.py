"""What `pip install .` brings along."""

from pathlib import Path

from setuptools import find_packages

ROOT = Path(__file__).parents[1]


def test_every_folder_with_code_is_a_package():
    # One without __init__.py would be left out of a wheel, and found in a checkout all the same.
    for root, package in ((ROOT, "apps_rec"), (ROOT / "clients/python", "apps_rec_client")):
        folders = {path.parent.relative_to(root) for path in (root / package).rglob("*.py")}
        found = find_packages(str(root), include=[package, f"{package}.*"])
        assert sorted(found) == sorted(".".join(folder.parts) for folder in folders)

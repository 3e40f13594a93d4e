"""Numbers of versions, and exports that run at once."""

import os
import time
from pathlib import Path

import pytest

from apps_rec.errors import RunError
from apps_rec.serving import versions as module
from apps_rec.serving.versions import (
    check_place,
    new_version,
    publish,
    remove_leftovers,
    remove_old,
    version_number,
    versions,
)

NOW = 1_700_000_000


@pytest.fixture(autouse=True)
def one_second(monkeypatch):
    """Stop the clock."""
    monkeypatch.setattr(module.time, "time", lambda: NOW + 0.5)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("7", 7),
        ("007", 7),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        ("9" * 20, None),
        ("9" * 5000, None),
        ("²", None),
        ("٣", None),
        ("", None),
        ("-1", None),
        (" 1", None),
        ("1\n", None),
        (".1.partial", None),
    ],
)
def test_a_version_is_a_number_of_64_bits(name, number):
    assert version_number(name) == number


def test_names_that_are_no_versions_are_passed_over(tmp_path):
    for name in ("10", "9", "²", "9" * 20, "latest"):
        (tmp_path / name).mkdir()
    assert [path.name for path in versions(tmp_path)] == ["9", "10"]
    with new_version(tmp_path) as aside:
        assert publish(aside) == tmp_path / str(NOW)


def test_exports_of_one_second_get_versions_of_their_own(tmp_path):
    with new_version(tmp_path) as first, new_version(tmp_path) as second, new_version(tmp_path) as third:
        for aside in (first, second, third):
            (aside / "saved_model.pb").write_text(aside.name)
        assert not versions(tmp_path)
        # Whoever is ready first has the smaller number: a server takes the newest, whichever began it.
        assert [publish(aside).name for aside in (second, third, first)] == [str(NOW + i) for i in range(3)]
    assert [(path / "saved_model.pb").read_text() for path in versions(tmp_path)] == [
        aside.name for aside in (second, third, first)
    ]
    assert len(names(tmp_path)) == 3


def test_a_number_that_was_taken_in_the_meantime(tmp_path, monkeypatch):
    numbers = iter([NOW, NOW, NOW + 1])
    monkeypatch.setattr(module, "_next_number", lambda folder: next(numbers))
    with new_version(tmp_path) as aside:
        (tmp_path / str(NOW)).mkdir()
        (tmp_path / str(NOW) / "saved_model.pb").write_text("another's")
        assert publish(aside).name == str(NOW + 1)
    assert (tmp_path / str(NOW) / "saved_model.pb").read_text() == "another's"


def test_there_is_no_number_behind_the_last(tmp_path):
    (tmp_path / str(2**63 - 1)).mkdir()
    with pytest.raises(RunError, match=r"version 9223372036854775807 is there, and no larger number is a version"):
        new_version(tmp_path).__enter__()
    assert names(tmp_path) == [str(2**63 - 1)]


def test_what_is_not_published_goes(tmp_path):
    def fail():
        with new_version(tmp_path / "deep") as aside:
            (aside / "file").write_text("")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert names(tmp_path / "deep") == []


@pytest.mark.parametrize("failing", ["rename", "rmtree"])
def test_an_old_version_that_cannot_be_removed_is_a_warning(tmp_path, monkeypatch, seen, failing):
    for name in ("7", "8", "9"):
        (tmp_path / name).mkdir()

    def fail(path, *args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(*{"rename": (module.Path, "rename"), "rmtree": (module.shutil, "rmtree")}[failing], fail)
    remove_old(tmp_path, 1)
    assert [line for line in seen.messages if "cannot be removed: Permission denied; remove it by hand" in line]
    assert "9" in names(tmp_path)


def test_a_version_that_another_export_removes_is_nobodys_error(tmp_path, monkeypatch, seen):
    (tmp_path / "7").mkdir()
    (tmp_path / "8").mkdir()

    def gone(path, *args):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(module.Path, "rename", gone)
    remove_old(tmp_path, 1)
    assert seen.messages == []


def test_leftovers_that_cannot_be_removed_are_a_warning(tmp_path, monkeypatch, seen):
    (tmp_path / ".5.partial").mkdir()
    os.utime(tmp_path / ".5.partial", (time.time() - 2 * module.LEFTOVER_SECONDS,) * 2)

    def fail(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module.shutil, "rmtree", fail)
    remove_leftovers(tmp_path)
    assert "cannot be removed: Permission denied" in seen.messages[-1]


def test_a_place_is_refused_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    check_place(tmp_path)
    check_place(tmp_path / "new/one")
    for place in ("file", "file/export/deeper"):
        with pytest.raises(RunError, match=rf"cannot export to .*{place}: Not a directory; choose another folder"):
            check_place(tmp_path / place)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="cannot export to file: Not a directory"):
        check_place(Path("file"))
    # As for a user who may only read it; the tests may run as one who may do anything.
    monkeypatch.setattr(module.os, "access", lambda path, mode: False)
    with pytest.raises(RunError, match="new: Permission denied"):
        check_place(tmp_path / "new")

"""Files of which nobody ever finds half."""

import os

import pytest

from apps_rec.atomic_file import replace_text, replacing


def test_a_link_in_its_way_is_not_followed(tmp_path):
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / f".a.json.{os.getpid()}.partial").symlink_to(other)
    replace_text(tmp_path / "a.json", "new")
    assert (tmp_path / "a.json").read_text() == "new"
    assert other.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "other"]


def test_a_link_in_its_place_is_replaced(tmp_path):
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / "a.json").symlink_to(other)
    replace_text(tmp_path / "a.json", "new")
    assert (tmp_path / "a.json").read_text() == "new"
    assert not (tmp_path / "a.json").is_symlink()
    assert other.read_text() == "precious"


def test_a_folder_gets_its_name_when_it_is_whole(tmp_path):
    (tmp_path / ".made.partial").mkdir()  # of a process that was killed
    (tmp_path / ".made.partial" / "old").write_text("old")
    with replacing(tmp_path / "made") as aside:
        aside.mkdir()
        (aside / "new").write_text("new")
        assert [path.name for path in tmp_path.iterdir()] == [".made.partial"]
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["new"]


def test_a_block_that_fails_leaves_what_was_there(tmp_path):
    (tmp_path / "a.csv").write_text("before")

    def fail():
        with replacing(tmp_path / "a.csv") as aside:
            aside.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_text() == "before"


def test_a_link_to_a_folder_is_removed_and_its_files_stay(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("precious")
    (tmp_path / ".made.partial").symlink_to(tmp_path / "other")
    with replacing(tmp_path / "made") as aside:
        aside.mkdir()
    assert (tmp_path / "other" / "file").read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "other"]

import os
import threading
from pathlib import Path

import pytest

from apps_rec.data import local_files
from apps_rec.data.files import data_files
from apps_rec.errors import DataError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(*names):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("x")


def test_a_file_that_is_given_twice_is_read_once(folder):
    write("a.csv", "d/b.csv")
    Path("link.csv").symlink_to("a.csv")
    Path("hard.csv").hardlink_to("a.csv")
    assert data_files("a.csv,./a.csv,d/../a.csv,link.csv,hard.csv") == ["a.csv"]
    assert data_files(f"a.csv,{folder}/a.csv,file://{folder}/a.csv,d/b.csv") == ["a.csv", "d/b.csv"]


def test_a_glob_goes_into_each_folder_once(folder):
    write("d/a.csv", "d/e/b.csv", "d/.hidden/c.csv", "d/e/f.txt")
    Path("d/loop").symlink_to("../d")
    Path("d/e/up").symlink_to("..")
    Path("d/current").symlink_to("e")
    assert data_files("d/**/*.csv") == ["d/a.csv", "d/e/b.csv"]
    assert data_files("**/*.csv") == ["d/a.csv", "d/e/b.csv"]
    assert data_files("d/**/e/*.csv,d/[e]/*.csv") == ["d/e/b.csv"]
    assert data_files("d/current/*.csv") == ["d/current/b.csv"]


def test_commas_and_names_that_exist(folder):
    write("a,b.csv", "a", "b.csv", "c.csv", "x,,y.csv")
    assert data_files("a,b.csv") == ["a,b.csv"]
    assert data_files(r"a\,b.csv, c.csv") == ["a,b.csv", "c.csv"]
    assert data_files("a,c.csv") == ["a", "c.csv"]
    assert data_files("x,,y.csv") == ["x,,y.csv"]
    assert data_files(r"x\,\,*.csv") == ["x,,y.csv"]


@pytest.mark.parametrize("pattern", ["gone.csv", "*.csv"])
def test_a_link_to_nothing_is_told(folder, pattern):
    Path("gone.csv").symlink_to("elsewhere.csv")
    with pytest.raises(DataError, match=r'"gone\.csv" is a link to "elsewhere\.csv", and there is no such file'):
        data_files(pattern)


def test_a_link_to_itself_is_told(folder):
    Path("a.csv").symlink_to("a.csv")
    with pytest.raises(DataError, match=r'"a\.csv" is a link to "a\.csv"'):
        data_files("a.csv")


def test_a_named_pipe_is_refused(folder):
    os.mkfifo("a.csv")
    with pytest.raises(DataError, match=r'train_input_path: "a\.csv" is a named pipe; expected a file'):
        data_files("*.csv", "train_input_path")
    with pytest.raises(DataError, match="is a device"):
        data_files("/dev/null")


def test_a_file_system_that_does_not_answer(folder, monkeypatch, caplog):
    monkeypatch.setattr(local_files, "_SAID_SECONDS", 0.05)
    end = threading.Event()
    monkeypatch.setattr(local_files, "_identity", lambda *_: end.wait(20))
    write("a.csv")
    with pytest.raises(
        DataError, match=r'input path: "a\.csv": its file system gave no answer for 0\.15 s, data_config\.input_t'
    ):
        data_files("a.csv", timeout_seconds=0.15)
    assert "waiting for its file system to answer, for 0.15 s at most, data_config.input_timeout" in caplog.text
    end.set()


def test_a_name_that_is_no_text_is_refused(folder):
    name = os.fsdecode(b"caf\xe9.csv")
    write(name)
    for pattern in (name, "*.csv"):
        with pytest.raises(DataError, match=r'"caf\\xe9\.csv": the name is no UTF-8 text') as caught:
            data_files(pattern)
        str(caught.value).encode()

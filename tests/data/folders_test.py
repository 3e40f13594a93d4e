from pathlib import Path

import pytest

from apps_rec.data.files import data_files
from apps_rec.errors import DataError


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def touch(*names):
        for name in names:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text("x")

    return touch


def test_a_folder_stands_for_the_data_below_it(write):
    data = ["log/_day=3/c.csv.gz", "log/a.csv", "log/day=1/b.csv", "log/day=1/hour=2/b.csv.zst"]
    write(*data, "log/_SUCCESS", "log/.a.csv.crc", "log/_temporary/0/x.csv", "log/.hidden/y.csv", "log/manifest.json")
    assert data_files("log") == data_files("log/") == data_files("lo*") == data
    assert data_files("log/day=1,log/a.csv") == data[1:]
    assert data_files("file://" + str(Path("log/day=1").absolute())) == [f"file://{Path.cwd()}/{n}" for n in data[2:]]


def test_a_glob_may_match_folders_and_files(write):
    write("log/a.csv", "log/d/b.csv", "log/d/e/c.csv")
    assert data_files("log/*") == data_files("log/**") == ["log/a.csv", "log/d/b.csv", "log/d/e/c.csv"]
    write("log/d/_SUCCESS")
    assert data_files("log/*") == ["log/a.csv", "log/d/b.csv", "log/d/e/c.csv"]


def test_a_folder_that_leads_to_itself_is_entered_once(write):
    write("log/d/a.csv")
    Path("log/d/up").symlink_to("..")
    assert data_files("log") == ["log/d/a.csv"]


def test_a_folder_without_data_is_told(write):
    write("log/_SUCCESS")
    with pytest.raises(DataError, match=r'train_input_path: there is no data file below "log"'):
        data_files("log", "train_input_path")


def test_a_folder_of_several_formats_is_told(write):
    write("log/d/part-0.parquet", "log/d/part-1.parquet", "log/notes.md")
    with pytest.raises(DataError, match=r'below "log" are files of several endings, such as log/d/part-0.parquet and '):
        data_files("log")
    with pytest.raises(DataError, match=r'log/notes.md; expected one format; .* such as "log/\*\*/\*.parquet"'):
        data_files("log")
    assert data_files("log/**/*.parquet") == ["log/d/part-0.parquet", "log/d/part-1.parquet"]


def test_a_folder_that_may_not_be_looked_into_is_told(write, monkeypatch):
    write("log/d/a.csv")

    def closed(folder):
        raise PermissionError(13, "Permission denied")

    # Not by its mode, which stops no root.
    monkeypatch.setattr("os.listdir", closed)
    with pytest.raises(DataError, match=r'"log/" cannot be looked into: Permission denied'):
        data_files("log")

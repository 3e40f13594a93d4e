import json
import os
import shutil

import pytest

from apps_rec.errors import DataError, RunError
from apps_rec.training.run.folder import RunFolder
from apps_rec.training.run.input_files import check_same_input_files, look_for_eval_files, note_input_files

EVEN = 1_700_000_000_000_000_000


@pytest.fixture
def run(tiny):
    """Return a run over two files, with its config."""
    for name in ("a.csv", "b.csv"):
        path = tiny.folder / "data" / name
        path.parent.mkdir(exist_ok=True)
        shutil.copy(tiny.folder / "train.csv", path)
        os.utime(path, ns=(EVEN, EVEN))
    folder = RunFolder(tiny.folder / "run")
    folder.path.mkdir()
    config = tiny.load("train_input_path=data/*.csv").message
    note_input_files(folder, config)
    return folder, config


def test_what_is_noted(run):
    folder, _ = run
    size = os.path.getsize("train.csv")
    assert json.loads(folder.inputs.read_text()) == {
        "train_input_path": [
            {"path": "data/a.csv", "size": size, "mtime_ns": EVEN},
            {"path": "data/b.csv", "size": size, "mtime_ns": EVEN},
        ]
    }


def test_the_same_files_pass_wherever_they_lie(run):
    folder, config = run
    check_same_input_files(folder, config)
    os.rename("data", "moved")
    config.train_input_path = "moved/a.csv,moved/b.csv"
    check_same_input_files(folder, config)


def append(path):
    with open(path, "a") as file:
        file.write("x")
    os.utime(path, ns=(EVEN, EVEN))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: append("data/b.csv"), r"data/b\.csv has changed from \d+ to \d+ bytes"),
        (
            lambda: os.utime("data/a.csv", ns=(EVEN, EVEN + 1)),
            r"data/a\.csv was written again \(of the same size, at .*1 now\)",
        ),
        (lambda: os.remove("data/a.csv"), r"data/a\.csv is gone \(2 files then, 1 now\)"),
        (lambda: os.remove("data/b.csv"), r"data/b\.csv is gone \(2 files then, 1 now\)"),
        (lambda: shutil.copy2("data/a.csv", "data/c.csv"), r"data/c\.csv is new \(2 files then, 3 now\)"),
        (lambda: shutil.copy2("data/a.csv", "data/0.csv"), r"data/0\.csv is new \(2 files then, 3 now\)"),
        (lambda: os.rename("data/a.csv", "data/c.csv"), r"data/a\.csv is gone \(2 files then, 2 now\)"),
    ],
)
def test_a_change_is_named_with_the_ways_out(run, change, message):
    folder, config = run
    change()
    with pytest.raises(
        RunError, match=f"train_input_path: {message} since the run in .* began.*--restart.*fine_tune_ch"
    ):
        check_same_input_files(folder, config)


def test_a_file_that_the_config_reads_no_more(run):
    folder, config = run
    config.train_input_path = "data/b.csv"
    with pytest.raises(RunError, match=r"data/a\.csv is not among them any more \(2 files then, 1 now\)"):
        check_same_input_files(folder, config)


def test_missing_files_to_measure_on_are_said_early(tiny, seen):
    look_for_eval_files(tiny.load("eval_input_path=evil.csv").message)
    (said,) = [text for text in seen.messages if "eval_input_path" in text]
    assert said.startswith('eval_input_path: no file matches "evil.csv"')
    assert said.endswith("training goes on, evaluate and export will need it")


def test_all_files_gone_is_an_error_of_the_data(run):
    folder, config = run
    shutil.rmtree("data")
    with pytest.raises(DataError, match=r'no file matches "data/\*\.csv"'):
        check_same_input_files(folder, config)


def test_a_run_of_an_older_version_goes_on(run, seen):
    folder, config = run
    folder.inputs.unlink()
    check_same_input_files(folder, config)
    assert "does not say which files it read" in seen.text


@pytest.mark.parametrize("text", ["", "[]", '{"train_input_path": [{"path": "a"}]}'])
def test_a_list_that_cannot_be_read(run, text):
    folder, config = run
    folder.inputs.write_text(text)
    with pytest.raises(RunError, match=r"inputs\.json, the list of the run's training files, cannot be read"):
        check_same_input_files(folder, config)


def test_a_folder_of_another_value_is_another_file(tiny):
    for day in ("dt=1", "dt=2"):
        path = tiny.folder / "data" / day / "a.csv"
        path.parent.mkdir(parents=True)
        shutil.copy(tiny.folder / "train.csv", path)
        os.utime(path, ns=(EVEN, EVEN))
    folder = RunFolder(tiny.folder / "run")
    folder.path.mkdir()
    config = tiny.load("train_input_path=data").message
    note_input_files(folder, config)
    check_same_input_files(folder, config)
    (tiny.folder / "data" / "dt=2").rename(tiny.folder / "data" / "dt=3")
    with pytest.raises(RunError, match=r"train_input_path: data/dt=2/a.csv is gone \(2 files then, 2 now\)"):
        check_same_input_files(folder, config)

import random
import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.errors import RunError
from apps_rec.legacy_keras import keras
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adam
from apps_rec.training.optimizers.schedules import Constant
from apps_rec.training.run import checkpoint_folder
from apps_rec.training.run.checkpoint_folder import choose
from apps_rec.training.run.checkpoints import Checkpoints
from apps_rec.training.run.folder import RunFolder
from apps_rec.training.run.progress import DataPosition


def make_model(units=3):
    model = keras.Sequential([keras.layers.Dense(units)])
    model.build((None, 2))
    return model


class Run:
    """A model, its optimizer and its progress, saved in a folder."""

    def __init__(self, path, keep=10, units=3):
        self.model, self.progress = make_model(units), DataPosition()
        self.optimizer = RowSparseOptimizer(Adam(), Constant(0.1))
        self.optimizer.build(self.model.trainable_variables)
        self.model.compile(optimizer=self.optimizer)
        self.checkpoints = Checkpoints(RunFolder(Path(path)), self.model, self.optimizer, self.progress, keep)

    def fill(self, value):
        """Sets every variable to a value."""
        for variable in (*self.model.variables, *self.optimizer.variables, *self.progress.variables):
            variable.assign(tf.cast(tf.fill(variable.shape, value), variable.dtype))

    def values(self):
        """Distinct values over all variables."""
        variables = (*self.model.variables, *self.optimizer.variables, *self.progress.variables)
        return {float(value) for variable in variables for value in np.unique(variable.numpy())}

    def save(self, step):
        self.fill(float(step))
        self.checkpoints.save(step)


def reader(path):
    model = make_model()
    return model, Checkpoints(RunFolder(Path(path)), model)


def flip(path, at, bit=0):
    """Changes one bit of one byte."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


def truncate(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def test_names_hold_the_step_and_the_newest_are_kept(tmp_path):
    run = Run(tmp_path, keep=2)
    for step in (5, 7, 100, 101):
        run.save(step)
    steps = {int(path.stem.split("-")[1]) for path in (tmp_path / "checkpoints").glob("*.index")}
    assert steps == {100, 101}


def test_everything_comes_back(tmp_path):
    Run(tmp_path).save(7)
    again = Run(tmp_path)
    again.fill(1.0)
    assert again.checkpoints.restore_latest() == 7
    assert again.values() == {7.0}


def test_a_reader_needs_the_weights_only(tmp_path):
    Run(tmp_path).save(7)
    model, checkpoints = reader(tmp_path)
    assert checkpoints.restore_latest() == 7
    assert set(np.unique(model.get_weights()[0])) == {7.0}


def test_nothing_is_there_yet(tmp_path):
    checkpoints = Run(tmp_path).checkpoints
    assert checkpoints.restore_latest() is None
    assert checkpoints.restore_best() is None


def test_the_best_is_one_and_holds_no_slots(tmp_path):
    run = Run(tmp_path)
    for step in (3, 9):
        run.fill(float(step))
        run.checkpoints.save_best(step)
    (index,) = (tmp_path / "best").glob("*.index")
    names = [name for name, shape in tf.train.list_variables(str(index.with_suffix(""))) if shape]
    assert len(names) == len(run.model.variables)
    model, checkpoints = reader(tmp_path)
    assert checkpoints.restore_best() == 9
    assert set(np.unique(model.get_weights()[0])) == {9.0}


def test_the_same_step_may_be_saved_again(tmp_path):
    # A run that was killed between the best and the checkpoint behind it comes to the same step again.
    Run(tmp_path).checkpoints.save_best(3)
    run = Run(tmp_path)
    run.fill(4.0)
    run.checkpoints.save_best(3)
    model, checkpoints = reader(tmp_path)
    assert checkpoints.restore_best() == 3
    assert set(np.unique(model.get_weights()[0])) == {4.0}


@pytest.mark.parametrize("ending", [".data-00000-of-00001", ".index", ".sha256.json"])
def test_a_truncated_newest_is_named_and_the_one_before_is_taken(tmp_path, ending, seen):
    run = Run(tmp_path)
    run.save(1)
    run.save(2)
    newest = tmp_path / "checkpoints" / "model.ckpt-2"
    truncate(newest.with_name(newest.name + ending))
    again = Run(tmp_path)
    for checkpoints in (again.checkpoints, reader(tmp_path)[1]):
        seen.clear()
        assert checkpoints.restore_latest() == 1
        assert re.search(rf"model\.ckpt-2 is damaged or half-written: model\.ckpt-2\{ending}", seen.text)
    assert again.values() == {1.0}
    # What was damaged goes with the next save, so that nobody finds it again.
    again.save(3)
    assert not list((tmp_path / "checkpoints").glob("model.ckpt-2*"))


def test_a_lost_data_file_is_named(tmp_path):
    Run(tmp_path).save(2)
    (tmp_path / "checkpoints" / "model.ckpt-2.data-00000-of-00001").unlink()
    with pytest.raises(
        RunError,
        match=r"no checkpoint in .* is whole \(model\.ckpt-2: model\.ckpt-2\.data-00000-of-00001 is missing\)\. "
        "Nothing was removed. Put the files back from a copy of the run",
    ):
        Run(tmp_path).checkpoints.restore_latest()


def test_a_damaged_best_names_the_way_out(tmp_path):
    Run(tmp_path).checkpoints.save_best(2)
    truncate(tmp_path / "best" / "model.ckpt-2.data-00000-of-00001")
    message = r"no checkpoint in .*best is whole .* export_config\.exporter_type=latest takes the newest checkpoint"
    with pytest.raises(RunError, match=message):
        reader(tmp_path)[1].restore_best()


def test_a_half_written_best_leaves_the_one_before(tmp_path, seen):
    # A kill in the save of the best: the one before goes only when the new one is whole.
    Run(tmp_path).checkpoints.save_best(3)
    (tmp_path / "best" / "model.ckpt-9.index").write_bytes(b"half")
    assert reader(tmp_path)[1].restore_best() == 3
    assert "model.ckpt-9 is damaged or half-written" in seen.text


def test_another_model_is_an_error(tmp_path):
    Run(tmp_path).save(2)
    with pytest.raises(RunError, match=r"model\.ckpt-2 cannot be read: .*of another model"):
        Run(tmp_path, units=4).checkpoints.restore_latest()


@pytest.mark.parametrize("text", [None, "model_checkpoint_pa", "", 'model_checkpoint_path: "model.ckpt-9"'])
def test_the_choice_does_not_hang_on_the_note_of_the_newest(tmp_path, text):
    run = Run(tmp_path)
    run.save(9)
    run.save(10)
    note = tmp_path / "checkpoints" / "checkpoint"
    note.unlink() if text is None else note.write_text(text)
    again = Run(tmp_path)
    assert again.checkpoints.restore_latest() == 10
    assert again.values() == {10.0}
    again.save(11)
    assert tf.train.latest_checkpoint(str(tmp_path / "checkpoints")).endswith("model.ckpt-11")


def test_a_half_written_checkpoint_is_never_taken(tmp_path, seen):
    run = Run(tmp_path)
    run.save(1)
    # What a run leaves that is killed in the middle of a save: data without an index, and both without checksums.
    for name in ("model.ckpt-2.data-00000-of-00001", "model.ckpt-3.data-00000-of-00001", "model.ckpt-3.index"):
        (tmp_path / "checkpoints" / name).write_bytes(b"half")
    (tmp_path / "checkpoints" / "model.ckpt-4_temp").mkdir()
    again = Run(tmp_path)
    assert again.checkpoints.restore_latest() == 1
    assert seen.text.count("its save did not come to its end") == 3
    again.save(2)
    assert Run(tmp_path).checkpoints.restore_latest() == 2
    assert {path.name.split("-")[1][0] for path in (tmp_path / "checkpoints").glob("*-*")} == {"1", "2"}


def test_a_kill_in_the_first_save_is_no_run_yet(tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "model.ckpt-9.data-00000-of-00001").write_bytes(b"half")
    assert Run(tmp_path).checkpoints.restore_latest() is None
    (folder / "model.ckpt-9.index").write_bytes(b"half")
    assert Run(tmp_path).checkpoints.restore_latest() is None
    Run(tmp_path).save(9)
    assert Run(tmp_path).checkpoints.restore_latest() == 9


def as_older_version(folder, keeps=()):
    """Saves as versions without checksums did: by TensorFlow's manager, with fewer attributes of progress."""
    run = Run(folder)
    progress = tf.Module(name="progress")
    for name in ("epoch", "row", "best_value", "best_step"):
        setattr(progress, name, getattr(run.progress, name))
    checkpoint = tf.train.Checkpoint(model=run.model, optimizer=run.optimizer, progress=progress)
    manager = tf.train.CheckpointManager(checkpoint, str(folder / "checkpoints"), 10, checkpoint_name="model.ckpt")
    for step in keeps:
        run.fill(float(step))
        manager.save(checkpoint_number=step)


def test_a_folder_of_an_older_version_goes_on(tmp_path, seen):
    as_older_version(tmp_path, (4, 5))
    run = Run(tmp_path)
    assert reader(tmp_path)[1].restore_latest() == 5
    assert not list((tmp_path / "checkpoints").glob("*.json"))
    assert run.checkpoints.restore_latest() == 5
    assert "no checkpoint in" in seen.text
    assert "has checksums: an older version wrote it" in seen.text
    assert run.values() == {0.0, 1.0, 5.0}  # what an older version did not save keeps its default
    # From now on they are checked like the others.
    assert len(list((tmp_path / "checkpoints").glob("*.json"))) == 2
    flip(tmp_path / "checkpoints" / "model.ckpt-5.data-00000-of-00001", 3)
    assert Run(tmp_path).checkpoints.restore_latest() == 4


def test_a_damaged_newest_of_an_older_version_is_left_out(tmp_path, seen):
    as_older_version(tmp_path, (4, 5))
    flip(tmp_path / "checkpoints" / "model.ckpt-5.data-00000-of-00001", 3)
    assert Run(tmp_path).checkpoints.restore_latest() == 4
    assert "model.ckpt-5 is damaged or half-written: it cannot be read" in seen.text
    truncate(tmp_path / "checkpoints" / "model.ckpt-4.index")
    for path in (tmp_path / "checkpoints").glob("*.json"):
        path.unlink()
    with pytest.raises(RunError, match=r"no checkpoint in .* can be read\. Nothing was removed\. Put the files back"):
        Run(tmp_path).checkpoints.restore_latest()


def test_a_folder_that_was_moved_is_read(tmp_path):
    Run(tmp_path / "a").save(3)
    (tmp_path / "a").rename(tmp_path / "b")
    assert Run(tmp_path / "b").checkpoints.restore_latest() == 3


def test_fifty_flipped_bytes_are_all_found(tmp_path):
    run = Run(tmp_path / "run", keep=3)
    for step in (1, 2, 3):
        run.save(step)
    folder = tmp_path / "run" / "checkpoints"
    ending = (".index", ".data-00000-of-00001", ".sha256.json", None)
    draw = random.Random(7)
    for number in range(50):
        name = "checkpoint" if ending[number % 4] is None else f"model.ckpt-3{ending[number % 4]}"
        path = folder / name
        good = path.read_bytes()
        at, bit = draw.randrange(len(good)), draw.randrange(8)
        flip(path, at, bit)
        # A flip in the note does no harm; any other is found, and the checkpoint before it chosen.
        expected = "model.ckpt-3" if name == "checkpoint" else "model.ckpt-2"
        assert choose(folder, "").name == expected, (name, at, bit)
        path.write_bytes(good)
    assert choose(folder, "").name == "model.ckpt-3"


@pytest.mark.parametrize("fails_at", ["data", "manifest"])
def test_a_full_disk_leaves_the_older_checkpoints_and_no_half_of_a_new_one(tmp_path, monkeypatch, fails_at):
    run = Run(tmp_path, keep=1)
    run.save(1)
    before = {path.name: path.read_bytes() for path in (tmp_path / "checkpoints").iterdir()}

    def write(prefix, *args, **kwargs):
        Path(f"{prefix}_temp").mkdir()
        Path(f"{prefix}.data-00000-of-00001").write_bytes(b"half")
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    def manifest(prefix):
        raise OSError(28, "No space left on device")

    if fails_at == "data":
        monkeypatch.setattr(tf.train.Checkpoint, "write", lambda self, prefix: write(prefix))
    else:
        monkeypatch.setattr(checkpoint_folder, "write_manifest", manifest)
    with pytest.raises(RunError, match=r"step 2 cannot be written to .*No space left on device.*as they were"):
        run.save(2)
    assert {path.name: path.read_bytes() for path in (tmp_path / "checkpoints").iterdir()} == before
    monkeypatch.undo()
    assert Run(tmp_path).checkpoints.restore_latest() == 1
    run.save(2)
    assert Run(tmp_path).checkpoints.restore_latest() == 2


def test_a_first_save_that_fails_leaves_no_run(tmp_path, monkeypatch):
    def manifest(prefix):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint_folder, "write_manifest", manifest)
    with pytest.raises(RunError, match="cannot be written"):
        Run(tmp_path).save(1)
    assert not RunFolder(tmp_path).holds_run()


def test_a_checkpoint_that_cannot_be_written(tmp_path):
    run = Run(tmp_path)
    (tmp_path / "checkpoints").write_text("a file where the folder should be")
    with pytest.raises(
        RunError, match=r"the checkpoint of step 3 cannot be written to .*checkpoints: .*--set model_dir="
    ):
        run.checkpoints.save(3)


@pytest.mark.parametrize("name", ["run[lr=0.01]", "what?", "a*b", "back\\slash"])
def test_a_path_is_no_glob(tmp_path, name):
    run = Run(tmp_path / name)
    run.save(2)
    run.checkpoints.save_best(2)
    # What the path would match as a glob.
    Run(tmp_path / "runl").save(7)
    assert Run(tmp_path / name).checkpoints.restore_latest() == 2
    model, checkpoints = reader(tmp_path / name)
    assert checkpoints.restore_best() == 2
    assert {float(value) for variable in model.variables for value in np.unique(variable.numpy())} == {2.0}


def test_a_checkpoint_that_a_training_removes_meanwhile(tmp_path, monkeypatch):
    writer = Run(tmp_path, keep=1)
    writer.fill(1.0)
    writer.checkpoints.save(1)

    def after(steps, function):
        """`function`, at whose first calls the training saves another checkpoint and removes the one before."""
        left = list(steps)

        def call(*args, **kwargs):
            if left:
                step = left.pop(0)
                writer.fill(float(step))
                writer.checkpoints.save(step)
            return function(*args, **kwargs)

        return call

    reader = Run(tmp_path)
    # Between the list of checkpoints and the look at their sums, and between that and the reading.
    monkeypatch.setattr(checkpoint_folder, "find_damage", after([2, 3], checkpoint_folder.find_damage))
    monkeypatch.setattr(reader.checkpoints, "_restore", after([4, 5], reader.checkpoints._restore))
    assert reader.checkpoints.restore_latest() == 5
    assert {float(value) for variable in reader.model.variables for value in variable.numpy().ravel()} == {5.0}


def test_what_is_damaged_stays_damaged_beside_a_training(tmp_path):
    run = Run(tmp_path)
    run.checkpoints.save(1)
    (data,) = (tmp_path / "checkpoints").glob("*.data-*")
    data.write_bytes(data.read_bytes()[:-1] + b"?")
    with pytest.raises(RunError, match=r"no checkpoint in .* is whole"):
        Run(tmp_path).checkpoints.restore_latest()

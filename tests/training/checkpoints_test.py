import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.errors import RunError
from apps_rec.legacy_keras import keras
from apps_rec.training.checkpoints import Checkpoints, Progress
from apps_rec.training.optimizers import Adam
from apps_rec.training.run_folder import RunFolder
from apps_rec.training.schedules import Constant


def make_model(units=3):
    model = keras.Sequential([keras.layers.Dense(units)])
    model.build((None, 2))
    return model


class Run:
    """A model, its optimizer and its progress, saved in a folder."""

    def __init__(self, path, keep=10, units=3):
        self.model, self.progress = make_model(units), Progress()
        self.optimizer = Adam(Constant(0.1))
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


@pytest.mark.parametrize("ending", [".data-00000-of-00001", ".index"])
def test_a_truncated_file_is_named_and_the_advice_works(tmp_path, ending):
    run = Run(tmp_path)
    run.save(1)
    run.save(2)
    newest = tmp_path / "checkpoints" / "model.ckpt-2"
    truncate(newest.with_name(newest.name + ending))
    for checkpoints in (Run(tmp_path).checkpoints, reader(tmp_path)[1]):
        with pytest.raises(RunError, match=r"model\.ckpt-2 cannot be read: it is damaged, cut short") as caught:
            checkpoints.restore_latest()
    advice = re.search(r'Remove (\S+)\.\* and set model_checkpoint_path in (\S+) to "(\S+)" to go', str(caught.value))
    removed, note, before = advice.groups()
    for path in Path(removed).parent.glob(f"{Path(removed).name}.*"):
        path.unlink()
    text = Path(note).read_text()
    Path(note).write_text(
        text.replace('model_checkpoint_path: "model.ckpt-2"', f'model_checkpoint_path: "{before}"', 1)
    )
    again = Run(tmp_path)
    assert again.checkpoints.restore_latest() == 1
    assert again.values() == {1.0}


def test_a_lost_data_file_is_named(tmp_path):
    Run(tmp_path).save(2)
    (tmp_path / "checkpoints" / "model.ckpt-2.data-00000-of-00001").unlink()
    with pytest.raises(
        RunError, match=r"model\.ckpt-2 cannot be read.* There is no other; train afresh with --restart"
    ):
        Run(tmp_path).checkpoints.restore_latest()


def test_a_damaged_best_names_the_way_out(tmp_path):
    Run(tmp_path).checkpoints.save_best(2)
    truncate(tmp_path / "best" / "model.ckpt-2.data-00000-of-00001")
    message = r"best/model\.ckpt-2 cannot be read.* export_config\.exporter_type=latest takes the newest one"
    with pytest.raises(RunError, match=message):
        reader(tmp_path)[1].restore_best()


def test_another_model_is_an_error(tmp_path):
    Run(tmp_path).save(2)
    with pytest.raises(RunError, match=r"model\.ckpt-2 cannot be read: .*of another model"):
        Run(tmp_path, units=4).checkpoints.restore_latest()


@pytest.mark.parametrize("text", [None, "model_checkpoint_pa"])
def test_a_kill_in_the_first_save_loses_nothing(tmp_path, text):
    # The note of the newest checkpoint is written last.
    run = Run(tmp_path)
    run.save(9)
    run.save(10)
    note = tmp_path / "checkpoints" / "checkpoint"
    note.unlink() if text is None else note.write_text(text)
    again = Run(tmp_path)
    assert again.checkpoints.restore_latest() == 10
    assert again.values() == {10.0}


def test_an_empty_note_of_the_newest_is_no_fresh_start(tmp_path):
    Run(tmp_path).save(9)
    note = tmp_path / "checkpoints" / "checkpoint"
    note.write_text("")
    with pytest.raises(RunError, match=r"checkpoints/checkpoint, the note .* cannot be read; remove it to go on"):
        Run(tmp_path).checkpoints.restore_latest()
    note.unlink()
    assert Run(tmp_path).checkpoints.restore_latest() == 9


def test_a_half_written_checkpoint_is_never_named(tmp_path):
    run = Run(tmp_path)
    run.save(1)
    # What a run leaves that is killed in the middle of a save: data without an index, and an index without a note.
    for name in ("model.ckpt-2.data-00000-of-00001", "model.ckpt-3.data-00000-of-00001", "model.ckpt-3.index"):
        (tmp_path / "checkpoints" / name).write_bytes(b"half")
    again = Run(tmp_path)
    assert again.checkpoints.restore_latest() == 1
    again.save(2)
    assert Run(tmp_path).checkpoints.restore_latest() == 2


def test_a_folder_that_was_moved_is_read(tmp_path):
    Run(tmp_path / "a").save(3)
    (tmp_path / "a").rename(tmp_path / "b")
    assert Run(tmp_path / "b").checkpoints.restore_latest() == 3


def test_a_checkpoint_that_cannot_be_written(tmp_path):
    run = Run(tmp_path)
    (tmp_path / "checkpoints").write_text("a file where the folder should be")
    with pytest.raises(
        RunError, match=r"the checkpoint of step 3 cannot be written to .*checkpoints: .*--set model_dir="
    ):
        run.checkpoints.save(3)

"""exporter_type final: a training that was cut short is not published by mistake."""

import shutil

import pytest

import apps_rec
from apps_rec.errors import RunError
from apps_rec.serving.saved_model import export


@pytest.fixture(scope="module")
def three_steps(small_run, tmp_path_factory):
    """Return the folder of a run that came to its end, step 3."""
    folder = tmp_path_factory.mktemp("three_steps")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        apps_rec.train(small_run(folder).load("train_config.num_steps=3"))
    return folder / "run"


@pytest.fixture
def ended(small, three_steps):
    """Return a TinyRun in the working directory with a run of its own, which came to its end, step 3."""
    shutil.copytree(three_steps, small.folder / "run")
    return small


@pytest.fixture
def begun(monkeypatch):
    """Return the steps of exports that begin. Nothing is written, which takes some seconds."""
    steps = []
    monkeypatch.setattr(export, "export_model", lambda *args: steps.append(args[-1].step))
    return steps


@pytest.mark.slow
def test_a_training_that_reached_its_end_is_exported(ended, tmp_path, unproven):
    # The end is that of the config it was trained with.
    assert apps_rec.export(ended.load(), str(tmp_path / "export")).exists()


def test_a_training_that_was_cut_short_is_not(ended, tmp_path, begun):
    # As a run that a signal ended after its third step leaves it.
    path = tmp_path / "run/pipeline.config"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("num_steps: 3", "num_steps: 5"), encoding="utf-8")
    message = (
        r'"final" and the run in run is not at its end: it stands at step 3 in epoch 1, and goes to step 5 or the end'
    )
    with pytest.raises(RunError, match=message):
        apps_rec.export(ended.load(), str(tmp_path / "export"))
    assert begun == []
    # It may be measured, and exported as it is.
    assert apps_rec.evaluate(ended.load())["step"] == 3
    apps_rec.export(ended.load("export_config.exporter_type=latest"), str(tmp_path / "export"))
    assert begun == [3]


@pytest.mark.slow
def test_a_training_that_stopped_early_is_at_its_end(small, tmp_path, unproven, seen):
    rate = "train_config.optimizer_config.adam_optimizer.learning_rate"
    overrides = [
        f"{rate}={{cosine_decay_learning_rate {{ learning_rate_base: 0.02 total_steps: 900 warmup_steps: 0 }}}}",
        "train_config.save_checkpoints_steps=2",
        "export_config.enable_early_stop=true",
        "export_config.best_exporter_metric=auc_ctr",
        "export_config.max_check_steps=2",
        "data_config.num_epochs=50",
    ]
    result = apps_rec.train(small.load(*overrides))
    assert result.step < 900
    # The config asked for it, so that no remark on the schedule is due; and evaluations within ten seconds log once.
    assert any(message.startswith("stopped early at step ") for message in seen.messages)
    assert not any("total_steps" in message for message in seen.messages)
    assert sum("evaluated on" in message and " ctr " in message for message in seen.messages) <= 3
    assert apps_rec.export(small.load(*overrides), str(tmp_path / "export")).exists()


def test_a_lost_note_of_the_newest_checkpoint_does_no_harm(ended, tmp_path, begun):
    """The note is TensorFlow's; the run is as finished as its newest whole checkpoint says."""
    (ended.folder / "run" / "checkpoints" / "checkpoint").write_text("no note")
    apps_rec.export(ended.load(), str(tmp_path / "export"))
    assert begun == [3]

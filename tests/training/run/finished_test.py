"""exporter_type final: a training that was cut short is not published by mistake."""

import pytest

import apps_rec
from apps_rec.errors import RunError


@pytest.mark.slow
def test_a_training_that_reached_its_end_is_exported(small, tmp_path, unproven):
    apps_rec.train(small.load("train_config.num_steps=3"))
    # The end is that of the config it was trained with.
    assert apps_rec.export(small.load(), str(tmp_path / "export")).exists()


def test_a_training_that_was_cut_short_is_not(small, tmp_path, unproven):
    apps_rec.train(small.load("train_config.num_steps=3"))
    # As a run that a signal ended after its third step leaves it.
    path = tmp_path / "run/pipeline.config"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("num_steps: 3", "num_steps: 5"), encoding="utf-8")
    message = (
        r'"final" and the run in run is not at its end: it stands at step 3 in epoch 1, and goes to step 5 or the end'
    )
    with pytest.raises(RunError, match=message):
        apps_rec.export(small.load(), str(tmp_path / "export"))
    assert not (tmp_path / "export").exists()
    # It may be measured, and exported as it is.
    assert apps_rec.evaluate(small.load())["step"] == 3
    assert apps_rec.export(small.load("export_config.exporter_type=latest"), str(tmp_path / "export")).exists()


@pytest.mark.slow
def test_a_training_that_stopped_early_is_at_its_end(small, tmp_path, unproven):
    overrides = [
        "train_config.save_checkpoints_steps=2",
        "export_config.enable_early_stop=true",
        "export_config.best_exporter_metric=auc_ctr",
        "export_config.max_check_steps=2",
        "data_config.num_epochs=50",
    ]
    result = apps_rec.train(small.load(*overrides))
    assert result.step < 900
    assert apps_rec.export(small.load(*overrides), str(tmp_path / "export")).exists()


def test_a_lost_note_of_the_newest_checkpoint_does_no_harm(small, tmp_path, unproven):
    """The note is TensorFlow's; the run is as finished as its newest whole checkpoint says."""
    apps_rec.train(small.load("data_config.num_epochs=1"))
    (small.folder / "run" / "checkpoints" / "checkpoint").write_text("no note")
    assert apps_rec.export(small.load("data_config.num_epochs=1"), str(tmp_path / "export")).exists()

import os
from pathlib import Path

import pytest

from apps_rec.errors import RunError
from apps_rec.training.run import folder as run_folder
from apps_rec.training.run.folder import RunFolder, open_for_reading, open_for_training
from apps_rec.training.run.vocabularies import freeze_vocabularies, frozen_vocabularies


def hold_run(path):
    (path / "checkpoints").mkdir(parents=True)
    (path / "checkpoints" / "checkpoint").write_text("here")


def test_a_fresh_folder_is_made(tmp_path):
    folder, is_resumed = open_for_training(str(tmp_path / "a" / "b"), resume=False, restart=False)
    assert folder.path.is_dir()
    assert not is_resumed


@pytest.mark.parametrize("resume", [True, False])
def test_an_empty_folder_starts_fresh(tmp_path, resume):
    assert open_for_training(str(tmp_path), resume=resume, restart=False) == (RunFolder(tmp_path), False)


def test_a_run_is_resumed(tmp_path):
    hold_run(tmp_path)
    assert open_for_training(str(tmp_path), resume=True, restart=False) == (RunFolder(tmp_path), True)


def test_a_run_and_neither_flag_names_both(tmp_path):
    hold_run(tmp_path)
    with pytest.raises(RunError, match=r"holds a run already\. --resume goes on with it, --restart moves it aside"):
        open_for_training(str(tmp_path), resume=False, restart=False)


def test_what_failed_before_its_first_checkpoint_is_no_run(tmp_path):
    (tmp_path / "pipeline.config").write_text("")
    assert open_for_training(str(tmp_path), resume=False, restart=False) == (RunFolder(tmp_path), False)


def test_restart_moves_the_run_aside(tmp_path):
    path = tmp_path / "run"
    hold_run(path)
    folder, is_resumed = open_for_training(str(path), resume=False, restart=True)
    assert not is_resumed
    assert list(folder.path.iterdir()) == []
    (aside,) = (other for other in tmp_path.iterdir() if other != path)
    assert aside.name.startswith("run.2")
    assert (aside / "checkpoints" / "checkpoint").read_text() == "here"


def test_two_restarts_in_one_second_keep_both(tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder.time, "strftime", lambda pattern: "20260101-000000")
    path = tmp_path / "run"
    for _ in range(3):
        hold_run(path)
        open_for_training(str(path), resume=False, restart=True)
    assert len(list(tmp_path.glob("*/checkpoints/checkpoint"))) == 3


def test_both_flags_exclude_each_other(tmp_path):
    with pytest.raises(RunError, match="--resume and --restart exclude each other"):
        open_for_training(str(tmp_path), resume=True, restart=True)


def test_model_dir_is_a_file(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(RunError, match=r"run is a file; expected a folder"):
        open_for_training(str(tmp_path / "run"), resume=False, restart=False)


def test_a_parent_of_model_dir_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file/run cannot be written: Not a directory\. .*--set model_dir="):
        open_for_training(str(tmp_path / "file" / "run"), resume=False, restart=False)


def test_model_dir_may_not_be_written(tmp_path, monkeypatch):
    # Root may write everywhere, so the question is answered for it.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(RunError, match="cannot be written; change its permissions or choose another"):
        open_for_training(str(tmp_path), resume=False, restart=False)


def test_reading_needs_a_run(tmp_path):
    with pytest.raises(RunError, match=r"holds no run .*train first: apps-rec train CONFIG"):
        open_for_reading(str(tmp_path))


def keep(tiny, *overrides):
    """A run folder with the config and the vocabularies of a run."""
    folder = RunFolder(tiny.folder / "run")
    folder.path.mkdir()
    config = tiny.load(*overrides)
    run_folder.write_config(folder, config.to_text())
    freeze_vocabularies(folder, config.message)
    return folder


def test_vocabularies_are_frozen(tiny):
    folder = keep(tiny)
    (tiny.folder / "words.txt").write_text("other\n")
    words = frozen_vocabularies(folder, tiny.load().message)
    assert words == {"word": ["fun", "spiele", "игры", "工具"]}


def test_a_missing_vocabulary_is_an_error(tiny):
    folder = keep(tiny)
    (folder.vocabularies / "word.txt").unlink()
    with pytest.raises(RunError, match=r"vocabularies/word\.txt is missing: it holds the words"):
        frozen_vocabularies(folder, tiny.load().message)


def test_words_may_hold_any_character_but_line_ends(tiny):
    (tiny.folder / "words.txt").write_bytes("a b\nc\x85d\n\u2028e\r\n".encode())
    folder = keep(tiny)
    assert frozen_vocabularies(folder, tiny.load().message) == {"word": ["a b", "c\x85d", "\u2028e"]}


@pytest.mark.parametrize(
    ("override", "was", "now"),
    [
        ("feature_config.features[feature_name=user].hash_bucket_size=200", "100", "200"),
        ("feature_config.features[feature_name=tags].max_seq_len=5", "4", "5"),
        ("model_config.esmm.num_expert=3", "2", "3"),
        ("model_config.esmm.ctr_tower.label_name=download", "click", "download"),
    ],
)
def test_other_features_or_another_model_are_named(tiny, override, was, now):
    folder = keep(tiny)
    if override.endswith("label_name=download"):
        overrides = [override, "model_config.esmm.cvr_tower.label_name=click"]
    else:
        overrides = [override]
    message = rf"it had `\w+: \"?{was}\"?` where the config has `\w+: \"?{now}\"?`.*--restart"
    with pytest.raises(RunError, match=message):
        run_folder.check_same_model(folder, tiny.load(*overrides).message)


def test_an_added_part_is_named(tiny):
    folder = keep(tiny, "model_config.embedding_regularization=0.0")
    config = tiny.load().message
    config.model_config.embedding_regularization = 0.1
    with pytest.raises(RunError, match=r"embedding_regularization"):
        run_folder.check_same_model(folder, config)


def test_what_weights_do_not_hang_on_may_change(tiny):
    folder = keep(tiny)
    (tiny.folder / "elsewhere.txt").write_text("moved\n")
    config = tiny.load(
        "train_config.num_steps=7",
        "data_config.batch_size=7",
        "data_config.input_fields[input_name=price].default_val=0.1",
        "feature_config.features[feature_name=word].vocab_file=elsewhere.txt",
    ).message
    config.model_config.score[0].weight = 2.0
    config.model_config.rank_model.task_towers[0].ClearField("metrics_set")
    run_folder.check_same_model(folder, config)


def test_files_of_vectors_may_move_but_not_be_frozen_later(tiny):
    begun = "feature_config.features[feature_name=app].embedding_init={{ input_path: '{}' {} }}"
    folder = keep(tiny, begun.format("v.parquet", ""))
    moved = tiny.load(begun.format("w.parquet", "id_column: 'app' trainable: true"))
    run_folder.check_same_model(folder, moved.message)
    frozen = tiny.load(begun.format("v.parquet", "trainable: false"))
    with pytest.raises(RunError, match="it had `trainable: true` where the config has `trainable: false`"):
        run_folder.check_same_model(folder, frozen.message)
    with pytest.raises(RunError, match=r"it had `embedding_init \{`"):
        run_folder.check_same_model(folder, tiny.load().message)


def test_another_optimizer_cannot_go_on(tiny):
    folder = keep(tiny)
    config = tiny.load().message
    run_folder.check_same_optimizer(folder, config)
    config.train_config.optimizer_config[0].ftrl_optimizer.l1_reg = 0.1
    with pytest.raises(RunError, match=r"trained with adam_optimizer, the config has ftrl_optimizer.*--restart"):
        run_folder.check_same_optimizer(folder, config)


def test_a_broken_kept_config_is_an_error(tiny):
    folder = keep(tiny)
    folder.config.write_text("model_dirr: 1")
    with pytest.raises(RunError, match=r"pipeline\.config, the config that the run was trained with, cannot be read"):
        run_folder.check_same_model(folder, tiny.load().message)

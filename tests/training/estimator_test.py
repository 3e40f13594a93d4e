import collections
import logging
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.data import open_stream
from apps_rec.data.pipeline.dataset import reraise
from apps_rec.errors import ConfigError, DataError, InterruptedRunError, RunError
from apps_rec.legacy_keras import keras
from apps_rec.training import callbacks
from apps_rec.training.estimator import Estimator, load_trained
from apps_rec.training.input import training_dataset, training_source
from apps_rec.training.optimizers.build import build_optimizer
from apps_rec.training.optimizers.schedules import say_of_length

EARLY_STOP = (
    "export_config.enable_early_stop=true",
    "export_config.max_check_steps=20",
    "export_config.best_exporter_metric=auc_ctcvr",
)


@pytest.fixture
def every_evaluation_is_logged(monkeypatch):
    monkeypatch.setattr(callbacks, "_SECONDS_BETWEEN_METRICS", 0.0)


def checkpoint(folder, name="checkpoints"):
    """Every value of the newest checkpoint by name, less the number of saves."""
    path = tf.train.latest_checkpoint(str(folder / name))
    read = tf.train.load_checkpoint(path)
    names = [
        name for name in read.get_variable_to_shape_map() if "OBJECT_GRAPH" not in name and "save_count" not in name
    ]
    return {name: read.get_tensor(name) for name in names}


def live_rows(tiny, name="train.csv"):
    return [row for row in tiny.rows(name) if row["source"] == "live"]


def events(folder):
    """(tag, step) of every scalar for TensorBoard."""
    found = set()
    for path in (folder / "summaries").iterdir():
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            found |= {(value.tag, event.step) for value in event.summary.value}
    return found


def test_a_run_ends_with_its_epochs_and_says_what_it_did(small, seen):
    logged = []
    count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: logged.append(logs["loss"]))
    result = apps_rec.train(small.load("data_config.num_epochs=2"), callbacks=[count])
    steps = 2 * -(-len(live_rows(small)) // 32)
    # A callback of the caller's own is called at every step, with what the step measured.
    assert len(logged) == steps
    assert np.isfinite(logged).all()
    # The step that finds the data at its end is no step.
    assert result.step == steps
    saved = checkpoint(small.folder / "run")
    assert saved["optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE"] == steps
    assert saved["progress/epoch/.ATTRIBUTES/VARIABLE_VALUE"] == 2
    lines = [message for message in seen.messages if message.startswith(("step 10/", "step 10,"))]
    assert len(lines) == 1
    assert all(word in lines[0] for word in ("loss ", "loss_ctr ", "loss_ctcvr ", "rows/s"))
    names = {name for name, step in events(small.folder / "run") if step == 10}
    assert {"loss", "loss_ctr", "loss_ctcvr", "learning_rate"} <= names

    # Nothing is left of a run that came to its end, and a run of more epochs goes on.
    again = apps_rec.train(small.load("data_config.num_epochs=2"), resume=True)
    assert again.step == steps
    assert any("nothing left to train" in message for message in seen.messages)
    assert apps_rec.train(
        small.load("data_config.num_epochs=3", "train_config.save_summary_steps=0"), resume=True
    ).step == (steps // 2 * 3)


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("total_steps: 10 warmup_steps: 2", "total_steps is 10, so the rate was 0 in the last 4 of 14 steps"),
        ("total_steps: 20 warmup_steps: 14", "warmup_steps is 14, so all 14 steps were warm-up"),
        ("total_steps: 20 warmup_steps: 2", "total_steps is 20, so 14 steps left the schedule at 70 %"),
        ("total_steps: 14 warmup_steps: 13", None),
    ],
)
def test_a_rate_for_another_length_is_said(tiny, seen, schedule, said):
    rate = f"cosine_decay_learning_rate {{ learning_rate_base: 0.01 {schedule} }}"
    config = tiny.load(f"train_config.optimizer_config.adam_optimizer.learning_rate={{ {rate} }}")
    optimizer = build_optimizer(config.message.train_config)
    say_of_length(optimizer.parts[0].learning_rate, 14)
    about_rate = [text for text in seen.messages if text.startswith("cosine_decay_learning_rate")]
    assert len(about_rate) == (said is not None)
    assert all(said in text for text in about_rate)


@pytest.mark.slow
def test_two_halves_equal_a_whole(small):
    whole = ["model_dir=whole", *EARLY_STOP, "export_config.max_check_steps=1000", "data_config.shuffle_buffer_size=90"]
    apps_rec.train(small.load(*whole, "train_config.num_steps=40"))
    halves = [*whole, "model_dir=halves"]
    # Step 20 is in the second epoch.
    assert apps_rec.train(small.load(*halves, "train_config.num_steps=20")).step == 20
    apps_rec.train(small.load(*halves, "train_config.num_steps=40"), resume=True)
    a, b = checkpoint(small.folder / "whole"), checkpoint(small.folder / "halves")
    assert a.keys() == b.keys()
    for name, value in a.items():
        np.testing.assert_array_equal(value, b[name], err_msg=name)


@pytest.mark.slow
def test_two_processes_give_the_same_bits(tiny):
    command = [sys.executable, "-m", "apps_rec", "train", "tiny.config", "--set", "train_config.num_steps=12"]
    for name in ("a", "b"):
        subprocess.run([*command, "--set", f"model_dir={name}"], check=True, capture_output=True)
    a, b = checkpoint(tiny.folder / "a"), checkpoint(tiny.folder / "b")
    for name, value in a.items():
        np.testing.assert_array_equal(value, b[name], err_msg=name)


@pytest.mark.slow
def test_another_seed_gives_other_weights(small):
    for name, seed in (("a", 1), ("b", 2)):
        apps_rec.train(small.load("train_config.num_steps=2", f"train_config.seed={seed}", f"model_dir={name}"))
    a, b = checkpoint(small.folder / "a"), checkpoint(small.folder / "b")
    name = next(name for name in a if "kernel" in name and name.startswith("model/"))
    assert not np.array_equal(a[name], b[name])


@pytest.mark.slow
def test_a_run_in_half_precision_may_go_on_without(small):
    half = small.load("train_config.mixed_precision=true", "data_config.num_epochs=2")
    apps_rec.train(half)
    saved = checkpoint(small.folder / "run")
    assert {value.dtype for name, value in saved.items() if name.startswith("model/")} == {np.dtype(np.float32)}
    metrics, single = apps_rec.evaluate(half), apps_rec.evaluate(small.load())
    assert metrics["auc_ctr"] > 0.65
    for name, value in single.items():
        assert metrics[name] == pytest.approx(value, abs=0.02), name
    assert metrics != single
    going_on = small.load("data_config.num_epochs=0", f"train_config.num_steps={metrics['step'] + 1}")
    assert apps_rec.train(going_on, resume=True).step == metrics["step"] + 1


@pytest.mark.slow
def test_a_compiled_run_equals_one_that_is_not_and_goes_on_from_it(tiny):
    for name, is_compiled in (("plain", "false"), ("compiled", "true"), ("again", "true")):
        compile_it = f"train_config.jit_compile={is_compiled}"
        apps_rec.train(tiny.load(f"model_dir={name}", compile_it, "train_config.num_steps=12"))
    plain, compiled, again = (checkpoint(tiny.folder / name) for name in ("plain", "compiled", "again"))
    assert plain.keys() == compiled.keys()
    for name, value in compiled.items():
        # Adam divides by the size of a gradient, also where that is a rounding error.
        np.testing.assert_allclose(value, plain[name], rtol=0, atol=1e-3, err_msg=name)
        np.testing.assert_array_equal(value, again[name], err_msg=name)
    going_on = tiny.load("model_dir=plain", "train_config.jit_compile=true", "train_config.num_steps=13")
    assert apps_rec.train(going_on, resume=True).step == 13


@pytest.mark.usefixtures("every_evaluation_is_logged")
def test_early_stop_and_the_best(small, seen):
    # A rate at which the metric soon gets worse.
    overrides = [
        *EARLY_STOP,
        "export_config.exporter_type=best",
        "data_config.num_epochs=0",
        "train_config.num_steps=1000",
        "train_config.optimizer_config.adam_optimizer.learning_rate.constant_learning_rate.learning_rate=0.1",
    ]
    config = small.load(*overrides)
    result = apps_rec.train(config)
    values = dict(evaluations(seen))
    assert sorted(values) == list(range(10, result.step + 1, 10))
    assert result.best_value == pytest.approx(max(values.values()), abs=1e-5)
    assert result.best_step == max(values, key=values.get)
    # It stops at the first evaluation that is 20 steps behind the best one without being better.
    assert result.step == result.best_step + 20 < 1000
    tags = events(small.folder / "run")
    assert {("eval/auc_ctcvr", step) for step in values} <= tags
    assert ("eval/rows", 10) in tags

    # `evaluate` and `export` take the best one.
    evaluation = apps_rec.evaluate(config)
    assert evaluation["step"] == result.best_step
    assert evaluation["auc_ctcvr"] == pytest.approx(result.best_value, abs=1e-7)
    latest = apps_rec.evaluate(small.load(*overrides, "export_config.exporter_type=latest"))
    assert latest["step"] == result.step
    assert latest["auc_ctcvr"] == pytest.approx(values[result.step], abs=1e-5)
    estimator, _, _ = load_trained(config)
    best = checkpoint(small.folder / "run", "best")
    assert len(best) == len(estimator.model.variables)

    again = apps_rec.train(config, resume=True)
    assert (again.step, again.best_step, again.best_value) == (result.step, result.best_step, result.best_value)
    assert any("nothing left to train" in message for message in seen.messages)


def evaluations(seen):
    for message in seen.messages:
        words = message.split()
        if "evaluated" in words and "ctcvr" in words:
            yield int(words[1]), float(words[words.index("auc") + 1])


@pytest.mark.usefixtures("every_evaluation_is_logged")
def test_a_run_ends_with_its_steps_says_so_of_its_rate_and_takes_a_smaller_metric_for_better(small, seen):
    rate = "cosine_decay_learning_rate { learning_rate_base: 0.01 total_steps: 28 warmup_steps: 2 }"
    config = small.load(
        f"train_config.optimizer_config.adam_optimizer.learning_rate={{ {rate} }}",
        "export_config.exporter_type=best",
        "export_config.best_exporter_metric=log_loss_ctr",
        "export_config.metric_bigger=false",
        "train_config.num_steps=30",
        "data_config.num_epochs=0",
    )
    result = apps_rec.train(config)
    assert result.step == 30
    about_rate = [text for text in seen.messages if text.startswith("cosine_decay_learning_rate")]
    assert len(about_rate) == 1
    assert "total_steps is 28, so the rate was 0 in the last 2 of 30 steps" in about_rate[0]
    values = [float(m.split("log_loss ")[1].split()[0]) for m in seen.messages if "evaluated" in m and " ctr " in m]
    assert len(values) == 3
    assert result.best_value == pytest.approx(min(values), abs=1e-5)


@pytest.mark.slow
def test_a_metric_of_one_class_cannot_choose_and_nothing_is_lost(small):
    small.write_csv("eval.csv", [[*[*row.values()][:-1], "0"] for row in small.rows("eval.csv")])
    with pytest.raises(ConfigError, match=r"best_exporter_metric: auc_ctcvr is undefined .* one class only") as caught:
        apps_rec.train(small.load(*EARLY_STOP))
    assert caught.value.exit_code == 2
    assert "saved at step 10" in str(caught.value)
    assert "a metric that has a value there (auc_ctr, " in str(caught.value)
    assert checkpoint(small.folder / "run")["optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE"] == 10
    # Again, at once: nothing is trained twice, and nothing goes on without a choice.
    with pytest.raises(ConfigError, match=r"auc_ctcvr is undefined .* saved at step 10"):
        apps_rec.train(small.load(*EARLY_STOP), resume=True)
    # What the message says to do: the run is the one that was chosen by that metric from the start.
    other = (*EARLY_STOP[:2], "export_config.best_exporter_metric=auc_ctr", "train_config.num_steps=20")
    apps_rec.train(small.load(*other), resume=True)
    apps_rec.train(small.load(*other, "model_dir=whole"))
    resumed, whole = checkpoint(small.folder / "run"), checkpoint(small.folder / "whole")
    for name, value in whole.items():
        np.testing.assert_array_equal(value, resumed[name], err_msg=name)


@pytest.mark.slow
def test_a_short_run_has_curves(small):
    overrides = ["train_config.num_steps=13", "train_config.save_summary_steps=1000"]
    apps_rec.train(small.load(*overrides))
    assert {step for name, step in events(small.folder / "run") if name == "loss"} == {1, 2, 5, 10, 13}
    apps_rec.train(small.load("train_config.num_steps=3", "train_config.save_summary_steps=0", "model_dir=none"))
    assert not (small.folder / "none" / "summaries").exists()


def test_rows_of_the_holdout_are_never_trained_on(small):
    config = small.load("data_config.holdout_fraction=0.25", "data_config.num_epochs=2", *EARLY_STOP)
    requests = {row["request"] for row in live_rows(small)}
    parts = {"train": set(), "holdout": set()}
    for batch in open_stream(config.message, "validate", keep=["request"]).batches():
        parts["holdout"] |= set(batch.kept.column("request").to_pylist())
    for epoch in (0, 1):
        for batch in open_stream(config.message, "train", keep=["request"]).batches(epoch):
            parts["train"] |= set(batch.kept.column("request").to_pylist())
    assert not parts["train"] & parts["holdout"]
    assert parts["train"] | parts["holdout"] == requests
    assert 0.15 < len(parts["holdout"]) / len(requests) < 0.35

    result = apps_rec.train(config)
    assert result.step <= 2 * -(-len(parts["train"]) // 32)
    assert result.best_step is not None


@pytest.mark.slow
def test_the_vocabulary_of_a_run_stays(small):
    apps_rec.train(small.load("train_config.num_steps=5"))
    before = apps_rec.evaluate(small.load())
    (small.folder / "words.txt").write_text("工具\nother\nfun\n", encoding="utf-8")
    assert apps_rec.evaluate(small.load()) == before
    assert apps_rec.train(small.load("train_config.num_steps=8"), resume=True).step == 8
    estimator, _, _ = load_trained(small.load())
    assert estimator.preprocessor.vocabularies()["word"] == ("fun", "spiele", "игры", "工具")


@pytest.mark.slow
def test_a_run_that_failed_before_it_saved_is_no_run(small):
    good = (small.folder / "train.csv").read_text(encoding="utf-8")
    small.write_csv("train.csv", [[*[*row.values()][:-1], "7"] for row in small.rows("train.csv")])
    with pytest.raises(DataError, match=r'row 1, column "download": expected the label 0 or 1, got 7'):
        apps_rec.train(small.load())
    (small.folder / "train.csv").write_text(good, encoding="utf-8")
    assert apps_rec.train(small.load("train_config.num_steps=2", "model_config.esmm.num_expert=3")).step == 2


def test_another_model_or_optimizer_does_not_go_on(small):
    apps_rec.train(small.load("train_config.num_steps=2"))
    with pytest.raises(RunError, match="num_expert: 2"):
        apps_rec.train(small.load("model_config.esmm.num_expert=3"), resume=True)
    with pytest.raises(RunError, match="num_expert: 2"):
        apps_rec.evaluate(small.load("model_config.esmm.num_expert=3"))
    config = small.load()
    config.message.train_config.optimizer_config[0].adagrad_optimizer.SetInParent()
    with pytest.raises(RunError, match="adam_optimizer"):
        apps_rec.train(config, resume=True)
    assert apps_rec.train(small.load("train_config.num_steps=3"), restart=True).step == 3

    shutil.rmtree(small.folder / "run" / "checkpoints")
    with pytest.raises(RunError, match="holds no checkpoint yet; train first"):
        apps_rec.evaluate(small.load())


def test_cells_of_a_feature_that_are_no_numbers(tiny):
    rows = [[*row.values()] for row in tiny.rows("train.csv")]
    rows[600][5], rows[600][7] = "t1:1|t2:much", "live"
    tiny.write_csv("train.csv", rows)
    config = tiny.load("data_config.num_epochs=1")
    dataset, positions = training_dataset(
        config.message, Estimator(config).preprocessor, training_source(config.message)
    )
    # Without a step, whose graph takes a second.
    with (
        pytest.raises(DataError, match=r'^train.csv: row 601, column "tags": expected finite weights'),
        reraise(positions),
    ):
        collections.deque(dataset, maxlen=0)


def test_evaluate_before_there_is_a_checkpoint(small):
    with pytest.raises(RunError, match="holds no run"):
        apps_rec.evaluate(small.load())


def test_batches_hold_features_labels_and_weights(tiny):
    config = tiny.load()
    config.message.model_config.rank_model.task_towers[0].sample_weight = "price"
    dataset, positions = training_dataset(
        config.message, Estimator(config).preprocessor, training_source(config.message)
    )
    features, labels, weights = next(iter(dataset))
    assert features["ids"].shape == (32, 4)
    assert set(labels) == {"click", "download"}
    assert list(weights) == ["price"]
    assert positions.after(1)[0] == 0


def test_sigterm_ends_a_run_after_it_saved(small, seen):
    class Terminate(logging.Handler):
        def emit(self, record):
            if record.getMessage().startswith(("step 10/", "step 10,")):
                os.kill(os.getpid(), signal.SIGTERM)

    handler = Terminate()
    logging.getLogger("apps_rec").addHandler(handler)
    try:
        with pytest.raises(InterruptedRunError, match=r"interrupted; saved step 1\d in .* --resume") as caught:
            apps_rec.train(small.load())
    finally:
        logging.getLogger("apps_rec").removeHandler(handler)
    assert caught.value.exit_code == 143
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert any("received SIGTERM: saving after this step" in message for message in seen.messages)


@pytest.mark.slow
def test_training_files_must_be_those_that_a_run_began_with(small):
    apps_rec.train(small.load("train_config.num_steps=3"))
    (small.folder / "train.csv").write_text((small.folder / "train.csv").read_text(encoding="utf-8") + "\n")
    with pytest.raises(RunError, match=r"train\.csv has changed from \d+ to \d+ bytes since the run in run began"):
        apps_rec.train(small.load(), resume=True)
    apps_rec.train(small.load("train_config.num_steps=3"), restart=True)
    (small.folder / "train.csv").unlink()
    with pytest.raises(DataError, match=r'train_input_path: no file matches "train\.csv"'):
        apps_rec.train(small.load(), resume=True)


def test_a_training_file_that_vanishes_is_named(small):
    vanish = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: (small.folder / "b.csv").exists() and (small.folder / "b.csv").unlink()
    )
    shutil.copy("train.csv", "b.csv")
    config = small.load("train_input_path=b.csv,train.csv", "data_config.num_epochs=20")
    with pytest.raises(DataError, match=r"b\.csv.*No such file"):
        apps_rec.train(config, callbacks=[vanish])


def test_summaries_that_cannot_be_written(small):
    folder = small.folder / "run" / "summaries"

    def put_a_file_in_its_place(logs):
        shutil.rmtree(folder)
        folder.touch()

    # At the first step, and before it at the next start.
    for what, own in (
        ("summaries of step 1", [keras.callbacks.LambdaCallback(on_train_begin=put_a_file_in_its_place)]),
        ("hyperparameters", []),
    ):
        with pytest.raises(RunError, match=rf"{what} cannot be written to run/summaries: .*save_summary_steps=0"):
            apps_rec.train(small.load(), callbacks=own)

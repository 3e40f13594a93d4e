"""`apps-rec tune` on a small log: whole studies, with trainings."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import apps_rec
from apps_rec.cli.main import main
from apps_rec.config.load import load_config
from apps_rec.errors import ConfigError, RunError

RATE = "train_config.optimizer_config.adam_optimizer.learning_rate.constant_learning_rate.learning_rate"
# A rate that no float32 survives, one that learns, and one that hardly does.
TUNE = f"""\
# What is tried.
tune_config {{
  parameters {{ path: "{RATE}" choices {{ value: ["0.02", "1e30", "1e-6"] }} }}  # rates
  n_trials: 3 metric: "auc_ctr" keep_trials: 1 seed: 1
  no_pruner {{ }}
}}
"""
MORE = f"""\
tune_config {{
  parameters {{ path: "{RATE}" log_uniform {{ min: 0.001 max: 0.1 }} }}
  parameters {{ path: "model_config.esmm.num_expert" integers {{ min: 1 max: 3 }} }}
  n_trials: 4 metric: "auc_ctcvr"
  median_pruner {{ n_startup_trials: 2 }}
}}
"""


def add(run, text, *replacements):
    config = run.config.read_text()
    for old, new in replacements:
        assert old in config
        config = config.replace(old, new)
    run.config.write_text(config + text)


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


def tried(result):
    """Values and outcome of the trials that count, in their order."""
    again = {one["instead_of"] for one in result["trials"]}
    return [(one["values"], one["state"], one["value"]) for one in result["trials"] if one["number"] not in again]


def test_a_study_finds_the_best_and_writes_it_out(small, capsys):
    add(small, TUNE, ("num_epochs: 3", "num_epochs: 1 holdout_fraction: 0.2"))
    # Of three choices three trials need not draw each; a number is what all seeds agree on.
    assert main(["tune", "tiny.config", "-o", "study", "--json"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    folder = small.folder / "study"
    assert result == summary(folder)
    assert result["chosen_on"] == "the holdout of train_input_path"
    assert "warning: values are chosen on eval_input_path" not in err
    assert len(result["trials"]) == 3
    # The config's own rate comes first.
    assert result["trials"][0]["values"] == {RATE: "0.02"}
    for one in result["trials"]:
        is_broken = one["values"][RATE] == "1e30"
        assert (one["state"], one["value"] is None, bool(one["reason"])) == (
            ("fail", True, True) if is_broken else ("complete", False, False)
        )
    done = [one for one in result["trials"] if one["state"] == "complete"]
    best = max(done, key=lambda one: one["value"])
    assert result["best"] == best
    # The best one alone is kept, and its config says all that it was trained with.
    kept = folder / "trials" / f"{best['number']:04}"
    assert [path.name for path in (folder / "trials").iterdir()] == [kept.name]
    text = (folder / "best.config").read_text()
    assert "# What is tried." in text
    assert "# rates" in text
    wanted = load_config(kept / "pipeline.config").message
    wanted.model_dir = "run"
    assert load_config(folder / "best.config").message == wanted
    page = (folder / "plots.html").read_text()
    assert page.count("<h2>") == 4
    assert "plotly" in page
    assert "step" in (folder / "logs" / "0000.log").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["tune_config.metric is missing", "auc_ctr, log_loss_ctr", "auc_ctcvr"]),
        (
            'tune_config { metric: "auc_ctr" parameters { path: "train_config.sed" integers { min: 1 max: 2 } } }',
            ["tiny.config:", "parameters[0]", "train_config.sed=1", 'Did you mean "seed"?'],
        ),
    ],
)
def test_a_mistake_is_told_before_anything_is_made(small, text, words):
    add(small, text)
    with pytest.raises(ConfigError) as caught:
        apps_rec.tune("tiny.config")
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert not (small.folder / "run").exists()


def test_check_tells_of_values_too(small, capsys):
    add(small, 'tune_config { parameters { path: "train_config.seed" choices { value: ["1", "x"] } } }')
    assert main(["check", "tiny.config"]) == 2
    assert "expected a whole number" in capsys.readouterr().err


def test_without_rows_to_choose_on_there_is_nothing_to_tune(small):
    add(small, 'tune_config { metric: "auc_ctr" }', ('eval_input_path: "eval.csv"\n', ""))
    with pytest.raises(ConfigError, match=r"expected data_config\.holdout_fraction"):
        apps_rec.tune("tiny.config")


def test_without_optuna_the_message_says_how_to_get_it(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(RunError, match=r"pip install 'apps_rec\[tune\]'"):
        apps_rec.tune("tiny.config", ["tune_config.metric=auc_ctr"])


def command(*words):
    return [sys.executable, "-P", "-m", "apps_rec", "tune", "tiny.config", *words]


def wait_for(is_there, seconds=120):
    end = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_a_killed_study_goes_on_as_if_it_had_not_been(small):
    add(small, MORE, ("num_epochs: 3", "num_epochs: 4"))
    apps_rec.tune("tiny.config", output="whole")
    process = subprocess.Popen(command("-o", "killed"), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    # In the midst of the third trial, after its first evaluation.
    wait_for((small.folder / "killed/trials/0002/best").exists)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    result = apps_rec.tune("tiny.config", output="killed")
    assert [one.reason for one in result.trials[:4]] == ["", "", "its process was killed", ""]
    whole, again = summary(small.folder / "whole"), summary(small.folder / "killed")
    assert tried(again) == tried(whole)
    assert {state for _, state, _ in tried(whole)} <= {"complete", "pruned"}
    # And the best config trains to the same value, bit for bit.
    best = apps_rec.train("killed/best.config", ["model_dir=best"])
    assert best.best_value == result.best.value
    # Resumed, pruned or whole: a trial's value is that of a training alone.
    assert best.best_step == result.best.step


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_ends_the_study_cleanly(small, number, workers):
    add(small, MORE, ("num_epochs: 3", "num_epochs: 4"))
    process = subprocess.Popen(
        command("-o", "study", "--workers", str(workers)), stderr=subprocess.PIPE, text=True, env=os.environ
    )
    wait_for((small.folder / "study/trials/0001/checkpoints").exists)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 128 + number, err
    assert "Traceback" not in err
    states = [one["state"] for one in summary(small.folder / "study")["trials"]]
    assert "running" not in states
    result = apps_rec.tune("tiny.config", output="study")
    assert len(tried(summary(small.folder / "study"))) == 4
    assert "interrupted" in [one.reason for one in result.trials]


@pytest.mark.slow
def test_several_processes_share_a_study(small):
    add(small, MORE)
    assert subprocess.run(command("-o", "study", "--workers", "2"), check=False).returncode == 0
    other = [subprocess.Popen(command("-o", "twice"), stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [one.wait(timeout=300) for one in other] == [0, 0]
    for name in ("study", "twice"):
        result = summary(small.folder / name)
        assert [one["number"] for one in result["trials"]] == list(range(4))
        assert {one["state"] for one in result["trials"]} <= {"complete", "pruned"}
        best = apps_rec.train(f"{name}/best.config", [f"model_dir=best-{name}"])
        assert best.best_value == result["best"]["value"]


@pytest.mark.slow
def test_a_killed_process_of_several_is_replaced(small):
    add(small, MORE, ("num_epochs: 3", "num_epochs: 4"))
    process = subprocess.Popen(command("-o", "study", "--workers", "2"), stderr=subprocess.PIPE, text=True)
    wait_for((small.folder / "study/trials/0001/checkpoints").exists)
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    os.kill(int(children[0]), signal.SIGKILL)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    result = summary(small.folder / "study")
    assert "its process was killed" in [one["reason"] for one in result["trials"]]
    assert len(tried(result)) == 4
    assert {state for _, state, _ in tried(result)} <= {"complete", "pruned"}

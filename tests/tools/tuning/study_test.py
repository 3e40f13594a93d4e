"""The trials of a study, with a made-up objective: which comes next, what became of each, which are kept."""

import os
import subprocess
import sys

import optuna
import pytest
from optuna.trial import TrialState

from apps_rec.config.load import parse_text
from apps_rec.config.tuning.parameters import parameters_of
from apps_rec.errors import RunError
from apps_rec.tools.tuning.folder import StudyFolder
from apps_rec.tools.tuning.study import INTERRUPTED, KILLED, Study
from apps_rec.tools.tuning.summary import labels, summarize
from tests.tiny import SMALL_MODEL, TINY_DATA, TINY_TRAINING

RATE = "train_config.optimizer_config.adam_optimizer.learning_rate.constant_learning_rate.learning_rate"
EXPERTS = "model_config.esmm.num_expert"
TUNE = f"""
tune_config {{
  parameters {{ path: "{RATE}" log_uniform {{ min: 0.001 max: 0.1 }} }}
  parameters {{ path: "{EXPERTS}" integers {{ min: 1 max: 4 }} }}
  n_trials: 6 metric: "auc_ctcvr" keep_trials: 2
}}
"""
TEXT = TINY_DATA + SMALL_MODEL.replace('vocab_file: "words.txt"', "num_buckets: 3") + TINY_TRAINING + TUNE
TEXT = TEXT.replace('input_name: "word" }', 'input_name: "word" input_type: INT64 }')


@pytest.fixture
def open_study(tmp_path):
    """Return a function that opens the study of a folder, of the config with overrides."""

    def open_one(*overrides, name="study", first=None):
        folder = StudyFolder(tmp_path / name)
        folder.make()
        config = parse_text(TEXT, "a.config", overrides, files_here=False)
        return Study(folder, config, parameters_of(config), "auc_ctcvr", True, first or {})

    return open_one


def value_of(params):
    """An objective with its best value, 0, at a rate of 0.01 and three experts."""
    return -abs(params[RATE] - 0.01) - abs(params[EXPERTS] - 3) / 100


def run(study, most=100):
    """Begins and completes trials, each with a folder; returns their values in order."""
    done = []
    while len(done) < most and (begun := study.begin()) is not None:
        trial, lock = begun
        study.folder.trial(trial.number).mkdir()
        study.complete(trial, value_of(trial.params), 10)
        study.release(trial, lock)
        done.append(dict(trial.params))
    return done


def test_the_same_seed_tries_the_same_and_another_seed_something_else(open_study):
    first, again = run(open_study(name="a")), run(open_study(name="b"))
    assert len(first) == 6
    assert first == again
    assert run(open_study("tune_config.seed=7", name="c")) != first


def test_a_study_goes_on_in_another_process_as_if_it_had_not_stopped(open_study):
    whole = run(open_study(name="a"))
    parts = run(open_study(name="b"), most=2) + run(open_study(name="b"), most=1) + run(open_study(name="b"))
    assert parts == whole
    assert run(open_study(name="b")) == []
    # More trials are no other study.
    assert len(run(open_study("tune_config.n_trials=8", name="b"))) == 2


def test_the_first_trial_has_the_configs_own_values(open_study):
    study = open_study(first={RATE: 0.02, EXPERTS: 2})
    tried = run(study)
    assert tried[0] == {RATE: 0.02, EXPERTS: 2}
    assert len(tried) == 6
    # What it leaves open is drawn by the seed.
    partly = [run(open_study(name=name, first={RATE: 0.02}), most=1)[0] for name in ("a", "b")]
    assert partly[0][RATE] == 0.02
    assert partly[0] == partly[1]


def test_the_best_is_ranked_first_and_only_the_best_folders_stay(open_study):
    study = open_study()
    tried = run(study)
    by_value = sorted(range(6), key=lambda at: -value_of(tried[at]))
    assert [one.number for one in study.ranked()] == by_value
    assert study.kept() == by_value[:2]
    assert sorted(path.name for path in (study.folder.path / "trials").iterdir()) == sorted(
        f"{number:04}" for number in by_value[:2]
    )


def test_a_failure_is_recorded_with_its_reason_and_does_not_end_the_study(open_study):
    study = open_study()
    trial, lock = study.begin()
    study.fail(trial, "out of memory")
    study.release(trial, lock)
    pruned, lock = study.begin()
    pruned.report(0.4, 10)
    study.prune(pruned, 10)
    study.release(pruned, lock)
    assert len(run(study)) == 4
    result = summarize(study, "the holdout")
    assert [(one.state, one.reason) for one in result.trials[:3]] == [
        ("fail", "out of memory"),
        ("pruned", ""),
        ("complete", ""),
    ]
    assert (result.trials[1].value, result.trials[1].step) == (0.4, 10)
    lines = str(result).splitlines()
    assert lines[1].split()[0] == str(result.best.number)
    assert "trial 0: out of memory" in lines
    assert lines[-1].startswith(f"best: trial {result.best.number}, auc_ctcvr {result.best.value:.5f} on the holdout")


def test_an_interrupted_trial_is_tried_again_once_and_does_not_count(open_study):
    whole, study = run(open_study(name="a")), open_study(name="b")
    tried = run(study, most=2)
    trial, lock = study.begin()
    study.cut_short(trial)
    study.release(trial, lock)
    assert tried + run(study) == whole
    trials = study.trials()
    assert [one.state for one in trials] == [TrialState.COMPLETE] * 2 + [TrialState.FAIL] + [TrialState.COMPLETE] * 4
    result = summarize(study, "")
    assert (result.trials[2].reason, result.trials[3].instead_of) == (INTERRUPTED, 2)
    assert result.trials[3].values == result.trials[2].values


KILLED_PROCESS = """
import os, sys
from apps_rec.config.load import parse_text
from apps_rec.config.tuning.parameters import parameters_of
from apps_rec.tools.tuning.folder import StudyFolder
from apps_rec.tools.tuning.study import Study
from pathlib import Path
folder = StudyFolder(Path(sys.argv[1]))
folder.make()
config = parse_text(sys.stdin.read(), "a.config", files_here=False)
study = Study(folder, config, parameters_of(config), "auc_ctcvr", True, {})
trial, lock = study.begin()
folder.trial(trial.number).mkdir()
os.kill(os.getpid(), 9)
"""


def test_a_trial_whose_process_was_killed_is_tried_again_but_not_for_ever(open_study, tmp_path):
    whole, folder = run(open_study(name="a")), tmp_path / "b"
    for _ in range(2):
        # The second process takes up the values of the first.
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_PROCESS, folder], input=TEXT, text=True, env=os.environ, capture_output=True
        )
        assert killed.returncode == -9, killed.stderr
    study = open_study(name="b")
    assert run(study) == whole[1:]
    result = summarize(study, "")
    assert [one.reason for one in result.trials] == [KILLED, KILLED, *[""] * 5]
    assert result.trials[0].values == result.trials[1].values == whole[0]
    assert not folder.joinpath("trials", "0000").exists()
    assert [path.name for path in (folder / "locks").iterdir()] == ["study"]


def test_a_trial_at_work_is_left_alone(open_study):
    one, other = open_study(), open_study()
    trial, lock = one.begin()
    assert len(run(other)) == 5
    assert one.trials()[trial.number].state == TrialState.RUNNING
    one.complete(trial, 0.5, 10)
    one.release(trial, lock)
    assert other.ranked()[0].number == trial.number


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("train_config.num_steps=9", ["another config", "num_steps: 9"]),
        (f"{EXPERTS}=3", ["another config", "`num_expert: 2`", "`num_expert: 3`"]),
        ("tune_config.parameters[1].integers.max=5", ["another space", "max: 5"]),
        ("tune_config.seed=1", ["another seed", "`42`", "`1`"]),
        ("tune_config.median_pruner.n_startup_trials=1", ["another pruner"]),
    ],
)
def test_a_study_of_something_else_is_refused(open_study, override, words):
    open_study()
    with pytest.raises(RunError) as caught:
        open_study(override)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_study_is_the_same_with_other_numbers_of_trials_and_another_model_dir(open_study):
    run(open_study(), most=1)
    assert open_study("model_dir=elsewhere", "tune_config.n_trials=2", "tune_config.keep_trials=1").trials()


def test_the_median_pruner_has_the_configs_numbers(open_study):
    pruner = open_study("tune_config.median_pruner={ n_startup_trials: 1 n_warmup_steps: 20 }").optuna.pruner
    assert isinstance(pruner, optuna.pruners.MedianPruner)
    assert (pruner._n_startup_trials, pruner._n_warmup_steps) == (1, 20)
    no_pruner = open_study("tune_config.no_pruner={}", name="b").optuna.pruner
    assert isinstance(no_pruner, optuna.pruners.NopPruner)


def test_labels_are_the_shortest_ends_of_paths_that_tell_them_apart():
    assert labels(["a.b.c", "a.d", "x.d", "c.e"]) == {"a.b.c": "c", "a.d": "a.d", "x.d": "x.d", "c.e": "e"}

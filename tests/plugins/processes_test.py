"""Plugins in trainings from end to end: other processes, a resumed run, and what a wrong shape ends with."""

import shutil
import subprocess
import sys

import pytest

import apps_rec
from apps_rec import plugins
from apps_rec.cli.main import main
from apps_rec.errors import CheckFailedError, RunError
from apps_rec.tools.tuning.summary import labels
from tests.python_guide_test import ROOT, write_files

WRONG = """
import tensorflow as tf

from apps_rec.plugins import CustomBody, CustomLoss
from my_team import models


class Summed(models.TwoViews):
    def call(self, inputs, training=False, seed=None):
        return [tf.reduce_sum(inputs[0], 0, keepdims=True)] * self.num_tasks


def mean(labels, logits, margin):
    return tf.reduce_mean(logits)


"""
PARAMS = "model_config.rank_model.body.custom.params[name=units]"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return a folder with the config, the module and the store of docs/python.md."""
    folder = tmp_path_factory.mktemp("page")
    write_files(folder)
    apps_rec.simulate_store(str(folder / "data/appstore"), users=100)
    return folder


@pytest.fixture
def folder(page, tmp_path, monkeypatch, own_plugins):
    """Return a copy of it, as the working directory."""
    shutil.copytree(page, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def apps_rec_with_plugin(*words):
    line = [sys.executable, "-P", "-m", "apps_rec", *words, "--plugin", "my_team.models"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_every_process_of_a_training_has_it(folder):
    strategy = "train_config.train_distribute=MultiWorkerMirroredStrategy"
    train = ["train", "my.config", "--set", strategy, "--set", "train_config.num_steps=4"]
    out = apps_rec_with_plugin("launch", "--workers", "2", "--", *train)
    assert sorted(out.splitlines()) == ["[worker 0] out/my: step 4", "[worker 1] out/my: step 4"]


@pytest.mark.slow
def test_every_process_of_a_study_has_it(folder):
    sets = [
        *("train_config.num_steps=4", "tune_config.metric=auc_ctr", "tune_config.n_trials=2"),
        f'tune_config.parameters={{ path: "{PARAMS}.int_value" choices {{ value: ["2", "3"] }} }}',
    ]
    words = [word for assignment in sets for word in ("--set", assignment)]
    out = apps_rec_with_plugin("tune", "my.config", *words, "--workers", "2", "-o", "study")
    assert "params[name=units].int_value" in out.splitlines()[0]
    assert out.count("complete") == 2


@pytest.mark.slow
def test_a_resumed_run_ends_where_one_that_was_not_stopped_does(folder):
    plugins.load(["my_team.models"])
    whole, parts = ["model_dir=whole"], ["model_dir=parts"]
    apps_rec.train("my.config", [*whole, "train_config.num_steps=8"])
    apps_rec.train("my.config", [*parts, "train_config.num_steps=4"])
    apps_rec.train("my.config", [*parts, "train_config.num_steps=8"], resume=True)
    assert apps_rec.evaluate("my.config", parts) == apps_rec.evaluate("my.config", whole)


ODD = """
import tensorflow as tf

from apps_rec.plugins import CustomBody
from my_team import models


class Odd(models.TwoViews):
    def call(self, inputs, training=False, seed=None):
        return [{made} for _ in range(self.num_tasks)]


BODIES = {{"two_views": CustomBody(Odd, {{"units": 1, "rate": 0.1}})}}
LOSSES = models.LOSSES
"""
SHORT = ["train_config.num_steps=2"]


@pytest.mark.slow
def test_an_operation_that_ours_do_not_have_is_exported_and_named(folder, seen):
    (folder / "my_odd.py").write_text(ODD.format(made="tf.math.lgamma(1 + tf.square(inputs[0]))"), encoding="utf-8")
    plugins.load(["my_odd"])
    apps_rec.train("my.config", SHORT)
    version = apps_rec.export("my.config", "out/export", SHORT)
    assert "operations that are in no export of apps_rec: Lgamma. A model server runs them" in seen.text
    with pytest.raises(RunError, match="Lgamma"):
        apps_rec.verify_export(version, latency=False)
    assert apps_rec.verify_export(version, latency=False, trust=True).failures == []


@pytest.mark.slow
def test_python_in_a_body_is_not_exported(folder):
    made = "tf.ensure_shape(tf.numpy_function(lambda x: x, [inputs[0]], tf.float32), inputs[0].shape)"
    (folder / "my_odd.py").write_text(ODD.format(made=made), encoding="utf-8")
    plugins.load(["my_odd"])
    apps_rec.train("my.config", SHORT)
    with pytest.raises(CheckFailedError, match=r"it refuses rows that the model takes.*Could not find callback"):
        apps_rec.export("my.config", "out/export", SHORT)
    assert not list((folder / "out/export").glob("[0-9]*"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (
            'BODIES = {"two_views": CustomBody(Summed, {"units": 1, "rate": 0.1})}\nLOSSES = models.LOSSES\n',
            'the body "two_views" returns the shape (1, 32) for a task; expected a list with one (batch, units) for',
        ),
        (
            'BODIES = models.BODIES\nLOSSES = {"smooth_hinge": CustomLoss(mean, params={"margin": 1.0})}\n',
            'the loss "smooth_hinge" returns the shape (); expected one value a row, (batch,): the model takes the',
        ),
    ],
)
def test_a_wrong_shape_ends_a_training_with_one_line(folder, tables, said, capsys):
    (folder / "my_wrong.py").write_text(WRONG + tables, encoding="utf-8")
    assert main(["train", "my.config", "--plugin", "my_wrong"]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("the ")]
    assert line.startswith(said)


def test_an_argument_is_called_by_its_name_in_the_table_of_a_study():
    names = [f"{PARAMS}.int_value", "data_config.batch_size"]
    assert list(labels(names).values()) == ["params[name=units].int_value", "batch_size"]

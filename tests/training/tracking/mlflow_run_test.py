import json
import signal
import sys
import threading
from pathlib import Path

import pytest
from mlflow import MlflowClient

import apps_rec
from apps_rec.errors import ConfigError, InterruptedRunError, RunError
from apps_rec.legacy_keras import keras
from apps_rec.training.run.folder import RunFolder
from apps_rec.training.tracking import mlflow_run
from apps_rec.training.tracking.mlflow_run import MlflowRun, open_mlflow_run

EARLY_STOP = (
    "export_config.enable_early_stop=true",
    "export_config.max_check_steps=1000",
    "export_config.best_exporter_metric=auc_ctcvr",
)


@pytest.fixture(autouse=True)
def told_to_nobody(monkeypatch):
    """MLflow tells its makers nothing of the tests."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("DO_NOT_TRACK", "true")


def test_a_run_is_in_mlflow_from_its_start_to_its_end_and_goes_on_there(small):
    uri = f"sqlite:///{small.folder}/tracked/mlflow.db"
    tracked = [
        *EARLY_STOP,
        f"train_config.mlflow_uri={uri}",
        "train_config.mlflow_experiment=tiny store",
        "train_config.save_checkpoints_steps=10",
        "train_config.save_summary_steps=5",
    ]
    interrupt = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: signal.raise_signal(signal.SIGTERM) if batch == 11 else None
    )
    losses = {}
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: losses.update({batch + 1: float(logs["loss"])})
    )
    with pytest.raises(InterruptedRunError):
        apps_rec.train(small.load(*tracked, "train_config.num_steps=30"), callbacks=[interrupt, note])
    client = MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("tiny store").experiment_id])
    assert (run.info.status, run.info.run_name) == ("KILLED", "run")
    assert run.data.tags["model_dir"] == str(small.folder / "run")
    assert json.loads((small.folder / "run" / "mlflow.json").read_text()) == {"uri": uri, "run_id": run.info.run_id}

    result = apps_rec.train(small.load(*tracked, "train_config.num_steps=20"), resume=True)
    (run,) = client.search_runs([run.info.experiment_id])
    assert run.info.status == "FINISHED"
    # MLflow changes no parameter: the number of steps is what the run began with.
    assert run.data.params["num_steps"] == "30"
    assert run.data.params["batch_size"] == "32"
    written = (small.folder / "run" / "pipeline.config").read_text()
    (artifact,) = client.list_artifacts(run.info.run_id)
    assert artifact.path == "pipeline.config"
    # Beside the file of SQLite, not in the working directory as by MLflow's default.
    assert run.info.artifact_uri.startswith((small.folder / "tracked" / "mlruns").as_uri())
    path = client.download_artifacts(run.info.run_id, "pipeline.config", str(small.folder))
    assert Path(path).read_text() == written

    points = {point.step: point.value for point in client.get_metric_history(run.info.run_id, "loss")}
    # As the curves in TensorBoard: 13 is the last step of the first training, which ends behind the signal.
    assert sorted(points) == [1, 2, 5, 10, 13, 15, 20]
    assert {step: points[step] for step in (1, 2, 5, 10, 13)} == {step: losses[step] for step in (1, 2, 5, 10, 13)}
    measured = {point.step: point.value for point in client.get_metric_history(run.info.run_id, "eval/auc_ctcvr")}
    assert sorted(measured) == [10, 20]
    best = client.get_metric_history(run.info.run_id, "best/auc_ctcvr")
    assert (best[-1].step, best[-1].value) == (result.best_step, pytest.approx(result.best_value))
    assert best[-1].value == pytest.approx(max(measured.values()))


class Client:
    """A server that is away for its first calls."""

    def __init__(self, away_for):
        self.away_for, self.calls, self.metrics, self.status = away_for, threading.Semaphore(0), [], None

    def log_batch(self, run_id, metrics, synchronous):
        self.away_for -= 1
        self.calls.release()
        if self.away_for >= 0:
            raise OSError("connection refused\nand a long trace")
        self.metrics += [(metric.key, metric.step, metric.value) for metric in metrics]

    def set_terminated(self, run_id, status):
        self.status = status


def test_numbers_wait_for_a_server_that_is_away(seen):
    client = Client(away_for=2)
    run = MlflowRun(client, "a1", "http://mlflow:5000")
    for step in (1, 2):
        run.add(step, {"loss": 1 / step, "auc": None})
        assert client.calls.acquire(timeout=10)
    run.close("FINISHED")
    assert client.metrics == [("loss", 1, 1.0), ("loss", 2, 0.5)]
    assert client.status == "FINISHED"
    (said,) = [record.getMessage() for record in seen.records]
    assert said.startswith("MLflow at http://mlflow:5000 takes nothing: connection refused. Training goes on")


def test_what_did_not_arrive_is_said_and_only_the_newest_wait(seen, monkeypatch):
    monkeypatch.setattr(mlflow_run, "_MOST_WAITING", 2)
    client = Client(away_for=100)
    run = MlflowRun(client, "a1", "http://mlflow:5000")
    run.add(1, {"loss": 1.0, "loss_ctr": 2.0, "loss_cvr": 3.0})
    assert client.calls.acquire(timeout=10)
    run.close("FAILED")
    assert client.status is None
    assert "2 numbers and the end of the run, FAILED, did not reach MLflow" in seen.records[-1].getMessage()


def opened(config, is_resumed):
    """Id of the run that a training would tell its numbers to."""
    folder = RunFolder(Path(config.message.model_dir))
    folder.path.mkdir(exist_ok=True)
    run = open_mlflow_run(config, folder, is_resumed, {"rate": 0.5})
    run.close("FINISHED")
    return json.loads(folder.mlflow.read_text())["run_id"]


def test_which_run_a_training_goes_on_with(small):
    config = small.load("train_config.mlflow_uri=sqlite:///a.db")
    client = MlflowClient("sqlite:///a.db")
    first = opened(config, is_resumed=False)
    assert opened(config, is_resumed=True) == first
    # One that began anew, as nothing was saved before, is another run of the same experiment.
    second = opened(config, is_resumed=False)
    experiment = client.get_experiment_by_name("run").experiment_id
    assert {run.info.run_id for run in client.search_runs([experiment])} == {first, second}
    # At another place there is none to go on with.
    third = opened(small.load("train_config.mlflow_uri=sqlite:///b.db"), is_resumed=True)
    assert MlflowClient("sqlite:///b.db").get_run(third).data.params == {"rate": "0.5"}

    note = Path("run") / "mlflow.json"
    note.write_text(json.dumps({"uri": "sqlite:///a.db", "run_id": "gone"}))
    with pytest.raises(
        RunError, match=r"(?s)cannot be used: .*gone.*with the run that run/mlflow.json names .delete the file"
    ):
        opened(config, is_resumed=True)
    note.write_text("{")
    with pytest.raises(RunError, match=r"run/mlflow.json, which notes the run in MLflow, cannot be read: .*Delete it"):
        opened(config, is_resumed=True)
    client.delete_experiment(experiment)
    with pytest.raises(RunError, match=r'the experiment "run" was deleted in MLflow\. Restore it there, or choose'):
        opened(config, is_resumed=False)


def test_a_server_that_is_not_there_is_an_error_before_anything_is_trained(small, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    config = small.load("train_config.mlflow_uri=http://127.0.0.1:9", "train_config.num_steps=2")
    with pytest.raises(
        RunError,
        match=r"MLflow at http://127\.0\.0\.1:9 cannot be used: .*See that it is there, or train without it: --set",
    ):
        apps_rec.train(config)
    assert not (small.folder / "run" / "checkpoints").exists()


def test_mlflow_that_is_not_installed_is_named_with_the_way_to_it(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    config = small.load("train_config.mlflow_uri=sqlite:///a.db", "train_config.num_steps=2")
    with pytest.raises(RunError, match=r"mlflow is not installed here; pip install 'apps_rec\[mlflow\]'"):
        apps_rec.train(config)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            ["mlflow_uri=out/mlflow"],
            'expected a server, as http://localhost:5000, or a file, as sqlite:///out/mlflow.db, got "out/mlflow"',
        ),
        (["mlflow_uri=sqlite:///:memory:"], 'got "sqlite://.*memory:"'),
        (
            ["mlflow_uri=https://me:secret@host/"],
            r"holds credentials \(https://\*\*\*@host/\); .*MLFLOW_TRACKING_TOKEN",
        ),
        (["mlflow_uri=sqlite:///a.db", f"mlflow_experiment={'x' * 501}"], "at most 500 printable characters, got 501"),
    ],
)
def test_a_mistake_in_the_fields_is_the_configs(small, fields, said):
    with pytest.raises(ConfigError, match=said):
        small.load(*(f"train_config.{field}" for field in fields))

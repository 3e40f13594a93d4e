"""The run in MLflow: hyperparameters, numbers by step, the config as a file, and how the training ended."""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apps_rec import json_text
from apps_rec.config import Config
from apps_rec.errors import RunError
from apps_rec.training.run.folder import RunFolder, write_whole
from apps_rec.training.tracking.hyperparameters import Value

# What MLflow takes at once.
_MOST_AT_ONCE = 1000
# Numbers that wait for a server that is away; then the oldest go.
_MOST_WAITING = 20_000
_SECONDS_TO_END = 30.0
_FILE = "sqlite:///"
_RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
log = logging.getLogger("apps_rec")


class MlflowRun:
    """A run in MLflow that takes numbers while a training goes on.

    They are sent by a thread, so that no step waits for a server. What cannot be sent is kept and sent with the next
    numbers: a training is never lost by its tracking.

    Args:
        client: an MlflowClient.
        run_id: id of the run.
        uri: URI of the server, for messages.
    """

    def __init__(self, client: Any, run_id: str, uri: str) -> None:
        self._client, self._run_id, self._uri = client, run_id, uri
        self._queue: queue.SimpleQueue[list[Any] | str] = queue.SimpleQueue()
        self._waiting: list[Any] = []
        self._is_warned = self._is_ended = False
        self._thread = threading.Thread(target=self._send_all, name="mlflow", daemon=True)
        self._thread.start()

    def add(self, step: int, values: Mapping[str, Any]) -> None:
        """Takes the numbers of a step; None is left out."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._queue.put([Metric(name, float(value), now, step) for name, value in values.items() if value is not None])

    def close(self, status: str) -> None:
        """Sends what is left, half a minute long at most, and the status.

        Args:
            status: FINISHED, FAILED or KILLED.
        """
        self._queue.put(status)
        self._thread.join(_SECONDS_TO_END)
        if not self._is_ended:
            log.warning(
                "%d numbers and the end of the run, %s, did not reach MLflow at %s; numbers are in the summaries for "
                "TensorBoard too",
                len(self._waiting),
                status,
                self._uri,
            )

    def _send_all(self) -> None:
        status = None
        while status is None:
            items = [self._queue.get()]
            while not self._queue.empty():
                items.append(self._queue.get())
            for item in items:
                if isinstance(item, str):
                    status = item
                else:
                    self._waiting += item
            try:
                self._send(status)
            # Whatever a server and the way to it may raise.
            except Exception as error:
                self._warn(error)
                del self._waiting[:-_MOST_WAITING]

    def _send(self, status: str | None) -> None:
        while self._waiting:
            self._client.log_batch(self._run_id, metrics=self._waiting[:_MOST_AT_ONCE], synchronous=True)
            del self._waiting[:_MOST_AT_ONCE]
        if status is not None:
            self._client.set_terminated(self._run_id, status)
            self._is_ended = True

    def _warn(self, error: Exception) -> None:
        if not self._is_warned:
            log.warning(
                "MLflow at %s takes nothing: %s. Training goes on, and what was not sent goes with the next numbers; "
                "see that the server is there",
                self._uri,
                _first_line(error),
            )
        self._is_warned = True


def open_mlflow_run(config: Config, folder: RunFolder, is_resumed: bool, values: Mapping[str, Value]) -> MlflowRun:
    """Opens the run in MLflow that train_config.mlflow_uri names.

    A training that goes on does so in the same run of MLflow, unless the URI is another one. Parameters stay those that
    the run began with, as MLflow changes none; the file pipeline.config is the newest.

    Args:
        config: config, checked and normalised.
        folder: folder of the run, which notes the id.
        is_resumed: true if the training goes on from a checkpoint.
        values: hyperparameters, as parameters.

    Raises:
        RunError: MLflow is not installed, cannot be reached, or does not have the experiment or the run any more.
    """
    uri = config.message.train_config.mlflow_uri
    try:
        from mlflow import MlflowClient
        from mlflow.entities import Param
    except ImportError as error:
        raise RunError(
            f"train_config.mlflow_uri: {error.name or 'mlflow'} is not installed here; pip install 'apps_rec[mlflow]', "
            "or train without it: --set train_config.mlflow_uri="
        ) from None
    run_id = _noted(folder, uri) if is_resumed else None
    is_noted = run_id is not None
    try:
        with _few_retries():
            beside = _folder_of_file(uri)
            client = MlflowClient(tracking_uri=uri)
            if run_id is None:
                run_id = _new_run(client, config, None if beside is None else (beside / "mlruns").as_uri())
            else:
                client.update_run(run_id, status="RUNNING")
            params = [Param(name, str(value)) for name, value in values.items()]
            if params and not client.get_run(run_id).data.params:
                client.log_batch(run_id, params=params, synchronous=True)
            client.log_text(run_id, config.to_text(), "pipeline.config")
    except RunError:
        raise
    # Whatever a server, a database and the way to them may raise.
    except Exception as error:
        gone = f" with the run that {folder.mlflow} names (delete the file to begin another there)" if is_noted else ""
        raise RunError(
            f"train_config.mlflow_uri: MLflow at {uri} cannot be used: {_first_line(error)}. See that it is "
            f"there{gone}, or train without it: --set train_config.mlflow_uri="
        ) from error
    write_whole(folder.mlflow, json.dumps({"uri": uri, "run_id": run_id}) + "\n")
    log.info("MLflow at %s: run %s", uri, run_id)
    return MlflowRun(client, run_id, uri)


def _new_run(client: Any, config: Config, files_at: str | None) -> str:
    model_dir = Path(os.path.abspath(config.message.model_dir))
    name = config.message.train_config.mlflow_experiment or model_dir.name
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            experiment_id = client.create_experiment(name, files_at)
        except Exception:
            # Another training may have made it meanwhile.
            experiment = client.get_experiment_by_name(name)
            if experiment is None:
                raise
    if experiment is not None:
        if experiment.lifecycle_stage == "deleted":
            raise RunError(
                f'train_config.mlflow_experiment: the experiment "{name}" was deleted in MLflow. Restore it there, or '
                "choose another: --set train_config.mlflow_experiment=..."
            )
        experiment_id = experiment.experiment_id
    return str(
        client.create_run(experiment_id, tags={"model_dir": str(model_dir)}, run_name=model_dir.name).info.run_id
    )


def _noted(folder: RunFolder, uri: str) -> str | None:
    """Returns the id of the run that went before at this URI; None if there was none."""
    try:
        note = json_text.read_json(folder.mlflow.read_bytes())
        return str(note["run_id"]) if note["uri"] == uri else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{folder.mlflow}, which notes the run in MLflow, cannot be read: {error}. Delete it, and the "
            "training goes on in another run there"
        ) from error


def _folder_of_file(uri: str) -> Path | None:
    """Returns the folder of a file of SQLite, and makes it if it is not there; None for a server."""
    if not uri.startswith(_FILE):
        return None
    folder = Path(uri.removeprefix(_FILE)).absolute().parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _few_retries() -> Iterator[None]:
    """Lets MLflow ask a server twice and not for minutes, unless the environment says how often."""
    is_set = _RETRIES in os.environ
    os.environ.setdefault(_RETRIES, "1")
    try:
        yield
    finally:
        if not is_set:
            del os.environ[_RETRIES]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")

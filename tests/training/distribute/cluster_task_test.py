"""What TF_CONFIG makes of a process."""

import json

import pytest

from apps_rec.errors import ConfigError
from apps_rec.protos import train_pb2
from apps_rec.training.distribute.cluster_task import ClusterTask, read_task, split_address

WORKERS = {"worker": ["localhost:1111", "localhost:1112"]}
SERVERS = {**WORKERS, "chief": ["localhost:1113"], "ps": ["localhost:1114"]}


def config(name):
    return train_pb2.TrainConfig(train_distribute=train_pb2.DistributionStrategy.Value(name))


def tf_config(cluster, kind, index):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize("name", ["NoStrategy", "OneDeviceStrategy", "MirroredStrategy", "TPUStrategy"])
def test_one_process_does_not_ask_for_a_cluster(monkeypatch, name):
    monkeypatch.setenv("TF_CONFIG", "no JSON")
    assert read_task(config(name)) == ClusterTask()


def test_a_cluster_is_read(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", tf_config(SERVERS, "worker", 1))
    task = read_task(config("ParameterServerStrategy"))
    assert (task.kind, task.index, task.count("ps"), task.count("worker")) == ("worker", 1, 1, 2)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("MultiWorkerMirroredStrategy", "", "apps-rec launch --workers 2 -- train my.config"),
        ("ParameterServerStrategy", "", "apps-rec launch --workers 2 --ps 1 -- train my.config"),
        ("MultiWorkerMirroredStrategy", "{", "as JSON, such as"),
        ("MultiWorkerMirroredStrategy", "[]", "as JSON, such as"),
        ("MultiWorkerMirroredStrategy", tf_config(WORKERS, "worker", 2), "there is no worker 2"),
        ("MultiWorkerMirroredStrategy", tf_config(SERVERS, "worker", 0), "and no ps"),
        ("ParameterServerStrategy", tf_config(WORKERS, "worker", 0), "there is no chief"),
    ],
)
def test_a_wrong_cluster_is_refused(monkeypatch, name, text, message):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ConfigError, match=r"train_config\.train_distribute: .* TF_CONFIG") as error:
        read_task(config(name))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (tf_config({"worker": "localhost:1111"}, "worker", 0), "cluster.worker: expected a list of texts host:port"),
        (tf_config({"worker": {"0": "localhost:1111"}}, "worker", 0), "cluster.worker: expected a list of texts"),
        (tf_config({"worker": [1111]}, "worker", 0), "cluster.worker: expected a list of texts"),
        (
            tf_config({"worker": ["localhost"]}, "worker", 0),
            'expected host:port with a port from 1 to 65535, not "local',
        ),
        (tf_config({"worker": ["localhost:0"]}, "worker", 0), "expected host:port"),
        (tf_config({"worker": ["localhost:65536"]}, "worker", 0), "expected host:port"),
        (tf_config({"worker": ["http://a:1"]}, "worker", 0), "expected host:port"),
        (tf_config({"worker": ["a:1", "a:1"]}, "worker", 0), "a:1 stands there twice"),
        (tf_config({"workers": ["a:1"]}, "worker", 0), 'cluster: expected chief, worker, ps, not "workers"'),
        (tf_config([], "worker", 0), "cluster: expected an object {...}, not []"),
        (tf_config(WORKERS, "evaluator", 0), 'task.type: expected chief, worker, ps, not "evaluator"'),
        (tf_config(WORKERS, None, 0), "task.type: expected chief, worker, ps, not nothing"),
        (tf_config(WORKERS, "worker", 0.5), "task.index: expected a whole number, not 0.5"),
        (tf_config(WORKERS, "worker", True), "task.index: expected a whole number, not true"),
        (tf_config(WORKERS, "worker", "first"), 'task.index: expected a whole number, not "first"'),
        (json.dumps({"cluster": WORKERS}), "task: expected an object {...}, not nothing"),
        (json.dumps({"cluster": WORKERS, "task": [0]}), "task: expected an object {...}, not [0]"),
        ("[" * 100_000, "as JSON, such as"),
        (tf_config({"chief": ["a:1", "a:2"], "worker": ["a:3"]}, "worker", 0), "with one chief at most, not 2"),
    ],
)
def test_a_malformed_cluster_is_one_message(monkeypatch, text, message):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ConfigError, match=r"train_config\.train_distribute: .* TF_CONFIG") as error:
        read_task(config("MultiWorkerMirroredStrategy"))
    assert message in str(error.value)
    assert len(str(error.value)) < 1000


def test_an_index_may_be_a_text_as_tensorflow_takes_it(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", tf_config(WORKERS, "worker", "1"))
    assert read_task(config("MultiWorkerMirroredStrategy")).index == 1


def test_addresses():
    assert split_address("host-1.example:2222") == ("host-1.example", 2222)
    assert split_address("[::1]:2222") == ("::1", 2222)


@pytest.mark.parametrize(
    ("task", "async_workers", "serves"),
    [
        (ClusterTask(), 0, False),
        (ClusterTask("worker", 1, {"worker": ["a:1", "b:1"]}), 0, False),
        (ClusterTask("chief", 0, {"chief": ["a:1"], "worker": ["b:1", "c:1"], "ps": ["d:1"]}), 2, False),
        (ClusterTask("worker", 0, {"chief": ["a:1"], "worker": ["b:1", "c:1"], "ps": ["d:1"]}), 2, True),
        (ClusterTask("ps", 0, {"chief": ["a:1"], "worker": ["b:1", "c:1"], "ps": ["d:1"]}), 2, True),
    ],
)
def test_who_trains_and_who_serves(task, async_workers, serves):
    assert (task.async_workers, task.serves) == (async_workers, serves)

"""What a config and TF_CONFIG make of a process."""

import json

import pytest

from apps_rec.data.split import Share
from apps_rec.errors import ConfigError
from apps_rec.protos import train_pb2
from apps_rec.training.strategies import Task, build_strategy, read_task, share_of

WORKERS = {"worker": ["localhost:1111", "localhost:1112"]}
SERVERS = {**WORKERS, "chief": ["localhost:1113"], "ps": ["localhost:1114"]}


def config(name):
    return train_pb2.TrainConfig(train_distribute=train_pb2.DistributionStrategy.Value(name))


def tf_config(cluster, kind, index):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize(
    ("ours", "easyrec"),
    [
        ("ParameterServerStrategy", "PSStrategy"),
        ("MultiWorkerMirroredStrategy", "CollectiveAllReduceStrategy"),
    ],
)
def test_names_of_easyrec_mean_the_same(ours, easyrec):
    assert config(ours) == config(easyrec)


@pytest.mark.parametrize("name", ["NoStrategy", "OneDeviceStrategy", "MirroredStrategy", "TPUStrategy"])
def test_one_process_does_not_ask_for_a_cluster(monkeypatch, name):
    monkeypatch.setenv("TF_CONFIG", "no JSON")
    assert read_task(config(name)) == Task()


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


class Strategy:
    def __init__(self, replicas):
        self.num_replicas_in_sync = replicas


def test_shares():
    chief = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    assert share_of(Strategy(2), Task()) == Share(2, 0, 2)
    assert share_of(Strategy(6), Task("worker", 1, chief)) == Share(6, 4, 2)
    assert share_of(Strategy(6), Task("chief", 0, chief)) == Share(6, 0, 2)
    assert share_of(Strategy(2), Task("worker", 1, WORKERS)) == Share(2, 1, 1)
    assert share_of(Strategy(1), Task("chief", 0, SERVERS)) == Share(1, 0, 1)


def test_one_device_has_one_replica():
    strategy = build_strategy(config("OneDeviceStrategy"))
    assert strategy.num_replicas_in_sync == 1
    assert "CPU:0" in strategy.extended.worker_devices[0] or "GPU:0" in strategy.extended.worker_devices[0]

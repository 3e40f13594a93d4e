"""What a config and TF_CONFIG make of a process."""

import json

import pytest

from apps_rec.data.pipeline.sharding import Share
from apps_rec.protos import train_pb2
from apps_rec.training.distribute.cluster_task import ClusterTask
from apps_rec.training.distribute.strategies import build_strategy, share_of

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


class Strategy:
    def __init__(self, replicas):
        self.num_replicas_in_sync = replicas


def test_shares():
    chief = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    assert share_of(Strategy(2), ClusterTask()) == Share(2, 0, 2)
    assert share_of(Strategy(6), ClusterTask("worker", 1, chief)) == Share(6, 4, 2)
    assert share_of(Strategy(6), ClusterTask("chief", 0, chief)) == Share(6, 0, 2)
    assert share_of(Strategy(2), ClusterTask("worker", 1, WORKERS)) == Share(2, 1, 1)
    assert share_of(Strategy(1), ClusterTask("chief", 0, SERVERS)) == Share(1, 0, 1)


def test_one_device_has_one_replica():
    strategy = build_strategy(config("OneDeviceStrategy"))
    assert strategy.num_replicas_in_sync == 1
    assert "CPU:0" in strategy.extended.worker_devices[0] or "GPU:0" in strategy.extended.worker_devices[0]

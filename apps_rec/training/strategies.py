"""train_distribute and TF_CONFIG -> the strategy of this process, and its place among the others."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from apps_rec.data.split import Share
from apps_rec.errors import ConfigError, RunError
from apps_rec.protos import train_pb2
from apps_rec.training.tpu import connect_tpu

PARAMETER_SERVERS = train_pb2.ParameterServerStrategy
MULTI_WORKER = train_pb2.MultiWorkerMirroredStrategy
ONE_LINE = '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Task:
    """What this process is in a cluster.

    Args:
        kind: chief, worker or ps; "" without a cluster.
        index: its number among those of its kind.
        cluster: addresses of all processes by kind.
    """

    kind: str = ""
    index: int = 0
    cluster: dict[str, list[str]] | None = None

    def count(self, kind: str) -> int:
        """Processes of a kind in the cluster."""
        return len((self.cluster or {}).get(kind, ()))


NO_CLUSTER = Task()


def read_task(train_config: train_pb2.TrainConfig) -> Task:
    """The task that TF_CONFIG gives this process; one without a cluster where the strategy needs none.

    Raises:
        ConfigError: the strategy needs a cluster and TF_CONFIG names none, or not one for it.
    """
    kind = train_config.train_distribute
    if kind not in (PARAMETER_SERVERS, MULTI_WORKER):
        return Task()
    name = train_pb2.DistributionStrategy.Name(kind)
    where = f"train_config.train_distribute: {name} needs the environment variable TF_CONFIG"
    text = os.environ.get("TF_CONFIG", "")
    if not text:
        raise ConfigError(
            f"{where}, such as {ONE_LINE}; on one machine, apps-rec launch sets it: "
            f"apps-rec launch --workers 2{' --ps 1' if kind == PARAMETER_SERVERS else ''} -- train my.config"
        )
    try:
        given = json.loads(text)
        cluster = {str(job): [str(address) for address in addresses] for job, addresses in given["cluster"].items()}
        task = Task(str(given["task"]["type"]), int(given["task"]["index"]), cluster)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConfigError(f"{where} as JSON, such as {ONE_LINE}. Got: {text[:300]} ({error})") from error
    if not 0 <= task.index < task.count(task.kind):
        raise ConfigError(f"{where} with a task of its cluster: there is no {task.kind} {task.index} in {text[:300]}")
    if kind == MULTI_WORKER and (task.kind not in ("chief", "worker") or task.count("ps")):
        raise ConfigError(f"{where} with workers (and a chief or none), and no ps. Got: {text[:300]}")
    if kind == PARAMETER_SERVERS:
        missing = [job for job in ("chief", "ps", "worker") if not task.count(job)]
        if missing:
            raise ConfigError(f"{where} with a chief, ps and workers; there is no {missing[0]}. Got: {text[:300]}")
    return task


def build_strategy(train_config: train_pb2.TrainConfig, task: Task = NO_CLUSTER) -> tf.distribute.Strategy:
    """The strategy that train_distribute names. Several processes meet here, so it comes before any operation.

    Raises:
        RunError: there is no TPU where one is asked for, or the other processes did not come.
    """
    return _STRATEGIES[train_config.train_distribute](train_config, task)


def share_of(strategy: tf.distribute.Strategy, task: Task) -> Share:
    """The replicas that this process feeds."""
    replicas = strategy.num_replicas_in_sync
    if not task.cluster or task.count("ps"):
        return Share(replicas, 0, replicas)
    workers = task.count("chief") + task.count("worker")
    worker = task.index + (task.count("chief") if task.kind == "worker" else 0)
    local = replicas // workers
    return Share(replicas, worker * local, local)


def _none(train_config: train_pb2.TrainConfig, task: Task) -> tf.distribute.Strategy:
    return tf.distribute.get_strategy()


def _one_device(train_config: train_pb2.TrainConfig, task: Task) -> tf.distribute.Strategy:
    return tf.distribute.OneDeviceStrategy(_local_devices()[0])


def _mirrored(train_config: train_pb2.TrainConfig, task: Task) -> tf.distribute.Strategy:
    return _mirrored_over(_local_devices())


@functools.cache
def _mirrored_over(devices: tuple[str, ...]) -> tf.distribute.MirroredStrategy:
    """One strategy for all that a process trains on these devices.

    TensorFlow numbers the collectives of every strategy from the same start: those of a second one over the same
    devices are taken for the first one's, and stop with a shape mismatch.
    """
    return tf.distribute.MirroredStrategy(devices)


def _multi_worker(train_config: train_pb2.TrainConfig, task: Task) -> tf.distribute.Strategy:
    _set_heartbeat(train_config.heartbeat_timeout_seconds, task)
    try:
        # Without the time limit of its CommunicationOptions: `training.workers` has one.
        return tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        raise RunError(f"the workers of TF_CONFIG, {task.cluster}, did not meet: {error.message}") from error


def _set_heartbeat(seconds: int, task: Task) -> None:
    """Sets TensorFlow's coordination service up as MultiWorkerMirroredStrategy does, with a heartbeat of ours.

    There is no public way to set it; the strategy takes a service that is there.
    """
    from tensorflow.compiler.xla.tsl.protobuf import coordination_config_pb2
    from tensorflow.python.eager import context

    jobs = [
        coordination_config_pb2.CoordinatedJob(name=kind, num_tasks=task.count(kind))
        for kind in ("chief", "worker")
        if task.count(kind)
    ]
    if context.context().coordination_service is None:
        context.context().configure_coordination_service(
            service_type="standalone",
            service_leader="/job:chief/task:0" if task.count("chief") else "/job:worker/task:0",
            coordinated_jobs=jobs,
            heartbeat_timeout_in_ms=1000 * seconds,
        )


def _parameter_servers(train_config: train_pb2.TrainConfig, task: Task) -> tf.distribute.Strategy:
    partitioner = tf.distribute.experimental.partitioners.MinSizePartitioner(
        min_shard_bytes=train_config.min_table_shard_bytes, max_shards=task.count("ps")
    )
    return tf.distribute.ParameterServerStrategy(
        tf.distribute.cluster_resolver.TFConfigClusterResolver(), variable_partitioner=partitioner
    )


def _tpu(train_config: train_pb2.TrainConfig, task: Task) -> tf.distribute.Strategy:
    return connect_tpu()


def _local_devices() -> tuple[str, ...]:
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tuple(device.name for device in devices)


_STRATEGIES: dict[int, Callable[[train_pb2.TrainConfig, Task], tf.distribute.Strategy]] = {
    train_pb2.NoStrategy: _none,
    train_pb2.OneDeviceStrategy: _one_device,
    train_pb2.MirroredStrategy: _mirrored,
    train_pb2.MultiWorkerMirroredStrategy: _multi_worker,
    train_pb2.ParameterServerStrategy: _parameter_servers,
    train_pb2.TPUStrategy: _tpu,
}

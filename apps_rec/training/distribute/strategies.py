"""Builds the strategy of train_distribute for this process, and its share of the replicas."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import nullcontext

import tensorflow as tf

from apps_rec.data.pipeline.sharding import Share
from apps_rec.errors import RunError
from apps_rec.protos import train_pb2
from apps_rec.training.distribute.cluster_task import NO_CLUSTER, ClusterTask
from apps_rec.training.distribute.tpu import connect_tpu
from apps_rec.training.signals import ended_by_signals

# TensorFlow takes 0 for an hour.
_FOR_EVER_SECONDS = 30 * 24 * 3600


def build_strategy(train_config: train_pb2.TrainConfig, task: ClusterTask = NO_CLUSTER) -> tf.distribute.Strategy:
    """Builds the strategy that train_distribute names. Processes meet here, so call it before any operation.

    A signal ends the process while it waits for the others.

    Raises:
        RunError: a TPU is asked for and there is none, or the other processes did not come.
    """
    with ended_by_signals("the wait for the other processes of TF_CONFIG") if task.cluster else nullcontext():
        return _STRATEGIES[train_config.train_distribute](train_config, task)


def share_of(strategy: tf.distribute.Strategy, task: ClusterTask) -> Share:
    """Returns the replicas that this process feeds."""
    replicas = strategy.num_replicas_in_sync
    if not task.cluster or task.count("ps"):
        return Share(replicas, 0, replicas)
    workers = task.count("chief") + task.count("worker")
    worker = task.index + (task.count("chief") if task.kind == "worker" else 0)
    local = replicas // workers
    return Share(replicas, worker * local, local)


def _none(train_config: train_pb2.TrainConfig, task: ClusterTask) -> tf.distribute.Strategy:
    return tf.distribute.get_strategy()


def _one_device(train_config: train_pb2.TrainConfig, task: ClusterTask) -> tf.distribute.Strategy:
    return tf.distribute.OneDeviceStrategy(_local_devices()[0])


def _mirrored(train_config: train_pb2.TrainConfig, task: ClusterTask) -> tf.distribute.Strategy:
    return _mirrored_over(_local_devices())


@functools.cache
def _mirrored_over(devices: tuple[str, ...]) -> tf.distribute.MirroredStrategy:
    """Returns the one strategy of this process for these devices.

    TensorFlow numbers the collectives of every strategy from the same start. Those of a second strategy over the same
    devices are taken for the first one's, and stop with a shape mismatch.
    """
    return tf.distribute.MirroredStrategy(devices)


def _multi_worker(train_config: train_pb2.TrainConfig, task: ClusterTask) -> tf.distribute.Strategy:
    _set_timeouts(train_config, task)
    try:
        # Without the time limit of its CommunicationOptions: `training.workers` has one.
        return tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        raise RunError(f"the workers of TF_CONFIG, {task.cluster}, did not meet: {error.message}") from error


def _set_timeouts(train_config: train_pb2.TrainConfig, task: ClusterTask) -> None:
    """Sets TensorFlow's coordination service up as MultiWorkerMirroredStrategy does, with times of ours.

    There is no public way to set it. The strategy takes a service that is there.
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
            cluster_register_timeout_in_ms=1000 * (train_config.cluster_start_timeout_seconds or _FOR_EVER_SECONDS),
            heartbeat_timeout_in_ms=1000 * train_config.heartbeat_timeout_seconds,
        )


def _parameter_servers(train_config: train_pb2.TrainConfig, task: ClusterTask) -> tf.distribute.Strategy:
    partitioner = tf.distribute.experimental.partitioners.MinSizePartitioner(
        min_shard_bytes=train_config.min_table_shard_bytes, max_shards=task.count("ps")
    )
    return tf.distribute.ParameterServerStrategy(
        tf.distribute.cluster_resolver.TFConfigClusterResolver(), variable_partitioner=partitioner
    )


def _tpu(train_config: train_pb2.TrainConfig, task: ClusterTask) -> tf.distribute.Strategy:
    return connect_tpu()


def _local_devices() -> tuple[str, ...]:
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tuple(device.name for device in devices)


_STRATEGIES: dict[int, Callable[[train_pb2.TrainConfig, ClusterTask], tf.distribute.Strategy]] = {
    train_pb2.NoStrategy: _none,
    train_pb2.OneDeviceStrategy: _one_device,
    train_pb2.MirroredStrategy: _mirrored,
    train_pb2.MultiWorkerMirroredStrategy: _multi_worker,
    train_pb2.ParameterServerStrategy: _parameter_servers,
    train_pb2.TPUStrategy: _tpu,
}

"""Reads TF_CONFIG, which gives this process its task in a cluster."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps_rec.errors import ConfigError
from apps_rec.json_text import read_json
from apps_rec.protos import train_pb2

PARAMETER_SERVERS = train_pb2.ParameterServerStrategy
MULTI_WORKER = train_pb2.MultiWorkerMirroredStrategy
ONE_LINE = '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
_KINDS = ("chief", "worker", "ps")
_LONGEST_SHOWN = 300


@dataclass(frozen=True)
class ClusterTask:
    """The task of this process in a cluster.

    Args:
        kind: "chief", "worker" or "ps"; "" without a cluster.
        index: number of the process among those of its kind, from 0.
        cluster: addresses of all processes by kind.
    """

    kind: str = ""
    index: int = 0
    cluster: dict[str, list[str]] | None = None

    def count(self, kind: str) -> int:
        """Returns the number of processes of a kind in the cluster."""
        return len((self.cluster or {}).get(kind, ()))

    @property
    def async_workers(self) -> int:
        """Returns the number of workers of parameter servers; 0 if the processes take their steps together."""
        return self.count("worker") if self.count("ps") else 0

    @property
    def serves(self) -> bool:
        """Tells whether this process only does the work that the chief of parameter servers gives it."""
        return bool(self.count("ps")) and self.kind != "chief"


NO_CLUSTER = ClusterTask()


def read_task(train_config: train_pb2.TrainConfig) -> ClusterTask:
    """Reads the task that TF_CONFIG gives this process; one without a cluster if the strategy needs none.

    Raises:
        ConfigError: the strategy needs a cluster, but TF_CONFIG names none, or another kind.
    """
    kind = train_config.train_distribute
    if kind not in (PARAMETER_SERVERS, MULTI_WORKER):
        return ClusterTask()
    name = train_pb2.DistributionStrategy.Name(kind)
    where = f"train_config.train_distribute: {name} needs the environment variable TF_CONFIG"
    text = os.environ.get("TF_CONFIG", "")
    if not text:
        raise ConfigError(
            f"{where}, such as {ONE_LINE}; on one machine, apps-rec launch sets it: "
            f"apps-rec launch --workers 2{' --ps 1' if kind == PARAMETER_SERVERS else ''} -- train my.config"
        )
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
    try:
        task = _parse(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where} as JSON, such as {ONE_LINE}. Got: {shown} ({error})") from None
    if not 0 <= task.index < task.count(task.kind):
        raise ConfigError(f"{where} with a task of its cluster: there is no {task.kind} {task.index} in {shown}")
    if kind == MULTI_WORKER and (task.kind not in ("chief", "worker") or task.count("ps")):
        raise ConfigError(f"{where} with workers (and a chief or none), and no ps. Got: {shown}")
    if kind == PARAMETER_SERVERS:
        missing = [job for job in ("chief", "ps", "worker") if not task.count(job)]
        if missing:
            raise ConfigError(f"{where} with a chief, ps and workers; there is no {missing[0]}. Got: {shown}")
    if task.count("chief") > 1:
        raise ConfigError(f"{where} with one chief at most, not {task.count('chief')}. Got: {shown}")
    return task


def split_address(address: str) -> tuple[str, int]:
    """Splits `host:port` into host and port, the host of an IPv6 address without its brackets.

    Raises:
        ValueError: the text is no such address.
    """
    host, _, port = address.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_port = port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536
    if not host or not is_port or any(char.isspace() or char in "/@[]" for char in host):
        raise ValueError(f"expected host:port with a port from 1 to 65535, not {_text(address)}")
    return host, int(port)


def _parse(text: str) -> ClusterTask:
    """Reads the task of a TF_CONFIG.

    Raises:
        ValueError: the text is no JSON, or something in it is wrong.
    """
    given = _object(read_json(text), "all of it")
    cluster: dict[str, list[str]] = {}
    for job, addresses in _object(given.get("cluster"), "cluster").items():
        if job not in _KINDS:
            raise ValueError(f"cluster: expected {', '.join(_KINDS)}, not {_text(job)}")
        if not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
            raise ValueError(f"cluster.{job}: expected a list of texts host:port, not {_text(addresses)}")
        for address in addresses:
            try:
                split_address(address)
            except ValueError as error:
                raise ValueError(f"cluster.{job}: {error}") from None
        cluster[job] = addresses
    every = [address for addresses in cluster.values() for address in addresses]
    twice = next((address for place, address in enumerate(every) if address in every[:place]), None)
    if twice is not None:
        raise ValueError(f"cluster: expected an address of its own for every process; {twice} stands there twice")
    task = _object(given.get("task"), "task")
    kind, index = task.get("type"), task.get("index")
    if kind not in _KINDS:
        raise ValueError(f"task.type: expected {', '.join(_KINDS)}, not {_text(kind)}")
    # TensorFlow takes "0" as well, and some schedulers write it.
    if isinstance(index, str) and index.isascii() and index.isdecimal() and len(index) < 10:
        index = int(index)
    if not isinstance(index, int) or isinstance(index, bool):
        raise ValueError(f"task.index: expected a whole number, not {_text(index)}")
    return ClusterTask(kind, index, cluster)


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name}: expected an object {{...}}, not {_text(value)}")
    return value


def _text(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value)
    return text if len(text) <= 80 else f"{text[:80]}..."

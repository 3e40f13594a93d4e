"""Lets the processes of a cluster meet before TensorFlow starts, whose own wait is silent and ignores signals."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import time
from collections.abc import Iterator

from apps_rec.errors import RunError
from apps_rec.training.distribute.cluster_task import ClusterTask, split_address
from apps_rec.training.outlook import shown

_FIELD = "train_config.cluster_start_timeout_seconds"
_POLL_SECONDS = 0.2
# Seconds for one try to reach a process, as a host that does not answer must not hold up the others.
_CONNECT_SECONDS = 1.0
_SECONDS_BETWEEN_LINES = 10.0
_LISTEN_SECONDS = 10.0
log = logging.getLogger("apps_rec")


def meet(task: ClusterTask, timeout_seconds: float) -> None:
    """Waits until the other processes can be reached at their addresses in TF_CONFIG, and logs which are missing.

    Meanwhile this process listens at its own address, so that the others see it. A process that was seen once counts
    as there, since its port is closed for a moment before TensorFlow's own server opens it. Servers and workers of a
    chief wait for the chief alone, and the chief for all of them. Any other process waits for all others.

    Args:
        task: task of this process, in a cluster.
        timeout_seconds: seconds to wait; 0: for ever.

    Raises:
        RunError: a process did not come in time (the message has its name and address), or this process cannot listen
            at its own address.
    """
    cluster = task.cluster or {}
    if task.count("ps") and task.kind != "chief":
        awaited = {f"chief {index}": address for index, address in enumerate(cluster["chief"])}
    else:
        awaited = {
            f"{kind} {index}": address
            for kind, addresses in cluster.items()
            for index, address in enumerate(addresses)
            if (kind, index) != (task.kind, task.index)
        }
    start = said = time.monotonic()
    with _listening(task):
        while True:
            awaited = {name: address for name, address in awaited.items() if not _is_there(address)}
            if not awaited:
                return
            now = time.monotonic()
            if 0 < timeout_seconds <= now - start:
                raise RunError(
                    f"{_listed(awaited)} of TF_CONFIG did not come within {timeout_seconds:g} s ({_FIELD}). Start all "
                    "processes of the cluster, look at the log of the missing ones, and check that their addresses "
                    "can be reached from here"
                )
            if now - said >= _SECONDS_BETWEEN_LINES or said == start:
                said = now
                limit = f" of {shown(timeout_seconds)}" if timeout_seconds else ""
                log.info("waiting for %s, %s%s", _listed(awaited), shown(now - start), limit)
            time.sleep(_POLL_SECONDS)


@contextlib.contextmanager
def _listening(task: ClusterTask) -> Iterator[None]:
    """Listens at the address of this process."""
    address = (task.cluster or {})[task.kind][task.index]
    host, port = split_address(address)
    end = time.monotonic() + _LISTEN_SECONDS
    while True:
        try:
            listener = _listener(host, port)
            break
        except OSError as error:
            # An earlier process that listened there, as of a worker that was started again, may not have ended yet.
            if time.monotonic() >= end or error.errno != errno.EADDRINUSE:
                raise RunError(
                    f"TF_CONFIG: {task.kind} {task.index}, this process, cannot listen at {address}: {error.strerror}. "
                    "Is another process of this host at work there? Give every process a port of its own"
                ) from error
            time.sleep(_POLL_SECONDS)
    with listener:
        yield


def _listener(host: str, port: int) -> socket.socket:
    if host == "localhost" or host.startswith("127."):
        return socket.create_server(("127.0.0.1" if host == "localhost" else host, port))
    # The others may know this host by a name of another interface, as behind a service of Kubernetes.
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))


def _is_there(address: str) -> bool:
    """Tells whether a process listens at an address."""
    try:
        socket.create_connection(split_address(address), timeout=_CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def _listed(awaited: dict[str, str]) -> str:
    first = [f"{name} at {address}" for name, address in list(awaited.items())[:4]]
    more = len(awaited) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")

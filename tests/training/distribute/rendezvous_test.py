"""Processes of a cluster that find each other, or do not."""

import socket
import threading

import pytest

from apps_rec.errors import RunError
from apps_rec.tools.cluster import free_ports
from apps_rec.training.distribute import rendezvous as meeting
from apps_rec.training.distribute.cluster_task import ClusterTask
from apps_rec.training.distribute.rendezvous import meet


def addresses(count):
    return [f"127.0.0.1:{port}" for port in free_ports(count)]


def test_a_peer_that_never_comes_is_named_and_the_wait_is_bounded(seen, monkeypatch):
    monkeypatch.setattr(meeting, "_SECONDS_BETWEEN_LINES", 0.2)
    workers = addresses(2)
    with pytest.raises(
        RunError, match=r"worker 1 at 127\.0\.0\.1:\d+ of TF_CONFIG did not come within 1 s .*cluster_st"
    ):
        meet(ClusterTask("worker", 0, {"worker": workers}), 1)
    assert seen.messages[0] == f"waiting for worker 1 at {workers[1]}, 0 s of 1 s"
    assert len(seen.messages) >= 2


@pytest.mark.parametrize("jobs", [{"worker": 3}, {"chief": 1, "ps": 1, "worker": 2}])
def test_all_meet(jobs):
    found = iter(addresses(sum(jobs.values())))
    cluster = {kind: [next(found) for _ in range(count)] for kind, count in jobs.items()}
    errors = []

    def come(kind, index):
        try:
            meet(ClusterTask(kind, index, cluster), 20)
        except RunError as error:
            errors.append(error)
            return
        # What TensorFlow does next: the same port again.
        host, port = cluster[kind][index].split(":")
        servers.append(socket.create_server((host, int(port))))

    servers: list[socket.socket] = []
    threads = [
        threading.Thread(target=come, args=(kind, index)) for kind, count in jobs.items() for index in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for server in servers:
        server.close()
    assert errors == []
    assert len(servers) == len(threads)


def test_a_port_that_is_taken(monkeypatch):
    monkeypatch.setattr(meeting, "_LISTEN_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        own = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(RunError, match=rf"worker 0, this process, cannot listen at {own}: Address already in use"):
            meet(ClusterTask("worker", 0, {"worker": [own, *addresses(1)]}), 1)

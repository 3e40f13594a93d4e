"""What a process that waits for others says when they do not come; whole jobs are in tests/faults."""

import pytest
import tensorflow as tf

from apps_rec.errors import LostWorkerError
from apps_rec.training.distribute.workers import lost_worker

GRAPH_ERROR = (
    "Graph execution error:\n\nDetected at node CollectiveReduceV2 defined at (most recent call last):\n"
    '  File "/somewhere/job.py", line 12, in <module>\n\n'
    "Collective ops is aborted by: Socket closed\nThe error could be from a previous operation.\n\t [[{{node X}}]]"
)


@pytest.mark.parametrize(
    ("message", "reason"),
    [(GRAPH_ERROR, "Collective ops is aborted by: Socket closed"), ("Socket closed\nmore of it", "Socket closed")],
)
def test_a_lost_worker_is_said_with_the_reason(message, reason):
    said = pytest.raises(LostWorkerError, match=rf"silent for too long \({reason}\). Start all of them again")
    with said, lost_worker(in_cluster=True):
        raise tf.errors.UnavailableError(None, None, message)


def test_an_error_of_one_process_alone_stays_as_it_is():
    with pytest.raises(tf.errors.UnavailableError), lost_worker(in_cluster=False):
        raise tf.errors.UnavailableError(None, None, "Socket closed")

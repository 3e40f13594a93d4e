"""Runs a command of apps-rec in a process that kills itself: python killed_at.py POINT COUNT DELAY train ...

At the COUNT-th time that the run comes to POINT, it is ended by SIGKILL, DELAY seconds later. Or POINT is
`slow evaluation`: then nothing is killed, and every batch of the COUNT-th evaluation takes DELAY seconds more.
"""

import os
import signal
import sys
import threading
import time

from apps_rec.cli.main import main
from apps_rec.training import callbacks, estimator
from apps_rec.training.run import checkpoint_folder

POINTS = ("step", "save", "written", "checked", "swept", "evaluation")


def run(point, count, delay, words):
    left = [count]

    def at(name):
        if name != point:
            return
        left[0] -= 1
        if left[0] == 0:
            if delay == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()

    def watch(owner, attribute, before=None, after=None):
        function = getattr(owner, attribute)

        def watched(*args, **kwargs):
            at(before)
            result = function(*args, **kwargs)
            at(after)
            return result

        setattr(owner, attribute, watched)

    watch(callbacks.LogProgress, "on_train_batch_end", before="step")
    watch(checkpoint_folder.CheckpointFolder, "save", before="save")
    # The files are there, their checksums are not; both are, older checkpoints too; and all but TensorFlow's note.
    watch(checkpoint_folder, "write_manifest", before="written", after="checked")
    watch(checkpoint_folder.CheckpointFolder, "_write_note", before="swept")
    watch(estimator, "evaluate_model", before="evaluation")
    if point == "slow evaluation":
        evaluate = estimator.evaluate_model

        def slowly(predict, dataset, *args, **named):
            left[0] -= 1
            seconds = delay if left[0] == 0 else 0
            return evaluate(lambda features: time.sleep(seconds) or predict(features), dataset, *args, **named)

        estimator.evaluate_model = slowly
    return main(words)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))

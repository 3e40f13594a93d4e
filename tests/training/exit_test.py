"""How a process ends after trainings that failed."""

import subprocess
import sys

import pytest

# Errors are kept, as a notebook keeps the last one: they must hold no iterator, which waits for ever at the end.
SCRIPT = """
import apps_rec
from apps_rec.errors import DataError
from apps_rec.legacy_keras import keras

kept = []
def fail(batch, logs):
    raise ZeroDivisionError
stop = keras.callbacks.LambdaCallback(on_train_batch_end=fail)
for overrides, callbacks in ((["train_input_path=bad.csv"], []), ([], [stop])):
    try:
        apps_rec.train("tiny.config", [*overrides, "data_config.shuffle=false"], restart=True, callbacks=callbacks)
    except (DataError, ZeroDivisionError) as error:
        kept.append(error)
print([type(error).__name__ for error in kept], flush=True)
"""


@pytest.mark.slow
def test_a_process_ends_after_trainings_that_failed_midway(small):
    rows = [[*row.values()] for row in small.rows("train.csv")]
    rows[-1][2] = "no number"
    small.write_csv("bad.csv", rows)
    # It hung for ever.
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=small.folder, capture_output=True, text=True, timeout=180, check=False
    )
    assert (done.returncode, done.stdout) == (0, "['DataError', 'ZeroDivisionError']\n"), done.stderr

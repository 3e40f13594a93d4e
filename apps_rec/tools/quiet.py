"""Keeps TensorFlow's start-up lines off the user's screen."""

from __future__ import annotations

import logging
import os
import sys
import tempfile


def quiet_tensorflow() -> None:
    """Imports TensorFlow and finds its devices with stderr set aside. If that fails, shows what was set aside.

    TensorFlow writes about oneDNN and missing GPU drivers from C++ before any of its log levels apply. If it is
    imported already, only its lines from Python are turned off. If the log shows details (its level is DEBUG, as with
    `--verbose`), all lines stay.
    """
    if logging.getLogger("apps_rec").isEnabledFor(logging.DEBUG):
        return
    if "tensorflow" in sys.modules:
        _quiet_python()
        return
    # Errors of TensorFlow come as exceptions too; from C++ come mostly lines about its own graph rewriting.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            import tensorflow as tf

            import apps_rec.legacy_keras  # noqa: F401

            # Not the logical ones: several processes must meet before TensorFlow makes those.
            tf.config.list_physical_devices()
            _quiet_python()
        except BaseException:
            os.dup2(stderr, 2)
            aside.seek(0)
            sys.stderr.write(aside.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _quiet_python() -> None:
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    tf.autograph.set_verbosity(0)

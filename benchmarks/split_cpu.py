"""`apps-rec` on a CPU that is split into two logical devices, as a machine with two GPUs looks to a strategy.

Example:
    python -m benchmarks.split_cpu train my.config --set train_config.train_distribute=MirroredStrategy
"""

from __future__ import annotations

import sys

import tensorflow as tf

import apps_rec  # noqa: F401  # before TensorFlow: it settles the Keras and the allocator
from apps_rec.cli.main import main

if __name__ == "__main__":
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
    )
    sys.exit(main())

"""What every test may use. TensorFlow is imported by the tests that need it: the tests of config run without it."""

import sys

import pytest


def split_cpu() -> None:
    """Make two logical CPU devices, while TensorFlow still allows it: before its first op."""
    import tensorflow as tf

    if len(tf.config.get_logical_device_configuration(tf.config.list_physical_devices("CPU")[0]) or []) < 2:
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
        )


def pytest_collection_finish(session: pytest.Session) -> None:
    # The first op of any test fixes the devices, so they are set up once the test modules have been imported.
    if "tensorflow" in sys.modules:
        split_cpu()


@pytest.fixture(scope="session")
def two_replicas():
    """Return a MirroredStrategy over two logical CPU devices."""
    import apps_rec.legacy_keras  # noqa: F401  # Keras 2 is settled before TensorFlow builds tf.keras.

    split_cpu()
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

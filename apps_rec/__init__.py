"""Multi-task ranking for app stores, on TensorFlow."""

import os

# tensorflow-recommenders works with Keras 2 only; TensorFlow reads this when it builds tf.keras.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

__version__ = "0.1.0"

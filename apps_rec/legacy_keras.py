"""The one place where tf_keras and tensorflow-recommenders are imported (docs/decisions/0001-tf-keras.md)."""

import tensorflow as tf
import tf_keras as keras

if not getattr(tf.keras, "__version__", getattr(tf.keras, "version", lambda: "")()).startswith("2."):
    raise ImportError(
        "apps_rec needs tf.keras to be Keras 2 (tf_keras), but this process has already resolved it to Keras 3. "
        "Import apps_rec before tensorflow, or set TF_USE_LEGACY_KERAS=1 in the environment."
    )

import tensorflow_recommenders as tfrs

__all__ = ["keras", "tfrs"]

"""The one place where tf_keras and tensorflow-recommenders are imported (docs/decisions/0001-tf-keras.md)."""

import tensorflow as tf
import tf_keras as keras

# Recommenders layers in Keras 3 models train silently without their weights: refuse to go on.
if tf.keras.Model is not keras.Model:
    raise ImportError(
        "apps_rec needs tf.keras to be Keras 2 (tf_keras), but this process has already resolved it to Keras 3. "
        "Import apps_rec before tensorflow, or set TF_USE_LEGACY_KERAS=1 in the environment."
    )

import tensorflow_recommenders as tfrs

__all__ = ["keras", "tfrs"]

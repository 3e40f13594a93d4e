"""Writes TFRecord files for `apps-rec convert`, and reads them by TensorFlow alone where no Python may run."""

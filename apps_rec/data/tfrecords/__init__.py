"""TFRecord files: written by `apps-rec convert`, and read by TensorFlow alone where no Python may run."""

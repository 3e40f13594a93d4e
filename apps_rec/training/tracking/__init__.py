"""The tracking of a training: hyperparameters for TensorBoard, and a run in MLflow."""

"""The optimizers of train_config: schedules, clipping, and updates of only those rows of a table in the batch."""

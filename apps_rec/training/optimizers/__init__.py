"""train_config -> optimizer: schedules, clipping, and tables of which only the rows of the batch are touched."""

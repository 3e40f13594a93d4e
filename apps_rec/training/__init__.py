"""Training: a config and its data -> steps on one device or many, checkpoints, and what to do after a fault."""

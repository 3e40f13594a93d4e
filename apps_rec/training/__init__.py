"""Trains a config's model on its data, on one device or many, with checkpoints and recovery after a fault."""

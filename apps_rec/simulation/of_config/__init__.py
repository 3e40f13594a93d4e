"""Rows that fit a config, with a signal that its model can learn."""

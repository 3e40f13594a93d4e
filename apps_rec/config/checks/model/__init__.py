"""Checks of the model: its groups, body, towers and networks."""

"""Starts a new run with the weights of another one, and with vectors from files."""

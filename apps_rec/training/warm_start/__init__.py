"""Weights of another run as the beginning of a new one."""

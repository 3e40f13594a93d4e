"""Runs one training as several processes or devices: strategies, and agreement between the processes."""

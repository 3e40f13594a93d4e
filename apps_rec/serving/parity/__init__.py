"""Proves an export: its answers are compared with those of the live model."""

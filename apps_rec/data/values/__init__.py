"""Converts stored cells, by one rule for each pair of declared and stored type (docs/config.md)."""

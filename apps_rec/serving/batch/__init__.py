"""Scores files with an export."""

"""Readers that turn files into chunks of rows: one for each format."""

"""Turns chunks of files into batches of checked rows, in an order that can be resumed at any row."""

"""Choices that follow from the facts of a table, from the kinds of columns to the text of a config."""

"""Checks of the rows: columns, filters, words and numbers that are compared with them."""

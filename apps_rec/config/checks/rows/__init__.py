"""Checks of the rows: columns, filters, and the words and numbers that are compared with them."""

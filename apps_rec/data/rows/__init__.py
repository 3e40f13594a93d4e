"""Chunks of files -> batches of checked rows, in an order that can be taken up anywhere."""

"""Hands batches of rows to `tf.data`, and divides the rows of a step between replicas."""

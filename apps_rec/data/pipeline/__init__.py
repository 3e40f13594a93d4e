"""Batches of rows -> `tf.data`, and the rows of a step divided between replicas."""

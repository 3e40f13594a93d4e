"""Messages of tf.train, and TFRecord files of them."""

import tensorflow as tf


def feature(values):
    """A tf.train.Feature of whole numbers, of numbers, or of bytes."""
    if all(isinstance(value, int) for value in values):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    if all(isinstance(value, float) for value in values):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


def write(path, records, compression=""):
    """Writes serialized messages to a TFRecord file; returns its path."""
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for record in records:
            writer.write(record)
    return str(path)

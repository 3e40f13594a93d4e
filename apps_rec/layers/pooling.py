"""Pooling of a list of embeddings into one."""

import tensorflow as tf

from apps_rec.layers import arguments

COMBINERS = ("sum", "mean", "sqrtn")


def masked_pool(embeddings: tf.Tensor, weights: tf.Tensor, combiner: str = "mean") -> tf.Tensor:
    """Adds up weighted embeddings and divides as tf.nn.embedding_lookup_sparse does.

    "sum": `sum w v`; "mean": `sum w v / sum w`; "sqrtn": `sum w v / sqrt(sum w^2)`. A row without weights gives zeros
    and finite gradients.

    Args:
        embeddings: a padded list of embeddings; padding does not count, but must be finite.
        weights: one number for each embedding, 0 or more; 0 for padding.
        combiner: "sum", "mean" or "sqrtn".

    Input shape: `(batch, length, embedding_dim)` and `(batch, length)`.
    Output shape: `(batch, embedding_dim)`.

    Raises:
        ValueError: an unknown combiner, or inputs of another rank.

    Example:
        >>> embeddings = tf.constant([[[1.0], [4.0], [99.0]]])
        >>> masked_pool(embeddings, tf.constant([[2.0, 1.0, 0.0]]), "mean").numpy()  # (2*1 + 1*4) / 3
        array([[2.]], dtype=float32)
    """
    arguments.choice("masked_pool", "combiner", combiner, COMBINERS)
    embeddings = tf.convert_to_tensor(embeddings)
    weights = tf.cast(weights, embeddings.dtype)
    arguments.static_rank("masked_pool", "embeddings", embeddings, "batch, length, embedding_dim")
    arguments.static_rank("masked_pool", "weights", weights, "batch, length")
    total = tf.einsum("bl,bld->bd", weights, embeddings)
    if combiner == "sum":
        return total
    if combiner == "mean":
        return tf.math.divide_no_nan(total, tf.reduce_sum(weights, axis=1, keepdims=True))
    squares = tf.reduce_sum(tf.square(weights), axis=1, keepdims=True)
    # The root has an infinite slope at 0, and 0 * inf would be nan in the gradient.
    return total / tf.sqrt(tf.where(squares > 0, squares, tf.ones_like(squares)))

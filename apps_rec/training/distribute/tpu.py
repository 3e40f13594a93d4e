"""TPUStrategy, and the form of input that a TPU needs.

Everything here is TensorFlow's documented way to a TPU, but was never run on one. A TPU runs programs of XLA; the test
has XLA compile the step of every model on a CPU.
"""

from __future__ import annotations

import functools
import os

import tensorflow as tf

from apps_rec.errors import RunError

# Errors of TensorFlow's resolver and initialisation if there is no TPU, or if its name leads nowhere.
_NO_TPU = (tf.errors.OpError, ValueError, RuntimeError, ImportError, OSError)
_LOCAL = "local"
_HELP = (
    "Set TPU_NAME: to local on a TPU VM, else to the TPU's name or its grpc://host:port. Without a TPU, set "
    "train_config.train_distribute to NoStrategy or MirroredStrategy"
)


@functools.cache
def connect_tpu() -> tf.distribute.Strategy:
    """Returns the strategy over all cores of the TPU that the environment names. Initialises it once a process.

    TPU_NAME is `local` for the TPU of this machine, a name or a grpc:// address. If it is not set, TensorFlow reads
    KUBE_GOOGLE_CLOUD_TPU_ENDPOINTS and TPU_CONFIG. Call it before anything else of TensorFlow: initialising a TPU over
    the network removes all tensors that were made before.

    Raises:
        RunError: no TPU is found.
    """
    name = os.environ.get("TPU_NAME")
    try:
        # TensorFlow reads other names from the environment, but this one must be an argument.
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=_LOCAL if name == _LOCAL else "")
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    except _NO_TPU as error:
        looked_for = f'the TPU that TPU_NAME names, "{name}"' if name else "a TPU, and TPU_NAME is not set"
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise RunError(
            f"train_config.train_distribute is TPUStrategy: looked for {looked_for}, and found none "
            f"({reason[0]}). {_HELP}"
        ) from error


def static_batches(dataset: tf.data.Dataset, batch_size: int, num_replicas: int) -> tf.data.Dataset:
    """Returns the same batches with a number of rows that is known beforehand, as a TPU's compiler demands.

    Args:
        dataset: dataset of the batches of single cores, all of one size (data_config.drop_remainder).
        batch_size: number of rows of a step over all replicas.
        num_replicas: number of cores that share a batch.

    Raises:
        RunError: the rows of a batch cannot be divided evenly.
    """
    if batch_size % num_replicas:
        below = batch_size - batch_size % num_replicas
        near = f"{below} or {below + num_replicas}" if below else f"{num_replicas}"
        raise RunError(
            f"data_config.batch_size: {batch_size} rows cannot be dealt out evenly to {num_replicas} TPU cores; "
            f"expected a multiple of {num_replicas}, such as {near}"
        )

    @tf.autograph.experimental.do_not_convert
    def with_rows(*batch: object) -> object:
        return tf.nest.map_structure(lambda x: tf.ensure_shape(x, [batch_size // num_replicas, *x.shape[1:]]), batch)

    return dataset.map(with_rows)

"""A worker of ours: SavedModels of what a ranking cannot do without, so that it is known how much is left to save.

Example:
    python -m benchmarks.serving.least_export EXPORT FOLDER

They take the inputs of EXPORT's rankings and carry out the MMOE's matrix products: no lookup, no hash, no bias, no
activation, no softmax, no sort.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable

import tensorflow as tf

from benchmarks.configs import DIM
from benchmarks.dataset import CATEGORICAL, NUMERIC
from benchmarks.meter import say

# Of the user's side, and of the item's: half of the ids and one number each.
WIDTH = len(CATEGORICAL) // 2 * DIM + len(NUMERIC) // 2
_TASKS = _EXPERTS = 2
_EXPERT, _TOWER = (256, 128), 64


def main() -> None:
    """Writes the models."""
    export, folder = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    loaded = tf.saved_model.load(export)
    signatures = loaded.signatures
    module = tf.Module()
    module.kernels = _kernels()
    kernels = [weight for weight in loaded.weights if weight.shape.rank == 2 and "/tables_" not in weight.name]
    _check_sizes(kernels, list(module.kernels.values()))
    least = {
        name: tf.function(_products(module.kernels)).get_concrete_function(
            **{
                key: tf.TensorSpec(spec.shape, spec.dtype, key)
                for key, spec in signatures[name].structured_input_signature[1].items()
            }
        )
        for name in ("rank", "rank_packed")
    }
    tf.saved_model.save(module, folder, signatures=least)
    say({"folder": folder})


def _check_sizes(kernels: list[tf.Variable], least: list[tf.Variable]) -> None:
    """Holds the products to those of the model.

    Raises:
        ValueError: its kernels have another number of weights.
    """
    ours, found = (sum(kernel.shape.num_elements() for kernel in side) for side in (kernels, least))
    if ours != found:
        raise ValueError(f"the model's kernels have {ours} weights, those of the least {found}; mend the sizes here")


def _kernels() -> dict[str, tf.Variable]:
    shapes = {"shared": (WIDTH, _EXPERTS * _EXPERT[0] + _TASKS * _EXPERTS), "gates": (WIDTH, _TASKS * _EXPERTS)}
    for i in range(_EXPERTS):
        shapes |= {f"expert_{i}_0": (WIDTH, _EXPERT[0]), f"expert_{i}_1": _EXPERT}
    for i in range(_TASKS):
        shapes |= {f"tower_{i}": (_EXPERT[1], _TOWER), f"logit_{i}": (_TOWER, 1)}
    return {name: tf.Variable(tf.random.stateless_normal(shape, [7, 0]), name=name) for name, shape in shapes.items()}


def _products(kernels: dict[str, tf.Variable]) -> Callable[..., dict[str, tf.Tensor]]:
    def products(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        rows = tf.shape(inputs[_of_items(inputs)])[0]
        x = tf.fill([rows, WIDTH], 0.5)
        ends = [x @ kernels["gates"]]
        for i in range(_TASKS):  # as many as experts: each of them feeds one tower
            hidden = x @ kernels[f"expert_{i}_0"] @ kernels[f"expert_{i}_1"]
            ends.append(hidden @ kernels[f"tower_{i}"] @ kernels[f"logit_{i}"])
        # Two outputs as of a ranking. All products go into them, or they would be left out.
        return {"score": tf.add_n([end[:, 0] for end in ends]), "order": tf.fill([1, WIDTH], 0.5) @ kernels["shared"]}

    return products


def _of_items(inputs: dict[str, tf.Tensor]) -> str:
    return next(name for name, tensor in inputs.items() if tensor.shape[0] is None and name != "weights")


if __name__ == "__main__":
    main()

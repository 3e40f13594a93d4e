"""Rows of kernels that an export keeps, so that a request finds them ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from types import SimpleNamespace
from typing import TypeVar

import tensorflow as tf

Result = TypeVar("Result")
_IN_USE: ContextVar[KeptKernels | None] = ContextVar("kept_kernels", default=None)


def in_use() -> KeptKernels | None:
    """Returns the store whose `run` is at work; None: there is none."""
    return _IN_USE.get()


def rows_of(kernel: tf.Variable | tf.Tensor, places: tuple[int, ...], dtype: tf.DType) -> tf.Tensor:
    """Returns the rows `places` of a kernel, in the precision of a product."""
    return tf.gather(tf.cast(tf.convert_to_tensor(kernel), dtype), places)


class KeptKernels(tf.Module):
    """Rows of kernels, gathered once and kept, and products of one shared row with several kernels.

    The copies are variables of their own, in the precision of the products. They do not follow a later change of a
    layer's weights. Gathering in every request would copy the kernels each time.

    For one row, most of the cost of a product is its start. So kernels that multiply one row stand side by side in a
    copy, and are multiplied by one product. Which do is not known at the first of them: what is computed is traced
    twice, and the first trace only notes them.
    """

    def __init__(self) -> None:
        super().__init__(name="kept_kernels")
        self.copies: list[tf.Variable] = []
        # In a namespace, since a module takes no dict whose keys are not strings.
        self._known = SimpleNamespace(copies={})
        self._forget()

    def _forget(self) -> None:
        self._trace = SimpleNamespace(noted=None, side_by_side={}, products={})

    def run(self, function: Callable[[], Result]) -> Result:
        """Returns `function()`, whose products of shared columns take their kernels' rows from here."""
        token = _IN_USE.set(self)
        try:
            self._trace.noted = {}

            def note() -> None:
                function()

            # A graph that nobody runs.
            tf.function(note, autograph=False).get_concrete_function()
            noted = self._trace.noted
            self._forget()
            for (_, places, dtype), kernels in noted.items():
                group = list({id(kernel): kernel for kernel in kernels}.values())
                for kernel in group:
                    self._trace.side_by_side.setdefault((id(kernel), places, dtype), group)
            return function()
        finally:
            self._forget()
            _IN_USE.reset(token)

    def rows(self, kernels: Sequence[tf.Variable], places: tuple[int, ...], dtype: tf.DType) -> tf.Tensor:
        """Returns rows `places` of the kernels side by side, `(len(places), sum of units)`."""
        is_whole = len(kernels) == 1 and len(places) == kernels[0].shape[0]
        if is_whole or self._trace.noted is not None:
            return tf.cast(kernels[0], dtype) if is_whole else _side_by_side(kernels, places, dtype)
        key = (*map(id, kernels), dtype, *places)
        if key not in self._known.copies:
            # Outside the graph that is being traced: the variable has to outlive it.
            with tf.init_scope():
                rows = _side_by_side(kernels, places, dtype)
                self._known.copies[key] = tf.Variable(rows, trainable=False, name=f"copy_{len(self.copies)}")
            self.copies.append(self._known.copies[key])
        return tf.convert_to_tensor(self._known.copies[key])

    def multiply(self, shared: tf.Tensor, kernel: tf.Variable, places: tuple[int, ...]) -> tf.Tensor:
        """Returns the product of a row with rows `places` of a kernel, `(1, units)`."""
        trace, dtype = self._trace, shared.dtype
        row = (_origin(shared), places, dtype)
        if trace.noted is not None:
            trace.noted.setdefault(row, []).append(kernel)
        kernels = trace.side_by_side.get((id(kernel), places, dtype), [kernel])
        if (key := (*row, *map(id, kernels))) not in trace.products:
            products = tf.matmul(shared, self.rows(kernels, places, dtype))
            parts = tf.split(products, [one.shape[1] for one in kernels], axis=1) if len(kernels) > 1 else [products]
            trace.products[key] = dict(zip(map(id, kernels), parts, strict=True))
        return trace.products[key][id(kernel)]


def _side_by_side(kernels: Sequence[tf.Variable], places: tuple[int, ...], dtype: tf.DType) -> tf.Tensor:
    return tf.concat([rows_of(kernel, places, dtype) for kernel in kernels], axis=1)


def _origin(tensor: tf.Tensor) -> object:
    """Returns what tells a row from others: each layer casts it anew, so what was cast counts."""
    is_cast = tf.is_symbolic_tensor(tensor) and tensor.op.type == "Cast"
    return (tensor.op.inputs[0] if is_cast else tensor).ref()

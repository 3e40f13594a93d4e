"""A body of one's own, which a plugin's row makes; a mistake in what it returns is told by its name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from apps_rec import plugins
from apps_rec.errors import PluginError
from apps_rec.layers.request import in_precision_of
from apps_rec.legacy_keras import keras
from apps_rec.models.bodies.body import build_dnn
from apps_rec.models.specs import Group, Task
from apps_rec.names import scope_name

# Layers whose random numbers no checkpoint holds.
_RANDOM = (
    keras.layers.Dropout,
    keras.layers.AlphaDropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
)


class WrongBodyError(PluginError):
    """A body of one's own that does not return what a model asks for."""

    # Keras would put the arguments of the call around the message.
    _keras_call_info_injected = True


class Custom(keras.layers.Layer):
    """A body of one's own: the layer that a plugin's row builds, behind a DNN for each group that has one.

    Args:
        groups: feature groups that it reads.
        num_tasks: number of tasks.
        key: name of the row in the plugins' BODIES.
        arguments: the row's own arguments, by name.
        l2: weight of half the squared kernels, 0 or more.
        dtype: Keras policy of the layer and the DNNs, e.g. "mixed_bfloat16"; None: Keras' own, float32.

    Input shape: a list with the flat embeddings of each group, `(batch, length)`.
    Output shape: a list with one `(batch, units)` for each task, in the precision of the input; the logits themselves
        where the row says so.

    Raises:
        PluginError: the row makes no Keras layer, the layer returns something else, or draws random numbers of its own.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        num_tasks: int,
        key: str,
        arguments: Mapping[str, Any],
        l2: float = 0.0,
        dtype: str | None = None,
        name: str = "custom",
    ) -> None:
        super().__init__(name=name, autocast=False)
        row = plugins.bodies()[key]
        self.groups, self.num_tasks, self.makes_logits = tuple(groups), num_tasks, row.makes_logits
        self._what = f'the body "{key}"'
        self._dnns = [
            build_dnn(group.dnn, l2, dtype, f"{name}/group_{scope_name(group.name)}") if group.dnn else None
            for group in self.groups
        ]
        self._layer = row.build(groups=self.groups, num_tasks=num_tasks, l2=l2, dtype=dtype, **arguments)
        if not isinstance(self._layer, keras.layers.Layer):
            raise PluginError(f"{self._what} makes {type(self._layer).__name__}; expected a Keras layer (tf_keras)")
        taken = inspect.signature(self._layer.call).parameters
        takes_any = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values())
        self._takes = tuple(one for one in ("training", "seed") if takes_any or one in taken)

    def call(
        self, inputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> list[tf.Tensor]:
        """Returns one vector, or the logits, for each task."""
        parts = [
            tf.cast(dnn(in_precision_of(dnn, x), training=training, seed=seed), x.dtype) if dnn else x
            for dnn, x in zip(self._dnns, inputs, strict=True)
        ]
        given = {name: value for name, value in (("training", training), ("seed", seed)) if name in self._takes}
        outputs = self._layer([in_precision_of(self._layer, x) for x in parts], **given)
        self._check(outputs, inputs[0].shape[0])
        return [tf.cast(output, inputs[0].dtype) for output in outputs]

    def _check(self, outputs: Any, rows: int | None) -> None:
        wanted = f"a list with one (batch, units) for each of {self.num_tasks} tasks"
        if not isinstance(outputs, list | tuple):
            raise WrongBodyError(f"{self._what} returns {_shown(outputs)}; expected {wanted}")
        if len(outputs) != self.num_tasks:
            raise WrongBodyError(f"{self._what} returns {len(outputs)} parts; expected {wanted}")
        for output in outputs:
            shape = getattr(output, "shape", None)
            # Of an unknown number of rows nothing but a sum over them has a known one.
            is_right = shape is not None and shape.rank == 2 and shape[1] and shape[0] in (None, rows)
            if not is_right:
                raise WrongBodyError(f"{self._what} returns {_shown(output)} for a task; expected {wanted}")
        for layer in self._layer.submodules:
            if isinstance(layer, _RANDOM):
                text = f"holds {type(layer).__name__}, whose random numbers no checkpoint keeps; expected"
                raise WrongBodyError(f"{self._what} {text} apps_rec.layers.StatelessDropout, with `seed` of the call")


def logits_of_body(x: tf.Tensor, task: Task) -> tf.Tensor:
    """Returns the logits that a body made for a task, `(batch,)`, or `(batch, logits)` where a row has several.

    Raises:
        PluginError: there are not as many as the task has.
    """
    if x.shape[1] != task.num_logits:
        text = f"a body that makes logits returns {x.shape[1]} for a row of the task {task.name}"
        raise WrongBodyError(f"{text}; expected {task.num_logits}")
    x = tf.cast(x, tf.float32)
    return tf.squeeze(x, axis=1) if task.num_logits == 1 else tf.convert_to_tensor(x)


def _shown(output: Any) -> str:
    shape = getattr(output, "shape", None)
    return type(output).__name__ if shape is None else f"the shape {shape}"

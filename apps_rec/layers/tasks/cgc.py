"""Experts of single tasks and experts of all, mixed by a gate for each task."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.layers.tasks.experts import Experts
from apps_rec.layers.tasks.gates import Gates
from apps_rec.layers.tasks.mixture import Mixture, shares_by_name
from apps_rec.legacy_keras import keras

_SHARED_GATE = "gate of the shared experts"


class CustomizedGateControl(keras.layers.Layer):
    """Mixes, for each task, the task's own experts and the shared ones: one layer of progressive extraction.

    Task t has an input x_t, experts E_t and a gate: `y_t = sum_k softmax(W_t x_t + b_t)[k] * (E_t(x_t) + S(x_s))[k]`,
    where + joins the lists of experts, and S are the shared experts of the shared input x_s. Where another layer
    follows, its shared input is mixed from all experts of all tasks by the shared gate, which reads x_s. Departs from
    the paper by the bias of the gates, as in `Gates`.

    Args:
        num_tasks: number of tasks, 1 or more.
        num_task_experts: experts of each task, 1 or more.
        num_shared_experts: shared experts, 1 or more.
        task_expert: arguments of `Dnn` for an expert of one task: hidden_units, activation, use_bn, dropout.
        shared_expert: the same for a shared expert; the last layers of both have one width.
        is_last: whether no layer follows, so that there is no shared output.
        l2: weight of half the sum of squares of every kernel, 0 or more; added to the layer's losses.
        **kwargs: `name` and `dtype` of a Keras layer. Experts take its policy, gates are in float32.

    Input shape: a list of the inputs of the tasks and the shared one, each `(batch, input_dim)`, in this order.
    Output shape: a list of the outputs of the tasks and, where it is not the last, the shared one, each
        `(batch, hidden_units[-1])`.

    Raises:
        ValueError: an argument out of range, experts of two widths, or another number of inputs.

    Example:
        >>> layer = CustomizedGateControl(2, 1, 1, {"hidden_units": [4]}, {"hidden_units": [4]}, name="cgc")
        >>> [y.shape for y in layer([tf.ones([5, 3])] * 3)]
        [TensorShape([5, 4]), TensorShape([5, 4]), TensorShape([5, 4])]

    References: Tang, Liu, Zhao, Gong 2020, Progressive Layered Extraction (PLE): A Novel Multi-Task Learning Model for
    Personalized Recommendations, equations 1 to 6.
    """

    def __init__(
        self,
        num_tasks: int,
        num_task_experts: int,
        num_shared_experts: int,
        task_expert: Mapping[str, Any],
        shared_expert: Mapping[str, Any],
        is_last: bool = False,
        l2: float = 0.0,
        **kwargs: Any,
    ) -> None:
        # Each expert rounds its input by itself; the gates read it as it is.
        super().__init__(autocast=False, **kwargs)
        self.num_tasks = arguments.positive_int(self.name, "num_tasks", num_tasks)
        self.num_task_experts = arguments.positive_int(self.name, "num_task_experts", num_task_experts)
        self.num_shared_experts = arguments.positive_int(self.name, "num_shared_experts", num_shared_experts)
        self.is_last = bool(is_last)
        self.l2 = arguments.non_negative(self.name, "l2", l2)
        self._task_experts = [
            self._experts(self.num_task_experts, task_expert, f"task_{t}") for t in range(self.num_tasks)
        ]
        self._shared_experts = self._experts(self.num_shared_experts, shared_expert, "shared")
        widths = [list(expert["hidden_units"])[-1] for expert in (task_expert, shared_expert)]
        if widths[0] != widths[1]:
            raise ValueError(f"{self.name}: gates add experts up, so all end in one width; got {widths}.")
        both = self.num_task_experts + self.num_shared_experts
        self._task_gates = [self._gate(both, f"task_{t}_gate") for t in range(self.num_tasks)]
        every = self.num_tasks * self.num_task_experts + self.num_shared_experts
        self._shared_gate = None if self.is_last else self._gate(every, "shared_gate")

    def _experts(self, count: int, expert: Mapping[str, Any], name: str) -> Experts:
        return Experts(count, **expert, l2=self.l2, name=f"{self.name}/{name}", dtype=self.dtype_policy)

    def _gate(self, count: int, name: str) -> Gates:
        return Gates(1, count, l2=self.l2, name=name, dtype=self.variable_dtype)

    def call(
        self, inputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> list[tf.Tensor]:
        """Returns the output of each task and, where it is not the last, the shared one."""
        if len(inputs) != self.num_tasks + 1:
            raise ValueError(
                f"{self.name}: expected {self.num_tasks} tasks' inputs and a shared one, got {len(inputs)}."
            )
        *own, shared = inputs
        of_all = self._shared_experts(shared, training=training, seed=seed)
        of_tasks = [
            experts(x, training=training, seed=seed) for experts, x in zip(self._task_experts, own, strict=True)
        ]
        outputs = [
            gate(x, [*experts, *of_all], training=training)[0]
            for gate, x, experts in zip(self._task_gates, own, of_tasks, strict=True)
        ]
        if self._shared_gate is not None:
            every = [expert for experts in of_tasks for expert in experts]
            outputs += self._shared_gate(shared, [*every, *of_all], training=training)
        return outputs

    def mixture(self, inputs: Sequence[tf.Tensor], tasks: Sequence[str]) -> Mixture:
        """Returns the outputs of all experts and the shares of all gates, with the names of the tasks in theirs."""
        *own, shared = inputs
        of_shared = _named("shared", self._shared_experts(shared))
        of_tasks = [
            _named(f"{task}'s", experts(x)) for task, x, experts in zip(tasks, own, self._task_experts, strict=True)
        ]
        gates = {
            task: shares_by_name([*experts, *of_shared], gate.probabilities(x)[0])
            for task, x, experts, gate in zip(tasks, own, of_tasks, self._task_gates, strict=True)
        }
        every = {name: output for experts in (*of_tasks, of_shared) for name, output in experts.items()}
        if self._shared_gate is not None:
            gates[_SHARED_GATE] = shares_by_name(list(every), self._shared_gate.probabilities(shared)[0])
        return Mixture(every, gates)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "num_tasks": self.num_tasks,
            "num_task_experts": self.num_task_experts,
            "num_shared_experts": self.num_shared_experts,
            "task_expert": _arguments(self._task_experts[0]),
            "shared_expert": _arguments(self._shared_experts),
            "is_last": self.is_last,
            "l2": self.l2,
        }


def _named(owner: str, outputs: Sequence[tf.Tensor]) -> dict[str, tf.Tensor]:
    return {f"{owner} expert {at}": output for at, output in enumerate(outputs)}


def _arguments(experts: Experts) -> dict[str, Any]:
    config = experts.get_config()
    return {name: config[name] for name in ("hidden_units", "activation", "use_bn", "dropout")}

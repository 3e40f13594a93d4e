"""Update rules: the formulas of the optimizers, one for dense weights and the touched rows of a table alike.

A rule sees a gradient whose duplicate ids are summed, and the weights and slots of the same rows. Nothing else moves:
what a paper does to every weight in every step, such as weight decay, a rule does to the rows of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import tensorflow as tf

Rows = list[tf.Tensor]
Update = tuple[tf.Tensor, Rows]
Weights = Callable[[], tf.Tensor]


@dataclass(frozen=True)
class Rule:
    """The base of the rules. A rule's attributes are its numbers.

    Attributes:
        slot_names: names of the tensors that it keeps beside each weight.
    """

    slot_names: ClassVar[tuple[str, ...]] = ()

    def initial_slots(self) -> tuple[float, ...]:
        """Returns the value of every element of each slot before the first step."""
        return (0.0,) * len(self.slot_names)

    def step_rate(self, rate: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        """Returns the rate that `update` takes: what the updates of all weights share in a step is worked out once.

        Args:
            rate: learning rate of this step.
            steps: number of steps made before, an integer.
        """
        return rate

    def update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Weights) -> Update:
        """Returns what is taken off the weights, and the new slots.

        Args:
            gradient: gradient; all tensors have its shape.
            slots: slots, in the order of `slot_names`.
            rate: rate of this step, from `step_rate`.
            weights: function that returns the weights. A rule that does not ask for them saves reading them.
        """
        raise TypeError(f"{type(self).__name__} must say how it updates")

    def slots_at(self, slots: Rows, rate: tf.Tensor, weights: tf.Tensor) -> Rows | None:
        """Returns slots that fit weights from elsewhere; None where slots do not determine the weights, as in most."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Returns the name of the rule and its numbers."""
        return {"class_name": type(self).__name__, "config": asdict(self)}


@dataclass(frozen=True)
class Sgd(Rule):
    """w -= rate * g."""

    def update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Weights) -> Update:
        """Returns rate * g."""
        return rate * gradient, []


@dataclass(frozen=True)
class Momentum(Rule):
    """a = momentum * a + g; w -= rate * a (Polyak 1964). The a of a row moves only with the row."""

    momentum: float = 0.9
    slot_names: ClassVar[tuple[str, ...]] = ("momentum",)

    def update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Weights) -> Update:
        """Returns rate * a."""
        accumulated = self.momentum * slots[0] + gradient
        return rate * accumulated, [accumulated]


@dataclass(frozen=True)
class MomentumW(Momentum):
    """Momentum with decoupled weight decay: w -= weight_decay * w + rate * a.

    References: Loshchilov, Hutter 2019, Decoupled Weight Decay Regularization, algorithm 1, with the schedule's
    multiplier left out of the decay, as in EasyRec: a rate that falls does not weaken the decay.
    """

    weight_decay: float = 1e-6

    def update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Weights) -> Update:
        """Returns weight_decay * w + rate * a."""
        decrease, new = super().update(gradient, slots, rate, weights)
        return decrease + self.weight_decay * tf.convert_to_tensor(weights()), new


@dataclass(frozen=True)
class Adagrad(Rule):
    """a += g^2; w -= rate * g / sqrt(a) (Duchi, Hazan, Singer 2011, figure 1)."""

    initial_accumulator_value: float = 0.1
    slot_names: ClassVar[tuple[str, ...]] = ("accumulator",)

    def initial_slots(self) -> tuple[float, ...]:
        """Returns the initial accumulator."""
        return (self.initial_accumulator_value,)

    def update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Weights) -> Update:
        """Returns rate * g / sqrt(a); 0 where nothing was ever accumulated."""
        accumulator = slots[0] + tf.square(gradient)
        return rate * tf.math.divide_no_nan(gradient, tf.sqrt(accumulator)), [accumulator]


@dataclass(frozen=True)
class RmsProp(Rule):
    """s = decay * s + (1 - decay) * g^2; a = momentum * a + rate * g / sqrt(s + epsilon); w -= a.

    s begins at 1, as in TensorFlow 1. References: Tieleman, Hinton 2012, Lecture 6.5 - rmsprop, with momentum.
    """

    decay: float = 0.9
    momentum: float = 0.9
    epsilon: float = 1.0
    slot_names: ClassVar[tuple[str, ...]] = ("mean_square", "momentum")

    def initial_slots(self) -> tuple[float, ...]:
        """Returns 1 for s and 0 for a."""
        return (1.0, 0.0)

    def update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Weights) -> Update:
        """Returns a."""
        square = slots[0] + (tf.square(gradient) - slots[0]) * (1.0 - self.decay)
        moved = self.momentum * slots[1] + rate * gradient * tf.math.rsqrt(square + self.epsilon)
        return moved, [square, moved]


@dataclass(frozen=True)
class Adam(Rule):
    """Adam (Kingma, Ba 2015, algorithm 1 in the order of section 2). On tables only rows of the batch move.

    Rows outside the batch keep their weights and moments. The bias correction counts steps, not visits.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    slot_names: ClassVar[tuple[str, ...]] = ("m", "v")

    def step_rate(self, rate: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        """Returns rate * sqrt(1 - beta_2^t) / (1 - beta_1^t), which corrects the bias of the moments."""
        step = tf.cast(steps + 1, rate.dtype)
        return rate * tf.sqrt(1.0 - tf.pow(self.beta_2, step)) / (1.0 - tf.pow(self.beta_1, step))

    def update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Weights) -> Update:
        """Returns rate * m / (sqrt(v) + epsilon)."""
        m = slots[0] + (gradient - slots[0]) * (1.0 - self.beta_1)
        v = slots[1] + (tf.square(gradient) - slots[1]) * (1.0 - self.beta_2)
        return rate * m / (tf.sqrt(v) + self.epsilon), [m, v]


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay: w -= weight_decay * w, besides Adam's decrease.

    References: Loshchilov, Hutter 2019, Decoupled Weight Decay Regularization, algorithm 2, with the schedule's
    multiplier left out of the decay, as in EasyRec: a rate that falls does not weaken the decay.
    """

    weight_decay: float = 1e-6

    def update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Weights) -> Update:
        """Returns Adam's decrease + weight_decay * w."""
        decrease, new = super().update(gradient, slots, rate, weights)
        return decrease + self.weight_decay * tf.convert_to_tensor(weights()), new


@dataclass(frozen=True)
class Ftrl(Rule):
    """FTRL-Proximal (McMahan et al. 2013, Ad Click Prediction, algorithm 1), for any learning_rate_power <= 0.

    `l2_shrinkage` adds 2 * l2_shrinkage * w to the gradient of the linear term, not to that of the accumulator.
    """

    learning_rate_power: float = -0.5
    initial_accumulator_value: float = 0.1
    l1: float = 0.0
    l2: float = 0.0
    l2_shrinkage: float = 0.0
    slot_names: ClassVar[tuple[str, ...]] = ("accumulator", "linear")

    def initial_slots(self) -> tuple[float, ...]:
        """Returns the initial accumulator, and 0 for the linear term."""
        return (self.initial_accumulator_value, 0.0)

    def update(self, gradient: tf.Tensor, slots: Rows, rate: tf.Tensor, weights: Weights) -> Update:
        """Returns the difference from the weight that minimises the linearised loss so far with its l1 and l2 terms."""
        old = tf.convert_to_tensor(weights())
        accumulator = slots[0] + tf.square(gradient)
        old_scale, scale = (tf.pow(sums, -self.learning_rate_power) for sums in (slots[0], accumulator))
        shrunk = gradient + 2.0 * self.l2_shrinkage * old if self.l2_shrinkage else gradient
        linear = slots[1] + shrunk - (scale - old_scale) / rate * old
        quadratic = scale / rate + 2.0 * self.l2
        beyond = tf.sign(linear) * tf.nn.relu(tf.abs(linear) - self.l1)
        # Nothing is gathered yet where the accumulator starts at 0 and the gradient is 0: 0 / 0.
        return old - tf.math.divide_no_nan(-beyond, quadratic), [accumulator, linear]

    def slots_at(self, slots: Rows, rate: tf.Tensor, weights: tf.Tensor) -> Rows:
        """Returns the linear slot whose minimiser is the present weight.

        Else the first update of a row would draw any weight towards 0.
        """
        quadratic = tf.pow(slots[0], -self.learning_rate_power) / rate + 2.0 * self.l2
        return [slots[0], -(weights * quadratic + tf.sign(weights) * self.l1)]


# By its name, for a rule that Keras has written down.
RULES = {rule.__name__: rule for rule in (Sgd, Momentum, MomentumW, Adagrad, RmsProp, Adam, AdamW, Ftrl)}


def rule_from_config(config: Mapping[str, Any]) -> Rule:
    """Makes the rule that `get_config` described."""
    return RULES[config["class_name"]](**config["config"])

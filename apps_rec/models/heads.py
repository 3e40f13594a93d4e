"""Heads: they turn the towers' logits into probabilities and losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from apps_rec.layers import MultiplicativeHead
from apps_rec.losses import LOSSES
from apps_rec.models.specs import ScoreTerm, Task
from apps_rec.names import PRODUCT, logit_name, probability_name

Tensors = Mapping[str, tf.Tensor]


class IndependentHead:
    """A head where each task's sigmoid is a probability over all impressions, trained on the task's label."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.tasks = tuple(tasks)

    def outputs(self, logits: Tensors) -> dict[str, tf.Tensor]:
        """Returns `probs_<tower>` and `logits_<tower>`, each `(batch,)`."""
        outputs = {}
        for task in self.tasks:
            outputs[probability_name(task.name)] = tf.sigmoid(logits[task.name])
            outputs[logit_name(task.name)] = logits[task.name]
        return outputs

    def losses(self, logits: Tensors, labels: Tensors) -> dict[str, tf.Tensor]:
        """Returns each task's loss of each row, `(batch,)`."""
        return {task.name: LOSSES[task.loss].of_logit(labels[task.label], logits[task.name]) for task in self.tasks}

    def loss_names(self) -> dict[str, str]:
        """Returns what the loss of each task is called in logs, by task."""
        return {task.name: f"loss_{task.name}" for task in self.tasks}

    def default_score(self) -> tuple[ScoreTerm, ...]:
        """Returns a term for each task: its loss weight times the probability that the loss trains."""
        return tuple(ScoreTerm(probability_name(task.name), task.weight) for task in self.tasks)


class FunnelHead:
    """ESMM's head: the second task is conditional on the first, and the product of both probabilities is trained.

    The second tower's probability has no loss of its own. The loss of pCTCVR = pCTR x pCVR is computed in log space,
    over all rows, with the product of both labels.

    Args:
        tasks: the click and the conversion, in this order.

    Raises:
        ValueError: there are not two tasks, or the conversion's loss has no form for log-probabilities.

    References: Ma, Zhao, Huang, Wang, Hu, Zhu, Gai 2018, Entire Space Multi-Task Model, equations 2 and 3.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        if len(tasks) != 2:
            raise ValueError(f"A funnel has two tasks, the click and the conversion. Got {len(tasks)}")
        self.tasks = tuple(tasks)
        loss = LOSSES[tasks[1].loss].of_log_prob
        if loss is None:
            possible = ", ".join(name for name, row in LOSSES.items() if row.of_log_prob)
            raise ValueError(
                f"task {tasks[1].name}: {tasks[1].loss} is no loss of a product of probabilities; expected {possible}"
            )
        self._loss_of_product = loss
        self._product = MultiplicativeHead(name="funnel_head")

    def outputs(self, logits: Tensors) -> dict[str, tf.Tensor]:
        """Returns `probs_<tower>`, `logits_<tower>` and `probs_ctcvr`, each `(batch,)`."""
        outputs = IndependentHead(self.tasks).outputs(logits)
        click, conversion = self.tasks
        # A plain product, so that probs_ctcvr == probs_<click> * probs_<conversion> exactly.
        outputs[probability_name(PRODUCT)] = (
            outputs[probability_name(click.name)] * outputs[probability_name(conversion.name)]
        )
        return outputs

    def losses(self, logits: Tensors, labels: Tensors) -> dict[str, tf.Tensor]:
        """Returns the loss of each row, of the click and of click and conversion together, `(batch,)` each."""
        click, conversion = self.tasks
        product = self._product(logits[click.name], logits[conversion.name])
        both = labels[click.label] * labels[conversion.label]
        return {
            click.name: LOSSES[click.loss].of_logit(labels[click.label], logits[click.name]),
            conversion.name: self._loss_of_product(both, product["ctcvr_log_prob"], product["ctcvr_log_complement"]),
        }

    def loss_names(self) -> dict[str, str]:
        """Returns what the loss of each task is called in logs, by task; that of the product is named after it."""
        click, conversion = self.tasks
        return {click.name: f"loss_{click.name}", conversion.name: "loss_ctcvr"}

    def default_score(self) -> tuple[ScoreTerm, ...]:
        """Returns a term for each task: its loss weight times the probability that the loss trains."""
        click, conversion = self.tasks
        return (
            ScoreTerm(probability_name(click.name), click.weight),
            ScoreTerm(probability_name(PRODUCT), conversion.weight),
        )


Head = IndependentHead | FunnelHead

# By the name of the message in the config; apps_rec/config/heads.py checks them, by the same names.
HEADS: dict[str, Callable[[Sequence[Task]], Head]] = {"independent": IndependentHead, "funnel": FunnelHead}

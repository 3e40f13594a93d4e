"""Heads: they turn the towers' logits into probabilities and losses."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import tensorflow as tf

from apps_rec.data.schema import NOT_OBSERVED
from apps_rec.layers import MultiplicativeHead
from apps_rec.losses import Rows, Terms, loss_of
from apps_rec.models.corrections import rising_line
from apps_rec.models.counterfactual import FurtherLosses, counterfactual_losses
from apps_rec.models.kinds import PROBABILITY
from apps_rec.models.specs import CounterfactualSpec, ScoreTerm, Task
from apps_rec.names import logit_name, probability_name, product_name

Tensors = Mapping[str, tf.Tensor]
# For each loss of a task, what it is the mean of; of several, their means are added.
TaskTerms = tuple[tuple[Terms, ...], ...]


@dataclass(frozen=True)
class AllRows:
    """The rows of a batch: their weights for each task, and their sessions.

    Attributes:
        weights: weight of each row by task, `(batch,)`.
        sessions: session of each row by column, `(batch,)` whole numbers.
    """

    weights: Tensors
    sessions: Tensors = field(default_factory=dict)

    def of(self, task: str, session: str | None) -> Rows:
        """Returns the rows as a loss of a task sees them."""
        return Rows(self.weights[task], None if session is None else self.sessions[session])


class IndependentHead:
    """A head where each task's logits make outputs of its own, trained on the task's label over all impressions."""

    # Losses of a task alone where others did not happen; only a funnel has them.
    counterfactual: CounterfactualSpec | None = None

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.tasks = tuple(tasks)

    def outputs(self, logits: Tensors, is_corrected: bool = True) -> dict[str, tf.Tensor]:
        """Returns the outputs of each task's kind, such as `probs_<tower>` and `logits_<tower>`, `(batch,)` each.

        Args:
            logits: logits by task, `(batch,)` or `(batch, logits)`.
            is_corrected: false gives them as losses see them, without the corrections of logits.
        """
        outputs: dict[str, tf.Tensor] = {}
        for task in self.tasks:
            of_task = _corrected(task, logits[task.name]) if is_corrected else logits[task.name]
            outputs |= task.row.outputs(task.name, of_task, task.options)
        return outputs

    def logits_of(self, output: str, logits: Tensors) -> tf.Tensor:
        """Returns the logits behind an output: those of `probs_<tower>` or `logits_<tower>`."""
        for task in self.tasks:
            if output in (probability_name(task.name), logit_name(task.name)):
                return logits[task.name]
        raise ValueError(f"no logits are behind an output {output}; expected probs_<tower> or logits_<tower>")

    def losses(self, logits: Tensors, labels: Tensors, rows: AllRows) -> dict[str, TaskTerms]:
        """Returns what each loss of each task is the mean of.

        Args:
            logits: logits by task, `(batch,)` or `(batch, logits)`.
            labels: labels by column, `(batch,)`.
            rows: weights of the rows by task, and sessions by column.
        """
        return {task.name: self._losses_of(task, logits, labels, rows) for task in self.tasks}

    def _losses_of(self, task: Task, logits: Tensors, labels: Tensors, rows: AllRows) -> TaskTerms:
        found: list[tuple[Terms, ...]] = []
        label = labels[task.label]
        if task.unobserved != NOT_OBSERVED and task.observed:
            # The least number there is: its square would be infinite, and 0 times that is no number.
            label = tf.where(label == task.unobserved, 0.0, label)
        for item in task.losses:
            of_task, loss = rows.of(task.name, item.session), loss_of(item.loss)
            if loss.of_others is not None:
                own, *others = (tf.sigmoid(logits[name]) for name in (task.name, *item.others))
                found.append((Terms(loss.of_others(own, others, **item.options), of_task.weights),))
            else:
                found.append(loss.terms(label, logits[task.name], of_task, item.options))
        return tuple(found)

    def further_losses(self, logits: Tensors, imputed: Tensors, labels: Tensors, rows: AllRows) -> FurtherLosses:
        """Returns losses beside those of the tasks: none."""
        return {}

    def loss_names(self) -> dict[str, str]:
        """Returns what the loss of each task is called in logs, by task."""
        return {task.name: f"loss_{task.name}" for task in self.tasks}

    def default_score(self) -> tuple[ScoreTerm, ...]:
        """Returns a term for each task: its loss weight times the output that the loss trains."""
        return tuple(ScoreTerm(task.score_output, task.weight) for task in self.tasks)


class FunnelHead:
    """ESMM's head: each task is conditional on those before it, and the product of their probabilities is trained.

    Probabilities of later towers have no loss of their own, unless `counterfactual` gives them one. The loss of
    pCTCVR = pCTR x pCVR, and of the product up to each later step, is computed in log space, over all rows, with the
    product of the labels.

    Args:
        tasks: the steps from the first to the last, such as click and conversion; two or more.
        counterfactual: a loss of each later step alone beside those of the products, or None.

    Raises:
        ValueError: there is one task, or one of them is no probability.

    References: Ma, Zhao, Huang, Wang, Hu, Zhu, Gai 2018, Entire Space Multi-Task Model, equations 2 and 3.
    """

    def __init__(self, tasks: Sequence[Task], counterfactual: CounterfactualSpec | None = None) -> None:
        if len(tasks) < 2:
            raise ValueError(f"A funnel has two tasks or more, such as click and conversion. Got {len(tasks)}")
        self.tasks = tuple(tasks)
        self.counterfactual = counterfactual
        for task in tasks:
            if task.kind != PROBABILITY:
                raise ValueError(f"task {task.name}: expected a probability in a funnel, got the kind {task.kind}")
        for task in tasks[1:]:
            for item in task.losses:
                if loss_of(item.loss).of_others is not None:
                    raise ValueError(f"task {task.name}: {item.loss} is no loss of a product of probabilities")
        names = [task.name for task in tasks]
        # Task -> the name of its product with all before it.
        self._products = {name: product_name(names, at) for at, name in enumerate(names) if at}
        self._product = MultiplicativeHead(name="funnel_head")

    def outputs(self, logits: Tensors, is_corrected: bool = True) -> dict[str, tf.Tensor]:
        """Returns `probs_<tower>`, `logits_<tower>` and the products, such as `probs_ctcvr`, each `(batch,)`.

        See `IndependentHead.outputs` for the arguments.
        """
        outputs = IndependentHead(self.tasks).outputs(logits, is_corrected)
        product = outputs[probability_name(self.tasks[0].name)]
        for name, product_of in self._products.items():
            # A plain product, so that probs_ctcvr == probs_<click> * probs_<conversion> exactly.
            product = product * outputs[probability_name(name)]
            outputs[probability_name(product_of)] = product
        return outputs

    def logits_of(self, output: str, logits: Tensors) -> tf.Tensor:
        """Returns the logits behind an output: those of a tower, or log p - log(1 - p) of a product."""
        for at, product_of in enumerate(self._products.values(), 1):
            if output == probability_name(product_of):
                product = self._product(*(logits[step.name] for step in self.tasks[: at + 1]))
                return product["ctcvr_log_prob"] - product["ctcvr_log_complement"]
        return IndependentHead(self.tasks).logits_of(output, logits)

    def losses(self, logits: Tensors, labels: Tensors, rows: AllRows) -> dict[str, TaskTerms]:
        """Returns the losses of the click, and of each later step with all before it. See `IndependentHead.losses`."""
        found = IndependentHead(self.tasks[:1]).losses(logits, labels, rows)
        for at, task in enumerate(self.tasks[1:], 1):
            steps = self.tasks[: at + 1]
            product = self._product(*(logits[step.name] for step in steps))
            all_of_them = functools.reduce(operator.mul, (labels[step.label] for step in steps))
            found[task.name] = tuple(
                loss_of(item.loss).terms_of_product(
                    all_of_them,
                    product["ctcvr_log_prob"],
                    product["ctcvr_log_complement"],
                    rows.of(task.name, item.session),
                    item.options,
                )
                for item in task.losses
            )
        return found

    def further_losses(self, logits: Tensors, imputed: Tensors, labels: Tensors, rows: AllRows) -> FurtherLosses:
        """Returns the counterfactual losses of the later steps, if there are any.

        Args:
            logits: see `losses`.
            imputed: outputs of the imputation towers by task, `(batch,)`.
            labels: see `losses`.
            rows: see `losses`.
        """
        if self.counterfactual is None:
            return {}
        return counterfactual_losses(self.counterfactual, self.tasks, logits, imputed, labels, rows.weights)

    def loss_names(self) -> dict[str, str]:
        """Returns what the loss of each task is called in logs, by task; that of a product is named after it."""
        return {task.name: f"loss_{self._products.get(task.name, task.name)}" for task in self.tasks}

    def default_score(self) -> tuple[ScoreTerm, ...]:
        """Returns a term for each task: its loss weight times the probability that the loss trains."""
        return tuple(
            ScoreTerm(probability_name(self._products.get(task.name, task.name)), task.weight) for task in self.tasks
        )


def _corrected(task: Task, logits: tf.Tensor) -> tf.Tensor:
    """Returns logits as outputs show them: scale x (logit + log(negatives kept)) + shift. Losses see them as they are.

    Lower by log(kept), p is p / (p + (1 - p) / kept), as over all rows, where negatives were left out of those of the
    training (He et al. 2014, Practical Lessons from Predicting Clicks on Ads at Facebook, section 6.3). Scale and shift
    are of Platt 1999, Probabilistic Outputs for Support Vector Machines; in their place there may be a rising line.
    """
    if task.negatives_kept != 1:
        logits += math.log(task.negatives_kept)
    if task.logit_knots:
        return rising_line(logits, task.logit_knots, task.logit_values)
    if task.logit_scale != 1:
        logits *= task.logit_scale
    return logits if task.logit_shift == 0 else logits + task.logit_shift


Head = IndependentHead | FunnelHead

# By the name of the message in the config; apps_rec/config/heads.py checks them, by the same names.
HEADS: dict[str, Callable[..., Head]] = {"independent": IndependentHead, "funnel": FunnelHead}

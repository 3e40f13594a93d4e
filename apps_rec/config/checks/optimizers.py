"""Checks of optimizer_config: which optimizer is whose, and schedules."""

from __future__ import annotations

import itertools
import math
import re
import warnings
from typing import Any

from apps_rec.config.checks.context import Context
from apps_rec.protos.train_pb2 import LearningRate

_PATH = "train_config.optimizer_config"


# What Python's regular expressions have and RE2's, which never take long, have not: looking around, conditions, atomic
# groups, references to groups, and repetitions that give nothing back. Escapes and sets of characters go first.
_PIECES = re.compile(
    r"(?P<foreign>\(\?(?:[=!>(]|<[=!]|P=)|\\[1-9Z]|[*+?}]\+)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL
)
_LONGEST_PATTERN, _MOST_REPEATS = 1000, 1000


def check_optimizers(context: Context) -> None:
    """Reports numbers that no optimizer can use, optimizers that no weight would have, and patterns of no weights."""
    _freeze(context)
    given, report = context.config.train_config.optimizer_config, context.report
    wide = [at for at, one in enumerate(given) if one.of_first_order_weights]
    if len(given) - len(wide) > 2:
        text = (
            "expected one optimizer, or two: the first for embeddings, the second for all other weights; and perhaps"
            f" one with of_first_order_weights: true. Got {len(given) - len(wide)} without it."
        )
        report.error(_PATH, text)
    elif wide and len(wide) == len(given):
        report.error(f"{_PATH}[0]", "is of first-order weights alone; expected an optimizer of all others beside it.")
    if len(wide) > 1:
        report.error(f"{_PATH}[{wide[1]}]", "is the second one of first-order weights; expected one of them.")
    elif wide and context.has_model and not context.rank.HasField("fm"):
        text = "there are none: the model has no fm { } and no wide part; delete this optimizer."
        report.error(f"{_PATH}[{wide[0]}].of_first_order_weights", text)
    first = next((at for at in range(len(given)) if at not in wide), 0)
    for at, optimizer in enumerate(given):
        context.in_ranges(optimizer, f"{_PATH}[{at}]")
        if at not in (first, *wide) and optimizer.HasField("embedding_learning_rate_multiplier"):
            text = f"this optimizer is for all weights but embeddings; give it to optimizer_config[{first}]."
            report.error(f"{_PATH}[{at}].embedding_learning_rate_multiplier", text)
        kind = optimizer.WhichOneof("optimizer")
        if kind is not None:
            path, message = f"{_PATH}[{at}].{kind}", getattr(optimizer, kind)
            context.in_ranges(message, path)
            _learning_rate(context, message.learning_rate, f"{path}.learning_rate")


def _freeze(context: Context) -> None:
    for at, pattern in enumerate(context.config.train_config.freeze_gradient):
        if problem := _problem(pattern):
            context.report.error(f"train_config.freeze_gradient[{at}]", problem)


def _problem(pattern: str) -> str | None:
    """Returns what is wrong with a regular expression; None: nothing is."""
    if not pattern:
        return "expected a regular expression, got an empty one, which fits every name; .* says so."
    if len(pattern) > _LONGEST_PATTERN:
        return f"expected at most {_LONGEST_PATTERN} characters, got {len(pattern)}."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f'expected a regular expression, got "{pattern}": {error}.'
    for piece in _PIECES.finditer(pattern):
        if piece["foreign"]:
            text = "looking around, conditions, atomic groups and references to groups are not taken; got"
            return f'{text} "{piece[0]}" behind {piece.start()} characters.'
    if any(int(count) > _MOST_REPEATS for count in re.findall(r"[{,](\d{1,9})", pattern)):
        return f"expected at most {_MOST_REPEATS} repetitions of a part."
    return None


def _learning_rate(context: Context, rate: LearningRate, path: str) -> None:
    kind = rate.WhichOneof("learning_rate")
    if kind is None:
        return
    here, schedule = f"{path}.{kind}", getattr(rate, kind)
    context.in_ranges(schedule, here)
    if kind in _SCHEDULES:
        _SCHEDULES[kind](context, schedule, here)


def _exponential(context: Context, schedule: Any, path: str) -> None:
    report = context.report
    if schedule.min_learning_rate > schedule.initial_learning_rate > 0:
        text = f"expected at most initial_learning_rate, {schedule.initial_learning_rate:g}, got"
        report.error(f"{path}.min_learning_rate", f"{text} {schedule.min_learning_rate:g}.")
    if schedule.burnin_learning_rate > 0 and not schedule.burnin_steps:
        text = "needs burnin_steps above 0, in which the rate rises from it to initial_learning_rate."
        report.error(f"{path}.burnin_learning_rate", text)
    steps = context.config.train_config.num_steps
    if 0 < steps <= schedule.burnin_steps:
        text = f"num_steps is {steps}, so the rate never comes to initial_learning_rate."
        report.warn(f"{path}.burnin_steps", text)
    elif schedule.staircase and 0 < steps - schedule.burnin_steps <= schedule.decay_steps and schedule.decay_factor < 1:
        text = f"num_steps is {steps}, so the rate never comes down from initial_learning_rate; got"
        report.warn(f"{path}.decay_steps", f"{text} {schedule.decay_steps}.")


def _cosine(context: Context, schedule: Any, path: str) -> None:
    report = context.report
    before = schedule.warmup_steps + schedule.hold_base_rate_steps
    if 0 < schedule.total_steps <= before:
        text = f"expected more than warmup_steps + hold_base_rate_steps, {before}, got {schedule.total_steps}."
        report.error(f"{path}.total_steps", text)
    _length(context, schedule, path)
    if schedule.HasField("warmup_learning_rate") and not schedule.warmup_steps:
        report.error(f"{path}.warmup_learning_rate", "warmup_steps is 0, so no step has this rate.")
    elif schedule.warmup_steps and schedule.warmup_learning_rate > schedule.learning_rate_base > 0:
        text = f"expected at most learning_rate_base, {schedule.learning_rate_base:g}, got"
        report.error(f"{path}.warmup_learning_rate", f"{text} {schedule.warmup_learning_rate:g}.")


def _manual(context: Context, schedule: Any, path: str) -> None:
    if not schedule.schedule:
        context.report.missing(path, "schedule", "at least one step with its learning_rate")
    for at, each in enumerate(schedule.schedule):
        context.in_ranges(each, f"{path}.schedule[{at}]")
    for at, (before, each) in enumerate(itertools.pairwise(schedule.schedule), 1):
        if each.step <= before.step:
            text = f"expected more than the step before, {before.step}, got {each.step}."
            context.report.error(f"{path}.schedule[{at}].step", text)
    steps = context.config.train_config.num_steps
    if steps > 0 and schedule.schedule and steps <= schedule.schedule[-1].step:
        text = f"num_steps is {steps}, so the rate never comes to that of step {schedule.schedule[-1].step}."
        context.report.warn(f"{path}.schedule", text)


def _poly(context: Context, schedule: Any, path: str) -> None:
    steps = context.config.train_config.num_steps
    if 0 < schedule.total_steps < steps and not schedule.end_learning_rate:
        text = f"the rate is 0 from step {schedule.total_steps} on, and num_steps is {steps}."
        context.report.warn(f"{path}.total_steps", text)
    elif 0 < steps < schedule.total_steps:
        text = f"num_steps is {steps}, so the rate never comes to end_learning_rate, {schedule.end_learning_rate:g}."
        context.report.warn(f"{path}.total_steps", text)


def _length(context: Context, schedule: Any, path: str) -> None:
    """Warns of a schedule whose length differs from the training's, where the config gives that length."""
    steps = context.config.train_config.num_steps
    if 0 < schedule.total_steps < steps:
        text = f"the rate is 0 from step {schedule.total_steps} on, and num_steps is {steps}."
        context.report.warn(f"{path}.total_steps", text)
    if 0 < steps <= schedule.warmup_steps:
        text = f"num_steps is {steps}, so the rate never comes to learning_rate_base."
        context.report.warn(f"{path}.warmup_steps", text)
    elif 0 < steps < schedule.total_steps:
        end = _cosine_rate(schedule, steps)
        text = f"num_steps is {steps}, so the schedule is left at {steps / schedule.total_steps:.0%}: the rate ends at "
        text += f"{end:.3g} of learning_rate_base {schedule.learning_rate_base:.3g}, not at 0. Expected {steps}, got"
        context.report.warn(f"{path}.total_steps", f"{text} {schedule.total_steps}.")


def _cosine_rate(schedule: Any, step: int) -> float:
    """Returns the rate after warm-up, by the formula of CosineDecay."""
    start = schedule.warmup_steps + schedule.hold_base_rate_steps
    share = min(1.0, max(0.0, (step - start) / max(1, schedule.total_steps - start)))
    return schedule.learning_rate_base * 0.5 * (1.0 + math.cos(math.pi * share))


# Checks of the fields of a schedule together; the range of each alone is its option in train.proto.
_SCHEDULES = {
    "exponential_decay_learning_rate": _exponential,
    "manual_step_learning_rate": _manual,
    "cosine_decay_learning_rate": _cosine,
    "poly_decay_learning_rate": _poly,
}

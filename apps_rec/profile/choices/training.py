"""Decides how long, in which steps and how fast to train, by the number of rows."""

from __future__ import annotations

from dataclasses import dataclass

# Steps of a pass: enough of them to learn from a small table, few enough that a large one takes large batches.
_STEPS_A_PASS = 200
_LEAST_BATCH, _MOST_BATCH = 128, 4096
# Rows that a training sees, all passes together, and its most passes; a small table takes as many more as make so many
# steps. Of 3,000 rows of Adult, 12 passes reached AUC .891 and 50 .907.
_ROWS_IN_ALL, _MOST_PASSES = 3_000_000, 12
_LEAST_STEPS, _MOST_PASSES_OF_FEW = 1_000, 50
# Adam's rate at a batch of 1,024; smaller batches take the root of their part of it (Malladi et al. 2022), larger ones
# no more.
_RATE, _RATE_BATCH = 0.002, 1024
# Ids are learned by heart within a pass, so that the best moment may lie inside one.
_CHECKS_A_PASS = 4
# Passes without a better figure after which training stops.
_PATIENCE_PASSES = 3
# Of a small table: a measurement costs more than some steps, and its figures are noise.
_LEAST_CHECK, _LEAST_PATIENCE = 20, 10


@dataclass(frozen=True)
class Training:
    """Length and rate of a training.

    Attributes:
        batch_size: rows a step.
        num_epochs: passes at most.
        learning_rate: rate of Adam in the first step; it falls to 0 with the last.
        total_steps: steps of all passes.
        check_steps: steps between two checkpoints that are measured.
        patience_steps: steps without a better figure after which training stops.
    """

    batch_size: int
    num_epochs: int
    learning_rate: float
    total_steps: int
    check_steps: int
    patience_steps: int


def decide_training(rows: int) -> Training:
    """Returns how to train on so many rows.

    Example:
        >>> training = decide_training(180_000)
        >>> training.batch_size, training.num_epochs, training.learning_rate, training.total_steps
        (512, 12, 0.0014, 4224)
    """
    batch = _LEAST_BATCH
    while 2 * batch * _STEPS_A_PASS <= rows and batch < _MOST_BATCH:
        batch *= 2
    steps = max(1, -(-rows // batch))
    passes = max(1, min(_MOST_PASSES, round(_ROWS_IN_ALL / max(1, rows))))
    passes = max(passes, min(_MOST_PASSES_OF_FEW, -(-_LEAST_STEPS // steps)))
    rate = round(_RATE * min(1.0, batch / _RATE_BATCH) ** 0.5, 4)
    check = max(_LEAST_CHECK, -(-steps // _CHECKS_A_PASS))
    patience = max(check * _CHECKS_A_PASS * min(_PATIENCE_PASSES, passes), _LEAST_PATIENCE * check)
    return Training(batch, passes, rate, steps * passes, check, patience)

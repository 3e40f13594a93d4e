"""Batches, passes and rates by the rule of docs/init.md."""

import pytest

from apps_rec.profile.choices.training import decide_training


@pytest.mark.parametrize(
    ("rows", "batch", "passes"),
    [
        (10, 128, 50),
        (3_000, 128, 42),
        (30_000, 128, 12),
        (115_574, 512, 12),
        (1_000_000, 4096, 5),
        (20_000_000, 4096, 1),
    ],
)
def test_batch_and_passes(rows, batch, passes):
    training = decide_training(rows)
    assert (training.batch_size, training.num_epochs) == (batch, passes)
    assert training.total_steps == passes * -(-rows // batch)
    assert training.learning_rate == pytest.approx(0.002 * min(1, batch / 1024) ** 0.5, abs=1e-4)
    assert training.check_steps <= training.patience_steps


def test_a_pass_of_a_large_table_is_measured_four_times():
    training = decide_training(4_096_000)
    assert (training.total_steps, training.check_steps) == (1000, 250)

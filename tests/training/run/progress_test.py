"""Where a run stands, and when it is over."""

import pytest

from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.run.progress import DataPosition


def config(num_steps=0, num_epochs=0, max_check_steps=0):
    message = PipelineConfig()
    message.train_config.num_steps = num_steps
    message.data_config.num_epochs = num_epochs
    if max_check_steps:
        message.export_config.enable_early_stop = True
        message.export_config.max_check_steps = max_check_steps
    return message


def test_a_run_that_begins():
    progress = DataPosition()
    assert progress.position() == (0, 0)
    assert progress.best() is None
    assert not progress.owes_evaluation()


def test_what_was_noted_is_told():
    progress = DataPosition()
    for name, value in {"epoch": 2, "row": 40, "best_step": 30, "best_value": 0.75, "evaluation_due": 1}.items():
        getattr(progress, name).assign(value)
    assert progress.position() == (2, 40)
    assert progress.best() == (30, 0.75)
    assert progress.owes_evaluation()


@pytest.mark.parametrize(
    ("epoch", "step", "options", "is_over"),
    [
        (1, 99, {"num_steps": 100}, False),
        (1, 100, {"num_steps": 100}, True),
        (2, 10**6, {"num_epochs": 3}, False),
        (3, 10**6, {"num_epochs": 3}, True),
        (0, 10**6, {}, False),
        # The best evaluation was at step 50.
        (0, 69, {"max_check_steps": 20}, False),
        (0, 70, {"max_check_steps": 20}, True),
    ],
)
def test_the_end_of_a_run(epoch, step, options, is_over):
    progress = DataPosition()
    progress.epoch.assign(epoch)
    progress.best_step.assign(50)
    progress.best_value.assign(0.5)
    assert progress.is_over(config(**options), step) is is_over


def test_a_run_without_an_evaluation_is_not_stopped_early():
    assert not DataPosition().is_over(config(max_check_steps=20), 10**6)

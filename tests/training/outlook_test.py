"""The line that says how far a training is."""

import re

import pytest

from apps_rec.training.outlook import WIDTH, Length, Outlook, shown

LOSSES = {"loss": 0.693147, "loss_ctr": 0.5, "loss_cvr": 0.25}


def clock(*times):
    return iter(times).__next__


def test_the_line_of_the_docs():
    outlook = Outlook(Length(1560, 3, 5200, 520), lambda: ("auc", 0.68), clock(10.0, 20.0))
    outlook.start(1, (0, 10))
    # 99 of 1,560 steps took 10 s: 1,460 more take 147.
    assert (
        outlook.line(100, (0, 1000), {}, None)
        == "step 100/1,560, epoch 1/3, 2 min left with evaluations, best auc 0.6800"
    )


def test_steps_and_epochs_end_it_whichever_comes_first():
    assert Length(100, 3, 1000, 10).steps(5, (0, 500)) == (30, True)
    assert Length(20, 3, 1000, 10).steps(5, (0, 500)) == (20, True)
    assert Length(0, 3, 1000, 10).share(15, (1, 500)) == 0.5
    # Of an estimated number of rows: 5 steps are a sixth of three epochs.
    assert Length(0, 3, 1000).steps(5, (0, 500)) == (30, False)
    assert Length(100, 3, 1000).steps(5, (0, 500)) == (30, False)
    assert Length(20, 3, 1000).steps(5, (0, 500)) == (20, True)
    # An estimate that is too small: the epoch stands at its end until it ends.
    assert Length(0, 2, 1000).share(20, (0, 1500)) == 0.5
    assert Length(0, 2).share(20, (0, 1500)) is None


def test_what_is_not_known_is_left_out():
    outlook = Outlook(Length(0, 2))
    outlook.start(1, (0, 32))
    assert outlook.line(10, (0, 320), LOSSES, 1234.5) == (
        "step 10, epoch 1/2, loss 0.69315, loss_ctr 0.50000, loss_cvr 0.25000, 1,234 rows/s"
    )
    assert Outlook(Length(30)).line(10, (4, 0), {}, None) == "step 10/30, epoch 5"


def test_a_number_of_steps_that_is_estimated_has_two_digits():
    outlook = Outlook(Length(0, 3, 1000))
    found = [outlook.line(step, (0, row), {}, None) for step, row in ((5, 500), (7, 690), (1234, 999))]
    # 5 steps for 500 of 3,000 rows: 30; 7 for 690: 30.4; 1,234 for 999: 3,706.
    assert found == [f"step {steps}, epoch 1/3" for steps in ("5/~30", "7/~30", "1,234/~3,700")]
    # Never less than the steps that were made.
    assert Outlook(Length(0, 1, 1000)).line(1234, (0, 1000), {}, None) == "step 1,234/~1,234, epoch 1/1"


def test_behind_the_last_row_it_is_the_last_epoch():
    assert Outlook(Length(0, 3, 1000, 10)).line(30, (3, 0), {}, None).startswith("step 30/30, epoch 3/3")


@pytest.mark.parametrize("tasks", [1, 5, 200])
@pytest.mark.parametrize("metric", ["auc_ctr", "auc_" + "tower" * 30])
def test_it_is_one_line_of_at_most_120_characters(tasks, metric):
    outlook = Outlook(Length(123_456_789, 30, 10**9, 10**6), lambda: (metric, 0.5), clock(0.0, 1e6))
    outlook.start(1, (0, 1))
    line = outlook.line(12_345_678, (11, 5), {f"loss_{task}": 1.0 for task in range(tasks)}, 123456.7)
    assert len(line) <= WIDTH
    assert "\n" not in line
    assert re.match(r"step 12,345,678/30,000,000, epoch 12/30, ", line)


def test_a_loss_that_did_not_fit_does_not_come_back():
    losses = {"loss": 0.5, "loss_ctr": 0.25, "loss_ctcvr": 0.125, "loss_l2": 0.0625}
    outlook = Outlook(Length(12_000, 3))
    found = []
    for rows in (None, 1.0, 10.0**36, 1.0):
        line = outlook.line(10, (0, 320), losses, rows)
        found.append(re.findall(r"loss\w*", line))
    # The third line has no room for the last two.
    assert found == [list(losses), list(losses), ["loss", "loss_ctr"], ["loss", "loss_ctr"]]


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0 s"), (59, "59 s"), (61, "1 min"), (7260, "2 h 1 min")])
def test_times(seconds, text):
    assert shown(seconds) == text

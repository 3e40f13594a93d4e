"""A funnel whose later step is known nowhere but behind the one before it is told of at the end of the pass."""

import numpy as np
import pytest

from apps_rec.data.rows.steps import StepWatch
from apps_rec.data.rows.stream import RowStream
from apps_rec.data.schema import Column, LabelRule, Schema

STEPS = ("click", "download")
EMPTY = {"download": LabelRule((None,))}


def warnings(rows, rules=EMPTY, steps=STEPS):
    """Returns the warnings about batches of (click, download)."""
    watch = StepWatch(Schema((), labels=STEPS, label_steps=steps, label_rules=rules))
    for batch in rows:
        click, download = np.array(batch, np.float32).reshape(-1, 2).T
        watch.look({"click": click, "download": download})
    return watch.rest()


def test_it_is_told_where_no_row_without_a_click_is_known():
    (text,) = warnings([[(1, 0), (1, -1)], [(1, 1), (0, -1)], [(0, -1)]])
    assert text == (
        'label "download": it was not observed in any row without a "click", and these do not count: the product of '
        'the funnel is learned from rows with a "click" alone, and is no longer a rate of all rows. Write 0 for the '
        '"download" of a row without a "click": it is known'
    )


@pytest.mark.parametrize(
    "rows",
    [
        [[(1, 0), (0, -1)], [(0, 0)], [(0, -1)]],  # some are known: a last day that is not
        [[(1, 1), (1, -1)]],  # clicked rows alone, none of which is left out for want of a click
        [[(-1, -1), (1, 1)]],
        [],
    ],
)
def test_no_false_alarm(rows):
    assert warnings(rows) == []


def test_it_is_about_funnels_and_labels_that_may_be_unknown():
    rows = [[(1, 0), (0, -1)]]
    assert warnings(rows, steps=()) == []
    assert warnings(rows, rules={}) == []
    assert warnings(rows, rules={"download": LabelRule(spaces=("click",))}) == []


def test_a_pass_says_it_once(tmp_path, caplog):
    path = tmp_path / "a.csv"
    path.write_text("click,download\n" + "0,\n1,1\n1,0\n" * 50)
    declared = (Column("click", "INT32", 0), Column("download", "INT32", 0))
    schema = Schema(
        (), labels=STEPS, label_steps=STEPS, label_rules=EMPTY, input_type="csv", with_header=True, declared=declared
    )
    stream = RowStream([str(path)], schema, 40)
    stream.watch()
    list(stream.batches(0, start_row=80))
    assert caplog.messages == []
    list(stream.batches(1))
    list(stream.batches(2))
    assert len(caplog.messages) == 1
    assert "no longer a rate of all rows" in caplog.text

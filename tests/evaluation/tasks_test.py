import doctest

import pytest

from apps_rec.evaluation import tasks
from apps_rec.evaluation.tasks import MetricSpec, TaskMetrics


def test_bad_arguments_say_what_came():
    with pytest.raises(ValueError, match=r"metrics: f1 is not among auc, gauc, session_auc, log_loss, "):
        MetricSpec("f1")
    with pytest.raises(ValueError, match=r"metrics: gauc needs `users`"):
        MetricSpec("gauc")
    with pytest.raises(ValueError, match=r"metrics: auc takes no column of users"):
        MetricSpec("auc", "user_id")
    with pytest.raises(ValueError, match=r"gauc does not take .*reduction is one of mean"):
        MetricSpec("gauc", "user_id", {"reduction": "max"})
    with pytest.raises(ValueError, match=r"auc does not take .*reduction"):
        MetricSpec("auc", options={"reduction": "mean"})
    with pytest.raises(ValueError, match="metrics of ctr: expected a label"):
        TaskMetrics("ctr", "p", ())
    with pytest.raises(ValueError, match="metrics of price: expected binary, number or classes as kind, got 'float'"):
        TaskMetrics("price", "p", "price", kind="float")
    with pytest.raises(ValueError, match="metrics of price: expected one label, got price, click"):
        TaskMetrics("price", "p", ("price", "click"), kind="number")


def test_docstring_examples_run():
    tried = doctest.testmod(tasks)
    assert (tried.failed, tried.attempted) == (0, 1)

"""What is suggested for a word that is not known."""

import doctest

import pytest

from apps_rec import nearest as module
from apps_rec.nearest import did_you_mean, nearest

OPTIONS = ["batch_size", "shuffle", "num_epochs"]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("batch_sise", "batch_size"),
        ("Batch_Size", "batch_size"),
        ("size_batch", "batch_size"),
        ("num", "num_epochs"),
        ("optimizer", None),
        ("", None),
    ],
)
def test_the_nearest_option(word, found):
    assert nearest(word, OPTIONS) == found


def test_the_end_of_a_message():
    assert did_you_mean("click") == ' Did you mean "click"?'
    assert did_you_mean(None) == ""


def test_docstring_examples_run():
    tried = doctest.testmod(module)
    assert (tried.failed, tried.attempted) == (0, 2)

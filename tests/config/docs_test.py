"""The examples in the docstrings are right."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["load", "text.paths", "text.tokens", "files.dates", "files.uris"])
def test_examples(name):
    module = importlib.import_module(f"apps_rec.config.{name}")
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0

"""The examples in docstrings of apps_rec.data are true."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["delta", "folders", "hive_paths", "values.hints"])
def test_examples(name):
    tried = doctest.testmod(importlib.import_module(f"apps_rec.data.{name}"))
    assert tried.attempted
    assert not tried.failed

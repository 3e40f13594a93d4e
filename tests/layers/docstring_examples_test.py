import doctest
import importlib
import pkgutil

import pytest

import apps_rec.layers

MODULES = [module.name for module in pkgutil.walk_packages(apps_rec.layers.__path__, "apps_rec.layers.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize(
    "name", sorted(set(apps_rec.layers.__all__) - {"ACTIVATIONS", "COMBINERS", "TRAINED_ACTIVATIONS"})
)
def test_every_public_name_has_an_example(name):
    thing = getattr(apps_rec.layers, name)
    assert ">>> " in thing.__doc__
    assert "Output shape:" in thing.__doc__ or "Input shape" not in thing.__doc__

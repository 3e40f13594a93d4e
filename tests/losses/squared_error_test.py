import doctest

import numpy as np

from apps_rec.losses import squared_error


def test_against_numpy(drawn, loss_of):
    _, logits, weights, _ = drawn()
    labels = np.linspace(-3, 3, len(logits))
    assert np.isclose(loss_of("L2_LOSS", labels, logits, weights), np.average((labels - logits) ** 2, weights=weights))
    labels = np.linspace(0, 1, len(logits))
    probs = 1 / (1 + np.exp(-logits))
    expected = np.average((labels - probs) ** 2, weights=weights)
    assert np.isclose(loss_of("SIGMOID_L2_LOSS", labels, logits, weights), expected)


def test_docstring_examples_run():
    tried = doctest.testmod(squared_error)
    assert (tried.failed, tried.attempted) == (0, 2)

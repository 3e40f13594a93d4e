"""What bodies say of their experts and gates: mixed by hand, it is what they put out."""

import numpy as np
import tensorflow as tf

from apps_rec.models.bodies import MixtureOfExperts, ProgressiveExtraction
from apps_rec.models.specs import DnnSpec, ExtractionSpec, Group

GROUPS = (Group("all", ("a", "b")),)
X = np.random.default_rng(3).normal(size=(6, 5)).astype(np.float32)
TASKS = ["ctr", "cvr"]


def mixed(mixture, gate):
    """The sum of a gate's experts, each times its share."""
    return sum(
        share.numpy()[:, np.newaxis] * mixture.experts[name].numpy() for name, share in mixture.gates[gate].items()
    )


def test_mixture_of_experts():
    body = MixtureOfExperts(GROUPS, 2, 3, DnnSpec((4,)))
    outputs = body([tf.constant(X)])
    (mixture,) = body.mixtures([tf.constant(X)], TASKS).values()
    assert list(mixture.experts) == ["expert 0", "expert 1", "expert 2"]
    assert list(mixture.gates) == TASKS
    for task, output in zip(TASKS, outputs, strict=True):
        np.testing.assert_allclose(mixed(mixture, task), output, rtol=1e-5, atol=1e-6)


def test_progressive_extraction():
    networks = [
        ExtractionSpec(
            "one", num_task_experts=2, num_shared_experts=1, task_expert=DnnSpec((4,)), shared_expert=DnnSpec((4,))
        ),
        ExtractionSpec(
            "two", num_task_experts=1, num_shared_experts=1, task_expert=DnnSpec((3,)), shared_expert=DnnSpec((3,))
        ),
    ]
    body = ProgressiveExtraction(GROUPS, 2, networks)
    outputs = body([tf.constant(X)])
    layers = body.mixtures([tf.constant(X)], TASKS)
    assert list(layers) == ["one", "two"]
    assert list(layers["one"].gates) == ["ctr", "cvr", "gate of the shared experts"]
    assert list(layers["one"].gates["ctr"]) == ["ctr's expert 0", "ctr's expert 1", "shared expert 0"]
    assert list(layers["one"].gates["gate of the shared experts"]) == list(layers["one"].experts)
    assert list(layers["two"].gates) == TASKS
    for task, output in zip(TASKS, outputs, strict=True):
        np.testing.assert_allclose(mixed(layers["two"], task), output, rtol=1e-5, atol=1e-6)
    for layer in layers.values():
        for shares in layer.gates.values():
            np.testing.assert_allclose(sum(share.numpy() for share in shares.values()), np.ones(6), rtol=1e-5)

"""A layer of progressive extraction: its value by a loop, and what every layer keeps to."""

import numpy as np
import pytest

from apps_rec.layers import CustomizedGateControl

RNG = np.random.default_rng(0)
X = [RNG.normal(size=[5, 3]).astype(np.float32) for _ in range(3)]  # of two tasks, and the shared one
TANH = {"hidden_units": [4], "activation": "tanh"}
LINEAR = {"hidden_units": [3, 4], "activation": "linear"}


def test_standard_checks(check_layer):
    check_layer(lambda: CustomizedGateControl(2, 2, 1, TANH, LINEAR, l2=0.1, name="cgc"), X)


def test_standard_checks_of_the_last(check_layer):
    bn = {"hidden_units": [4], "use_bn": True, "dropout": 0.2}
    check_layer(lambda: CustomizedGateControl(2, 1, 2, bn, TANH, is_last=True, name="cgc"), X)


@pytest.mark.parametrize("is_last", [False, True])
def test_value_against_a_loop(is_last):
    """Equations 1 to 6 of the paper, in float64."""
    layer = CustomizedGateControl(2, 2, 1, TANH, LINEAR, is_last=is_last, name="cgc")
    got = layer(X)
    for weight in layer.weights:  # biases begin at 0
        weight.assign(RNG.normal(size=weight.shape))
    got = layer(X)
    weights = {weight.name.removesuffix(":0"): weight.numpy().astype(np.float64) for weight in layer.weights}

    def dense(x, name):
        return x @ weights[f"{name}/kernel"] + weights[f"{name}/bias"]

    def named(end):
        (found,) = {name.rpartition("/")[0] for name in weights if end in name}
        return found

    def own(t, x):
        return [np.tanh(dense(x, named(f"task_{t}/expert_{k}/dense_0"))) for k in range(2)]

    def shared(x):
        return [dense(dense(x, named("shared/expert_0/dense_0")), named("shared/expert_0/dense_1"))]

    def mixed(x, gate, experts):
        odds = np.exp(dense(x, named(f"{gate}/logits")))
        return sum((odds[:, [k]] / odds.sum(axis=1, keepdims=True)) * expert for k, expert in enumerate(experts))

    x = [part.astype(np.float64) for part in X]
    expected = [mixed(x[t], f"task_{t}_gate", own(t, x[t]) + shared(x[2])) for t in range(2)]
    if not is_last:
        expected.append(mixed(x[2], "shared_gate", own(0, x[0]) + own(1, x[1]) + shared(x[2])))
    assert len(got) == len(expected)
    for value, want in zip(got, expected, strict=True):
        np.testing.assert_allclose(value, want, rtol=1e-4, atol=1e-5)


def test_experts_start_apart():
    layer = CustomizedGateControl(2, 2, 2, TANH, TANH, name="cgc")
    layer(X)
    kernels = [w.numpy() for w in layer.weights if "dense_0/kernel" in w.name]
    assert len(kernels) == 6
    assert all(np.abs(a - b).max() > 0.01 for i, a in enumerate(kernels) for b in kernels[:i])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 1, 1, TANH, TANH), "cgc: num_tasks must be a whole number of at least 1, got 0"),
        ((2, 0, 1, TANH, TANH), "num_task_experts must be"),
        ((2, 1, 0, TANH, TANH), "num_shared_experts must be"),
        ((2, 1, 1, TANH, {"hidden_units": [3]}), r"all end in one width; got \[4, 3\]"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        CustomizedGateControl(*arguments, name="cgc")


def test_another_number_of_inputs():
    with pytest.raises(ValueError, match="expected 2 tasks' inputs and a shared one, got 2"):
        CustomizedGateControl(2, 1, 1, TANH, TANH, name="cgc")(X[:2])

import numpy as np
import pytest


def by_loop(labels, logits, weights, sessions, temperature, of_pair):
    """Add up a function of the differences of scores and labels over all pairs."""
    total = count = 0.0
    for i in range(len(labels)):
        for j in range(len(labels)):
            if labels[i] > labels[j] and sessions[i] == sessions[j]:
                value, counts = of_pair((logits[i] - logits[j]) / temperature, labels[i] - labels[j])
                total += weights[i] * weights[j] * value * counts
                count += weights[i] * weights[j] * counts
    return total / count


def softplus(x):
    return np.log1p(np.exp(x))


def focal(d):
    return (1 / (1 + np.exp(d))) ** 2 * softplus(-d)


CASES = {
    "margin": ("PAIR_WISE_LOSS", {"margin": 0.5}, 1.0, lambda d, y: (softplus(0.5 - d), 1)),
    "margin, cooler": ("PAIR_WISE_LOSS", {"temperature": 3.0}, 3.0, lambda d, y: (softplus(-d), 1)),
    "logistic": ("PAIRWISE_LOGISTIC_LOSS", {}, 1.0, lambda d, y: (softplus(-d), 1)),
    "logistic, hinge": ("PAIRWISE_LOGISTIC_LOSS", {"hinge_margin": 1.5}, 1.0, lambda d, y: (softplus(1.5 - d), 1)),
    "logistic, labels": (
        "PAIRWISE_LOGISTIC_LOSS",
        {"use_label_margin": True, "temperature": 2.0},
        2.0,
        lambda d, y: (softplus(y / 2 - d), 1),
    ),
    "hinge": ("PAIRWISE_HINGE_LOSS", {"use_label_margin": False, "margin": 2.0}, 1.0, lambda d, y: (max(0, 2 - d), 1)),
    "hinge, labels": ("PAIRWISE_HINGE_LOSS", {"temperature": 2.0}, 2.0, lambda d, y: (max(0, y / 2 - d), 1)),
    "hinge, plain labels": (
        "PAIRWISE_HINGE_LOSS",
        {"temperature": 2.0, "label_is_logits": False},
        2.0,
        lambda d, y: (max(0, y - d), 1),
    ),
    "focal": ("PAIRWISE_FOCAL_LOSS", {}, 1.0, lambda d, y: (focal(d), d < 1)),
    "focal, all": (
        "PAIRWISE_FOCAL_LOSS",
        {"hinge_margin": 1e9, "alpha": 0.25, "temperature": 2.0},
        2.0,
        lambda d, y: (0.25 * focal(d), 1),
    ),
}


@pytest.mark.parametrize("high", [2, 4])
@pytest.mark.parametrize("by_session", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_against_a_loop(case, by_session, high, drawn, loss_of):
    name, options, temperature, of_pair = CASES[case]
    labels, logits, weights, sessions = drawn(high=high)
    got = loss_of(name, labels, logits, weights, sessions if by_session else None, **options)
    of_loop = by_loop(labels, logits, weights, sessions if by_session else 0 * sessions, temperature, of_pair)
    assert float(got) == pytest.approx(of_loop, rel=1e-9)


def test_only_the_hardest_pairs_count(loss_of):
    # Three pairs with differences 1, -1 and 2, of which round(.3 x 3) = 1 is left, the second.
    got = loss_of("PAIRWISE_LOGISTIC_LOSS", [1, 0, 0, 0], [1.0, 0.0, 2.0, -1.0], ohem_ratio=0.3)
    assert float(got) == pytest.approx(softplus(1))


def test_a_batch_of_one_label_has_no_pair(loss_of):
    assert float(loss_of("PAIR_WISE_LOSS", [1, 1, 1], [0.0, 1.0, 2.0])) == 0

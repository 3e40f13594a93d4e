import numpy as np
import pytest


def by_loop(labels, logits, weights, gamma, alpha, smoothing):
    total = 0.0
    for y, z, w in zip(labels, logits, weights, strict=True):
        p = 1 / (1 + np.exp(-z))
        p_t = p if y else 1 - p
        target = y * (1 - smoothing) + smoothing / 2
        entropy = -(target * np.log(p) + (1 - target) * np.log(1 - p))
        a_t = 1 if alpha is None else alpha if y else 1 - alpha
        total += w * a_t * (1 - p_t) ** gamma * entropy
    return total / sum(weights)


@pytest.mark.parametrize(
    ("gamma", "alpha", "smoothing"), [(2.0, None, 0.0), (2.0, 0.25, 0.0), (0.5, 0.7, 0.2), (0.0, None, 0.0)]
)
def test_against_a_loop(gamma, alpha, smoothing, drawn, loss_of):
    labels, logits, weights, _ = drawn()
    got = loss_of("BINARY_FOCAL_LOSS", labels, logits, weights, gamma=gamma, alpha=alpha, label_smoothing=smoothing)
    assert float(got) == pytest.approx(by_loop(labels, logits, weights, gamma, alpha, smoothing), rel=1e-10)


def test_gamma_0_is_cross_entropy(drawn, loss_of):
    labels, logits, weights, _ = drawn()
    focal = loss_of("BINARY_FOCAL_LOSS", labels, logits, weights, gamma=0.0)
    assert float(focal) == pytest.approx(float(loss_of("CLASSIFICATION", labels, logits, weights)), rel=1e-10)


def test_only_the_hardest_rows_count(loss_of):
    # Cross entropy of a positive falls with its logit: of five rows that count, round(.4 x 5) = 2 are left, -2 and -1.
    logits, weights = np.array([3.0, -2.0, 0.0, -9.0, 1.0, -1.0]), np.array([1.0, 1, 1, 0, 1, 3])
    got = loss_of("BINARY_FOCAL_LOSS", np.ones(6), logits, weights, gamma=0.0, ohem_ratio=0.4)
    assert float(got) == pytest.approx((np.log1p(np.exp(2)) + 3 * np.log1p(np.exp(1))) / 4)

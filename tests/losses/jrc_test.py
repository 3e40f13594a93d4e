import numpy as np
import pytest


def by_loop(labels, logits, weights, sessions, alpha, same_label_loss):
    total = 0.0
    for i, y in enumerate(labels.astype(int)):
        of_class = -(logits[i, y] - np.log(np.exp(logits[i]).sum()))
        below = 0.0 if same_label_loss else np.exp(logits[i, y])
        for j in range(len(labels)):
            if sessions[i] == sessions[j] and (same_label_loss or labels[i] != labels[j]):
                below += (weights[j] > 0) * np.exp(logits[j, y])
        of_row = -(logits[i, y] - np.log(below)) if weights[i] else 0.0
        total += weights[i] * (alpha * of_class + (1 - alpha) * of_row)
    return total / weights.sum()


@pytest.mark.parametrize("same_label_loss", [True, False])
@pytest.mark.parametrize("by_session", [True, False])
@pytest.mark.parametrize("alpha", [0.5, 0.1])
def test_against_a_loop(alpha, by_session, same_label_loss, drawn, loss_of):
    labels, logits, weights, sessions = drawn(2)
    options = {"alpha": alpha, "same_label_loss": same_label_loss}
    got = loss_of("JRC_LOSS", labels, logits, weights, sessions if by_session else None, **options)
    of_loop = by_loop(labels, logits, weights, sessions if by_session else 0 * sessions, **options)
    assert float(got) == pytest.approx(of_loop, rel=1e-9)


def test_alpha_1_is_the_softmax_over_classes(drawn, loss_of):
    labels, logits, weights, sessions = drawn(2)
    jrc = loss_of("JRC_LOSS", labels, logits, weights, sessions, alpha=1.0)
    assert float(jrc) == pytest.approx(float(loss_of("CLASSIFICATION", labels, logits, weights)), rel=1e-12)

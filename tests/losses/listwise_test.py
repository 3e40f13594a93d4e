import numpy as np
import pytest


def by_loop(labels, logits, weights, sessions, temperature, label_is_logits):
    found = []
    for session in np.unique(sessions):
        rows = (sessions == session) & (weights > 0)
        y, s, w = labels[rows], logits[rows] / temperature, weights[rows]
        target = w * (np.exp(y / temperature) if label_is_logits else y)
        if target.sum() > 0:
            log_softmax = s - np.log(np.exp(s).sum())
            found.append(-(target / target.sum() * log_softmax).sum())
    return np.mean(found)


@pytest.mark.parametrize("label_is_logits", [False, True])
@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_against_a_loop(temperature, label_is_logits, drawn, loss_of):
    labels, logits, weights, sessions = drawn(high=3)
    options = {"temperature": temperature, "label_is_logits": label_is_logits}
    got = loss_of("LISTWISE_RANK_LOSS", labels, logits, weights, sessions, **options)
    assert float(got) == pytest.approx(by_loop(labels, logits, weights, sessions, **options), rel=1e-9)


def test_by_hand(loss_of):
    # Session 7: logits 0 and log 3, the positive is the first: -log(1/4). Session 9 has no positive.
    got = loss_of("LISTWISE_RANK_LOSS", [1, 0, 0], [0.0, np.log(3), 5.0], None, [7, 7, 9])
    assert float(got) == pytest.approx(np.log(4))

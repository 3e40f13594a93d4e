import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression

from apps_rec.evaluation.platt import fit_logit


def draw_rows(rows, scale, shift, centre=-3.0, seed=0):
    """Return labels, and logits x of which scale x + shift is the true logit."""
    draw = np.random.default_rng(seed)
    logits = draw.normal(centre, 1.2, rows)
    return draw.random(rows) < 1 / (1 + np.exp(-(scale * logits + shift))), logits


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (0.5, 2.0), (3.0, -1.0)])
@pytest.mark.parametrize("centre", [-3.0, 0.0, 8.0])
def test_the_fit_agrees_with_scikit_learn(scale, shift, centre):
    labels, logits = draw_rows(20_000, scale, shift - scale * centre, centre)
    found = fit_logit(labels.astype(float), logits)
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit((logits - centre)[:, None], labels)
    expected = (peer.coef_[0, 0], peer.intercept_[0] - peer.coef_[0, 0] * centre)
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-4)
    newton = sm.Logit(labels, sm.add_constant(logits - centre)).fit(tol=1e-14, disp=0).params
    assert found == pytest.approx((newton[1], newton[0] - newton[1] * centre), rel=1e-6, abs=1e-6)
    # The log loss is least where the mean prediction is the mean label, overall and weighed by the logit.
    residuals = 1 / (1 + np.exp(-(found[0] * logits + found[1]))) - labels
    assert abs(residuals.mean()) < 1e-9
    assert abs((residuals * logits).mean()) < 1e-8

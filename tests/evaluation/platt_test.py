import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression

from apps_rec.evaluation.columns import RowsOfTask
from apps_rec.evaluation.metrics import auc, log_loss
from apps_rec.evaluation.platt import fit_logit, scaling_of, scalings_table
from apps_rec.evaluation.tasks import TaskMetrics

TASK = TaskMetrics("ctr", "probs_ctr", "click")


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


def test_the_truth_is_found_and_the_order_stays():
    labels, logits = draw_rows(300_000, 0.7, 0.4)
    probs = (1 / (1 + np.exp(-logits))).astype(np.float32)
    found = scaling_of("ctr", TASK, RowsOfTask(labels, probs, {}), 2.0, 0.5)
    # These logits are 2 x raw logit + 0.5: of the raw ones the truth is 1.4 and 0.7 x 0.5 + 0.4.
    assert (found.scale, found.shift) == (pytest.approx(1.4, rel=0.03), pytest.approx(0.75, rel=0.1))
    assert (found.rows, found.positives, found.why_not) == (300_000, labels.sum(), "")
    assert found.log_loss[0] == pytest.approx(log_loss(labels, probs), rel=1e-5)
    assert found.log_loss[1] < found.log_loss[0]
    assert found.error[1] < found.error[0] / 5
    factor, term = fit_logit(labels.astype(float), logits)
    assert auc(labels, factor * logits + term) == auc(labels, logits)


@pytest.mark.parametrize(
    ("labels", "scores", "why"),
    [
        (np.arange(1000) < 99, np.linspace(0.1, 0.9, 1000), "fewer than 100 positives or negatives"),
        (np.arange(1000) < 500, np.full(1000, 0.25), "all predictions are the same"),
        (np.arange(1000) % 1000 < 500, np.linspace(0.1, 0.9, 1000), "higher predictions have fewer positives"),
    ],
)
def test_what_is_left_as_it_is(labels, scores, why):
    found = scaling_of("ctr", TASK, RowsOfTask(labels, scores, {}), 1.0, 0.0)
    assert (found.scale, found.shift, found.log_loss) == (None, None, None)
    assert found.why_not == why
    assert f"ctr: left as it is: {why}" in scalings_table([found])
    assert scalings_table([found]).splitlines()[1].split()[-4:] == ["n/a"] * 4

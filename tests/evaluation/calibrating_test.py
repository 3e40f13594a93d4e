import numpy as np
import pytest

from apps_rec.evaluation.calibrating import ISOTONIC, METHODS, PLATT, fitted, fitted_table
from apps_rec.evaluation.columns import RowsOfTask
from apps_rec.evaluation.isotonic import line_at
from apps_rec.evaluation.metrics import auc, log_loss
from apps_rec.evaluation.tasks import TaskMetrics

TASK = TaskMetrics("ctr", "probs_ctr", "click")
NONE = {"negatives_kept": 1.0, "logit_scale": 1.0, "logit_shift": 0.0, "logit_knots": (), "logit_values": ()}


def draw_rows(rows, scale, shift, centre=-3.0, seed=0):
    """Return labels, and logits x of which scale x + shift is the true logit."""
    draw = np.random.default_rng(seed)
    logits = draw.normal(centre, 1.2, rows)
    return draw.random(rows) < 1 / (1 + np.exp(-(scale * logits + shift))), logits


def fit(labels, scores, method, given=None):
    return fitted("ctr", TASK, RowsOfTask(labels, scores, {}), NONE | (given or {}), method, 100)


def test_the_truth_is_found_and_the_order_stays():
    labels, logits = draw_rows(300_000, 0.7, 0.4)
    probs = (1 / (1 + np.exp(-logits))).astype(np.float32)
    found = fit(labels, probs, PLATT, {"logit_scale": 2.0, "logit_shift": 0.5})
    # These logits are 2 x raw logit + 0.5: of the raw ones the truth is 1.4 and 0.7 x 0.5 + 0.4.
    scale, shift = found.correction["logit_scale"], found.correction["logit_shift"]
    assert (scale, shift) == (pytest.approx(1.4, rel=0.03), pytest.approx(0.75, rel=0.1))
    assert (found.rows, found.positives, found.why_not) == (300_000, labels.sum(), "")
    assert found.log_loss[0] == pytest.approx(log_loss(labels, probs), rel=1e-5)
    assert found.log_loss[1] < found.log_loss[0]
    assert found.error[1] < found.error[0] / 5
    assert auc(labels, scale * (logits - 0.5) / 2 + shift) == auc(labels, logits)


@pytest.mark.parametrize("method", METHODS)
def test_a_correction_that_is_there_is_replaced(method):
    """Probabilities that some correction has changed already are fitted as the logits behind it are."""
    labels, logits = draw_rows(50_000, 0.7, 0.4)
    knots, values = (-6.0, -3.0, -2.0), (-7.0, -4.0, -1.0)
    plain = fit(labels, 1 / (1 + np.exp(-logits)), method)
    scaled = fit(labels, 1 / (1 + np.exp(-(2 * logits + 3))), method, {"logit_scale": 2.0, "logit_shift": 3.0})
    given = {"logit_knots": knots, "logit_values": values}
    lined = fit(labels, 1 / (1 + np.exp(-line_at(logits, knots, values))), method, given)
    for other in (scaled, lined):
        for name, value in plain.correction.items():
            assert other.correction[name] == pytest.approx(value, abs=1e-4)
        assert other.log_loss[1] == pytest.approx(plain.log_loss[1], abs=1e-6)


def test_a_line_in_words_and_numbers():
    labels, logits = draw_rows(100_000, 0.7, 0.4)
    probs = (1 / (1 + np.exp(-logits))).astype(np.float32)
    found = fit(labels, probs, ISOTONIC)
    entry, (knots, values) = found.to_json(), found.correction.values()
    assert (entry["logit_knots"], entry["logit_values"], entry["why_not"]) == (knots, values, "")
    of_rows = np.log(probs.astype(float)) - np.log1p(-probs.astype(float))
    after = 1 / (1 + np.exp(-line_at(of_rows, knots, values)))
    assert found.log_loss == pytest.approx((log_loss(labels, probs), log_loss(labels, after)), abs=1e-6)
    assert found.error[1] < found.error[0] / 5
    assert auc(labels, after) == pytest.approx(auc(labels, probs), abs=1e-12)
    line = fitted_table([found]).splitlines()[-1]
    in_config = line.removeprefix("ctr: logit_knots: [").removesuffix("]").split("] logit_values: [")
    assert [[float(number) for number in part.split(", ")] for part in in_config] == [knots, values]


RANGES = "no two ranges of predictions with 100 positives and negatives each, of which the higher one has more"


@pytest.mark.parametrize(
    ("method", "labels", "scores", "why"),
    [
        (PLATT, np.arange(1000) < 99, np.linspace(0.1, 0.9, 1000), "fewer than 100 positives or negatives"),
        (ISOTONIC, np.ones(1000, bool), np.linspace(0.1, 0.9, 1000), "fewer than 100 positives or negatives"),
        (PLATT, np.arange(1000) < 500, np.full(1000, 0.25), "all predictions are the same"),
        (ISOTONIC, np.arange(1000) < 500, np.full(1000, 0.25), "all predictions are the same"),
        (PLATT, np.arange(1000) < 500, np.linspace(0.1, 0.9, 1000), "higher predictions have fewer positives"),
        (ISOTONIC, np.arange(1000) < 500, np.linspace(0.1, 0.9, 1000), RANGES),
        (ISOTONIC, np.arange(1000) % 7 == 0, np.linspace(0.1, 0.9, 1000), RANGES),
    ],
)
def test_what_is_left_as_it_is(method, labels, scores, why):
    found = fit(labels, scores, method)
    assert set(found.correction.values()) == {None}
    assert found.log_loss is None
    assert found.why_not == why
    assert f"ctr: left as it is: {why}" in fitted_table([found])
    assert fitted_table([found]).splitlines()[1].split()[-4:] == ["n/a"] * 4

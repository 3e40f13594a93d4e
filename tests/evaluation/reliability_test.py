import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.intervals import Resampling
from apps_rec.evaluation.metrics import expected_calibration_error
from apps_rec.evaluation.reliability import reliability_of
from apps_rec.evaluation.tasks import MetricSpec, TaskMetrics

TASK = TaskMetrics("ctr", "probs", "click")
ROWS = 5000


def collect(tasks, scores, labels, users):
    collector = MetricCollector(tasks, ["user"], with_places=True)
    collector.update({"click": labels}, {"probs": scores}, {"user": users})
    return collector


@pytest.fixture(scope="module")
def rows():
    draw = np.random.default_rng(3)
    scores = (draw.permutation(ROWS) / ROWS * 0.2 + 0.001).astype(np.float32)
    return scores, (draw.random(ROWS) < scores / 0.8).astype(np.float32), draw.integers(0, 700, ROWS)


def test_bins_agree_with_scikit_learn(rows):
    scores, labels, _ = rows
    (found,) = reliability_of(collect([TASK], *rows), [TASK])
    observed, predicted = calibration_curve(labels, scores, n_bins=10, strategy="quantile")
    assert [each.observed for each in found.bins] == pytest.approx(observed.tolist(), abs=1e-6)
    assert [each.predicted for each in found.bins] == pytest.approx(predicted.tolist(), abs=1e-6)
    assert [each.ratio for each in found.bins] == pytest.approx((predicted / observed).tolist(), rel=1e-5)
    assert [each.rows for each in found.bins] == [500] * 10
    assert [each.is_small for each in found.bins] == [each.positives < 100 for each in found.bins]
    assert all(each.highest < later.lowest for each, later in zip(found.bins, found.bins[1:], strict=False))
    assert found.error == pytest.approx(expected_calibration_error(labels, scores), rel=1e-9)
    assert found.bins[0].interval is None


def test_what_chance_gives_is_what_right_probabilities_give(rows):
    scores, _, users = rows
    draw = np.random.default_rng(4)
    errors = [expected_calibration_error(draw.random(ROWS) < scores, scores) for _ in range(1000)]
    (found,) = reliability_of(collect([TASK], scores, (draw.random(ROWS) < scores).astype(np.float32), users), [TASK])
    assert found.chance == pytest.approx(np.mean(errors), rel=0.03)


def test_a_bin_has_the_interval_of_its_rows(rows):
    scores, labels, users = rows
    (found,) = reliability_of(collect([TASK], *rows), [TASK], Resampling(1000, users="user"))
    lowest = np.argsort(scores)[4500:]
    # Of a ratio of sums over users: Cochran 1977, Sampling Techniques, section 6.4.
    ratio = scores[lowest].sum() / labels[lowest].sum()
    residuals = np.bincount(users[lowest], scores[lowest] - ratio * labels[lowest])
    expected = np.sqrt((residuals**2).sum()) / labels[lowest].sum()
    assert found.bins[-1].interval.standard_error == pytest.approx(expected, rel=0.08)
    assert found.bins[-1].interval.value == pytest.approx(ratio, rel=1e-6)


def test_the_table_and_the_json(rows):
    (found,) = reliability_of(collect([TASK], *rows), [TASK], Resampling(40, users="user"))
    lines = str(found).splitlines()
    header = ["ctr", "by", "prediction", "rows", "positives", "predicted", "observed", "predicted", "/", "observed"]
    assert lines[0].split() == header
    first, each = lines[1].split(), found.bins[0]
    assert first == [
        *("0.00100", "to", f"{each.highest:.5f}", "500", f"{each.positives}*", f"{each.predicted:.5f}"),
        *(f"{each.observed:.5f}", f"{each.ratio:.5f}", f"±{each.interval.half_width:.5f}"),
    ]
    assert lines[11:] == [
        f"expected calibration error {found.error:.5f}; if all probabilities were right, about {found.chance:.5f}",
        "* fewer than 100 positives or negatives: too few to judge",
    ]
    answer = found.to_json()
    assert answer["by_chance"] == found.chance
    assert answer["bins"][0]["interval"] == list(each.interval.bounds)
    assert len(answer["bins"]) == 10


def test_no_positives_and_no_rows(rows):
    scores, labels, users = rows
    (none,) = reliability_of(collect([TASK], scores, 0 * labels, users), [TASK], Resampling(20, users="user"))
    assert (none.bins[0].ratio, none.bins[0].interval) == (None, None)
    assert "n/a" in str(none).splitlines()[1]
    masked = TaskMetrics("cvr", "probs", "click", mask_label="click")
    (empty,) = reliability_of(collect([masked], scores, 0 * labels, users), [masked], Resampling(20, users="user"))
    assert (empty.bins, empty.error, empty.chance) == ((), None, None)
    assert str(empty).startswith("cvr by prediction")


def test_numbers_have_bins_too_and_classes_have_none():
    number = TaskMetrics("paid", "probs", "click", metrics=(MetricSpec("calibration"),), kind="number")
    draw = np.random.default_rng(6)
    scores = draw.gamma(2.0, 5.0, 1000).astype(np.float32)
    (found,) = reliability_of(collect([number], scores, 2 * scores, np.arange(1000)), [number])
    assert [each.ratio for each in found.bins] == pytest.approx([0.5] * 10)
    assert (found.error, found.chance, found.bins[0].positives) == (None, None, None)
    assert str(found).splitlines()[0].split()[3:5] == ["rows", "predicted"]
    classes = TaskMetrics("kind", "probs", "click", metrics=(MetricSpec("accuracy"),), kind="classes")
    collector = MetricCollector([classes])
    collector.update({"click": np.array([0, 2])}, {"probs": np.eye(3)[:2]})
    assert reliability_of(collector, [classes]) == ()

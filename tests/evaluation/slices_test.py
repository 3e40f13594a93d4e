import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from apps_rec.errors import ConfigError
from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.slices import FEW, shown_value, slices_of
from apps_rec.evaluation.tasks import AUC, CALIBRATION, LOG_LOSS, MetricSpec, TaskMetrics

TASKS = [
    TaskMetrics("ctr", "probs_ctr", "click", metrics=(AUC, LOG_LOSS, CALIBRATION, MetricSpec("gauc", "user"))),
    TaskMetrics("cvr_masked", "probs_cvr", "download", mask_label="click"),
]
COUNTRIES = [b"CN", b"BR", b"", "Å".encode()]
ROWS = 6000


@pytest.fixture(scope="module")
def rows():
    """Return labels, scores, users and countries; CN is half of the rows, the last country a hundredth."""
    draw = np.random.default_rng(5)
    scores = draw.random((2, ROWS)).astype(np.float32)
    scores[0] = scores[0].round(2)  # ties
    click = draw.random(ROWS) < scores[0]
    labels = {
        "click": click.astype(np.float32),
        "download": (click & (draw.random(ROWS) < scores[1])).astype(np.float32),
    }
    country = np.array(COUNTRIES, object)[draw.choice(4, ROWS, p=[0.5, 0.3, 0.19, 0.01])]
    users = {"user": draw.integers(0, 200, ROWS), "country": country, "age": draw.integers(0, 120, ROWS)}
    return labels, {"probs_ctr": scores[0], "probs_cvr": scores[1]}, users


def collect(rows, *by, batch=700):
    collector = MetricCollector(TASKS, by)
    for start in range(0, ROWS, batch):
        collector.update(*({name: column[start : start + batch] for name, column in part.items()} for part in rows))
    return collector


def test_each_slice_agrees_with_scikit_learn(rows):
    labels, scores, users = rows
    slices = slices_of(collect(rows, "country"), TASKS, "country")
    sizes = [int((users["country"] == country).sum()) for country in COUNTRIES]
    assert [(item.value, item.rows) for item in slices.shown] == list(zip(["CN", "BR", "", "Å"], sizes, strict=True))
    assert slices.other_count == slices.other_rows == 0
    for country, item in zip(COUNTRIES, slices.shown, strict=True):
        mine = users["country"] == country
        for suffix, label, output, kept in (
            ("ctr", "click", "probs_ctr", mine),
            ("cvr_masked", "download", "probs_cvr", mine & (labels["click"] == 1)),
        ):
            truth, score = labels[label][kept], scores[output][kept].astype(np.float64)
            assert item.metrics[f"auc_{suffix}"] == pytest.approx(
                sklearn_metrics.roc_auc_score(truth, score), abs=1e-12
            )
            expected = sklearn_metrics.log_loss(truth, score.astype(np.float32))
            assert item.metrics[f"log_loss_{suffix}"] == pytest.approx(expected, abs=1e-6)
            assert item.metrics[f"calibration_{suffix}"] == pytest.approx(score.mean() / truth.mean(), abs=1e-6)
            assert item.metrics[f"rows_{suffix}"] == kept.sum()
            assert item.metrics[f"positives_{suffix}"] == truth.sum()
            assert (suffix in item.small) == (min(truth.sum(), len(truth) - truth.sum()) < FEW)
        aucs = []
        for user in set(users["user"][mine].tolist()):
            of_user = mine & (users["user"] == user)
            if 0 < labels["click"][of_user].sum() < of_user.sum():
                aucs.append(sklearn_metrics.roc_auc_score(labels["click"][of_user], scores["probs_ctr"][of_user]))
        assert item.metrics["gauc_ctr"] == pytest.approx(np.mean(aucs), abs=1e-9)


def test_the_whole_is_measured_as_without_slices(rows):
    assert collect(rows, "country", "age").result() == collect(rows).result()


def test_only_the_largest_slices_are_shown_and_the_rest_is_named(rows):
    ages, counts = np.unique(rows[2]["age"], return_counts=True)
    slices = slices_of(collect(rows, "age"), TASKS[:1], "age", most=3)
    assert [item.rows for item in slices.shown] == sorted(counts, reverse=True)[:3]
    assert slices.other_count == len(ages) - 3
    assert slices.other_rows == ROWS - sum(item.rows for item in slices.shown)
    assert all(isinstance(item.value, int) for item in slices.shown)
    assert len(slices.other_values) == 3
    text = slices.to_table(["ctr"])
    assert f"and {len(ages) - 3} more values with {slices.other_rows:,} rows: " in text
    assert "fewer than 100 positives or negatives" in text
    assert slices.to_json()["others"]["count"] == len(ages) - 3


def test_a_table_a_task(rows):
    text = slices_of(collect(rows, "country"), TASKS, "country").to_table(["ctr", "cvr_masked"])
    first, second, notes = text.split("\n\n")
    headers = ["ctr", "by", "country", "rows", "positives", "auc", "gauc", "log_loss", "calibration"]
    assert first.splitlines()[0].split() == headers
    assert [line.split()[0] for line in first.splitlines()[1:]] == ["CN", "BR", "(empty)", "Å"]
    assert second.startswith("cvr_masked by country")
    assert "*" in first.splitlines()[4]
    assert "*" not in first.splitlines()[1]
    assert notes.startswith("* fewer than 100")


def test_a_slice_of_one_class_has_no_auc():
    collector = MetricCollector([TaskMetrics("ctr", "probs_ctr", "click")], ["is_new"])
    labels, scores = np.array([1, 0, 0, 0]), np.array([0.5, 0.25, 0.5, 0.25])
    collector.update({"click": labels}, {"probs_ctr": scores}, {"is_new": np.array([True, True, False, False])})
    slices = slices_of(collector, collector.tasks, "is_new")
    assert [item.value for item in slices.shown] == [True, False]
    assert slices.shown[1].metrics["auc_ctr"] is None
    assert slices.shown[1].metrics["calibration_ctr"] is None
    assert "n/a" in slices.to_table(["ctr"]).splitlines()[2]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "(empty)"),
        ("a\x1b[31m\n", "a\\x1b[31m\\xa"),
        ("x" * 50, "x" * 37 + "..."),
        (True, "true"),
        (-3, "-3"),
        ("日本", "日本"),
    ],
)
def test_a_value_is_safe_to_show(value, text):
    assert shown_value(value) == text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("usr", 'got "usr"; add it there. Did you mean "user"?'),
        ("click", "is a label"),
        ("price", "is a FLOAT, nearly each value of which is another"),
    ],
)
def test_columns_that_make_no_slices(tiny, name, message):
    from apps_rec.data import open_stream

    with pytest.raises(ConfigError, match=r"^by: ") as caught:
        open_stream(tiny.load().message, "evaluate", columns=[name])
    assert message in str(caught.value)


def test_slices_of_numbers_count_rows_alone():
    draw = np.random.default_rng(2)
    paid, guess = draw.random((2, 300)).astype(np.float32)
    plan = [TaskMetrics("paid", "y", "paid", metrics=(MetricSpec("mean_absolute_error"),), kind="number")]
    collector = MetricCollector(plan, ["country"])
    country = np.array([b"CN"] * 250 + [b"BR"] * 50, object)
    collector.update({"paid": paid}, {"y": guess}, {"country": country})
    slices = slices_of(collector, plan, "country")
    errors = np.abs(paid.astype(float) - guess)
    assert [item.metrics for item in slices.shown] == [
        {"mean_absolute_error_paid": pytest.approx(part.mean()), "rows_paid": len(part)}
        for part in (errors[:250], errors[250:])
    ]
    lines = slices.to_table(["paid"]).splitlines()
    assert lines[0].split() == ["paid", "by", "country", "rows", "mean_absolute_error"]
    assert lines[1].split()[:2] == ["CN", "250"]
    assert lines[2].split()[:2] == ["BR", "50*"]
    assert lines[-1] == "* fewer than 100 rows: differences are mostly chance"

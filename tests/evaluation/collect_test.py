import doctest
import tracemalloc

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from apps_rec.errors import DataError, RunError
from apps_rec.evaluation import collect
from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.columns import BLOCK_ROWS, TaskRows
from apps_rec.evaluation.metrics import gauc
from apps_rec.evaluation.tasks import AUC, CALIBRATION, LOG_LOSS, MetricSpec, TaskMetrics

GAUC = MetricSpec("gauc", "user_id")
BY_ROWS = MetricSpec("gauc", "user_id", {"reduction": "mean_by_sample_num"})
DEFAULT = (AUC, LOG_LOSS, CALIBRATION)
FOUR = (*DEFAULT, GAUC)

FUNNEL = [
    TaskMetrics("ctr", "probs_ctr", "click", metrics=FOUR),
    TaskMetrics("cvr_masked", "probs_cvr", "download", mask_label="click", metrics=FOUR),
    TaskMetrics("ctcvr", "probs_ctcvr", ("click", "download"), metrics=(*DEFAULT, BY_ROWS)),
]


def funnel_rows(rows, seed=0):
    rng = np.random.default_rng(seed)
    pctr, pcvr = rng.random((2, rows)).astype(np.float32)
    labels = {"click": (rng.random(rows) < pctr).astype(np.float32)}
    labels["download"] = labels["click"] * (rng.random(rows) < pcvr).astype(np.float32)
    outputs = {"probs_ctr": pctr, "probs_cvr": pcvr, "probs_ctcvr": pctr * pcvr, "score": pctr}
    names = np.array([b"user-%d" % number for number in rng.integers(0, rows // 20, rows)], object)
    return labels, outputs, {"user_id": names}


def sliced(columns, part):
    return {name: values[part] for name, values in columns.items()}


def collected(tasks, labels, outputs, users, batch):
    collector = MetricCollector(tasks)
    for start in range(0, len(labels["click"]), batch):
        part = slice(start, start + batch)
        collector.update(sliced(labels, part), sliced(outputs, part), sliced(users, part))
    return collector


def user_loop(labels, scores, users, by_rows=False):
    values, weights = [], []
    for user in set(users.tolist()):
        mine = users == user
        if 0 < labels[mine].sum() < mine.sum():
            values.append(sklearn_metrics.roc_auc_score(labels[mine], scores[mine]))
            weights.append(mine.sum() if by_rows else 1)
    return np.average(values, weights=weights)


def test_funnel_equals_sklearn_and_a_loop():
    labels, outputs, users = funnel_rows(1_200)
    result = collected(FUNNEL, labels, outputs, users, batch=333).result()
    assert list(result) == [
        *("auc_ctr", "log_loss_ctr", "calibration_ctr", "gauc_ctr"),
        *("auc_cvr_masked", "log_loss_cvr_masked", "calibration_cvr_masked", "gauc_cvr_masked"),
        *("auc_ctcvr", "log_loss_ctcvr", "calibration_ctcvr", "gauc_ctcvr"),
        "rows",
    ]
    assert result["rows"] == 1_200
    clicked = labels["click"] == 1
    user = users["user_id"]
    parts = {
        "ctr": (labels["click"], outputs["probs_ctr"], user),
        "cvr_masked": (labels["download"][clicked], outputs["probs_cvr"][clicked], user[clicked]),
        "ctcvr": (labels["download"], outputs["probs_ctcvr"], user),
    }
    for suffix, (truth, scores, of_user) in parts.items():
        assert result[f"auc_{suffix}"] == pytest.approx(sklearn_metrics.roc_auc_score(truth, scores), abs=1e-9)
        assert result[f"log_loss_{suffix}"] == pytest.approx(sklearn_metrics.log_loss(truth, scores), abs=1e-6)
        assert result[f"calibration_{suffix}"] == pytest.approx(scores.mean(dtype=float) / truth.mean(dtype=float))
        expected = user_loop(truth, scores, of_user, by_rows=suffix == "ctcvr")
        assert result[f"gauc_{suffix}"] == pytest.approx(expected, abs=1e-9)


def test_batches_do_not_matter():
    labels, outputs, users = funnel_rows(700)
    results = [collected(FUNNEL, labels, outputs, users, batch).result() for batch in (1, 64, 700)]
    assert results[0] == results[1] == results[2]


def test_ctcvr_label_is_the_product_and_the_mask_drops_rows():
    tasks = [
        TaskMetrics("both", "p", ("click", "download"), metrics=(CALIBRATION,)),
        TaskMetrics("masked", "p", "download", mask_label="click", metrics=(CALIBRATION,)),
    ]
    collector = MetricCollector(tasks)
    labels = {"click": np.array([1, 1, 0, 0]), "download": np.array([1, 0, 1, 0])}
    collector.update(labels, {"p": np.array([0.5, 0.25, 0.75, 0.25])})
    # both: 1.75 predicted, 1 seen; masked: .75 predicted on the two clicked rows, 1 seen.
    assert collector.result() == {"calibration_both": 1.75, "calibration_masked": 0.75, "rows": 4}


def test_masked_gauc_without_a_task_that_holds_the_mask():
    labels, outputs, users = funnel_rows(2_000)
    alone = collected(FUNNEL[1:2], labels, outputs, users, 100)
    assert (
        alone.result()["gauc_cvr_masked"] == collected(FUNNEL, labels, outputs, users, 100).result()["gauc_cvr_masked"]
    )


def test_bytes_held_a_row():
    rows = 4 * BLOCK_ROWS
    task_rows = TaskRows()
    task_rows.append(np.zeros(rows, np.float32), np.zeros(rows, np.uint8))
    assert task_rows.nbytes == 5 * rows
    for metrics, expected in ((DEFAULT, 5 + 5), (FOUR, 5 + 5 + 4)):
        tasks = [TaskMetrics(name, f"probs_{name}", "click", metrics=metrics) for name in ("a", "b")]
        collector = MetricCollector(tasks)
        ones = np.ones(1024, np.float32)
        people = np.arange(1024)
        tracemalloc.start()
        for _ in range(rows // 1024):
            collector.update({"click": ones}, {"probs_a": ones, "probs_b": ones}, {"user_id": people})
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert collector.nbytes == expected * rows
        assert held < expected * rows + 300_000  # the rest: the distinct users, and Python's own objects


def test_gauc_stands_where_it_was_asked_for():
    task = TaskMetrics("ctr", "probs_ctr", "click", metrics=(GAUC, AUC))
    assert list(collected([task], *funnel_rows(100), batch=50).result()) == ["gauc_ctr", "auc_ctr", "rows"]


def test_masked_rows_take_no_room_where_the_mask_is_zero():
    collector = MetricCollector([TaskMetrics("cvr", "p", "download", mask_label="click")])
    zeros = np.zeros(100_000)
    collector.update({"click": zeros, "download": zeros}, {"p": zeros})
    assert collector.nbytes == 0
    assert collector.result() == {"auc_cvr": None, "log_loss_cvr": None, "calibration_cvr": None, "rows": 100_000}


def test_missing_says_why():
    tasks = [
        TaskMetrics("none", "p", "zero"),
        TaskMetrics("all", "p", "one"),
        TaskMetrics("empty", "p", "one", mask_label="zero"),
        TaskMetrics("fine", "p", "half"),
    ]
    collector = MetricCollector(tasks)
    labels = {"zero": np.zeros(2), "one": np.ones(2), "half": np.array([0, 1])}
    collector.update(labels, {"p": np.array([0.2, 0.4])})
    assert collector.missing() == {"none": "no positives", "all": "one class", "empty": "no rows"}


def test_bad_arguments_say_what_came():
    with pytest.raises(ValueError, match="different suffixes"):
        MetricCollector([TaskMetrics("ctr", "p", "click")] * 2)
    collector = MetricCollector([TaskMetrics("ctr", "probs_ctr", "click", metrics=FOUR)])
    good = {"click": np.array([0, 1])}, {"probs_ctr": np.array([0.5, 0.5])}, {"user_id": np.array([1, 1])}
    with pytest.raises(ValueError, match="expected the output probs_ctr, got only score"):
        collector.update(good[0], {"score": np.zeros(2)}, good[2])
    with pytest.raises(ValueError, match="expected the user column user_id, got only nothing"):
        collector.update(*good[:2])
    with pytest.raises(ValueError, match="one shape"):
        collector.update(good[0], {"probs_ctr": np.zeros((2, 1))}, good[2])
    with pytest.raises(DataError, match=r"label click: expected 0 or 1, got 0\.5 in row 1"):
        collector.update({"click": np.array([0, 0.5])}, *good[1:])
    with pytest.raises(RunError, match="output probs_ctr: expected numbers, got nan in 1 of 2 rows"):
        collector.update(good[0], {"probs_ctr": np.array([0.5, np.nan])}, good[2])
    with pytest.raises(DataError, match="users for GAUC: expected integers or strings, got float64"):
        collector.update(*good[:2], {"user_id": np.array([1.0, 1.0])})
    assert collector.rows == 0
    collector.update(*good)
    assert collector.result()["auc_ctr"] == 0.5


def test_docstring_examples_run():
    tried = doctest.testmod(collect)
    assert tried.failed == 0
    assert tried.attempted >= 3


@pytest.mark.parametrize("has_users", [True, False])
def test_rows_that_were_not_observed_are_left_out_of_their_tasks_alone(has_users):
    labels, outputs, users = funnel_rows(1_200, seed=3)
    rng = np.random.default_rng(5)
    hidden = {name: rng.random(1_200) < share for name, share in (("click", 0.1), ("download", 0.3))}
    given = {name: np.where(hidden[name], -1, values).astype(np.float32) for name, values in labels.items()}
    metrics = FOUR if has_users else DEFAULT
    tasks = [
        TaskMetrics("ctr", "probs_ctr", "click", metrics=metrics, observed=("click",)),
        TaskMetrics("cvr_masked", "probs_cvr", "download", "click", metrics=metrics, observed=("download", "click")),
        TaskMetrics("ctcvr", "probs_ctcvr", ("click", "download"), metrics=metrics, observed=("click", "download")),
    ]
    result = collected(tasks, given, outputs, users if has_users else {}, batch=333).result()
    click, download = labels["click"], labels["download"]
    seen = {name: ~mask for name, mask in hidden.items()}
    both = seen["click"] & seen["download"]
    counted = {"ctr": (click, seen["click"]), "cvr_masked": (download, both & (click == 1)), "ctcvr": (download, both)}
    for task in tasks:
        label, rows = counted[task.suffix]
        score = outputs[task.score_output]
        assert result[f"auc_{task.suffix}"] == pytest.approx(sklearn_metrics.roc_auc_score(label[rows], score[rows]))
        assert result[f"log_loss_{task.suffix}"] == pytest.approx(
            sklearn_metrics.log_loss(label[rows], score[rows].astype(float)), rel=1e-6
        )
        if has_users:
            expected = user_loop(label[rows], score[rows], users["user_id"][rows])
            assert result[f"gauc_{task.suffix}"] == pytest.approx(expected)
    assert result["rows"] == 1_200


def test_minus_one_is_wrong_where_no_task_expects_it():
    with pytest.raises(DataError, match="label click: expected 0 or 1, got -1"):
        MetricCollector([TaskMetrics("ctr", "p", "click")]).update({"click": np.array([-1.0])}, {"p": np.array([0.5])})


def numbers_and_classes(rows, seed=0):
    """A click, what was paid in clicked rows, and one of three ratings, unknown in some rows."""
    rng = np.random.default_rng(seed)
    labels = {
        "click": (rng.random(rows) < 0.4).astype(np.float32),
        "paid": rng.lognormal(1, 1, rows).astype(np.float32),
        "rating": rng.integers(-1, 3, rows).astype(np.float32),
    }
    outputs = {
        "probs_ctr": rng.random(rows).astype(np.float32),
        "y_paid": rng.lognormal(1, 1, rows).astype(np.float32),
        "probs_rating": rng.dirichlet(np.ones(3), rows).astype(np.float32),
    }
    return labels, outputs


ERRORS = tuple(map(MetricSpec, ("mean_absolute_error", "mean_squared_error", "root_mean_squared_error")))
OF_CLASSES = (MetricSpec("accuracy"), MetricSpec("recall_at_topk", options={"topk": 2}), LOG_LOSS)
MIXED = [
    TaskMetrics("ctr", "probs_ctr", "click", metrics=(AUC,)),
    TaskMetrics("paid_masked", "y_paid", "paid", "click", (*ERRORS, CALIBRATION), kind="number"),
    TaskMetrics("rating", "probs_rating", "rating", metrics=OF_CLASSES, observed=("rating",), kind="classes"),
]


@pytest.mark.parametrize("batch", [1, 37, 500])
def test_numbers_and_classes_equal_sklearn(batch):
    labels, outputs = numbers_and_classes(500)
    result = collected(MIXED, labels, outputs, {}, batch).result()
    clicked, known = labels["click"] == 1, labels["rating"] >= 0
    paid, given = labels["paid"][clicked].astype(float), outputs["y_paid"][clicked].astype(float)
    squared = sklearn_metrics.mean_squared_error(paid, given)
    rating, probabilities = labels["rating"][known].astype(int), outputs["probs_rating"][known]
    expected = {
        "auc_ctr": sklearn_metrics.roc_auc_score(labels["click"], outputs["probs_ctr"]),
        "mean_absolute_error_paid_masked": sklearn_metrics.mean_absolute_error(paid, given),
        "mean_squared_error_paid_masked": squared,
        "root_mean_squared_error_paid_masked": squared**0.5,
        "calibration_paid_masked": given.mean() / paid.mean(),
        "accuracy_rating": sklearn_metrics.accuracy_score(rating, probabilities.argmax(axis=1)),
        "recall_at_topk_rating": sklearn_metrics.top_k_accuracy_score(rating, probabilities, k=2),
        "log_loss_rating": sklearn_metrics.log_loss(rating, probabilities),
        "rows": 500,
    }
    assert list(result) == list(expected)
    assert result == pytest.approx(expected, rel=1e-5)


def test_numbers_and_classes_in_many_blocks():
    rows = BLOCK_ROWS + 10_000
    labels, outputs = numbers_and_classes(rows)
    collector = collected(MIXED, labels, outputs, {}, 9_999)
    known = labels["rating"] >= 0
    assert collector.result()["accuracy_rating"] == np.mean(
        labels["rating"][known] == outputs["probs_rating"][known].argmax(axis=1)
    )
    # Clicks 5 bytes a row, numbers 8, of three classes 16: at most one block of 64 Ki numbers more of each column.
    used = 5 * rows + 8 * int(labels["click"].sum()) + 16 * int(known.sum())
    assert used <= collector.nbytes < used + 4 * 6 * BLOCK_ROWS


def test_a_number_or_class_that_is_none():
    labels, outputs = numbers_and_classes(4)
    collector = MetricCollector(MIXED)
    for name, value, text in (
        ("paid", np.nan, "label paid: expected a finite number, got nan in row 2 of a batch"),
        ("rating", 3, r"label rating: expected a class from 0 to 2, got 3\.0 in row 2 of a batch"),
        ("rating", 0.5, r"label rating: expected a class from 0 to 2, got 0\.5 in row 2"),
        ("click", 2, r"label click: expected 0 or 1, got 2\.0 in row 2"),
    ):
        wrong = {name: values.copy() for name, values in labels.items()}
        wrong[name][2] = value
        with pytest.raises(DataError, match=text):
            collector.update(wrong, outputs)
    with pytest.raises(ValueError, match=r"one shape \(rows,\), and \(rows, classes\) of probs_rating, got"):
        collector.update(labels, {**outputs, "probs_rating": outputs["probs_ctr"]})
    outputs["probs_rating"][1] = np.nan
    with pytest.raises(RunError, match="output probs_rating: expected numbers, got nan in 1 of 4 rows"):
        collector.update(labels, outputs)
    assert collector.rows == 0


def test_missing_of_numbers_and_classes():
    collector = MetricCollector(MIXED)
    labels, outputs = numbers_and_classes(3)
    unknown = {"click": np.zeros(3), "paid": labels["paid"], "rating": np.full(3, -1)}
    collector.update(unknown, outputs)
    assert collector.missing() == {"ctr": "no positives", "paid_masked": "no rows", "rating": "no rows"}
    assert set(collector.result().values()) == {None, 3}
    collector.update({"click": np.ones(3), "paid": np.zeros(3), "rating": np.zeros(3)}, outputs)
    assert collector.missing() == {"paid_masked": "labels sum to 0 or less"}
    assert [name for name, value in collector.result().items() if value is None] == ["calibration_paid_masked"]


def test_gauc_of_clicked_rows_has_the_users_of_clicked_rows():
    # EasyRec puts the users of all rows beside the labels of the clicked ones and cuts what is left over.
    users = np.array([1, 1, 2, 2, 3, 1, 1, 2, 2])
    click = np.array([0, 1, 1, 0, 0, 1, 0, 1, 1])
    download = np.array([0, 1, 0, 0, 0, 0, 0, 1, 0])
    scores = np.array([0.5, 0.9, 0.2, 0.5, 0.5, 0.7, 0.5, 0.15, 0.1])
    collector = MetricCollector(
        [TaskMetrics("cvr_masked", "p", "download", "click", (GAUC, MetricSpec("session_auc", "visit")))]
    )
    collector.update({"click": click, "download": download}, {"p": scores}, {"user_id": users, "visit": users // 2})
    # User 1: .9 over .7. User 2: .15 under .2 and over .1. Visits: of user 1, and of users 2 and 3.
    assert collector.result() == {"gauc_cvr_masked": 0.75, "session_auc_cvr_masked": 0.75, "rows": 9}
    assert gauc(download[click == 1], scores[click == 1], users[: click.sum()]) == 0.5  # as EasyRec has it

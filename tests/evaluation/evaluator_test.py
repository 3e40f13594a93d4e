import json

import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics as sklearn_metrics
from sklearn.metrics import log_loss, roc_auc_score

import apps_rec
from apps_rec.evaluation import MetricSpec, TaskMetrics
from apps_rec.evaluation.evaluator import EvaluationStoppedError, evaluate_model
from apps_rec.training.estimator import load_trained
from apps_rec.training.input import evaluation_dataset

PLAN = [TaskMetrics("a", "probs_a", "click", None, (MetricSpec("auc"), MetricSpec("calibration")))]


def batches(sizes):
    """Batches whose row i holds the number i; even rows are clicks."""
    start = 0
    for size in sizes:
        rows = tf.range(start, start + size)
        yield {"x": rows}, {"click": tf.cast(rows % 2 == 0, tf.float32)}, {}
        start += size


def predict(features):
    return {"probs_a": tf.cast(features["x"], tf.float32) / 100.0, "unused": tf.zeros(1)}


def test_every_row_counts_once():
    result = evaluate_model(predict, batches([3, 4, 1]), PLAN).result()
    # Positives 0, 2, 4, 6 against negatives 1, 3, 5, 7: 0 + 1 + 2 + 3 of 16 pairs are in order.
    assert result == {"auc_a": pytest.approx(6 / 16), "calibration_a": pytest.approx(0.28 / 4), "rows": 8}


@pytest.mark.parametrize("count", [1, 3, 5, 7, 8])
def test_num_examples_takes_the_first_rows(count):
    read = []

    def counted():
        for batch in batches([3, 4, 1]):
            read.append(len(batch[0]["x"]))
            yield batch

    collector = evaluate_model(predict, counted(), PLAN, num_examples=count)
    assert collector.rows == count
    assert sum(read[:-1]) < count <= sum(read)
    scores = np.arange(count) / 100
    expected = scores.sum() / sum(row % 2 == 0 for row in range(count))
    assert collector.result()["calibration_a"] == pytest.approx(expected)


def test_more_examples_than_there_are_is_all():
    assert evaluate_model(predict, batches([3, 4, 1]), PLAN, num_examples=100).rows == 8


def scored(run, config):
    """Labels, probabilities and the columns user and app of the rows that each suffix counts, and the step."""
    rows = [row for row in run.rows("eval.csv") if row["source"] == "live"]
    estimator, _, step = load_trained(config)
    dataset, _ = evaluation_dataset(config.message, estimator.preprocessor)
    scores = [{k: v.numpy() for k, v in estimator.predict(features).items()} for features, _, _ in dataset]
    ctr, cvr, ctcvr = (np.concatenate([s[f"probs_{name}"] for s in scores]) for name in ("ctr", "cvr", "ctcvr"))
    click, download = (np.array([int(row[name]) for row in rows]) for name in ("click", "download"))
    user, app = (np.array([row[name] for row in rows]) for name in ("user", "app"))
    clicked = click == 1
    tasks = {
        "ctr": (click, ctr, user, app),
        "cvr_masked": (download[clicked], cvr[clicked], user[clicked], app[clicked]),
        "ctcvr": (click * download, ctcvr, user, app),
    }
    return rows, tasks, step


def test_a_trained_model_against_scikit_learn(trained_small):
    config = trained_small.load("data_config.eval_batch_size=64")
    evaluation = apps_rec.evaluate(config)
    rows, tasks, step = scored(trained_small, config)
    expected = {"rows": len(rows), "step": step}
    for suffix, (labels, probabilities, _, _) in tasks.items():
        expected[f"auc_{suffix}"] = roc_auc_score(labels, probabilities)
        expected[f"log_loss_{suffix}"] = log_loss(labels, probabilities.astype(np.float64))
        expected[f"calibration_{suffix}"] = probabilities.mean() / labels.mean()
    assert set(evaluation) == set(expected)
    for name, value in expected.items():
        assert evaluation[name] == pytest.approx(value, abs=1e-6), name
    kept = json.loads((trained_small.folder / "run" / "metrics.json").read_text())
    assert {name: kept[name] for name in expected} == dict(evaluation)


EVERY_METRIC = """[{gauc {uid_field: "user"}}, {session_auc {session_id_field: "app"}}, {normalized_entropy {}},
    {expected_calibration_error {num_bins: 1}},
    {max_f1 {}}, {precision {threshold: 0.4}}, {recall {threshold: 0.4}}, {accuracy {}}, {mean_absolute_error {}},
    {mean_squared_error {}}, {root_mean_squared_error {}}]"""


def within(groups, labels, scores):
    """Mean of the AUC within each group that has both classes."""
    mine = [groups == group for group in set(groups.tolist())]
    return np.mean([roc_auc_score(labels[rows], scores[rows]) for rows in mine if len(set(labels[rows].tolist())) == 2])


def test_every_metric_of_a_trained_model_against_scikit_learn(trained_small):
    """EasyRec has other users for GAUC of clicked rows, gives max_f1 logits, and leaves out precision and recall."""
    config = trained_small.load(f"eval_config.metrics_set={EVERY_METRIC}")
    evaluation = apps_rec.evaluate(config)
    _, tasks, _ = scored(trained_small, config)
    expected = {}
    for suffix, (labels, given, user, app) in tasks.items():
        scores = given.astype(np.float64)
        mean_alone = log_loss(labels, np.full(len(labels), labels.mean()))
        curve, found, _ = sklearn_metrics.precision_recall_curve(labels, scores)
        squared = sklearn_metrics.mean_squared_error(labels, scores)
        expected |= {
            f"gauc_{suffix}": within(user, labels, scores),
            f"session_auc_{suffix}": within(app, labels, scores),
            f"normalized_entropy_{suffix}": log_loss(labels, scores) / mean_alone,
            f"expected_calibration_error_{suffix}": abs(scores.mean() - labels.mean()),
            f"max_f1_{suffix}": np.max(2 * curve * found / np.maximum(curve + found, 1e-12)),
            f"precision_{suffix}": sklearn_metrics.precision_score(labels, scores > 0.4, zero_division=np.nan),
            f"recall_{suffix}": sklearn_metrics.recall_score(labels, scores > 0.4),
            f"accuracy_{suffix}": sklearn_metrics.accuracy_score(labels, scores > 0.5),
            f"mean_absolute_error_{suffix}": sklearn_metrics.mean_absolute_error(labels, scores),
            f"mean_squared_error_{suffix}": squared,
            f"root_mean_squared_error_{suffix}": squared**0.5,
        }
    assert [*expected, "rows", "step"] == list(evaluation)
    for name, value in expected.items():
        assert evaluation[name] == (None if np.isnan(value) else pytest.approx(value, abs=1e-6)), name


def test_an_evaluation_that_is_asked_to_stop():
    scored = []

    def note(features):
        scored.append(len(features["x"]))
        return predict(features)

    with pytest.raises(EvaluationStoppedError):
        evaluate_model(note, batches([3, 4, 5]), PLAN, is_stopped=lambda: len(scored) == 2)
    assert scored == [3, 4]


def test_num_examples_of_a_config(trained_small):
    assert apps_rec.evaluate(trained_small.load("eval_config.num_examples=70"))["rows"] == 70


def test_a_planted_signal_is_learned(trained_small):
    assert apps_rec.evaluate(trained_small.load())["auc_ctr"] > 0.6
